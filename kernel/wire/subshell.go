package wire

// Subshells are further shells of one kernel, whose requests are answered
// beside those of the main shell (Jupyter Enhancement Proposal 91). A request
// names its subshell in the header.

// CreateSubshellReply answers create_subshell_request.
type CreateSubshellReply struct {
	Status     string `json:"status"`
	SubshellID string `json:"subshell_id"`
}

// DeleteSubshellRequest ends a subshell.
type DeleteSubshellRequest struct {
	SubshellID string `json:"subshell_id"`
}

// DeleteSubshellReply answers a DeleteSubshellRequest.
type DeleteSubshellReply struct {
	Status string `json:"status"`
	*Failure
}

// ListSubshellReply answers list_subshell_request.
type ListSubshellReply struct {
	Status     string   `json:"status"`
	SubshellID []string `json:"subshell_id"`
}

// ErrorReply answers a request of any type that failed as a whole.
type ErrorReply struct {
	Type   string `json:"-"` // "complete_reply"
	Status string `json:"status"`
	Failure
}

func (CreateSubshellReply) MessageType() string   { return "create_subshell_reply" }
func (DeleteSubshellRequest) MessageType() string { return "delete_subshell_request" }
func (DeleteSubshellReply) MessageType() string   { return "delete_subshell_reply" }
func (ListSubshellReply) MessageType() string     { return "list_subshell_reply" }
func (r ErrorReply) MessageType() string          { return r.Type }
