package describe

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

func TestInspectionsAreWrittenDown(t *testing.T) {
	in := eval.Inspection{Signature: "func f()", Doc: "f does nothing.\n", Where: "In[1]:1:6", Source: "func f() {}"}
	require.Equal(t, "func f()\n\nf does nothing.\n\nIn[1]:1:6", Text(in, 0))
	require.Equal(t, "func f()\n\nf does nothing.\n\nIn[1]:1:6\n\nfunc f() {}", Text(in, 1))
	require.Equal(t, "```go\nfunc f()\n```\n\nf does nothing.\n\n*In[1]:1:6*\n\n```go\nfunc f() {}\n```", Markdown(in, 1))
	require.Equal(t, "var x int", Text(eval.Inspection{Signature: "var x int", Source: "var x int"}, 1), "not twice")
	require.Empty(t, Markdown(eval.Inspection{}, 1))
	in = eval.Inspection{Signature: "func f()", Where: "p", Unsourced: "There is no source."}
	require.Equal(t, "func f()\n\np", Text(in, 0))
	require.Equal(t, "func f()\n\np\n\nThere is no source.", Text(in, 1))
	require.Equal(t, "```go\nfunc f()\n```\n\n*p*\n\nThere is no source.", Markdown(in, 1))
}

func TestArgumentsValuesAndExamples(t *testing.T) {
	in := eval.Inspection{Signature: "func f(a int, b ...string)", Argument: "argument 2: b ...string", Doc: "f is f.", Example: "f(1)\n// Output: 1"}
	require.Equal(t, "func f(a int, b ...string)\n\n-> argument 2: b ...string\n\nf is f.\n\nExample:\n\n\tf(1)\n\t// Output: 1", Text(in, 0))
	require.Equal(t, "```go\nfunc f(a int, b ...string)\n```\n\n**argument 2:** `b ...string`\n\nf is f.\n\nExample:\n\n```go\nf(1)\n// Output: 1\n```", Markdown(in, 0))
	require.Equal(t, "var n int\n\n= 3", Text(eval.Inspection{Signature: "var n int", Value: "3"}, 0))
	require.Equal(t, "```go\nvar n int\n```\n\n= `3`", Markdown(eval.Inspection{Signature: "var n int", Value: "3"}, 0))
}

func TestDocCommentsBecomeMarkdown(t *testing.T) {
	doc := "Run runs a_b of [Task].\n\n# Errors\n\nThere are\n  - one\n  - two\n\nAs in\n\n\tRun(\"`x`\")\n\tmore"
	require.Equal(t, "```go\nfunc Run()\n```\n\nRun runs a\\_b of \\[Task].\n\n#### Errors\n\nThere are\n\n  - one\n  - two\n\nAs in\n\n```go\nRun(\"`x`\")\nmore\n```",
		Markdown(eval.Inspection{Signature: "func Run()", Doc: doc}, 0))
	require.Contains(t, Markdown(eval.Inspection{Doc: "Another a_b."}, 0), "Another a\\_b.", "not the one before it")
	require.Equal(t, "````go\ns := \"```\"\n````", fenced("s := \"```\""))
	require.Equal(t, "`` `a b` ``", inline("`a b`"))
}
