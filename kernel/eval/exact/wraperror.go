package exact

import (
	"fmt"
	"reflect"

	"adkernel/kernel/eval/exact/layout"
)

// heldError is held by what wants an error: a comparable value, so that native
// code finds errors that it knows. Of the methods that Go's own code looks for
// in errors, it has those whose absence is as if they said no.
type heldError struct{ held }

func (h heldError) Error() string { return h.rt.text(h.v, "Error") }

// Format implements fmt.Formatter.
func (h heldError) Format(s fmt.State, verb rune) { h.rt.format(s, verb, h.v) }

// Is serves native errors.Is: it asks the value's own method.
func (h heldError) Is(target error) bool {
	out := h.rt.callMethod(h.v, "Is", reflect.TypeFor[func(error) bool](), reflect.ValueOf(&target).Elem())
	return out != nil && out[0].Bool()
}

// As serves native errors.As.
func (h heldError) As(target any) bool {
	out := h.rt.callMethod(h.v, "As", reflect.TypeFor[func(any) bool](), reflect.ValueOf(&target).Elem())
	return out != nil && out[0].Bool()
}

// The others are parts of the types in errorForms.
type (
	oneCause   struct{ of held }
	manyCauses struct{ of held }
	timing     struct{ of held }
	transient  struct{ of held }
	unequal    [0]func() // of a type without ==
)

func (c oneCause) Unwrap() error {
	out := c.of.rt.callMethod(c.of.v, "Unwrap", reflect.TypeFor[func() error]())
	if out == nil {
		return nil
	}
	err, _ := out[0].Interface().(error)
	return err
}

func (c manyCauses) Unwrap() []error {
	return c.of.rt.callMethod(c.of.v, "Unwrap", reflect.TypeFor[func() []error]())[0].Interface().([]error)
}

func (t timing) Timeout() bool {
	return t.of.rt.callMethod(t.of.v, "Timeout", reflect.TypeFor[func() bool]())[0].Bool()
}

func (t transient) Temporary() bool {
	return t.of.rt.callMethod(t.of.v, "Temporary", reflect.TypeFor[func() bool]())[0].Bool()
}

// errorForm says which form of error stands for a cell's type.
type errorForm uint8

const (
	formMany errorForm = 1 << iota
	formTimeout
	formTemporary
	formUnequal
)

// errorForms make errors by errorForm.
var errorForms = [...]func(h heldError) error{
	func(h heldError) error {
		return struct {
			heldError
			oneCause
		}{h, oneCause{h.held}}
	},
	func(h heldError) error {
		return struct {
			heldError
			manyCauses
		}{h, manyCauses{h.held}}
	},
	func(h heldError) error {
		return struct {
			heldError
			oneCause
			timing
		}{h, oneCause{h.held}, timing{h.held}}
	},
	func(h heldError) error {
		return struct {
			heldError
			manyCauses
			timing
		}{h, manyCauses{h.held}, timing{h.held}}
	},
	func(h heldError) error {
		return struct {
			heldError
			oneCause
			transient
		}{h, oneCause{h.held}, transient{h.held}}
	},
	func(h heldError) error {
		return struct {
			heldError
			manyCauses
			transient
		}{h, manyCauses{h.held}, transient{h.held}}
	},
	func(h heldError) error {
		return struct {
			heldError
			oneCause
			timing
			transient
		}{h, oneCause{h.held}, timing{h.held}, transient{h.held}}
	},
	func(h heldError) error {
		return struct {
			heldError
			manyCauses
			timing
			transient
		}{h, manyCauses{h.held}, timing{h.held}, transient{h.held}}
	},
	func(h heldError) error {
		return struct {
			heldError
			oneCause
			unequal
		}{h, oneCause{h.held}, unequal{}}
	},
	func(h heldError) error {
		return struct {
			heldError
			manyCauses
			unequal
		}{h, manyCauses{h.held}, unequal{}}
	},
	func(h heldError) error {
		return struct {
			heldError
			oneCause
			timing
			unequal
		}{h, oneCause{h.held}, timing{h.held}, unequal{}}
	},
	func(h heldError) error {
		return struct {
			heldError
			manyCauses
			timing
			unequal
		}{h, manyCauses{h.held}, timing{h.held}, unequal{}}
	},
	func(h heldError) error {
		return struct {
			heldError
			oneCause
			transient
			unequal
		}{h, oneCause{h.held}, transient{h.held}, unequal{}}
	},
	func(h heldError) error {
		return struct {
			heldError
			manyCauses
			transient
			unequal
		}{h, manyCauses{h.held}, transient{h.held}, unequal{}}
	},
	func(h heldError) error {
		return struct {
			heldError
			oneCause
			timing
			transient
			unequal
		}{h, oneCause{h.held}, timing{h.held}, transient{h.held}, unequal{}}
	},
	func(h heldError) error {
		return struct {
			heldError
			manyCauses
			timing
			transient
			unequal
		}{h, manyCauses{h.held}, timing{h.held}, transient{h.held}, unequal{}}
	},
}

// errorOf is v as a native error; ok is false when its type is none.
func (rt *runtime) errorOf(t *layout.Type, v any) (err error, ok bool) {
	f := rt.errorForm(t)
	if !f.isError {
		return nil, false
	}
	return errorForms[f.form](heldError{held{v, rt}}), true
}

// knownForm is what errorForm found, as long as no methods are added.
type knownForm struct {
	isError    bool
	form       errorForm
	generation int64
}

func (rt *runtime) errorForm(t *layout.Type) knownForm {
	generation := rt.generation.Load()
	if f, ok := rt.errorTypes.Load(t.Word); ok && f.(knownForm).generation == generation {
		return f.(knownForm)
	}
	f := knownForm{isError: rt.lacks(t, reflect.TypeFor[error]()) == "", generation: generation}
	for form, iface := range map[errorForm]reflect.Type{
		formMany:      reflect.TypeFor[interface{ Unwrap() []error }](),
		formTimeout:   reflect.TypeFor[interface{ Timeout() bool }](),
		formTemporary: reflect.TypeFor[interface{ Temporary() bool }](),
	} {
		if f.isError && rt.lacks(t, iface) == "" {
			f.form |= form
		}
	}
	if !t.Comparable {
		f.form |= formUnequal
	}
	rt.errorTypes.Store(t.Word, f)
	return f
}
