package wire

// DebugRequest is a request of the Debug Adapter Protocol
// (https://microsoft.github.io/debug-adapter-protocol/), as far as refusing it needs.
type DebugRequest struct {
	Seq     int    `json:"seq"`
	Command string `json:"command"`
}

// DebugReply is a response of that protocol.
type DebugReply struct {
	Seq        int    `json:"seq"`
	Type       string `json:"type"` // "response"
	RequestSeq int    `json:"request_seq"`
	Success    bool   `json:"success"`
	Command    string `json:"command"`
	Message    string `json:"message"`
}

func (DebugRequest) MessageType() string { return "debug_request" }
func (DebugReply) MessageType() string   { return "debug_reply" }
