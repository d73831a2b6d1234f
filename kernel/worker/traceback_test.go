package worker

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestATracebackShowsLinesValuesAndCalls(t *testing.T) {
	s := &Session{sources: map[int]string{1: "func f(s []int, i int) int {\n\treturn s[i]\n}", 3: "f(nil, 1)"}}
	down := eval.Frame{Func: "down", Cell: 2, Line: 1, Column: 5, Source: "\t\tdown()"}
	e := &eval.Error{
		Kind: eval.Panic, Message: "runtime error: index out of range [1] with length 0",
		Trace: []eval.Frame{
			{Func: "f", Cell: 1, Line: 2, Column: 10, Source: "\treturn s[i]"}, down, down, {Cell: 3, Line: 1, Column: 1},
		},
		Values: []eval.Variable{{Name: "s", Value: "nil"}, {Name: "i", Value: "1"}}, More: 7,
	}
	for range 2 { // the second time as it came from the worker's process
		text := strings.Join(s.cellError(e).Traceback, "\n")
		require.Equal(t, `Panic: runtime error: index out of range [1] with length 0
In[1]:2:10 in f
      1 func f(s []int, i int) int {
-->   2 	return s[i]
        	        ^
        s = nil
        i = 1
In[2]:1:5 in down, 2 times
-->   1 		down()
        		  ^
In[3]:1:1
-->   1 f(nil, 1)
        ^
... 7 more calls`, escapes.ReplaceAllString(text, ""))
		require.Contains(t, text, cyan+"i"+plain+" = 1")
		e = encodeError(e).decode()
	}
}

// A cell that is not stored has the number of the one that comes next.
func TestATracebackShowsTheLineThatRan(t *testing.T) {
	s := &Session{sources: map[int]string{1: "x := 1\nf()"}}
	e := &eval.Error{Kind: eval.Panic, Message: "no", Trace: []eval.Frame{
		{Func: "f", Cell: 1, Line: 2, Column: 2, Source: "\tpanic(\"no\")"}, {Cell: 1, Line: 2, Column: 1, Source: "f()"},
	}}
	require.Equal(t, `Panic: no
In[1]:2:2 in f
-->   2 	panic("no")
        	^
In[1]:2:1
      1 x := 1
-->   2 f()
        ^`, escapes.ReplaceAllString(strings.Join(s.cellError(e).Traceback, "\n"), ""))
}

func TestATracebackShowsWhatAPanicOvertook(t *testing.T) {
	s := &Session{sources: map[int]string{1: "func f() {\n\tdefer g()\n\tpanic(1)\n}\nfunc g() { panic(recover()) }"}}
	outer := eval.Frame{Cell: 2, Line: 1, Column: 1, Source: "f()"}
	e := &eval.Error{
		Kind: eval.Panic, Message: "1",
		Trace: []eval.Frame{{Func: "g", Cell: 1, Line: 5, Column: 12, Source: "func g() { panic(recover()) }"}, outer},
		Earlier: []eval.Overtaken{
			{Message: "0", Trace: []eval.Frame{{Func: "f", Cell: 1, Line: 3, Column: 2, Source: "\tpanic(1)"}, outer, {Func: "x", Cell: 3}, {Func: "y", Cell: 3}}, More: 2},
			{Message: "1", Recovered: true, Again: true},
		},
	}
	for range 2 { // the second time as it came from the worker's process
		require.Equal(t, `Panic: 0
In[1]:3:2 in f
      1 func f() {
      2 	defer g()
-->   3 	panic(1)
        	^
In[2]:1:1
-->   1 f()
        ^
In[3]:0:0 in x
... 3 more calls
Panic: 1 [recovered, repanicked]
Panic: 1
In[1]:5:12 in g
      3 	panic(1)
      4 }
-->   5 func g() { panic(recover()) }
                   ^
In[2]:1:1
-->   1 f()
        ^`, escapes.ReplaceAllString(strings.Join(s.cellError(e).Traceback, "\n"), ""))
		e = encodeError(e).decode()
	}
}
