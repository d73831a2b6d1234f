package exact

import (
	"cmp"
	"fmt"
	"go/token"
	"maps"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/exact/view"
)

// values are the variables on the line where the innermost call of a cell is,
// before frames are left. They are read from memory: no method is called.
func (m *machine) values() []eval.Variable {
	for i := len(m.frames) - 1; i >= 0; i-- {
		fr := &m.frames[i]
		c := fr.code
		if c.wrapper || c.origin == nil {
			continue
		}
		return m.lineValues(fr, c)
	}
	return nil
}

// maxValues is how many variables a trace shows.
const maxValues = 8

func (m *machine) lineValues(fr *frame, c *code) []eval.Variable {
	if len(c.labels) == 0 {
		return nil
	}
	var out []eval.Variable
	for _, l := range c.onLine(m.rt.fset, c.index(fr.ip)) {
		if text := m.valueText(fr, l); text != "" {
			out = append(out, eval.Variable{Name: l.name, Value: text})
		}
	}
	return out
}

// onLine are the labels of the line of instruction n that hold there, one for
// each name. What it finds is kept: a program may recover from many panics.
func (c *code) onLine(fset *token.FileSet, n int32) []*varLabel {
	if found, ok := c.found.Load(n); ok {
		return found.([]*varLabel)
	}
	pos := c.position(n)
	file := fset.File(pos)
	if file == nil {
		return nil
	}
	where := file.Position(pos)
	best := map[string]*varLabel{}
	for i := range c.labels {
		l := &c.labels[i]
		if l.pos < token.Pos(file.Base()) || int(l.pos) > file.Base()+file.Size() || !c.isValid(l, n, pos) {
			continue
		}
		if p := file.Position(l.pos); p.Line != where.Line || p.Filename != where.Filename {
			continue
		}
		// The last one before n knows best.
		if old := best[l.name]; old == nil || l.from <= n && (old.from > n || l.from >= old.from) {
			best[l.name] = l
		}
	}
	out := slices.SortedFunc(maps.Values(best), func(a, b *varLabel) int {
		return cmp.Or(cmp.Compare(a.pos, b.pos), strings.Compare(a.name, b.name))
	})
	out = out[:min(len(out), maxValues)]
	c.found.Store(n, out)
	return out
}

// valueText is the value that l tells of, or "" when it cannot be read.
func (m *machine) valueText(fr *frame, l *varLabel) (text string) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // another goroutine may write to what is read
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	if l.text != "" {
		return l.text
	}
	u, p := unsafe.Pointer(unsafe.SliceData(m.u[fr.u:])), unsafe.Pointer(unsafe.SliceData(m.p[fr.p:]))
	var mem unsafe.Pointer
	switch l.fixed {
	case nil:
		mem = value(l.typ, u, p, l.at)
	case inMemory:
		mem = *rp(p, l.at.p)
	default:
		mem = l.fixed
	}
	if mem == nil {
		return ""
	}
	w := &brief{rt: m.rt, room: maxBrief}
	w.value((&view.Cells{Table: m.rt.table, Host: m.rt}).At(l.typ, mem), 0)
	return w.b.String()
}

// brief writes values as Go source does, as far as there is room.
type brief struct {
	rt   *runtime
	b    strings.Builder
	room int
}

const (
	maxBrief  = 120 // bytes of a value
	maxString = 60  // of a string in it
	maxDepth  = 3
)

func (w *brief) full() bool { return w.b.Len() >= w.room }

func (w *brief) write(s string) { w.b.WriteString(s) }

func (w *brief) value(v view.Value, depth int) {
	if !v.IsValid() {
		w.write("nil")
		return
	}
	switch k := v.Kind(); k {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		w.write(fmt.Sprint(v.Scalar()))
	case reflect.String:
		w.text(v.Scalar().(string))
	case reflect.Interface:
		e := v.Elem()
		if e.IsValid() && depth == 0 && e.Kind() != reflect.Struct {
			w.write(w.typeName(e) + " ")
		}
		w.value(e, depth)
	case reflect.Pointer:
		switch {
		case v.IsNil():
			w.write("nil")
		case depth < maxDepth && v.Elem().IsValid():
			w.write("&")
			w.value(v.Elem(), depth+1)
		default:
			w.write(fmt.Sprintf("%#x", v.Pointer()))
		}
	case reflect.Slice, reflect.Array:
		w.list(v, depth)
	case reflect.Struct:
		w.fields(v, depth)
	case reflect.Map:
		w.entries(v, depth)
	default: // channels, functions
		if v.IsNil() {
			w.write("nil")
			return
		}
		w.write(w.typeName(v))
		if k == reflect.Chan {
			w.write(fmt.Sprintf(" (%d waiting)", v.Len()))
		}
	}
}

func (w *brief) typeName(v view.Value) string { return strings.ReplaceAll(v.TypeName(), "main.", "") }

func (w *brief) text(s string) {
	if len(s) > maxString {
		w.write(strconv.Quote(strings.ToValidUTF8(s[:maxString], "")) + fmt.Sprintf("… (%d bytes)", len(s)))
		return
	}
	w.write(strconv.Quote(s))
}

func (w *brief) list(v view.Value, depth int) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		w.write("nil")
		return
	}
	n := v.Len()
	if n > 0 && (depth >= maxDepth || w.full()) {
		w.write("[…]")
		return
	}
	w.write("[")
	shown := 0
	for shown < n && !w.full() {
		if shown > 0 {
			w.write(" ")
		}
		w.value(v.Index(shown), depth+1)
		shown++
	}
	if shown < n {
		w.write(" …")
	}
	w.write("]")
	if depth == 0 {
		w.write(fmt.Sprintf(" (len %d)", n))
	}
}

func (w *brief) fields(v view.Value, depth int) {
	w.write(w.typeName(v) + "{")
	for i := range v.NumField() {
		if i > 0 {
			w.write(" ")
		}
		if depth >= maxDepth || w.full() {
			w.write("…")
			break
		}
		w.write(v.FieldInfo(i).Name + ":")
		w.value(v.Field(i), depth+1)
	}
	w.write("}")
}

// entries shows a map by its length only where another goroutine may be
// writing to it.
func (w *brief) entries(v view.Value, depth int) {
	switch {
	case v.IsNil():
		w.write("nil map")
		return
	case w.rt.parallel.Load() || depth >= maxDepth || v.Len() > maxBrief:
		w.write(fmt.Sprintf("map (len %d)", v.Len()))
		return
	}
	var list []string
	for _, e := range v.Entries() {
		k, x := &brief{rt: w.rt, room: maxString}, &brief{rt: w.rt, room: maxString}
		k.value(e.Key, depth+1)
		x.value(e.Elem, depth+1)
		list = append(list, k.b.String()+":"+x.b.String())
	}
	slices.Sort(list)
	w.write("map[")
	for i, s := range list {
		if i > 0 {
			w.write(" ")
		}
		if w.full() {
			w.write("…")
			break
		}
		w.write(s)
	}
	w.write("]")
	if depth == 0 {
		w.write(fmt.Sprintf(" (len %d)", len(list)))
	}
}

// origin is the cell that a code comes from, kept for the lines of traces as
// long as the code lives.
type origin struct {
	cell   int
	source string
}

// line is a line of the cell; "" when it has none.
func (o *origin) line(cell, n int) string {
	if o == nil || o.cell != cell || n < 1 {
		return ""
	}
	s := o.source
	for ; n > 1; n-- {
		_, rest, ok := strings.Cut(s, "\n")
		if !ok {
			return ""
		}
		s = rest
	}
	s, _, _ = strings.Cut(s, "\n")
	return s
}
