package format

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// flags are those of one directive. With %v, plus and sharp become plusV and
// sharpV, which mean other things.
type flags struct {
	minus, plus, sharp, space, zero bool
	plusV, sharpV                   bool
	widPresent, precPresent         bool
	wid, prec                       int
}

// printer formats as fmt's does. It is the fmt.State of Format methods.
type printer struct {
	flags
	buf   []byte
	cells view.Cells

	cur view.Value // what badVerb speaks of

	reordered, goodArgNum bool
	panicking             bool  // a panic value is being printed
	erroring              bool  // a bad verb is being reported: call no methods
	wrapErrs              bool  // %w is allowed
	wrapped               []int // the operands of %w
}

var free = sync.Pool{New: func() any { return new(printer) }}

func newPrinter(tb *layout.Table, h Host) *printer {
	p := free.Get().(*printer)
	*p = printer{buf: p.buf[:0], wrapped: p.wrapped[:0], cells: view.Cells{Table: tb, Host: h}}
	return p
}

func (p *printer) free() {
	if cap(p.buf) > 64<<10 {
		p.buf = nil
	}
	p.cells, p.cur = view.Cells{}, view.Value{} // keep nothing alive
	free.Put(p)
}

// forV gives plus and sharp the meaning they have with %v.
func (p *printer) forV() {
	p.sharpV, p.sharp = p.sharp, false
	p.plusV, p.plus = p.plus, false
}

// Write implements fmt.State.
func (p *printer) Write(b []byte) (int, error) {
	p.buf = append(p.buf, b...)
	return len(b), nil
}

// WriteString implements io.StringWriter.
func (p *printer) WriteString(s string) (int, error) {
	p.buf = append(p.buf, s...)
	return len(s), nil
}

// Width implements fmt.State.
func (p *printer) Width() (int, bool) { return p.wid, p.widPresent }

// Precision implements fmt.State.
func (p *printer) Precision() (int, bool) { return p.prec, p.precPresent }

// Flag implements fmt.State.
func (p *printer) Flag(c int) bool {
	switch c {
	case '-':
		return p.minus
	case '+':
		return p.plus || p.plusV
	case '#':
		return p.sharp || p.sharpV
	case ' ':
		return p.space
	case '0':
		return p.zero
	}
	return false
}

func (p *printer) str(s string) { p.buf = append(p.buf, s...) }
func (p *printer) byte(c byte)  { p.buf = append(p.buf, c) }
func (p *printer) rune(r rune)  { p.buf = utf8.AppendRune(p.buf, r) }

// separate writes what stands between the elements of a value.
func (p *printer) separate() {
	if p.sharpV {
		p.str(", ")
	} else {
		p.byte(' ')
	}
}

// native lets fmt format x, of a predeclared type, under the current flags.
func (p *printer) native(verb rune, x any) {
	if p.flags == (flags{}) {
		switch x := x.(type) {
		case string:
			if verb == 's' {
				p.str(x)
				return
			}
		case int:
			if verb == 'd' {
				p.buf = strconv.AppendInt(p.buf, int64(x), 10)
				return
			}
		}
	}
	p.buf = fmt.Appendf(p.buf, p.directive(verb), x)
}

// directive writes the current flags as a directive. It has the flags of %v
// only for that verb, and the others never for it.
func (p *printer) directive(verb rune) string {
	var b [24]byte
	d := append(b[:0], '%')
	plus, sharp := p.plus, p.sharp
	if verb == 'v' {
		plus, sharp = p.plusV, p.sharpV
	}
	for _, f := range [...]struct {
		set bool
		c   byte
	}{{p.space, ' '}, {plus, '+'}, {p.minus, '-'}, {sharp, '#'}, {p.zero, '0'}} {
		if f.set {
			d = append(d, f.c)
		}
	}
	if p.widPresent {
		d = strconv.AppendInt(d, int64(p.wid), 10)
	}
	if p.precPresent {
		d = append(d, '.')
		d = strconv.AppendInt(d, int64(p.prec), 10)
	}
	return string(utf8.AppendRune(d, verb))
}

// class is what the verbs of a kind have in common.
type class struct {
	verbs string
	plain rune // the verb that does what %v does
}

var (
	boolClass    = class{"tv", 't'}
	intClass     = class{"vdboOxXcqU", 'd'}
	floatClass   = class{"vbgGxXfFeE", 'g'}
	stringClass  = class{"vsxXq", 's'}
	pointerClass = class{"vpbodxX", 'p'}
)

func classOf(k reflect.Kind) *class {
	switch {
	case k == reflect.Bool:
		return &boolClass
	case k >= reflect.Int && k <= reflect.Uintptr:
		return &intClass
	case k >= reflect.Float32 && k <= reflect.Complex128:
		return &floatClass
	default:
		return &stringClass
	}
}

// scalar prints a value of a basic kind.
func (p *printer) scalar(c *class, x any, verb rune) {
	switch {
	case !strings.ContainsRune(c.verbs, verb):
		p.badVerb(verb)
	case verb == 'v' && !p.sharpV:
		p.native(c.plain, x)
	default:
		p.native(verb, x)
	}
}

// pointer prints an address.
func (p *printer) pointer(v view.Value, verb rune) {
	var u uintptr
	switch v.Kind() {
	case reflect.Chan, reflect.Func, reflect.Map, reflect.Pointer, reflect.Slice:
		u = v.Pointer()
	case reflect.UnsafePointer:
		u = v.Basic().Pointer()
	default:
		p.badVerb(verb)
		return
	}
	switch {
	case verb == 'v' && p.sharpV:
		p.str("(" + v.TypeName() + ")(")
		if u == 0 {
			p.str("nil")
		} else {
			p.hex(u, true)
		}
		p.byte(')')
	case verb == 'v' && u == 0:
		p.pad("<nil>")
	case verb == 'v' || verb == 'p':
		p.hex(u, !p.sharp)
	case strings.ContainsRune(pointerClass.verbs, verb):
		p.native(verb, u)
	default:
		p.badVerb(verb)
	}
}

// hex prints an address with or without 0x.
func (p *printer) hex(u uintptr, sharp bool) {
	old := p.sharp
	p.sharp = sharp
	p.native('x', u)
	p.sharp = old
}

// pad prints s in the width, whatever the precision.
func (p *printer) pad(s string) {
	old := p.precPresent
	p.precPresent = false
	p.native('s', s)
	p.precPresent = old
}

// badVerb reports a verb that does not fit the current value.
func (p *printer) badVerb(verb rune) {
	p.erroring = true
	p.str("%!")
	p.rune(verb)
	p.byte('(')
	if cur := p.cur; cur.IsValid() {
		p.str(cur.TypeName())
		p.byte('=')
		p.printValue(cur, 'v', 0)
	} else {
		p.str("<nil>")
	}
	p.byte(')')
	p.erroring = false
}

// byteSlice prints an operand of type []byte itself.
func (p *printer) byteSlice(v view.Value, verb rune) {
	b := v.Bytes()
	switch verb {
	case 'v', 'd', 's', 'x', 'X', 'q':
		if verb == 'v' && !p.sharpV {
			verb = 'd'
		}
		p.native(verb, b)
	default:
		p.printValue(v, verb, 0)
	}
}
