// Package format is package fmt for values of cells: every verb, flag and
// method of fmt, applied to types that native code does not know. What fmt
// does with a number, string or byte slice is left to fmt itself.
package format

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"adkernel/kernel/eval/exact/layout"
	"adkernel/kernel/eval/exact/view"
)

// Host is what a printer may ask of the evaluator.
type Host = view.Host

// Passing is a panic that no printer reports in its output, such as an
// interrupt or a refusal: it goes on to the caller.
type Passing interface{ PassesPrinters() }

// Format formats v for a wrapper that implements fmt.Formatter.
func Format(s fmt.State, verb rune, tb *layout.Table, h Host, v any) {
	p := newPrinter(tb, h)
	defer p.free()
	p.wid, p.widPresent = s.Width()
	p.prec, p.precPresent = s.Precision()
	p.minus, p.space, p.zero = s.Flag('-'), s.Flag(' '), s.Flag('0')
	p.plus, p.sharp = s.Flag('+'), s.Flag('#')
	if verb == 'v' {
		p.forV()
	}
	p.printArg(v, verb)
	_, _ = s.Write(p.buf) // as fmt, which has no errors to report here
}

// Append is fmt.Append.
func Append(tb *layout.Table, h Host, b []byte, args []any) []byte {
	if cells := (view.Cells{Table: tb, Host: h}); cells.AllPlain(args) {
		return fmt.Append(b, args...)
	}
	p := newPrinter(tb, h)
	defer p.free()
	p.doPrint(args)
	return append(b, p.buf...)
}

// Appendln is fmt.Appendln.
func Appendln(tb *layout.Table, h Host, b []byte, args []any) []byte {
	if cells := (view.Cells{Table: tb, Host: h}); cells.AllPlain(args) {
		return fmt.Appendln(b, args...)
	}
	p := newPrinter(tb, h)
	defer p.free()
	p.doPrintln(args)
	return append(b, p.buf...)
}

// Appendf is fmt.Appendf.
func Appendf(tb *layout.Table, h Host, b []byte, format string, args []any) []byte {
	if cells := (view.Cells{Table: tb, Host: h}); cells.AllPlain(args) {
		return fmt.Appendf(b, format, args...)
	}
	p := newPrinter(tb, h)
	defer p.free()
	p.doPrintf(format, args)
	return append(b, p.buf...)
}

// Sprint is fmt.Sprint.
func Sprint(tb *layout.Table, h Host, args []any) string {
	return string(Append(tb, h, nil, args))
}

// Sprintln is fmt.Sprintln.
func Sprintln(tb *layout.Table, h Host, args []any) string {
	return string(Appendln(tb, h, nil, args))
}

// Sprintf is fmt.Sprintf.
func Sprintf(tb *layout.Table, h Host, format string, args []any) string {
	return string(Appendf(tb, h, nil, format, args))
}

// Errorf is fmt.Errorf: its errors are of fmt's types and wrap the native forms
// of cells' errors.
func Errorf(tb *layout.Table, h Host, format string, args []any) error {
	if cells := (view.Cells{Table: tb, Host: h}); cells.AllPlain(args) {
		return fmt.Errorf(format, args...)
	}
	p := newPrinter(tb, h)
	defer p.free()
	p.wrapErrs = true
	p.doPrintf(format, args)
	switch len(p.wrapped) {
	case 0:
		return errors.New(string(p.buf))
	case 1:
		return newWrapError(string(p.buf), p.nativeError(args[p.wrapped[0]]))
	default:
		return newWrapErrors(string(p.buf), p.wrappedErrors(args))
	}
}

// nativeError is v as an error of native code, or nil.
func (p *printer) nativeError(v any) error {
	err, _ := view.As[error](p.cells.Value(v))
	return err
}

// newWrapError makes an error of fmt's type for one %w, whose fields can be set
// in no other way to a text that fmt did not format.
func newWrapError(msg string, err error) error {
	w := fmt.Errorf("%w", errors.ErrUnsupported)
	s := reflect.ValueOf(w).Elem()
	setHidden(s.Field(0), msg)
	setHidden(s.Field(1), err)
	return w
}

// newWrapErrors does the same for several %w.
func newWrapErrors(msg string, errs []error) error {
	w := fmt.Errorf("%w%w", errors.ErrUnsupported, errors.ErrUnsupported)
	s := reflect.ValueOf(w).Elem()
	setHidden(s.Field(0), msg)
	setHidden(s.Field(1), errs)
	return w
}

func setHidden[T any](field reflect.Value, v T) {
	if field.Type() != reflect.TypeFor[T]() {
		panic("format: fmt's wrapped errors have changed: " + field.Type().String())
	}
	*(*T)(unsafe.Pointer(field.UnsafeAddr())) = v
}
