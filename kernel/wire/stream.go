package wire

// Stream is text that a cell printed.
type Stream struct {
	Name string `json:"name"` // "stdout" or "stderr"
	Text string `json:"text"`
}

func (Stream) MessageType() string { return "stream" }
