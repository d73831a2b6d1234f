package typing

import (
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/compare"
	"adkernel/builtins/frame"
	"adkernel/builtins/run"
	"adkernel/kernel/eval"
)

// A Column is what is known of a column before there is one.
type Column struct {
	Name string
	From *frame.Column // where it comes from; nil when its values are not known yet
}

// Type is the kind of the column's values, "" when it is not known.
func (c Column) Type() string {
	if c.From == nil || c.From.Err() != nil {
		return ""
	}
	return c.From.Kind().String()
}

// columnsAround are the columns that an argument may name: those of the frame
// whose verb the innermost call is, or is an argument of. Where two frames are
// joined, they are those that both have.
func columnsAround(within []eval.Use) []Column {
	for _, use := range within {
		if use.Call.On == nil || use.Argument < 0 {
			continue
		}
		switch use.Call.Func {
		case framePath + "Frame.Join":
			columns, ok := columnsOf(use.Call.On)
			right, known := columnsOf(firstArgument(use.Call))
			if !ok || !known {
				return append(columns, right...)
			}
			return slices.DeleteFunc(columns, func(c Column) bool { return !has(right, c.Name) })
		default:
			if columns, ok := columnsOf(use.Call.On); ok {
				return columns
			}
		}
	}
	return nil
}

// firstArgument is that of a call, or nothing known.
func firstArgument(t *eval.Term) *eval.Term {
	if len(t.Args) == 0 {
		return &eval.Term{}
	}
	return t.Args[0]
}

func has(columns []Column, name string) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Name == name })
}

// texts are the arguments of a call that are constant strings.
func texts(args []*eval.Term) []string {
	var out []string
	for _, a := range args {
		if a.Text != nil {
			out = append(out, *a.Text)
		}
	}
	return out
}

// columnsOf are the columns of a frame, or of the frame that was grouped; ok is
// false when they cannot be told.
func columnsOf(t *eval.Term) (columns []Column, ok bool) {
	if t.Value.IsValid() {
		if f, isFrame := t.Value.Interface().(*frame.Frame); isFrame {
			return columnsIn(f), true
		}
		return nil, false
	}
	if same, ok := strings.CutPrefix(t.Func, framePath+"Frame."); ok && t.On != nil {
		columns, ok := columnsOf(t.On)
		if !ok {
			return nil, false
		}
		return afterVerb(same, t, columns)
	}
	switch name := strings.TrimPrefix(strings.TrimPrefix(t.Func, builtinsPath), framePath); name {
	case "Grouped.Agg":
		if t.On == nil || t.On.Func != framePath+"Frame.GroupBy" {
			return nil, false
		}
		columns, _ = columnsOf(t.On)
		keys := texts(t.On.Args)
		columns = slices.DeleteFunc(columns, func(c Column) bool { return !slices.Contains(keys, c.Name) })
		for _, a := range t.Args {
			if a.Func != "" && firstArgument(a).Text != nil {
				columns = append(columns, Column{Name: *a.Args[0].Text})
			}
		}
		return columns, true
	case "NewFrame", "New":
		for _, a := range t.Args {
			if firstArgument(a).Text != nil {
				columns = append(columns, Column{Name: *a.Args[0].Text})
			}
		}
		return columns, true
	case "Concat":
		for _, a := range t.Args {
			for _, c := range first(columnsOf(a)) {
				if !has(columns, c.Name) {
					columns = append(columns, c)
				}
			}
		}
		return columns, true
	case "Runs":
		return named(run.OverviewColumns()), true
	case "Cases":
		return named([]string{"case", "symptom"}), true
	case "Evaluation.Frame", "adkernel/builtins/run.Run.Frame":
		return named(run.SampleColumns()), true
	case "adkernel/builtins/compare.Comparison.Subjects":
		if t.On != nil && t.On.Value.IsValid() {
			if c, ok := t.On.Value.Interface().(*compare.Comparison); ok && c != nil {
				return columnsIn(c.Subjects()), true // of at most some dozens of rows
			}
		}
		return columnsIn(new(compare.Comparison).Subjects()), true
	case "adkernel/builtins/compare.Comparison.Samples":
		return columnsIn(new(compare.Comparison).Samples()), true
	}
	return nil, false
}

func first(columns []Column, _ bool) []Column { return columns }

func columnsIn(f *frame.Frame) []Column {
	var out []Column
	for _, name := range f.Columns() {
		out = append(out, Column{name, f.Col(name)})
	}
	return out
}

func named(names []string) []Column {
	var out []Column
	for _, name := range names {
		out = append(out, Column{Name: name})
	}
	return out
}

// afterVerb are the columns of what a verb returns.
func afterVerb(verb string, t *eval.Term, columns []Column) ([]Column, bool) {
	given := texts(t.Args)
	switch verb {
	case "Where", "Sort", "Head", "Tail", "Unique", "DropNull", "FillNull", "GroupBy":
	case "With":
		if name := firstArgument(t).Text; name != nil {
			columns = append(slices.DeleteFunc(columns, func(c Column) bool { return c.Name == *name }), Column{Name: *name})
		}
	case "Select":
		var picked []Column
		for _, name := range given {
			if i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name }); i >= 0 {
				picked = append(picked, columns[i])
			}
		}
		columns = picked
	case "Drop":
		columns = slices.DeleteFunc(columns, func(c Column) bool { return slices.Contains(given, c.Name) })
	case "Rename":
		if len(given) == 2 {
			for i := range columns {
				if columns[i].Name == given[0] {
					columns[i].Name = given[1]
				}
			}
		}
	case "Join":
		right, ok := columnsOf(firstArgument(t))
		if !ok {
			return nil, false
		}
		for _, c := range right {
			if !has(columns, c.Name) {
				columns = append(columns, c)
			}
		}
	default:
		return nil, false
	}
	return columns, true
}

// summary is a frame in a line.
func summary(f *frame.Frame) string {
	const most = 12
	names := f.Columns()
	what := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		what += ", …"
	}
	return fmt.Sprintf("%d rows of %d columns: %s", f.Len(), len(names), what)
}
