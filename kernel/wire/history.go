package wire

import (
	"encoding/json"
)

// HistoryRequest asks for code that ran.
type HistoryRequest struct {
	Output     bool   `json:"output"` // outputs as well
	Raw        bool   `json:"raw"`
	AccessType string `json:"hist_access_type"` // "range", "tail", "search"
	Session    int    `json:"session"`          // range: a session, or how many sessions ago when not positive
	Start      int    `json:"start"`            // range: the first line
	Stop       *int   `json:"stop"`             // range: the line after the last; nil: all
	N          int    `json:"n"`                // tail, search: at most so many; 0: all
	Pattern    string `json:"pattern"`          // search: a glob
	Unique     bool   `json:"unique"`           // search: each code once
}

// HistoryReply lists what was asked for, oldest first.
type HistoryReply struct {
	Status  string         `json:"status"`
	History []HistoryEntry `json:"history"`
}

// HistoryEntry is [session, line, code], or [session, line, [code, output]]
// where outputs were asked for; the output is null when there was none.
type HistoryEntry struct {
	Session, Line int
	Code          string
	WithOutput    bool
	Output        *string
}

// MarshalJSON implements json.Marshaler.
func (e HistoryEntry) MarshalJSON() ([]byte, error) {
	if e.WithOutput {
		return json.Marshal([]any{e.Session, e.Line, []any{e.Code, e.Output}})
	}
	return json.Marshal([]any{e.Session, e.Line, e.Code})
}

func (HistoryRequest) MessageType() string { return "history_request" }
func (HistoryReply) MessageType() string   { return "history_reply" }
