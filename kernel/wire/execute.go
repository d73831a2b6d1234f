package wire

import (
	"encoding/json"
	"time"
)

// ExecuteRequest runs code. Defaults are those of NewExecuteRequest.
type ExecuteRequest struct {
	Code            string            `json:"code"`
	Silent          bool              `json:"silent"`
	StoreHistory    bool              `json:"store_history"`
	UserExpressions map[string]string `json:"user_expressions"`
	AllowStdin      bool              `json:"allow_stdin"`
	StopOnError     bool              `json:"stop_on_error"`
}

// NewExecuteRequest has the values of fields that a message leaves out.
func NewExecuteRequest() ExecuteRequest {
	return ExecuteRequest{StoreHistory: true, StopOnError: true}
}

// ExecuteReply answers an ExecuteRequest; *Failure is set when Status is not StatusOK.
type ExecuteReply struct {
	Status          string         `json:"status"`
	ExecutionCount  int            `json:"execution_count"`
	Payload         []any          `json:"payload"`          // Page, NextInput
	UserExpressions map[string]any `json:"user_expressions"` // ExpressionResult or ExpressionError
	*Failure

	Started time.Time `json:"-"` // of the execution, in the metadata
}

// messageMetadata is ipykernel's: JupyterLab reads from it how long a cell ran.
func (r ExecuteReply) messageMetadata() json.RawMessage {
	metadata, err := json.Marshal(map[string]any{"started": r.Started.UTC().Format(dateFormat), "status": r.Status})
	if err != nil {
		return nil
	}
	return metadata
}

// AbortedReply answers an ExecuteRequest that was not executed, because a cell
// before it failed. It is as short as ipykernel's.
type AbortedReply struct {
	Started time.Time `json:"-"`
}

// MarshalJSON implements json.Marshaler.
func (AbortedReply) MarshalJSON() ([]byte, error) { return []byte(`{"status":"aborted"}`), nil }

func (r AbortedReply) messageMetadata() json.RawMessage {
	return ExecuteReply{Status: StatusAborted, Started: r.Started}.messageMetadata()
}

// Page is a payload: something to read beside the notebook, such as
// documentation. JupyterLab shows it below the cell.
type Page struct {
	Source string         `json:"source"` // "page"
	Data   map[string]any `json:"data"`
	Start  int            `json:"start"` // line to begin with
}

// NextInput is a payload: text for a new cell below, or for the cell itself.
type NextInput struct {
	Source  string `json:"source"` // "set_next_input"
	Text    string `json:"text"`
	Replace bool   `json:"replace"` // the cell's own code
}

// ExpressionResult is the value of a user expression.
type ExpressionResult struct {
	Status   string         `json:"status"`
	Data     map[string]any `json:"data"`
	Metadata map[string]any `json:"metadata"`
}

// ExpressionError is a user expression that failed.
type ExpressionError struct {
	Status string `json:"status"`
	Failure
}

// ExecuteInput tells all front ends what runs.
type ExecuteInput struct {
	Code           string `json:"code"`
	ExecutionCount int    `json:"execution_count"`
}

// ExecuteResult is the value of a cell.
type ExecuteResult struct {
	ExecutionCount int            `json:"execution_count"`
	Data           map[string]any `json:"data"`
	Metadata       map[string]any `json:"metadata"`
}

func (ExecuteRequest) MessageType() string { return "execute_request" }
func (ExecuteReply) MessageType() string   { return "execute_reply" }
func (AbortedReply) MessageType() string   { return "execute_reply" }
func (ExecuteInput) MessageType() string   { return "execute_input" }
func (ExecuteResult) MessageType() string  { return "execute_result" }
