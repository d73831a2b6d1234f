package chat

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"adkernel/builtins/tokenizer/chat/jinja"
)

// A Template is a chat template ready to be rendered. It is safe for use by
// several goroutines at once.
type Template struct {
	source   string
	compiled *jinja.Template
	special  map[string]string
}

// Options of one rendering. The zero value asks for an answer: the text ends
// with what opens the assistant's turn.
type Options struct {
	NoGenerationPrompt bool           // end after the last message
	ContinueFinal      bool           // end within the last message, so that it is continued
	Arguments          map[string]any // that the template knows: "enable_thinking"
	Now                time.Time      // for templates that write the date; zero is the present
}

// Parse compiles a template. special are the texts of the special tokens by
// the names that the template uses: "bos_token".
func Parse(source string, special map[string]string) (*Template, error) {
	compiled, err := jinja.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("chat template: %w", err)
	}
	return &Template{source: source, compiled: compiled, special: maps.Clone(special)}, nil
}

// Source is the template as it was read.
func (t *Template) Source() string { return t.source }

// Reads reports whether the template mentions a name, such as an argument.
func (t *Template) Reads(name string) bool { return strings.Contains(t.source, name) }

// continueMark stands where a last message is to be continued. The space at
// its end tells whether the template trims messages.
const continueMark = "CONTINUE_FINAL_MESSAGE_TAG "

// Render returns the conversation as text, special tokens spelled out: it is
// to be encoded without adding others. The error is the template's own where
// it refuses the conversation.
func (t *Template) Render(messages []Message, o Options) (string, error) {
	if len(messages) == 0 {
		return "", errors.New("chat template: no messages")
	}
	values := map[string]any{"tools": nil, "documents": nil}
	for name, text := range t.special {
		values[name] = text
	}
	maps.Copy(values, o.Arguments)
	var err error
	if values["messages"], err = conversation(messages, o.ContinueFinal); err != nil {
		return "", fmt.Errorf("chat template: %w", err)
	}
	values["add_generation_prompt"] = !o.NoGenerationPrompt && !o.ContinueFinal
	var refusal error
	values["raise_exception"] = function("raise_exception", "message", func(message string) (string, error) {
		refusal = fmt.Errorf("the chat template refuses the conversation: %s", message)
		return "", refusal
	})
	now := o.Now
	if now.IsZero() {
		now = time.Now()
	}
	values["strftime_now"] = function("strftime_now", "format", func(format string) (string, error) { return strftime(now, format) })

	text, err := t.compiled.Render(values)
	switch {
	case refusal != nil:
		return "", refusal
	case err != nil:
		return "", fmt.Errorf("chat template: %w", err)
	case o.ContinueFinal:
		return cutAtMark(text, messages[len(messages)-1].Content)
	}
	return text, nil
}

// conversation is messages as a template sees them.
func conversation(messages []Message, continueFinal bool) (*jinja.List, error) {
	list := &jinja.List{}
	for i, m := range messages {
		fields := jinja.NewDict()
		fields.SetText("role", m.Role)
		if continueFinal && i == len(messages)-1 {
			m.Content += continueMark
		}
		fields.SetText("content", m.Content)
		for _, name := range slices.Sorted(maps.Keys(m.More)) {
			value, err := jinja.ValueOf(m.More[name])
			if err != nil {
				return nil, fmt.Errorf("message %d, %s: %w", i, name, err)
			}
			fields.SetText(name, value)
		}
		list.Items = append(list.Items, fields)
	}
	return list, nil
}

// function is a function of one text that a template may call.
func function(name, param string, f func(string) (string, error)) *jinja.Func {
	return &jinja.Func{Name: name, Params: param, Call: func(a []any) (any, error) {
		text, ok := a[0].(string)
		if !ok {
			return nil, fmt.Errorf("%s takes a text", name)
		}
		return f(text)
	}}
}

// cutAtMark ends text where the last message ends.
func cutAtMark(text, last string) (string, error) {
	at := strings.LastIndex(text, strings.TrimSpace(continueMark))
	if at < 0 || !strings.Contains(text, strings.TrimSpace(last)) {
		return "", errors.New("chat template: the last message does not appear as it is, so it cannot be continued")
	}
	if strings.HasPrefix(text[at:], continueMark) {
		return text[:at], nil
	}
	return strings.TrimRight(text[:at], " \t\n\v\f\r"), nil // the template trims messages
}
