package wire

// CommOpen opens a channel between objects of the front end and the kernel.
type CommOpen struct {
	CommID     string `json:"comm_id"`
	TargetName string `json:"target_name"`
}

// CommClose closes a comm, or refuses one that was opened.
type CommClose struct {
	CommID string         `json:"comm_id"`
	Data   map[string]any `json:"data"`
}

// CommInfoReply lists the open comms.
type CommInfoReply struct {
	Status string         `json:"status"`
	Comms  map[string]any `json:"comms"`
}

func (CommOpen) MessageType() string      { return "comm_open" }
func (CommClose) MessageType() string     { return "comm_close" }
func (CommInfoReply) MessageType() string { return "comm_info_reply" }
