package wire

import "encoding/json"

// CommOpen opens a channel between objects of the front end and the kernel,
// from either side.
type CommOpen struct {
	CommID     string          `json:"comm_id"`
	TargetName string          `json:"target_name"`
	Data       json.RawMessage `json:"data"`
	Attached   `json:"-"`
}

// CommMsg is a message through an open comm, from either side.
type CommMsg struct {
	CommID   string          `json:"comm_id"`
	Data     json.RawMessage `json:"data"`
	Attached `json:"-"`
}

// CommClose closes a comm, or refuses one that was opened.
type CommClose struct {
	CommID   string          `json:"comm_id"`
	Data     json.RawMessage `json:"data"`
	Attached `json:"-"`
}

// Attached is what a message carries beside its content.
type Attached struct {
	Metadata json.RawMessage // an object; empty: {}
	Buffers  [][]byte        // raw bytes, which no signature covers
}

func (a Attached) messageMetadata() json.RawMessage { return a.Metadata }
func (a Attached) messageBuffers() [][]byte         { return a.Buffers }

// CommInfoRequest asks for the open comms.
type CommInfoRequest struct {
	TargetName *string `json:"target_name"` // nil: of all targets
}

// CommInfoReply lists the open comms by their ids.
type CommInfoReply struct {
	Status string              `json:"status"`
	Comms  map[string]CommInfo `json:"comms"`
}

// CommInfo describes one open comm.
type CommInfo struct {
	TargetName string `json:"target_name"`
}

func (CommOpen) MessageType() string        { return "comm_open" }
func (CommMsg) MessageType() string         { return "comm_msg" }
func (CommClose) MessageType() string       { return "comm_close" }
func (CommInfoRequest) MessageType() string { return "comm_info_request" }
func (CommInfoReply) MessageType() string   { return "comm_info_reply" }
