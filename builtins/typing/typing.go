// Package typing knows what may stand in the strings that a cell hands to the
// vocabulary, while they are being typed: names of columns, predicates over
// them, values of columns, names of cases. It follows a chain of a frame's
// verbs from a frame that is alive, or from a function whose columns are
// always the same, and evaluates none of them. It does not know Go: the
// evaluator says which calls stand around the string.
package typing

import (
	"reflect"
	"slices"
	"strings"

	"adkernel/builtins/casebook"
	"adkernel/builtins/checkpoint"
	"adkernel/builtins/frame"
	"adkernel/builtins/task"
	"adkernel/kernel/eval"
)

const (
	framePath    = "adkernel/builtins/frame."
	builtinsPath = "adkernel/builtins."
)

// role is what an argument is for.
type role int

const (
	unknown   role = iota
	invented       // a new name
	column         // the name of a column
	sortKey        // the same, perhaps behind a minus
	predicate      // an expression of type bool
	computed       // an expression
	path
	caseName
	subject
	choiceMetric
	answerFilter
	quantizedAs
	mimeType
)

// roles are those of functions' arguments; the last one stands for what
// follows it.
var roles = map[string][]role{
	"frame.Frame.Where":    {predicate},
	"frame.Frame.With":     {invented, computed},
	"frame.Frame.Col":      {column},
	"frame.Frame.Has":      {column},
	"frame.Frame.Drop":     {column},
	"frame.Frame.DropNull": {column},
	"frame.Frame.FillNull": {column, unknown},
	"frame.Frame.GroupBy":  {column},
	"frame.Frame.Pivot":    {column, column, unknown},
	"frame.Frame.Rename":   {column, invented},
	"frame.Frame.Select":   {column},
	"frame.Frame.Sort":     {sortKey},
	"frame.Frame.Unique":   {column},

	"Count":    {invented},
	"First":    {invented, column},
	"Max":      {invented, column},
	"Mean":     {invented, column},
	"Median":   {invented, column},
	"Min":      {invented, column},
	"NUnique":  {invented, column},
	"Quantile": {invented, column, unknown},
	"Std":      {invented, column},
	"Sum":      {invented, column},
	"On":       {column},

	"frame.Apply": {invented, column, unknown},

	"Audit":         {path},
	"Case":          {caseName},
	"Evaluation.By": {answerFilter},
	"Filter":        {answerFilter},
	"Metric":        {choiceMetric},
	"MIME":          {mimeType, unknown},
	"Quantize":      {unknown, quantizedAs, unknown},
	"Subjects":      {subject},
}

// roleOf is what argument i of a function is for.
func roleOf(function string, i int) role {
	name, ok := strings.CutPrefix(function, builtinsPath)
	if !ok {
		if name, ok = strings.CutPrefix(function, framePath); !ok {
			return unknown
		}
		if roles[name] == nil { // frame.Mean is Mean
			name = "frame." + name
		}
	}
	list := roles[name]
	if i < 0 || len(list) == 0 {
		return unknown
	}
	return list[min(i, len(list)-1)]
}

// Strings implements eval.Vocabulary.Strings.
func Strings(l eval.Literal) (eval.Suggestion, bool) {
	if len(l.Within) == 0 {
		return eval.Suggestion{}, false
	}
	call := l.Within[0]
	switch r := roleOf(call.Call.Func, call.Argument); r {
	case unknown:
		return eval.Suggestion{}, false
	case path:
		return eval.Suggestion{Files: true}, true
	case column:
		return eval.Suggestion{Items: names(rest(columnsAround(l.Within), call))}, true
	case sortKey:
		out := eval.Suggestion{Items: names(columnsAround(l.Within))}
		if strings.HasPrefix(l.Before, "-") {
			out.Start = 1
		}
		return out, true
	case predicate, computed:
		return expression(l, columnsAround(l.Within), r == predicate), true
	default:
		return eval.Suggestion{Items: fixed(r)}, true
	}
}

// rest leaves out columns that other arguments of a call name.
func rest(columns []Column, use eval.Use) []Column {
	return slices.DeleteFunc(columns, func(c Column) bool {
		for i, a := range use.Call.Args {
			if i != use.Argument && a.Text != nil && *a.Text == c.Name {
				return true
			}
		}
		return false
	})
}

func names(columns []Column) []eval.Item {
	var out []eval.Item
	for _, c := range columns {
		out = append(out, eval.Item{Text: c.Name, Kind: "column", Type: c.Type()})
	}
	return out
}

// fixed lists what does not depend on the session.
func fixed(r role) []eval.Item {
	var out []eval.Item
	add := func(text, typ string) { out = append(out, eval.Item{Text: text, Kind: "value", Type: typ}) }
	switch r {
	case caseName:
		for _, c := range casebook.Cases() {
			add(c.Name, c.Symptom)
		}
	case subject:
		for _, name := range task.SubjectNames() {
			add(name, "")
		}
	case answerFilter:
		add("flexible-extract", "")
		add("strict-match", "")
	case choiceMetric:
		add("acc", "the likeliest choice")
		add("acc_norm", "the likeliest for its length")
	case quantizedAs:
		for _, format := range []checkpoint.Format{checkpoint.FP8, checkpoint.FP8Block, checkpoint.NVFP4} {
			add(string(format), "")
		}
	case mimeType:
		for _, t := range []string{"application/json", "image/jpeg", "image/png", "image/svg+xml", "text/html", "text/latex", "text/markdown", "text/plain"} {
			add(t, "")
		}
	}
	return out
}

// Summary implements eval.Vocabulary.Summary.
func Summary(v reflect.Value) string {
	f, ok := v.Interface().(*frame.Frame)
	if !ok || f == nil {
		return ""
	}
	if err := f.Err(); err != nil {
		return "error: " + err.Error()
	}
	return summary(f)
}
