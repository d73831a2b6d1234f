package wire

// InterruptReply says that the running cell was asked to stop.
type InterruptReply struct {
	Status string `json:"status"`
}

func (InterruptReply) MessageType() string { return "interrupt_reply" }
