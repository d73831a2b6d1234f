package wire

// ShutdownRequest ends the kernel.
type ShutdownRequest struct {
	Restart bool `json:"restart"` // another one will be started in its place
}

// ShutdownReply is sent to the one who asked, and to all on iopub.
type ShutdownReply struct {
	Status  string `json:"status"`
	Restart bool   `json:"restart"`
}

func (ShutdownRequest) MessageType() string { return "shutdown_request" }
func (ShutdownReply) MessageType() string   { return "shutdown_reply" }
