package wire

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
	return ExecuteRequest{StoreHistory: true, AllowStdin: true, StopOnError: true}
}

// ExecuteReply answers an ExecuteRequest; *Failure is set when Status is not StatusOK.
type ExecuteReply struct {
	Status          string         `json:"status"`
	ExecutionCount  int            `json:"execution_count"`
	Payload         []any          `json:"payload"`
	UserExpressions map[string]any `json:"user_expressions"` // ExpressionResult or ExpressionError
	*Failure
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
func (ExecuteInput) MessageType() string   { return "execute_input" }
func (ExecuteResult) MessageType() string  { return "execute_result" }
