// Package table holds the standard library's exported names as values, each
// package's in a generated file. It is data only: a program that has it starts
// no later. What cells may not reach is held back by package native.
package table

// Package is one package's symbols. They are in the order of the package's
// names, with an interface's wrapper, "_Name", after the interface.
type Package struct {
	Path, Name string
	Symbols    *[]Symbol
}

// Symbol is a name with its value: a function; a non-nil pointer to a variable;
// a nil pointer to a type or to an interface's wrapper; a typed constant, or
// the Literal of an untyped one.
type Symbol struct {
	Name  string
	Value any
}

// Literal is an untyped constant as go/constant.MakeFromLiteral takes it.
type Literal struct {
	Token string // "STRING", "INT", "FLOAT"
	Text  string
	Value any // in place of Text where it depends on the platform: a string or an integer
}
