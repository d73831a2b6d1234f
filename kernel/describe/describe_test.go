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
}
