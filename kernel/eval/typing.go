package eval

import "reflect"

// What a vocabulary may add to completion: evaluators know Go, and a string
// means nothing in Go.

// A Literal is a string of a cell that is being typed.
type Literal struct {
	Before string // its value up to the cursor

	// Raw says that it stands in backquotes, so that it cannot contain one.
	Raw bool

	// Within are the calls around it, the innermost first. The literal is an
	// argument of the first one, whose result is an argument, or the receiver,
	// of the next one.
	Within []Use
}

// A Use is a call and the place of an operand in it.
type Use struct {
	Call     *Term
	Argument int // -1: the receiver
}

// A Term is an expression of a cell, as far as it is known without evaluating
// it: a constant string, a variable that has a value, or a call. A term that
// is neither is empty.
type Term struct {
	Text  *string       // a constant string
	Value reflect.Value // of a variable whose type a compiled package declares
	Func  string        // called: "import/path.Name" or "import/path.Type.Method"
	On    *Term         // the receiver of a method
	Args  []*Term
}

// A Suggestion is what may stand in a Literal: each of the Items replaces
// Before[Start:]. Files asks the evaluator for those that are there instead.
type Suggestion struct {
	Start int
	Items []Item
	Files bool
}
