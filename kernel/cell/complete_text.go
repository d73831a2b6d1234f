package cell

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"adkernel/kernel/eval"
)

// completeString proposes what may stand in a string: import paths, what the
// vocabulary knows, keys of maps, values that a field's comment lists, and files.
func (s *Session) completeString(source string, cursor int, t text) eval.Completion {
	out := eval.Completion{Start: cursor, End: cursor}
	before, ok := unquoted(source[t.start+1:cursor], t.raw)
	if !ok {
		return out
	}
	var found eval.Suggestion
	if inImport(source[:t.start]) {
		found.Items = s.importPaths()
	} else if found, ok = s.inString(source, t, before); !ok {
		return out
	}
	found.Start = min(max(found.Start, 0), len(before))
	out.Start = t.start + 1 + quotedLength(source[t.start+1:cursor], found.Start, t.raw)
	seen := map[string]bool{}
	for _, item := range found.Items {
		if !strings.HasPrefix(item.Text, before[found.Start:]) || seen[item.Text] || !utf8.ValidString(item.Text) {
			continue
		}
		seen[item.Text] = true
		if item.Text, ok = quoted(item.Text, t.raw); ok && !strings.ContainsRune(item.Text, '\n') && strings.HasPrefix(item.Text, source[out.Start:cursor]) {
			out.Items = append(out.Items, item)
		}
	}
	return out
}

// inString finds out what a string is for. It asks the vocabulary, and looks
// at files, when s.mu is free again.
func (s *Session) inString(source string, t text, before string) (eval.Suggestion, bool) {
	literal := eval.Literal{Before: before, Raw: t.raw}
	doc, isPath := "", false
	var keys []string
	func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		d := s.draft(source[:t.start]+cursorID+source[t.end:], cursorID, t.start)
		defer d.discard()
		literal.Within = d.within()
		doc, isPath = d.purpose()
		keys = d.keys(before)
	}()
	if s.vocabulary.Strings != nil && len(literal.Within) > 0 {
		if found, ok := s.vocabulary.Strings(literal); ok && found.Files {
			return files(before), true
		} else if ok {
			return found, true
		}
	}
	if len(keys) > 0 {
		return eval.Suggestion{Items: keyItems(keys)}, true
	}
	if values := listedValues(doc); len(values) > 0 && !isPath {
		return eval.Suggestion{Items: values}, true
	}
	if isPath || strings.ContainsRune(before, '/') {
		return files(before), true
	}
	return eval.Suggestion{}, false
}

func (s *Session) importPaths() []eval.Item {
	var out []eval.Item
	for _, path := range slices.Sorted(slices.Values(s.imp.paths())) {
		out = append(out, eval.Item{Text: path, Kind: "package"})
	}
	return out
}

// maxFiles is how many are proposed.
const maxFiles = 500

// files proposes what is in the folder that a path leads to.
func files(before string) eval.Suggestion {
	folder, prefix := filepath.Split(before)
	out := eval.Suggestion{Start: len(folder)}
	entries, err := os.ReadDir(cmp.Or(folder, "."))
	if err != nil {
		return out
	}
	for _, entry := range entries {
		name := entry.Name()
		if len(out.Items) == maxFiles || !strings.HasPrefix(name, prefix) || name[0] == '.' && prefix == "" {
			continue
		}
		item := eval.Item{Text: name, Kind: "file"}
		if st, err := os.Stat(filepath.Join(folder, name)); err == nil && st.IsDir() {
			item = eval.Item{Text: name + "/", Kind: "folder"}
		}
		out.Items = append(out.Items, item)
	}
	return out
}
