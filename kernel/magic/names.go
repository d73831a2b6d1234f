package magic

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"adkernel/internal/monospace"
	"adkernel/internal/suggest"
	"adkernel/kernel/display"
	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

var kinds = []string{"var", "const", "func", "type", "package"}

// alive lists the names of the kinds that the magic was asked for.
func (c *call) alive() ([]eval.Name, error) {
	wanted := strings.Fields(c.part.rest)
	for _, kind := range wanted {
		if !slices.Contains(kinds, kind) {
			return nil, fmt.Errorf("unknown kind %q%s", kind, suggest.Clause(kind, kinds))
		}
	}
	if len(wanted) == 0 {
		wanted = kinds[:len(kinds)-1]
	}
	return slices.DeleteFunc(slices.Clone(c.e.inner.Names()), func(n eval.Name) bool { return !slices.Contains(wanted, n.Kind) }), nil
}

func who(c *call) (eval.Result, error) {
	names, err := c.alive()
	if err != nil {
		return eval.Result{}, err
	}
	if len(names) == 0 {
		c.say("Nothing is alive.")
		return eval.Result{}, nil
	}
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = n.Name
	}
	c.say("%s", columns(words))
	return eval.Result{}, nil
}

// columns sets words in columns of one width, in lines that fit into a terminal.
func columns(words []string) string {
	width := 0
	for _, word := range words {
		width = max(width, monospace.Width(word)+2)
	}
	var b strings.Builder
	for i, word := range words {
		switch most := max(1, (helpWidth+2)/width); {
		case i == len(words)-1 || i%most == most-1:
			b.WriteString(word + "\n")
		default:
			b.WriteString(monospace.Left(word, width))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func whos(c *call) (eval.Result, error) {
	names, err := c.alive()
	if err != nil {
		return eval.Result{}, err
	}
	if len(names) == 0 {
		c.say("Nothing is alive.")
		return eval.Result{}, nil
	}
	table := tabwriter.NewWriter(c.e.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "Name\tKind\tType\tValue")
	fmt.Fprintln(table, "----\t----\t----\t-----")
	for _, n := range names {
		value := ""
		if v, ok := c.e.inner.Value(n.Name); ok && n.Kind == "var" {
			value = brief(v)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", n.Name, n.Kind, monospace.Line(n.Type, typeWidth), value)
	}
	return eval.Result{}, table.Flush()
}

// Widths of types and of values: with names of usual length a line fits into a
// notebook.
const (
	typeWidth  = 32
	briefWidth = 48
)

// brief is a value in one short line: of what shows itself, the first line of
// that; of what holds many, their number.
func brief(v reflect.Value) string {
	if !v.IsValid() || !v.CanInterface() {
		return ""
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Chan, reflect.Array:
		if v.Len() > briefWidth {
			return fmt.Sprintf("len %d", v.Len())
		}
	case reflect.Func:
		return ""
	}
	_, shows := v.Interface().(host.Bundler)
	if _, text := v.Interface().(fmt.Stringer); shows && !text {
		first, _, _ := strings.Cut(strings.TrimSpace(host.Show(v.Interface()).Plain()), "\n")
		return monospace.Line(first, briefWidth)
	}
	return display.Line(v.Interface(), briefWidth)
}

func reset(c *call) (eval.Result, error) {
	given, rest, err := options(strings.Fields(c.part.rest), "f", "")
	if err != nil || len(rest) > 0 {
		return eval.Result{}, fmt.Errorf("%%reset takes -f alone")
	}
	if _, sure := given["f"]; !sure {
		line, err := host.Input("Forget everything that is alive? It cannot be brought back. (y/[n]) ")
		if err != nil {
			return eval.Result{}, fmt.Errorf("%%reset asks first, and %w: %%reset -f does not ask", err)
		}
		if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
			c.say("Nothing was forgotten.")
			return eval.Result{}, nil
		}
	}
	return eval.Result{}, host.Reset()
}
