package task

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"adkernel/internal/pythonjson"
)

// readOwn reads a file of the user's by what its name ends in.
func readOwn(path string) ([]own, error) {
	if strings.EqualFold(filepath.Ext(path), ".parquet") {
		return ownParquet(path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return ownCSV(path, text)
	case ".jsonl", ".json", ".ndjson":
		if !utf8.Valid(text) {
			return nil, inFile(path, invalidUTF8(text))
		}
		if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
			return ownArray(path, text)
		}
		return ownLines(path, text)
	}
	return nil, fmt.Errorf("%s: want a file named .jsonl, .json, .csv or .parquet", path)
}

// ownArray reads JSON that is one array of questions.
func ownArray(path string, text []byte) ([]own, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return nil, fmt.Errorf("%s: not an array of questions: %w", path, err)
	}
	out := make([]own, len(items))
	for i, item := range items {
		var err error
		if out[i], err = ownObject(item); err != nil {
			return nil, fmt.Errorf("%s: question %d: %w", path, i, err)
		}
	}
	return out, nil
}

func ownLines(path string, text []byte) ([]own, error) {
	var out []own
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		o, err := ownObject(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		out = append(out, o)
	}
	return out, nil
}

// ownObject reads one question, and says of a field of another type what it
// should be.
func ownObject(text []byte) (own, error) {
	var o own
	if err := pythonjson.Check(text); err != nil {
		return o, err
	}
	err := json.Unmarshal(text, &o)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped) && mistyped.Field == "":
		return o, fmt.Errorf("%s, want an object with question, answer and maybe choices and subject", mistyped.Value)
	case errors.As(err, &mistyped):
		want := map[string]string{"choices": "a list of texts"}
		field, _, _ := strings.Cut(mistyped.Field, ".")
		if want[field] == "" {
			want[field] = "a text"
		}
		return o, fmt.Errorf("%s: %s, want %s", field, mistyped.Value, want[field])
	case err != nil:
		return o, fmt.Errorf("not a JSON object: %w", err)
	}
	return o, json.Unmarshal(text, &o.fields)
}

func ownCSV(path string, text []byte) ([]own, error) {
	records, _, err := readRecords(text)
	if err != nil {
		return nil, inFile(path, err)
	}
	if len(records) == 0 {
		return nil, nil
	}
	head := records[0]
	question, answer, subject := slices.Index(head, "question"), slices.Index(head, "answer"), slices.Index(head, "subject")
	if question < 0 || answer < 0 {
		return nil, fmt.Errorf("%s: the first line names the columns: want question and answer, and A, B, ... for choices", path)
	}
	for i, name := range head {
		if slices.Contains(head[:i], name) && (name == "question" || name == "answer" || name == "subject" || len(name) == 1) {
			return nil, fmt.Errorf("%s: two columns are named %s: rename one", path, name)
		}
	}
	var choices []int
	for letter := 'A'; letter <= 'Z'; letter++ {
		at := slices.Index(head, string(letter))
		if at < 0 {
			break
		}
		choices = append(choices, at)
	}
	var out []own
	for _, record := range records[1:] {
		o := own{Text: record[question], fields: make(map[string]any, len(head)), cells: true}
		for i, name := range head {
			o.fields[name] = record[i]
		}
		if o.Answer, err = json.Marshal(record[answer]); err != nil {
			return nil, err
		}
		if subject >= 0 {
			o.Subject = record[subject]
		}
		for _, at := range choices {
			o.Choices = append(o.Choices, record[at])
		}
		o.Choices = withoutEmptyEnd(o.Choices)
		out = append(out, o)
	}
	return out, nil
}

// withoutEmptyEnd is the choices in columns of their own of a question that has
// fewer than others.
func withoutEmptyEnd(choices []string) []string {
	for len(choices) > 0 && choices[len(choices)-1] == "" {
		choices = choices[:len(choices)-1]
	}
	return choices
}
