package chat

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ardanlabs/jinja"
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
func Parse(source string, special map[string]string) (t *Template, err error) {
	defer recoverAs(&err)
	// Python's Jinja reads every line end as "\n" and drops one at the end.
	lines := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	compiled, err := jinja.Compile(strings.TrimSuffix(lines, "\n"))
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
func (t *Template) Render(messages []Message, o Options) (text string, err error) {
	defer recoverAs(&err)
	if len(messages) == 0 {
		return "", errors.New("chat template: no messages")
	}
	values := map[string]jinja.Value{"tools": jinja.None(), "documents": jinja.None()}
	for name, text := range t.special {
		values[name] = jinja.NewString(text)
	}
	for name, value := range o.Arguments {
		values[name] = jinja.FromGoValue(value)
	}
	values["messages"] = conversation(messages, o.ContinueFinal)
	values["add_generation_prompt"] = jinja.NewBool(!o.NoGenerationPrompt && !o.ContinueFinal)
	var refusal error
	values["raise_exception"] = function("raise_exception", func(message string) (string, error) {
		refusal = fmt.Errorf("the chat template refuses the conversation: %s", message)
		return "", refusal
	})
	now := o.Now
	if now.IsZero() {
		now = time.Now()
	}
	values["strftime_now"] = function("strftime_now", func(format string) (string, error) { return strftime(now, format) })

	text, err = t.compiled.RenderValues(values)
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
func conversation(messages []Message, continueFinal bool) jinja.Value {
	list := make([]jinja.Value, len(messages))
	for i, m := range messages {
		list[i] = jinja.NewDict()
		fields := list[i].AsDict()
		fields.Set("role", jinja.NewString(m.Role))
		if continueFinal && i == len(messages)-1 {
			m.Content += continueMark
		}
		fields.Set("content", jinja.NewString(m.Content))
		for _, name := range slices.Sorted(maps.Keys(m.More)) {
			fields.Set(name, jinja.FromGoValue(m.More[name]))
		}
	}
	return jinja.NewList(list)
}

// function is a function of one text that a template may call.
func function(name string, f func(string) (string, error)) jinja.Value {
	return jinja.NewCallable(name, func(arguments []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
		if len(arguments) != 1 || !arguments[0].IsString() {
			return jinja.Undefined(), fmt.Errorf("%s takes one text", name)
		}
		text, err := f(arguments[0].AsString())
		return jinja.NewString(text), err
	})
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

// recoverAs turns a panic of the template library into an error.
func recoverAs(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("chat template: not a template that can be rendered: %v", p)
	}
}
