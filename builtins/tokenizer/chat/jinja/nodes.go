package jinja

import "strings"

// expression computes a value.
type expression interface {
	eval(f *frame) (any, error)
}

// statement writes to out. What it returns beside an error says whether the
// loop around it goes on.
type statement interface {
	exec(f *frame, out *strings.Builder) (signal, error)
}

type signal int

const (
	proceed signal = iota
	breakLoop
	continueLoop
)

// Expressions.
type (
	literal  struct{ value any }
	variable struct {
		name string
		line int
	}
	listOf struct {
		items []expression
		tuple bool
	}
	pair   struct{ key, value expression }
	dictOf struct{ pairs []pair }
	attr   struct {
		of   expression
		name string
	}
	item  struct{ of, key expression }
	slice struct{ of, from, to, step expression } // nil where left out
	call  struct {
		of   expression
		args arguments
	}
	filter struct {
		of   expression // nil in a filter block
		name string
		args arguments
	}
	test struct {
		of   expression
		name string
		args arguments
	}
	negation struct{ of expression }
	unary    struct {
		op string
		of expression
	}
	binary struct {
		op   string
		a, b expression
	}
	logical struct {
		or   bool
		a, b expression
	}
	concat  struct{ parts []expression }
	compare struct {
		first expression
		rest  []comparison
	}
	comparison struct {
		op string
		to expression
	}
	conditional struct{ test, then, otherwise expression } // otherwise may be nil
	keyword     struct {
		name  string
		value expression
	}
	arguments struct {
		positional []expression
		keywords   []keyword
		list, dict expression // *list, **dict; nil where left out
	}
)

// Statements.
type (
	body   []statement
	output struct {
		of   expression
		line int
	}
	dataText struct{ text string }
	branch   struct {
		test expression // nil for else
		body body
		line int
	}
	ifElse struct{ branches []branch }
	forIn  struct {
		target    target
		items     expression
		test      expression // nil where left out
		body      body
		otherwise body

		hidden, otherwiseHidden []string // names that are undefined when the bodies begin

		hasElse   bool
		recursive bool
		line      int
	}
	set struct {
		target target
		value  expression
		line   int
	}
	setBlock struct {
		target target
		filtered
	}
	with struct {
		targets []target
		values  []expression
		body    body
		hidden  []string
		line    int
	}
	filterBlock struct{ filtered }
	filtered    struct {
		filters expression // nil, or filters whose innermost has no operand
		body    body
		hidden  []string
		line    int
	}
	scoped struct { // a block whose names stay within
		body   body
		hidden []string
	}
	macro struct {
		name    string
		params  []parameter
		body    body
		hidden  []string
		varargs bool // the body reads varargs, kwargs, caller
		kwargs  bool
		caller  bool
		line    int
	}
	callBlock struct {
		call   *call
		caller *macro
		line   int
	}
	jump struct{ signal signal }

	parameter struct {
		name     string
		fallback expression // nil where left out
	}
)

// A target is what an assignment assigns to: a name, an attribute of a
// namespace, or several of them.
type target struct {
	name, attr string
	several    []target
}
