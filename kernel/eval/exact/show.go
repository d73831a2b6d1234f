package exact

import "fmt"

// show is a cell's value as native code may hold it to display it.
func (rt *runtime) show(v any) any {
	m := rt.newMachine(background())
	defer m.free()
	out, ok := rt.wrapAny(m, v)
	if !ok {
		return v
	}
	return out
}

// format prints a value of a cell's type.
func (rt *runtime) format(s fmt.State, verb rune, v any) {
	t := rt.table.TypeOf(v)
	fmt.Fprintf(s, fmt.FormatString(s, verb), t.At(t.Data(v)).Interface())
}

// exporter returns what converts the arguments of a native function that looks
// into values of type any, or nil.
func (rt *runtime) exporter(path, name string) exporter { return nil }
