package cell

import (
	"go/types"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

// written is a cell with most of what Go has. Whatever name it uses must be
// proposed when the cell has been typed up to the middle of that name, and when
// somebody goes back there.
const written = `import (
	"errors"
	"os"
	"sort"
)

type Sample struct {
	Index int
	Text  string
	Tags  map[string][]string
	Inner struct{ Score float64 }
	Next  *Sample
}

func (s *Sample) Label(prefix string) string { return prefix + s.Text }

type Scored interface{ Rank() float64 }

func (s Sample) Rank() float64 { return s.Inner.Score }

func best[S Scored](list []S, limit int) (winner S, err error) {
	if len(list) == 0 {
		return winner, errors.New("empty")
	}
	for i, item := range list {
		switch rank := item.Rank(); {
		case i > limit:
			break
		case rank > winner.Rank():
			winner = item
		default:
			continue
		}
	}
	return winner, nil
}

samples := []*Sample{
	{Index: 1, Text: "a", Next: &Sample{Index: 2}},
	{
		Index: int(Limit),
		Tags: map[string][]string{"x": {level.String(), "é🙂"}},
	},
}
sort.Slice(samples, func(a, b int) bool {
	left, right := samples[a], samples[b]
	return left.Index < right.Index && left.Rank() <= right.Inner.Score
})
results := make(chan Sample, len(samples))
go func(first *Sample) {
	defer close(results)
	results <- *first
}(samples[0])
var total float64
for s := range results {
	total += s.Rank()
	if found, ok := s.Tags["x"]; ok {
		total -= float64(len(found))
	} else if file, err := os.Open(s.Text); err != nil {
		var missing *os.PathError
		_ = errors.As(err, &missing) && missing.Path == file.Name()
	}
}
select {
case r, open := <-results:
	_, _ = r.Next, open
default:
}
top, err := best([]Sample{*samples[0], {Text: samples[1].Label("n")}}, build("q", High).level.int())
table := Load(Source{Name: top.Text, Tags: []string{Join(t.name)}}, Rows(3))
table.Values
`

func TestEveryNameIsProposedWhileACellIsTyped(t *testing.T) {
	nb := newEveryday(t)
	nb.run("func (l Level) String() string { return \"level\" }\nfunc (l Level) int() int { return 1 }")
	p, err := nb.Check(eval.Cell{N: nb.n + 1, Source: written})
	require.NoError(t, err)
	lines := strings.SplitAfter(written, "\n")
	var starts []int
	for at := 0; len(starts) < len(lines); at += len(lines[len(starts)-1]) {
		starts = append(starts, at)
	}
	uses, tried := 0, map[int]bool{}
	for id, o := range p.Info.Uses {
		at := p.Fset.Position(id.Pos())
		if strings.Contains(id.Name, mark) || at.Line > len(starts) || o == nil {
			continue
		}
		start := starts[at.Line-1] + at.Column - 1
		if !strings.HasPrefix(written[start:], id.Name) || tried[start] {
			continue // made by the check
		}
		tried[start] = true
		uses++
		for what, source := range map[string]string{
			"the end is not typed yet": written[:start+1],
			"the cursor is set there":  written,
			"its end is missing":       written[:start+1] + written[start+len(id.Name):],
		} {
			got := nb.Complete(source, start+1)
			requireWellFormed(t, source, start+1, got)
			require.Equal(t, start, got.Start)
			ok := slices.ContainsFunc(got.Items, func(i eval.Item) bool { return strings.TrimSuffix(i.Text, ": ") == id.Name })
			if !ok {
				t.Errorf("%s at %d:%d is not proposed where %s", id.Name, at.Line, at.Column, what)
			}
		}
		in, ok := nb.Inspect(written, start+1)
		if !ok {
			t.Errorf("%s at %d:%d is not described", id.Name, at.Line, at.Column)
		}
		if _, isVar := o.(*types.Var); isVar {
			require.Contains(t, in.Signature, id.Name)
		}
	}
	require.Greater(t, uses, 130)
}

// Whatever a cell is cut off at, something can be said of it, or nothing.
func TestCompletionWhereverACellIsCutOff(t *testing.T) {
	nb := newEveryday(t)
	for at := 0; at <= len(written); at += 7 {
		requireWellFormed(t, written[:at], at, nb.Complete(written[:at], at))
		requireWellFormed(t, written, at, nb.Complete(written, at))
		nb.Inspect(written[:at], at)
	}
}
