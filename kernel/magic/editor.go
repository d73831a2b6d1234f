package magic

import (
	"cmp"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"adkernel/kernel/describe"
	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

// What is asked of a cell that is being typed.

// answer shows what is known of a name, as Shift-Tab does.
func (e *evaluator) answer(p part) (eval.Result, error) {
	if p.name == "" {
		return help(&call{e: e, part: part{kind: lineMagic, name: "help"}})
	}
	if name, ok := strings.CutPrefix(p.name, "%"); ok {
		name = strings.TrimPrefix(name, "%")
		return help(&call{e: e, part: part{kind: lineMagic, name: "help", rest: name}})
	}
	in, ok := e.inner.Inspect(p.name, len(p.name))
	if !ok {
		(&call{e: e}).say("There is no %s.", p.name)
		return eval.Result{}, nil
	}
	if v, ok := e.inner.Value(p.name); ok { // nothing else runs now
		text := brief(v)
		if v.Kind() == reflect.String && v.Len() <= briefWidth {
			text = strconv.Quote(v.String())
		}
		in.Value = cmp.Or(text, in.Value)
	}
	host.ShowPage(host.Bundle{Data: map[string]any{
		"text/plain":    describe.Text(in, p.detail),
		"text/markdown": describe.Markdown(in, p.detail),
	}})
	return eval.Result{}, nil
}

// IsComplete implements eval.Evaluator.
func (e *evaluator) IsComplete(source string) eval.Completeness {
	parts := parse(source, e.isLive)
	if len(parts) == 0 {
		return e.inner.IsComplete(source)
	}
	last := parts[len(parts)-1]
	switch {
	case last.kind == cellMagic && !endsBlank(source, last):
		return eval.Completeness{Status: "incomplete"}
	case last.kind == cellMagic && !magics[last.name].runsGo:
		return eval.Completeness{Status: "complete"}
	case last.kind != goCode && strings.HasSuffix(strings.TrimRight(source, "\r\n"), `\`):
		return eval.Completeness{Status: "incomplete"}
	}
	code := goOf(source, parts)
	if strings.TrimSpace(code) == "" {
		return eval.Completeness{Status: "complete"}
	}
	c := e.inner.IsComplete(code)
	if c.Status == "incomplete" && last.kind == lineMagic {
		c.Indent = "\t" // that of blanked code is as wide as the magic
	}
	return c
}

// endsBlank says whether a cell magic is over: a blank line ends it, as in
// IPython, or two where nothing else is below its first line.
func endsBlank(source string, p part) bool {
	return strings.HasSuffix(source, "\n\n") || p.body != "" && strings.HasSuffix(strings.TrimRight(source, " \t\r"), "\n")
}

// Inspect implements eval.Evaluator.
func (e *evaluator) Inspect(source string, cursor int) (eval.Inspection, bool) {
	parts := parse(source, e.isLive)
	p, ok := partAt(source, parts, cursor)
	if !ok || p.kind == goCode {
		return e.inner.Inspect(goOf(source, parts), cursor)
	}
	if p.kind == question && p.name != "" {
		return e.inner.Inspect(p.name, len(p.name))
	}
	if p.kind == lineMagic || p.kind == cellMagic {
		if m, ok := magics[p.name]; ok && cursor <= p.start+len(p.name)+2 {
			return eval.Inspection{Signature: m.title(p.name), Doc: m.doc, Where: "magic"}, true
		}
	}
	if code := goOf(source, parts); strings.TrimSpace(code) != "" {
		return e.inner.Inspect(code, cursor)
	}
	return eval.Inspection{}, false
}

// asked is the Go of all parts, and of p what a question asks about.
func asked(source string, parts []part, p part) string {
	code := goOf(source, parts)
	if p.kind != question {
		return code
	}
	return code[:p.start] + strings.ReplaceAll(source[p.start:p.end], "?", " ") + code[p.end:]
}

// partAt is the part in which the cursor stands. Behind a line's end it stands
// in the next line, but in the body of a cell magic.
func partAt(source string, parts []part, cursor int) (part, bool) {
	for _, p := range parts {
		if p.start <= cursor && (cursor < p.end || cursor == p.end && (p.kind == cellMagic || !strings.HasSuffix(source[:p.end], "\n"))) {
			return p, true
		}
	}
	return part{}, false
}

// Complete implements eval.Evaluator.
func (e *evaluator) Complete(source string, cursor int) eval.Completion {
	cursor = min(max(cursor, 0), len(source))
	parts := parse(source, neverLive)
	p, ok := partAt(source, parts, cursor)
	if !ok || p.kind == goCode || p.kind == question {
		return e.inner.Complete(asked(source, parts, p), cursor)
	}
	nameEnd := p.start + strings.Count(source[p.start:min(p.start+2, len(source))], "%") + len(p.name)
	lineEnds := p.end
	if p.kind == cellMagic {
		lineEnds = p.bodyAt
	}
	m := magics[p.name]
	switch {
	case p.kind != shellLine && cursor <= nameEnd:
		return completeName(source, p, cursor)
	case m.runsGo:
		return e.inner.Complete(goOf(source, parts), cursor)
	case cursor > lineEnds, p.kind == shellLine && cursor < p.restAt:
		return eval.Completion{Start: cursor, End: cursor}
	case p.kind == shellLine:
		first := strings.TrimSpace(source[p.restAt:cursor])
		return completePath(source, p.restAt, cursor, !strings.ContainsAny(first, " \t/"))
	case m.paths:
		return completePath(source, nameEnd, cursor, false)
	case p.name == "env" || p.name == "set_env":
		return completeWord(source, nameEnd, cursor, environmentNames(), "var")
	case p.name == "who" || p.name == "whos":
		return completeWord(source, nameEnd, cursor, kinds, "keyword")
	case p.name == "help":
		return completeWord(source, nameEnd, cursor, slices.Concat(namesOf(lineMagic), namesOf(cellMagic)), "keyword")
	}
	return eval.Completion{Start: cursor, End: cursor}
}

// completeName proposes magics. Where a cell starts, those for cells are among
// them.
func completeName(source string, p part, cursor int) eval.Completion {
	typed := source[p.start:cursor]
	c := eval.Completion{Start: p.start, End: cursor}
	add := func(prefix string, kind partKind) {
		for _, name := range namesOf(kind) {
			if text := prefix + name; strings.HasPrefix(text, typed) {
				c.Items = append(c.Items, eval.Item{Text: text, Kind: "keyword", Type: magics[name].doc})
			}
		}
	}
	if p.kind == lineMagic {
		add("%", lineMagic)
	}
	if strings.TrimSpace(source[:p.start]) == "" {
		add("%%", cellMagic)
	}
	return c
}

func completeWord(source string, from, cursor int, words []string, kind string) eval.Completion {
	start := wordStart(source, from, cursor)
	c := eval.Completion{Start: start, End: cursor}
	for _, word := range slices.Compact(slices.Sorted(slices.Values(words))) {
		if strings.HasPrefix(word, source[start:cursor]) {
			c.Items = append(c.Items, eval.Item{Text: word, Kind: kind})
		}
	}
	return c
}

func environmentNames() []string {
	var names []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		names = append(names, name)
	}
	return names
}

func wordStart(source string, from, cursor int) int {
	return from + strings.LastIndexAny(source[from:cursor], " \t'\"=<>|;&(") + 1
}

// maxPaths is how many are proposed.
const maxPaths = 500

// completePath proposes files and folders, and programs where a command starts.
func completePath(source string, from, cursor int, command bool) eval.Completion {
	start := wordStart(source, from, cursor)
	typed := source[start:cursor]
	c := eval.Completion{Start: start, End: cursor}
	expanded, err := path(typed)
	if err != nil {
		return c
	}
	folder, prefix := filepath.Split(expanded)
	shown := typed[:len(typed)-len(prefix)]
	add := func(folder, shown string, keep func(os.DirEntry) bool) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return
		}
		for _, entry := range entries {
			name := entry.Name()
			if len(c.Items) == maxPaths || !strings.HasPrefix(name, prefix) || name[0] == '.' && prefix == "" || !keep(entry) {
				continue
			}
			kind := "file"
			if st, err := os.Stat(filepath.Join(folder, name)); err == nil && st.IsDir() {
				name += "/"
				kind = "folder"
			}
			c.Items = append(c.Items, eval.Item{Text: shown + name, Kind: kind})
		}
	}
	if command && prefix != "" {
		for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
			add(folder, "", func(entry os.DirEntry) bool { return !entry.IsDir() })
		}
		slices.SortFunc(c.Items, func(a, b eval.Item) int { return strings.Compare(a.Text, b.Text) })
		c.Items = slices.CompactFunc(c.Items, func(a, b eval.Item) bool { return a.Text == b.Text })
		return c
	}
	if folder == "" {
		folder = "."
	}
	add(folder, shown, func(os.DirEntry) bool { return true })
	return c
}
