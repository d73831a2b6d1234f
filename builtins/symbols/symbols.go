// Package symbols is the vocabulary as evaluators see it: the symbols, types
// and doc comments of adkernel/builtins and of every package of this module
// that its exported API mentions. All but this file is generated; run
// "go generate ./builtins/symbols" after a change of an exported API.
package symbols

import (
	_ "embed"
	"reflect"

	"adkernel/builtins/typing"
	"adkernel/kernel/eval"
	"adkernel/kernel/eval/vocabulary"
)

//go:generate go run adkernel/kernel/eval/vocabulary/generate adkernel/builtins

//go:embed vocabulary.zip
var archive []byte

// symbolTable is filled by the generated files.
var symbolTable = map[string]map[string]reflect.Value{}

// Vocabulary returns what a session's evaluator is started with.
func Vocabulary() (eval.Vocabulary, error) {
	v, err := vocabulary.Open(archive, symbolTable)
	v.Strings, v.Summary = typing.Strings, typing.Summary
	return v, err
}
