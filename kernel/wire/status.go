package wire

// Status is what the kernel is doing.
type Status struct {
	ExecutionState string `json:"execution_state"` // "starting", "busy", "idle"
}

func (Status) MessageType() string { return "status" }
