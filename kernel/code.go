package kernel

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"adkernel/kernel/describe"
	"adkernel/kernel/eval"
	"adkernel/kernel/wire"
)

// complete, inspect and isComplete ask the worker about code that is being typed,
// and return what waits for its answer and replies. Jupyter counts cursors in
// code points, evaluators in bytes.

func (s *server) complete(ctx context.Context, r *request) (answer func()) {
	var content wire.CompleteRequest
	if s.malformed(r, &content) {
		return func() {}
	}
	wait := s.session.Complete(ctx, content.Code, byteOffset(content.Code, content.CursorPos))
	return func() {
		c, err := wait()
		if err != nil {
			s.log.Warn("no completion", "error", err)
		}
		s.reply(r, completeReply(content.Code, c))
	}
}

func completeReply(code string, c eval.Completion) wire.CompleteReply {
	start, end := runeOffset(code, c.Start), runeOffset(code, c.End)
	matches := make([]string, len(c.Items))
	types := make([]wire.CompletionType, len(c.Items))
	for i, item := range c.Items {
		matches[i] = item.Text
		types[i] = wire.CompletionType{Text: item.Text, Type: completionKind(item.Kind), Signature: signature(item), Start: start, End: end}
	}
	return wire.CompleteReply{
		Status: wire.StatusOK, Matches: matches, CursorStart: start, CursorEnd: end,
		Metadata: map[string]any{wire.CompletionTypesKey: types},
	}
}

// signature is an item's type, and the import that comes with it.
func signature(item eval.Item) string {
	if item.Import == "" || item.Import == item.Type {
		return item.Type
	}
	return strings.TrimSpace(item.Type + " // import " + strconv.Quote(item.Import))
}

// completionKind is the name under which JupyterLab has an icon.
func completionKind(kind string) string {
	switch kind {
	case "func":
		return "function"
	case "package":
		return "module"
	case "type":
		return "class"
	case "field":
		return "property"
	case "var", "const":
		return "instance"
	case "column", "key":
		return "property"
	}
	return kind
}

func (s *server) inspect(ctx context.Context, r *request) (answer func()) {
	var content wire.InspectRequest
	if s.malformed(r, &content) {
		return func() {}
	}
	wait := s.session.Inspect(ctx, content.Code, byteOffset(content.Code, content.CursorPos))
	return func() {
		in, found, err := wait()
		if err != nil {
			s.log.Warn("no inspection", "error", err)
		}
		reply := wire.InspectReply{Status: wire.StatusOK, Found: found, Data: map[string]any{}, Metadata: map[string]any{}}
		if found {
			reply.Data["text/plain"] = describe.Text(in, content.DetailLevel)
			reply.Data["text/markdown"] = describe.Markdown(in, content.DetailLevel)
		}
		s.reply(r, reply)
	}
}

func (s *server) isComplete(ctx context.Context, r *request) (answer func()) {
	var content wire.IsCompleteRequest
	if s.malformed(r, &content) {
		return func() {}
	}
	wait := s.session.IsComplete(ctx, content.Code)
	return func() {
		c, err := wait()
		if err != nil {
			s.log.Warn("no answer to is_complete", "error", err)
			c.Status = "unknown"
		}
		reply := wire.IsCompleteReply{Status: c.Status}
		if c.Status == "incomplete" {
			reply.Indent = &c.Indent
		}
		s.reply(r, reply)
	}
}

// byteOffset is where the code point n of text begins, within text.
func byteOffset(text string, n int) int {
	for i := range text {
		if n <= 0 {
			return i
		}
		n--
	}
	return len(text)
}

// runeOffset is the number of code points before byte n of text.
func runeOffset(text string, n int) int {
	return utf8.RuneCountInString(text[:max(0, min(n, len(text)))])
}
