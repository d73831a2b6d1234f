package format

import (
	"reflect"

	"adkernel/kernel/eval/exact/view"
)

// printArg prints an operand.
func (p *printer) printArg(arg any, verb rune) {
	v := p.cells.Value(arg)
	p.cur = v
	if !v.IsValid() {
		switch verb {
		case 'T', 'v':
			p.pad("<nil>")
		default:
			p.badVerb(verb)
		}
		return
	}
	switch verb {
	case 'T':
		p.native('s', v.TypeName())
		return
	case 'p':
		p.pointer(v, 'p')
		return
	}
	if v.Cell() == nil {
		switch a := v.Native().Interface().(type) {
		case []byte:
			p.byteSlice(v, verb)
			return
		case reflect.Value:
			p.reflected(a, verb)
			return
		}
	}
	if !p.handleMethods(v, verb) {
		p.printValue(v, verb, 0)
	}
}

// reflected prints what a reflect.Value holds.
func (p *printer) reflected(r reflect.Value, verb rune) {
	switch {
	case !r.IsValid():
		p.str("<invalid reflect.Value>")
	case !r.CanInterface():
		p.native(verb, r)
	default:
		v := p.cells.Reflect(r)
		if !p.handleMethods(elemOf(v), verb) {
			p.printValue(v, verb, 0)
		}
	}
}

// elemOf is what an interface holds, or v.
func elemOf(v view.Value) view.Value {
	if v.IsValid() && v.Kind() == reflect.Interface {
		return v.Elem()
	}
	return v
}

// maxDepth is how deeply values may lie in each other. Go's own printing gets
// some ten times as deep before its stack overflows, which ends a process.
const maxDepth = 100_000

// TooDeep is what printing a value panics with that contains itself: its depth.
type TooDeep int

// PassesPrinters implements Passing.
func (TooDeep) PassesPrinters() {}

// printValue prints a value that may lie in another one.
func (p *printer) printValue(v view.Value, verb rune, depth int) {
	if depth > maxDepth {
		panic(TooDeep(depth))
	}
	if depth > 0 && v.IsValid() && v.CanInterface() && v.Kind() != reflect.Interface && p.handleMethods(v, verb) {
		return
	}
	p.cur = v
	if !v.IsValid() {
		if verb == 'v' {
			p.str("<nil>")
		} else {
			p.badVerb(verb)
		}
		return
	}
	switch k := v.Kind(); k {
	case reflect.Map:
		p.printMap(v, verb, depth)
	case reflect.Struct:
		p.printStruct(v, verb, depth)
	case reflect.Interface:
		if e := v.Elem(); e.IsValid() {
			p.printValue(e, verb, depth+1)
		} else if p.sharpV {
			p.str(v.TypeName() + "(nil)")
		} else {
			p.str("<nil>")
		}
	case reflect.Array, reflect.Slice:
		p.printList(v, verb, depth)
	case reflect.Pointer:
		if depth == 0 && !v.IsNil() {
			e := v.Elem()
			switch e.Kind() {
			case reflect.Array, reflect.Slice, reflect.Struct, reflect.Map:
				p.byte('&')
				p.printValue(e, verb, depth+1)
				return
			}
		}
		p.pointer(v, verb)
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		p.pointer(v, verb)
	default:
		p.scalar(classOf(k), v.Scalar(), verb)
	}
}

func (p *printer) printMap(v view.Value, verb rune, depth int) {
	closing := byte(']')
	if p.sharpV {
		p.str(v.TypeName())
		if v.IsNil() {
			p.str("(nil)")
			return
		}
		p.byte('{')
		closing = '}'
	} else {
		p.str("map[")
	}
	for i, e := range SortedEntries(v) {
		if i > 0 {
			p.separate()
		}
		p.printValue(e.Key, verb, depth+1)
		p.byte(':')
		p.printValue(e.Elem, verb, depth+1)
	}
	p.byte(closing)
}

func (p *printer) printStruct(v view.Value, verb rune, depth int) {
	if p.sharpV {
		p.str(v.TypeName())
	}
	p.byte('{')
	for i := range v.NumField() {
		if i > 0 {
			p.separate()
		}
		if p.plusV || p.sharpV {
			p.str(v.FieldInfo(i).Name)
			p.byte(':')
		}
		f := v.Field(i)
		if f.Kind() == reflect.Interface && !f.IsNil() {
			f = f.Elem()
		}
		p.printValue(f, verb, depth+1)
	}
	p.byte('}')
}

func (p *printer) printList(v view.Value, verb rune, depth int) {
	switch verb {
	case 's', 'q', 'x', 'X':
		if v.ElemKind() == reflect.Uint8 {
			p.native(verb, v.Bytes())
			return
		}
	}
	opening, closing := byte('['), byte(']')
	if p.sharpV {
		p.str(v.TypeName())
		if v.Kind() == reflect.Slice && v.IsNil() {
			p.str("(nil)")
			return
		}
		opening, closing = '{', '}'
	}
	p.byte(opening)
	for i := range v.Len() {
		if i > 0 {
			p.separate()
		}
		p.printValue(v.Index(i), verb, depth+1)
	}
	p.byte(closing)
}
