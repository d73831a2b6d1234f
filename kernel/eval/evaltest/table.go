package evaltest

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// A table is a folder of files with cells that stand alone, in the format of a
// transcript, a file a subject. Their expectations are what the cell prints as
// a compiled program, to the letter (internal/conformance writes them). A file
// whose name begins with mayRefuse holds what an evaluator may refuse rather
// than do wrong.
const mayRefuse = "may-refuse"

// MayRefuse says whether an evaluator may refuse the cells of a table's file.
func MayRefuse(file string) bool { return strings.HasPrefix(filepath.Base(file), mayRefuse) }

// TableFiles lists the files of a table, sorted.
func TableFiles(folder string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err == nil && len(files) == 0 {
		err = errors.New("no table in " + folder)
	}
	return files, err
}

// TableName is the subject of a table's file.
func TableName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".txt") }

// Table evaluates every cell of the table in folder, each in a session of its
// own. known names the cells ("file/cell") that fail, each with the reason;
// one that passes although it is listed fails the test.
func Table(t *testing.T, start New, known map[string]string, folder string) {
	files, err := TableFiles(folder)
	require.NoError(t, err)
	counts := map[string]int{}
	listed := map[string]bool{}
	for _, file := range files {
		cells, err := Read(file)
		require.NoError(t, err)
		for _, s := range cells {
			name := TableName(file) + "/" + s.Name
			require.False(t, listed[name], "%s is there twice", name)
			listed[name] = true
			t.Run(name, func(t *testing.T) {
				got, refused, err := s.alone(start)
				require.NoError(t, err)
				ok := strings.TrimSpace(got) == s.Want
				_, isKnown := known[name]
				switch {
				case ok && isKnown:
					t.Errorf("passes, but is listed as failing (%s)", known[name])
				case !ok && refused && MayRefuse(file):
					counts["refused, as it may be"]++
					return
				case !ok && !isKnown:
					t.Errorf("got\n%s\nwant\n%s", got, s.Want)
				}
				if ok {
					counts["right"]++
				} else {
					counts["not right"]++
				}
			})
		}
	}
	t.Logf("%d cells: %v", len(listed), counts)
	for name := range known {
		if !listed[name] {
			t.Errorf("%s is listed as failing, but no file has it", name)
		}
	}
}

// tableCellLimit is longer than a cell of a transcript has: some load many packages.
const tableCellLimit = 30 * time.Second

// alone evaluates a sequence of one cell; refused says that nothing of it ran
// because the evaluator would not run it right.
func (s Sequence) alone(start New) (out string, refused bool, err error) {
	if len(s.Cells) != 1 {
		return "", false, errors.New("a table's cell stands alone")
	}
	var stdout, stderr Buffer
	e, err := start(&stdout, &stderr)
	if err != nil {
		return "", false, err
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(context.Background(), tableCellLimit)
	defer cancel()
	result, err := e.Evaluate(ctx, eval.Cell{N: 1, Source: s.Cells[0]})
	text := bytes.NewBufferString(stdout.String())
	if len(result.Values) > 0 {
		text.WriteString("=> " + show(result.Values) + "\n")
	}
	if err != nil {
		text.WriteString("[" + class(err) + ": " + err.Error() + "]\n")
		var problem *eval.Error
		refused = errors.As(err, &problem) && problem.Kind == eval.Refused && stdout.String() == ""
	}
	return text.String(), refused, nil
}

// Format writes sequences as Read reads them.
func Format(list []Sequence) []byte {
	var b bytes.Buffer
	for _, s := range list {
		b.WriteString("=== " + s.Name + "\n")
		for i, c := range s.Cells {
			if i > 0 {
				b.WriteString("---\n")
			}
			b.WriteString(strings.TrimSuffix(c, "\n") + "\n")
		}
		b.WriteString(">>> ")
		if strings.Contains(s.Want, "\n") {
			b.Truncate(b.Len() - 1)
			b.WriteString("\n")
		}
		b.WriteString(s.Want + "\n")
	}
	return b.Bytes()
}
