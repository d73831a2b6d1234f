package exact

import (
	"fmt"
	"go/token"
	"slices"
	"strings"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/native"
)

// problem is the error of a cell that a panic, or another end, left.
func (rt *runtime) problem(p *panicking) *eval.Error {
	if p.kill == killOther {
		return p.val.(*eval.Error)
	}
	err := rt.describe(p)
	err.Values, err.More = p.values, p.more
	err.Earlier = rt.overtaken(p)
	return err
}

// maxOvertaken is how many panics are told of that another one overtook.
const maxOvertaken = 10

// overtaken describes what p was raised in the place of, as Go's runtime does:
// runtime.Goexit is passed over.
func (rt *runtime) overtaken(p *panicking) []eval.Overtaken {
	var chain []*panicking // the last one first
	for before := p.overtook; before != nil; before = before.overtook {
		if before.kill != killGoexit {
			chain = append(chain, before)
		}
	}
	left := max(0, len(chain)-maxOvertaken)
	var out []eval.Overtaken
	next := p
	for i, before := range chain {
		switch half := maxOvertaken / 2; {
		case left > 0 && i == half:
			out = append(out, eval.Overtaken{Message: fmt.Sprintf("… and %d more panics", left)})
		case i >= half && i < half+left:
		default:
			e := rt.describe(before)
			again := before.kill == killNone && next.kill == killNone && words(before.val) == words(next.val)
			out = append(out, eval.Overtaken{Message: e.Message, Recovered: before.recovered, Again: again, Trace: e.Trace, More: before.more})
		}
		next = before
	}
	slices.Reverse(out)
	return out
}

func (rt *runtime) describe(p *panicking) *eval.Error {
	switch p.kill {
	case killInterrupt:
		if e, ok := p.val.(error); ok {
			return &eval.Error{Kind: eval.Interrupt, Message: e.Error(), Trace: rt.frames(p), Cause: e}
		}
		return &eval.Error{Kind: eval.Interrupt, Message: "interrupted"}
	case killGoexit:
		return &eval.Error{Kind: eval.Panic, Message: goexited, Trace: rt.frames(p)}
	case killExit:
		exit := p.val.(native.Exit)
		return &eval.Error{Kind: eval.Exit, Message: exit.Error(), Status: exit.Status}
	case killRefuse:
		err := p.val.(error)
		return &eval.Error{Kind: eval.Panic, Message: err.Error(), Trace: rt.frames(p), Cause: err}
	case killOverflow:
		err := p.val.(error)
		return &eval.Error{Kind: eval.Panic, Message: err.Error(), Trace: rt.frames(p), Cause: err}
	}
	out := &eval.Error{Kind: eval.Panic, Message: rt.panicText(p.val), Trace: rt.frames(p)}
	if err, ok := rt.show(p.val).(error); ok {
		out.Cause = err
	}
	return out
}

// panicText is what Go prints of a value after "panic: ".
func (rt *runtime) panicText(v any) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("a value of type %s, whose method panicked as it was printed", rt.typeName(v))
		}
	}()
	switch x := rt.show(v).(type) {
	case error:
		return x.Error()
	case fmt.Stringer:
		return x.String()
	case printable:
		return rt.panicValue(x)
	case string:
		return x
	default:
		return fmt.Sprint(x)
	}
}

// panicValue prints a value of a cell's type as the runtime does: those of
// basic kinds with their type, the others as an address.
func (rt *runtime) panicValue(x printable) string {
	if m := rt.methodOf(rt.table.TypeOf(x.v), "String"); m != nil {
		return rt.text(x.v, "String")
	}
	name := rt.typeName(x.v)
	text := fmt.Sprintf("%+v", x)
	if t := rt.table.TypeOf(x.v); isPlain(t.Mem) {
		if t.Mem.Kind().String() == "string" {
			text = fmt.Sprintf("%q", text)
		}
		return fmt.Sprintf("%s(%s)", name, text)
	}
	return fmt.Sprintf("%s %s", name, text)
}

// frames are the calls of cells, innermost first.
func (rt *runtime) frames(p *panicking) []eval.Frame {
	var out []eval.Frame
	for _, x := range p.trace {
		if x.code.wrapper {
			continue
		}
		f := rt.frameAt(x.pos)
		if f.Cell == 0 {
			continue // of the standard library
		}
		f.Func = userName(x.code.name)
		f.Source = x.code.origin.line(f.Cell, f.Line)
		out = append(out, f)
	}
	return out
}

// frameAt is a position of a cell; Cell is 0 for others.
func (rt *runtime) frameAt(pos token.Pos) eval.Frame {
	f := eval.Frame{}
	p := rt.fset.Position(pos)
	if _, err := fmt.Sscanf(p.Filename, "In[%d]", &f.Cell); err != nil {
		if !rt.inProgram(pos) {
			return eval.Frame{}
		}
		f.Cell = 1
	}
	f.Line, f.Column = p.Line, p.Column
	return f
}

// inProgram says whether a position is in the files of a whole program.
func (rt *runtime) inProgram(pos token.Pos) bool {
	for _, f := range rt.program {
		if f.FileStart <= pos && pos <= f.FileEnd {
			return true
		}
	}
	return false
}

func (rt *runtime) where(pos token.Pos) string {
	p := rt.fset.Position(pos)
	return fmt.Sprintf("%s:%d:%d", p.Filename, p.Line, p.Column)
}

// userName is a function's name as the user knows it.
func userName(name string) string {
	name = strings.ReplaceAll(name, "main.", "")
	if i := strings.Index(name, "ʹcell"); i >= 0 {
		name = strings.TrimPrefix(name[i+len("ʹcell"):], "$")
		if name == "" {
			return ""
		}
		name = "func" + name
	}
	name = strings.Replace(strings.ReplaceAll(name, "ʹ", "."), "$", ".func", 1)
	return strings.ReplaceAll(name, "$", ".")
}
