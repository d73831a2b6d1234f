package wire

// InspectRequest asks about the name at the cursor.
type InspectRequest struct {
	Code        string `json:"code"`
	CursorPos   int    `json:"cursor_pos"`   // in code points
	DetailLevel int    `json:"detail_level"` // 1: with the source
}

// InspectReply answers an InspectRequest.
type InspectReply struct {
	Status   string         `json:"status"`
	Found    bool           `json:"found"`
	Data     map[string]any `json:"data"`
	Metadata map[string]any `json:"metadata"`
}

func (InspectRequest) MessageType() string { return "inspect_request" }
func (InspectReply) MessageType() string   { return "inspect_reply" }
