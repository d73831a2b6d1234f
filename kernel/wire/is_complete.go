package wire

// IsCompleteRequest asks whether code can run as it stands.
type IsCompleteRequest struct {
	Code string `json:"code"`
}

// IsCompleteReply has one of "complete", "incomplete", "invalid", "unknown" as Status.
type IsCompleteReply struct {
	Status string  `json:"status"`
	Indent *string `json:"indent,omitempty"` // of the next line; nil unless incomplete
}

func (IsCompleteRequest) MessageType() string { return "is_complete_request" }
func (IsCompleteReply) MessageType() string   { return "is_complete_reply" }
