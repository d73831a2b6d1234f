package wire

// InputRequest asks the front end that sent the running cell for a line.
type InputRequest struct {
	Prompt   string `json:"prompt"`
	Password bool   `json:"password"`
}

// InputReply is the line.
type InputReply struct {
	Value string `json:"value"`
}

func (InputRequest) MessageType() string { return "input_request" }
func (InputReply) MessageType() string   { return "input_reply" }
