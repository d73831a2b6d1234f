package wire

// CompleteRequest asks what may stand at the cursor.
type CompleteRequest struct {
	Code      string `json:"code"`
	CursorPos int    `json:"cursor_pos"` // in code points
}

// CompleteReply proposes what replaces the code between the two cursors.
type CompleteReply struct {
	Status      string         `json:"status"`
	Matches     []string       `json:"matches"`
	CursorStart int            `json:"cursor_start"` // in code points
	CursorEnd   int            `json:"cursor_end"`
	Metadata    map[string]any `json:"metadata"` // CompletionTypesKey: []CompletionType
}

// CompletionTypesKey is where JupyterLab looks for the kinds of matches.
const CompletionTypesKey = "_jupyter_types_experimental"

// CompletionType says what kind of thing a match is.
type CompletionType struct {
	Text      string `json:"text"`
	Type      string `json:"type"`
	Signature string `json:"signature,omitempty"`
	Start     int    `json:"start"`
	End       int    `json:"end"`
}

func (CompleteRequest) MessageType() string { return "complete_request" }
func (CompleteReply) MessageType() string   { return "complete_reply" }
