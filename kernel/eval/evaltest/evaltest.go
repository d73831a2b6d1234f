// Package evaltest runs cell transcripts against an evaluator. It knows their
// format and nothing of any evaluator.
//
// A transcript file is a list of sequences:
//
//	=== name
//	a cell
//	---
//	another cell
//	>>> what they print
//
// What is compared is all that the cells print, "=> " and the values of the
// last cell's last expression, and "[ERR c2: message]" for the second cell's
// error ("[PANIC c2: message]" when it panicked), white space apart. In an
// expectation that begins with ~, every line that begins so has to be
// contained, in any order. A sequence runs in a session of its own.
//
// Three things are compared only where a line of the expectation mentions
// them: "[NOTE c2: text]" for the notes of a cell's result, "at In[2]:5 f" for
// the frames of a panic, and what went to standard error for "In[2]:5".
package evaltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// New starts an evaluator that writes to the two streams.
type New func(stdout, stderr io.Writer) (eval.Evaluator, error)

// Sequence is one session of a transcript.
type Sequence struct {
	Name  string
	Cells []string
	Want  string
}

// cellLimit is how long a cell may take before it is interrupted.
const cellLimit = 10 * time.Second

// Run runs every sequence of the files. known names the sequences that fail,
// each with the reason; one that passes although it is listed fails the test.
func Run(t *testing.T, start New, known map[string]string, files ...string) {
	listed := map[string]bool{}
	passed, failed := 0, 0
	for _, file := range files {
		sequences, err := Read(file)
		require.NoError(t, err)
		for _, s := range sequences {
			listed[s.Name] = true
			t.Run(s.Name, func(t *testing.T) {
				got, err := s.Output(start)
				require.NoError(t, err)
				ok := s.Matches(got)
				reason, isKnown := known[s.Name]
				switch {
				case ok && isKnown:
					t.Errorf("passes, but is listed as failing (%s)", reason)
				case !ok && !isKnown:
					t.Errorf("got  %s\nwant %s", got, s.Want)
				}
				if ok {
					passed++
				} else {
					failed++
				}
			})
		}
	}
	t.Logf("%d of %d sequences", passed, passed+failed)
	for name := range known {
		if !listed[name] {
			t.Errorf("%s is listed as failing, but no file has it", name)
		}
	}
}

// Read reads a transcript file.
func Read(file string) ([]Sequence, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []Sequence
	for _, block := range strings.Split("\n"+string(b), "\n=== ")[1:] {
		name, body, _ := strings.Cut(block, "\n")
		i := strings.LastIndex("\n"+body, "\n>>>")
		if i < 0 {
			return nil, fmt.Errorf("%s: sequence %q has no expectation", file, name)
		}
		cells, want := body[:max(i-1, 0)], body[i+len(">>>"):]
		s := Sequence{Name: strings.TrimSpace(name), Want: strings.TrimSpace(want)}
		for _, c := range strings.Split("\n"+cells, "\n---") {
			s.Cells = append(s.Cells, strings.TrimPrefix(c, "\n"))
		}
		out = append(out, s)
	}
	return out, nil
}

// Output evaluates the cells and returns what is compared.
func (s Sequence) Output(start New) (string, error) {
	var out Buffer
	e, err := start(&out, &out)
	if err != nil {
		return "", err
	}
	defer e.Close()
	for i, source := range s.Cells {
		s.cell(&out, e, i, source)
	}
	return out.String(), nil
}

// cell evaluates the i-th cell. Methods of its values run, when they are shown,
// while the cell may.
func (s Sequence) cell(out io.Writer, e eval.Evaluator, i int, source string) {
	ctx, cancel := context.WithTimeout(context.Background(), cellLimit)
	defer cancel()
	result, err := e.Evaluate(ctx, eval.Cell{N: i + 1, Source: source})
	if err != nil {
		fmt.Fprintf(out, "[%s c%d: %s]\n", class(err), i+1, err)
		s.frames(out, err)
	}
	if strings.Contains(s.Want, "[NOTE ") {
		for _, note := range result.Notes {
			fmt.Fprintf(out, "[NOTE c%d: %s]\n", i+1, note)
		}
	}
	if i == len(s.Cells)-1 && len(result.Values) > 0 {
		fmt.Fprintf(out, "=> %s\n", show(result.Values))
	}
}

// frames writes where a panic was, for an expectation that says it.
func (s Sequence) frames(out io.Writer, err error) {
	var problem *eval.Error
	if !strings.Contains(s.Want, "at In[") || !errors.As(err, &problem) {
		return
	}
	for _, f := range problem.Trace {
		fmt.Fprintf(out, "at In[%d]:%d %s\n", f.Cell, f.Line, f.Func)
	}
}

func class(err error) string {
	var e *eval.Error
	if errors.As(err, &e) && e.Kind == eval.Panic {
		return "PANIC"
	}
	return "ERR"
}

func show(values []any) string {
	var parts []string
	for _, v := range values {
		if r := reflect.ValueOf(v); r.IsValid() && (r.Kind() == reflect.Func || r.Kind() == reflect.Chan) {
			parts = append(parts, r.Type().String())
			continue
		}
		parts = append(parts, fmt.Sprint(v))
	}
	return strings.Join(parts, " ")
}

// Matches says whether output is what the sequence wants.
func (s Sequence) Matches(output string) bool {
	got := words(output)
	if !strings.HasPrefix(s.Want, "~") {
		return got == words(s.Want)
	}
	for _, part := range strings.Split("\n"+s.Want, "\n~")[1:] {
		if !strings.Contains(got, words(part)) {
			return false
		}
	}
	return true
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// A Buffer holds what several goroutines write.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns what has been written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
