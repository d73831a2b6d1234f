package format

import (
	"fmt"
	"reflect"

	"adkernel/kernel/eval/exact/view"
)

// handleMethods prints v by a method of its own, if it has one for the verb.
func (p *printer) handleMethods(v view.Value, verb rune) (handled bool) {
	if p.erroring {
		return false
	}
	p.cur = v
	if verb == 'w' {
		if _, ok := view.As[error](v); !ok || !p.wrapErrs {
			p.badVerb(verb)
			return true
		}
		verb = 'v'
	}
	if f, ok := view.As[fmt.Formatter](v); ok {
		handled = true // also when the method panics
		defer p.catchPanic(v, verb, "Format")
		f.Format(p, verb)
		return
	}
	if p.sharpV {
		if g, ok := view.As[fmt.GoStringer](v); ok {
			handled = true
			defer p.catchPanic(v, verb, "GoString")
			p.native('s', g.GoString())
			return
		}
		return false
	}
	switch verb {
	case 'v', 's', 'x', 'X', 'q':
	default:
		return false
	}
	if e, ok := view.As[error](v); ok {
		handled = true
		defer p.catchPanic(v, verb, "Error")
		p.scalar(&stringClass, e.Error(), verb)
		return
	}
	if s, ok := view.As[fmt.Stringer](v); ok {
		handled = true
		defer p.catchPanic(v, verb, "String")
		p.scalar(&stringClass, s.String(), verb)
		return
	}
	return false
}

// catchPanic reports a panic of a method in the output.
func (p *printer) catchPanic(v view.Value, verb rune, method string) {
	err := recover()
	if err == nil {
		return
	}
	if _, ok := err.(Passing); ok || p.panicking {
		panic(err)
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		p.str("<nil>")
		return
	}
	old := p.flags
	p.flags = flags{}
	p.str("%!")
	p.rune(verb)
	p.str("(PANIC=" + method + " method: ")
	p.panicking = true
	p.printArg(err, 'v')
	p.panicking = false
	p.byte(')')
	p.flags = old
}
