package serve

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"adkernel/builtins/tokenizer/chat"
	"adkernel/builtins/tokenizer/chat/jinja"
)

type chatRequest struct {
	common
	Messages            []message         `json:"messages"`
	MaxCompletionTokens *int              `json:"max_completion_tokens"`
	LogProbs            bool              `json:"logprobs"`
	TopLogProbs         *int              `json:"top_logprobs"`
	TemplateArguments   templateArguments `json:"chat_template_kwargs"`   // vLLM
	GenerationPrompt    *bool             `json:"add_generation_prompt"`  // vLLM
	Continue            bool              `json:"continue_final_message"` // vLLM
	Tools               []any             `json:"tools"`
	ToolChoice          any               `json:"tool_choice"`
	ParallelTools       *bool             `json:"parallel_tool_calls"`
	ResponseFormat      *struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"json_schema"`
	} `json:"response_format"`
}

// templateArguments keep their numbers whole and their objects in order, which
// a template may print.
type templateArguments map[string]any

func (a *templateArguments) UnmarshalJSON(raw []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	*a = templateArguments{}
	for name, value := range fields {
		var err error
		if (*a)[name], err = jinja.FromJSON(value); err != nil {
			return invalid("chat_template_kwargs", "chat_template_kwargs: %s: %v", name, err)
		}
	}
	return nil
}

// taken are names that the template gets from elsewhere.
var taken = []string{"messages", "add_generation_prompt", "tools", "documents"}

// A message is one turn. Its content is a text or a list of text parts, which
// are joined by line breaks as vLLM joins them. Other fields are the
// template's to read.
type message chat.Message

func (m *message) UnmarshalJSON(raw []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return invalid("messages", "messages: want objects with role and content")
	}
	for name, value := range fields {
		var err error
		switch name {
		case "role":
			err = json.Unmarshal(value, &m.Role)
		case "content":
			m.Content, err = contentText(value)
		case "tool_calls", "function_call":
			err = invalid("messages", "messages: %s is not supported", name)
		default:
			if m.More == nil {
				m.More = map[string]any{}
			}
			m.More[name], err = jinja.FromJSON(value)
		}
		var e *apiError
		if err != nil && !errors.As(err, &e) {
			err = invalid("messages", "messages: %s: %v", name, err)
		}
		if err != nil {
			return err
		}
	}
	if m.Role == "" {
		return invalid("messages", "messages: a message has no role")
	}
	if _, ok := fields["content"]; !ok {
		return invalid("messages", "messages: a message of role %q has no content", m.Role)
	}
	return nil
}

func contentText(raw json.RawMessage) (string, error) {
	var text *string
	if json.Unmarshal(raw, &text) == nil && text != nil {
		return *text, nil
	}
	var parts []struct {
		Type string  `json:"type"`
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) == 0 {
		return "", invalid("messages", "messages: a content is neither a text nor a list of parts")
	}
	var texts []string
	for _, p := range parts {
		if p.Type != "text" || p.Text == nil {
			return "", invalid("messages", "messages: a part of type %q: only text is supported", p.Type)
		}
		texts = append(texts, *p.Text)
	}
	return strings.Join(texts, "\n"), nil
}

type chatCompletion struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []chatChoice `json:"choices"`
	Usage   *usage       `json:"usage,omitempty"`
}

type chatChoice struct {
	Index        int           `json:"index"`
	Message      *chatMessage  `json:"message,omitempty"`
	Delta        *chatMessage  `json:"delta,omitempty"` // of a stream
	LogProbs     *chatLogprobs `json:"logprobs"`
	FinishReason *string       `json:"finish_reason"`
	TokenIDs     []int32       `json:"token_ids,omitempty"`
}

type chatMessage struct {
	Role    string  `json:"role,omitempty"`
	Content *string `json:"content,omitempty"`
}

type chatLogprobs struct {
	Content []chatToken `json:"content"`
}

type chatToken struct {
	Token       string      `json:"token"`
	Logprob     float64     `json:"logprob"`
	Bytes       []int       `json:"bytes"`
	TopLogprobs []chatToken `json:"top_logprobs,omitempty"`
}

func (s *Server) chatCompletions(w http.ResponseWriter, r *http.Request) error {
	var q chatRequest
	if err := readJSON(r, &q); err != nil {
		return err
	}
	if err := s.knows(q.Model); err != nil {
		return err
	}
	if err := q.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	answers, err := s.chatAnswers(ctx, &q)
	if err != nil {
		return err
	}
	if err := s.queue.add(answers); err != nil {
		return err
	}
	reply := chatCompletion{ID: newID("chatcmpl-"), Object: "chat.completion", Created: time.Now().Unix(), Model: s.Name}
	if q.Stream {
		return streamChat(w, &q, reply, answers)
	}
	for i, a := range answers {
		if err := a.wait(); err != nil {
			return err
		}
		c := chatChoice{Index: i, Message: &chatMessage{"assistant", &a.text}, FinishReason: &a.finish}
		if q.LogProbs {
			c.LogProbs = newChatLogprobs(a.steps, a.top)
		}
		if q.TokenIDs {
			c.TokenIDs = tokenIDs(a.steps)
		}
		reply.Choices = append(reply.Choices, c)
	}
	reply.Usage = count(answers, q.choices())
	writeJSON(w, http.StatusOK, reply)
	return nil
}

func (q *chatRequest) check() error {
	if err := q.common.check(); err != nil {
		return err
	}
	if q.MaxCompletionTokens != nil {
		if q.MaxTokens != nil && *q.MaxTokens != *q.MaxCompletionTokens {
			return invalid("max_tokens", "max_tokens and max_completion_tokens differ: give one of them")
		}
		q.MaxTokens = q.MaxCompletionTokens
	}
	switch {
	case len(q.Messages) == 0:
		return invalid("messages", "messages is missing")
	case q.MaxTokens != nil && *q.MaxTokens < 1:
		return invalid("max_tokens", "max_tokens is %d: want 1 or more", *q.MaxTokens)
	case q.TopLogProbs != nil && !q.LogProbs:
		return invalid("top_logprobs", "top_logprobs is given, but logprobs is not true")
	case q.TopLogProbs != nil && (*q.TopLogProbs < 0 || *q.TopLogProbs > maxTop):
		return invalid("top_logprobs", "top_logprobs is %d: want 0 to %d", *q.TopLogProbs, maxTop)
	case len(q.Tools) > 0:
		return invalid("tools", "tools are not supported: calls are not read out of the answer")
	case q.ToolChoice != nil && q.ToolChoice != "none":
		return invalid("tool_choice", "tool_choice is not supported: leave it out")
	case q.ResponseFormat != nil && q.ResponseFormat.Type != "text":
		return invalid("response_format", "response_format %q is not supported: leave it out", q.ResponseFormat.Type)
	case slices.ContainsFunc(taken, func(name string) bool { return q.TemplateArguments[name] != nil }):
		return invalid("chat_template_kwargs", "chat_template_kwargs cannot hold %s, which the template gets from the request", strings.Join(taken, ", "))
	case q.Continue && q.GenerationPrompt != nil && *q.GenerationPrompt:
		return invalid("continue_final_message", "continue_final_message and add_generation_prompt exclude each other")
	}
	return nil
}

func (s *Server) chatAnswers(ctx context.Context, q *chatRequest) ([]*answer, error) {
	text, err := s.render(q)
	if err != nil {
		return nil, err
	}
	// The template writes the special tokens itself.
	prompt := s.Tokenizer.Encode(text, q.AddSpecial != nil && *q.AddSpecial)
	if err := s.checkTokens("messages", prompt); err != nil {
		return nil, err
	}
	tokens, err := s.room(prompt, q.MaxTokens, s.limits.SequenceTokens)
	if err != nil {
		return nil, err
	}
	var answers []*answer
	for choice := range q.choices() {
		a := s.answer(ctx, &q.common, prompt, tokens, choice)
		if q.LogProbs {
			a.top = 0
			if q.TopLogProbs != nil {
				a.top = *q.TopLogProbs
			}
		}
		answers = append(answers, a)
	}
	return answers, nil
}

func (s *Server) render(q *chatRequest) (string, error) {
	if s.Template == nil {
		return "", invalid("messages", "the model has no chat template: use /v1/completions, or serve it with a template")
	}
	messages := make([]chat.Message, len(q.Messages))
	for i, m := range q.Messages {
		messages[i] = chat.Message(m)
	}
	text, err := s.Template.Render(messages, chat.Options{
		NoGenerationPrompt: q.Continue || q.GenerationPrompt != nil && !*q.GenerationPrompt,
		ContinueFinal:      q.Continue,
		Arguments:          q.TemplateArguments,
	})
	if err != nil {
		return "", invalid("messages", "%v", err)
	}
	return text, nil
}

// newChatLogprobs lists steps with the top most likely tokens of each.
func newChatLogprobs(steps []step, top int) *chatLogprobs {
	l := &chatLogprobs{Content: []chatToken{}}
	for _, s := range steps {
		t := newChatToken(s.token, s.logprob)
		for _, c := range s.top[:min(top, len(s.top))] {
			t.TopLogprobs = append(t.TopLogprobs, newChatToken(c.token, c.logprob))
		}
		l.Content = append(l.Content, t)
	}
	return l
}

func newChatToken(token string, logprob float64) chatToken {
	t := chatToken{Token: token, Logprob: logprob, Bytes: make([]int, len(token))}
	for i := range len(token) {
		t.Bytes[i] = int(token[i])
	}
	return t
}

func streamChat(w http.ResponseWriter, q *chatRequest, reply chatCompletion, answers []*answer) error {
	reply.Object = "chat.completion.chunk"
	out := newStream(w)
	started := make([]bool, len(answers))
	err := follow(answers, func(p part) {
		if !started[p.index] {
			started[p.index] = true
			empty := ""
			reply.Choices = []chatChoice{{Index: p.index, Delta: &chatMessage{"assistant", &empty}}}
			out.send(reply)
		}
		c := chatChoice{Index: p.index, Delta: &chatMessage{Content: &p.text}}
		if q.LogProbs {
			c.LogProbs = newChatLogprobs(p.steps, answers[p.index].top)
		}
		if q.TokenIDs {
			c.TokenIDs = tokenIDs(p.steps)
		}
		if p.finish != "" {
			c.FinishReason = &p.finish
		}
		reply.Choices = []chatChoice{c}
		out.send(reply)
	})
	if err == nil && q.StreamOptions != nil && q.StreamOptions.IncludeUsage {
		reply.Choices, reply.Usage = []chatChoice{}, count(answers, q.choices())
		out.send(reply)
	}
	out.end(err)
	return nil
}
