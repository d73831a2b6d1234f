package typing_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/symbols"
	"adkernel/builtins/typing"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact"
)

// session is the evaluator of cells, with a frame alive.
func session(t testing.TB) eval.Evaluator {
	v, err := symbols.Vocabulary()
	require.NoError(t, err)
	e, err := exact.New(v, exact.Options{Stdout: io.Discard, Stderr: io.Discard})
	require.NoError(t, err)
	t.Cleanup(func() { e.Close() })
	for i, source := range []string{
		"f := NewFrame(Strings(\"subject\", []string{\"law\", \"physics\", \"law\"}), Floats(\"delta\", []float64{1, 2, 3}), Ints(\"two words\", []int{1, 2, 3}), Bools(\"correct\", []bool{true, false, true}))",
		"g := NewFrame(Strings(\"subject\", []string{\"law\"}), Floats(\"weight\", []float64{1}))",
		"func pick(f *Frame, column string) {}",
	} {
		_, err := e.Evaluate(context.Background(), eval.Cell{N: i + 1, Source: source})
		require.NoError(t, err)
	}
	return e
}

func TestStringsOfTheVocabulary(t *testing.T) {
	e := session(t)
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("testdata", 0o755))
	all := []string{"subject", "delta", "two words", "correct"}
	tests := []struct {
		name, source string
		first        []string // proposed first; none: nothing is
		not          []string
	}{
		{name: "a column", source: "f.Col(\"|\")", first: all},
		{name: "a column, typed", source: "f.Col(\"de|", first: []string{"delta"}},
		{name: "columns that are not named yet", source: "f.Select(\"delta\", \"|\", \"correct\")", first: []string{"subject", "two words"}, not: []string{"delta", "correct"}},
		{name: "a key, descending", source: "f.Sort(\"-d|\")", first: []string{"delta"}},
		{name: "in a raw string", source: "f.Col(`two|`)", first: []string{"two words"}},
		{name: "a predicate", source: "f.Where(\"|\")", first: []string{"subject", "delta", "`two words`", "correct", "abs"}},
		{name: "a predicate in a raw string, which holds no backquotes", source: "f.Where(`|`)", first: []string{"subject", "delta", "correct", "abs"}},
		{name: "a predicate, typed", source: "f.Where(\"delta < 3 and co|", first: []string{"correct"}},
		{name: "a function", source: "f.Where(\"isn|", first: []string{"isnan"}},
		{name: "a column within a function", source: "f.Where(`abs(de|)`)", first: []string{"delta"}},
		{name: "an operator", source: "f.Where(\"delta |", first: []string{"and", "or", "in", "is null"}, not: []string{"delta"}},
		{name: "no second name behind a number", source: "f.Where(\"delta < 3 a|", first: []string{"and"}},
		{name: "nothing in a number", source: "f.Where(\"delta < 3|"},
		{name: "a quoted name", source: "f.Where(\"`tw|", first: []string{"two words"}},
		{name: "values of a column", source: "f.Where(\"subject == '|", first: []string{"law", "physics"}},
		{name: "values of a column in a raw string", source: "f.Where(`subject == \"p|\"`)", first: []string{"physics"}},
		{name: "values of a column in escaped quotes", source: "f.Where(\"subject == \\\"p|\\\"\")", first: []string{"physics"}},
		{name: "values of a list", source: "f.Where(`subject in (\"law\", \"|`)", first: []string{"law", "physics"}},
		{name: "no values of another thing", source: "f.Where(`delta == \"|\"`)"},
		{name: "an expression", source: "f.With(\"twice\", \"2 * de|", first: []string{"delta"}},
		{name: "no new name", source: "f.With(\"de|", first: nil},
		{name: "no path in an expression", source: "f.With(\"half\", \"1 / de|", first: []string{"delta"}},
		{name: "an aggregate", source: "f.GroupBy(\"subject\").Agg(Count(\"n\"), Mean(\"m\", \"|\"))", first: all},
		{name: "a pivot", source: "f.Pivot(\"subject\", \"correct\", Mean(\"\", \"de|\"))", first: []string{"delta"}},
		{name: "the keys of a join", source: "f.Join(g, On(\"|\").Left())", first: []string{"subject"}, not: []string{"delta", "weight"}},

		{name: "after verbs", source: "f.Where(\"delta > 1\").Sort(\"-delta\").Col(\"|\")", first: all},
		{name: "after a new column", source: "f.With(\"twice\", \"2 * delta\").Where(\"tw|", first: []string{"twice"}},
		{name: "after a selection", source: "f.Select(\"delta\", \"subject\").Col(\"|", first: []string{"delta", "subject"}},
		{name: "after a drop", source: "f.Drop(\"delta\").Col(\"|", first: []string{"subject", "two words", "correct"}, not: []string{"delta"}},
		{name: "after another name", source: "f.Rename(\"delta\", \"change\").Col(\"|", first: []string{"subject", "change"}, not: []string{"delta"}},
		{name: "after aggregates", source: "f.GroupBy(\"subject\").Agg(Count(\"n\"), Mean(\"m\", \"delta\")).Sort(\"|", first: []string{"subject", "n", "m"}, not: []string{"delta"}},
		{name: "after a join", source: "f.Join(g, On(\"subject\")).Col(\"w|", first: []string{"weight"}},
		{name: "of a variable of the cell", source: "h := f.Select(\"delta\")\nh.Col(\"|\")", first: []string{"delta"}, not: []string{"subject"}},
		{name: "of a variable of the cell, in a function", source: "h := f.Select(\"delta\")\nfunc show() { h.Col(\"|\") }", first: []string{"delta"}},
		{name: "of a new frame", source: "NewFrame(Floats(\"x\", nil)).Col(\"|", first: []string{"x"}},
		{name: "of all runs", source: "Runs().Where(\"acc|\")", first: []string{"accuracy"}},
		{name: "of a run's samples", source: "Attach(\"x\").Frame().Where(\"prompt|\")", first: []string{"prompt_tokens"}},
		{name: "of a comparison", source: "func show(c *Comparison) { c.Subjects().Where(\"de|\") }", first: []string{"delta"}},
		{name: "of a comparison's samples", source: "func show(c *Comparison) { c.Samples().Col(\"base_m|\") }", first: []string{"base_margin"}},

		{name: "cases", source: "Case(\"|\")", first: []string{"fp8-drop"}},
		{name: "subjects", source: "MMLU(Subjects(\"law\", \"world_r|", first: []string{"world_religions"}},
		{name: "filters", source: "GSM8K(Filter(\"|", first: []string{"flexible-extract", "strict-match"}},
		{name: "filters of a run", source: "Attach(\"x\").By(\"s|", first: []string{"strict-match"}},
		{name: "formats of a quantized checkpoint", source: "Quantize(d, \"|\")", first: []string{"fp8", "fp8-block", "nvfp4"}},
		{name: "metrics", source: "Logged(\"x\", Metric(\"|\"))", first: []string{"acc", "acc_norm"}},
		{name: "folders of a checkpoint", source: "Audit(\"m\", \"testd|", first: []string{"testdata/"}},
		{name: "files to import", source: "Import(\"a\", \"testd|", first: []string{"testdata/"}},
		{name: "backends", source: "Deployment{Backend: \"|\"}", first: []string{"embedded", "transformers", "autodeploy"}},
		{name: "nothing that is not known", source: "pick(f, \"de|"},
		{name: "nothing of an unknown frame", source: "func show(f *Frame) { f.Col(\"|\") }"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := strings.IndexByte(tt.source, '|')
			var got []string
			for _, item := range e.Complete(tt.source[:at]+tt.source[at+1:], at).Items {
				got = append(got, item.Text)
			}
			if tt.first == nil {
				require.Empty(t, got)
				return
			}
			require.Equal(t, tt.first, got[:min(len(tt.first), len(got))], "%q", got)
			for _, n := range tt.not {
				require.NotContains(t, got, n)
			}
		})
	}
}

func TestFieldsAndOptionsOfTheVocabulary(t *testing.T) {
	e := session(t)
	for source, want := range map[string][]string{
		"Run(Deployment{Model: \"m\", Wo|":          {"WorldSize: "},
		"Launch(Deployment{On: |":                   {"Local", "SSH", "Slurm"},
		"Launch(Deployment{On: Slurm{Par|":          {"Partition: "},
		"Launch(Deployment{On: SSH{Ho|":             {"Host: "},
		"Deployment{On: Local{GPUs: 2, |}}":         {"Devices: "},
		"Questions(\"q.jsonl\", Sam|":               {"Samples"},
		"ImportWith(ImportOptions{Tok|":             {"Tokens: ", "Tokenizer: "},
		"Run(Deployment{}, GS|":                     {"GSM8K"},
		"import \"time\"\ntime.Sleep(2 * time.Sec|": {"Second"},
	} {
		at := strings.IndexByte(source, '|')
		var got []string
		for _, item := range e.Complete(source[:at]+source[at+1:], at).Items {
			got = append(got, item.Text)
		}
		require.Equal(t, want, got[:min(len(want), len(got))], "%s: %q", source, got)
	}
}

func TestInspectionOfFramesAndOptions(t *testing.T) {
	e := session(t)
	in, ok := e.Inspect("f", 0)
	require.True(t, ok)
	require.Equal(t, "3 rows of 4 columns: subject, delta, two words, correct", in.Value)
	in, ok = e.Inspect("Run(Deployment{Backend: ", 24)
	require.True(t, ok)
	require.Equal(t, "field Backend string", in.Signature)
	require.Contains(t, in.Doc, "\"transformers\"")
	require.Equal(t, "adkernel/builtins/engine.Deployment", in.Where)
	in, ok = e.Inspect("Run(Deployment{DType: \"", 23)
	require.True(t, ok)
	require.Equal(t, "field DType string", in.Signature)
	in, ok = e.Inspect("Deployment{}", 5)
	require.True(t, ok)
	require.Contains(t, in.Signature, "\tDType     string         // DType is the type of the activations: ")
	require.Contains(t, in.Signature, "\nfunc (engine.Deployment).Label() string\n")
	in, ok = e.Inspect("f.GroupBy(", 10)
	require.True(t, ok)
	require.Equal(t, "argument 1: names ...string", in.Argument)
	require.Contains(t, in.Doc, "GroupBy puts rows")
	require.Contains(t, in.Example, "GroupBy(")
}

// Whatever the vocabulary is asked, what it says replaces what was typed.
func FuzzStrings(f *testing.F) {
	for _, s := range []string{"", "delta < ", "subject == 'l", "`", "\"\\", "x in (", "é.", "1e", "a\x00b", "not "} {
		f.Add(s, "adkernel/builtins/frame.Frame.Where", false)
		f.Add(s, "adkernel/builtins/frame.Frame.With", true)
		f.Add(s, "adkernel/builtins.Mean", true)
	}
	f.Fuzz(func(t *testing.T, before, function string, raw bool) {
		call := &eval.Term{Func: function, On: &eval.Term{Func: "adkernel/builtins.Runs"}, Args: []*eval.Term{{}, {}}}
		got, _ := typing.Strings(eval.Literal{Before: before, Raw: raw, Within: []eval.Use{{Call: call, Argument: 0}, {Call: call, Argument: 1}}})
		require.LessOrEqual(t, 0, got.Start)
		require.LessOrEqual(t, got.Start, len(before))
		for _, item := range got.Items {
			require.NotEmpty(t, item.Text)
			require.NotEmpty(t, item.Kind)
		}
	})
}
