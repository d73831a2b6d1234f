package exact

import (
	"cmp"
	"fmt"
	"path/filepath"
	"reflect"
	goruntime "runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// A callSite is a place in a cell, as package runtime tells of it.
type callSite struct {
	function string // main.T.M
	file     string // In[3], or a program's file
	line     int
	takes    bool // the function has parameters
}

// callSites number the places that programs have asked for. Their numbers stand
// for addresses of code in the half of the address space in which there is none,
// sixteen each: a return address, as package runtime has it, and the one before
// it, which is that of the call, are of one place.
type callSites struct {
	mu      sync.Mutex
	numbers map[callSite]uintptr
	list    []callSite
	funcs   map[callSite]*siteFunc // by where a function begins
}

const (
	firstSite = ^uintptr(0)>>1 + 1
	siteSize  = 16
)

// pc is the number of a place.
func (s *callSites) pc(c callSite) uintptr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.number(c)
}

// number is pc; s.mu is held.
func (s *callSites) number(c callSite) uintptr {
	pc, ok := s.numbers[c]
	if !ok {
		if s.numbers == nil {
			s.numbers = map[callSite]uintptr{}
		}
		pc = firstSite + uintptr(len(s.list))*siteSize + siteSize/2
		s.numbers[c] = pc
		s.list = append(s.list, c)
	}
	return pc
}

// at is the place of a number; false: it is the address of native code, or none.
func (s *callSites) at(pc uintptr) (callSite, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := (pc - firstSite) / siteSize; pc >= firstSite && n < uintptr(len(s.list)) {
		return s.list[n], true
	}
	return callSite{}, false
}

// A siteFunc has the form of what package runtime makes of functions that the
// compiler has inlined, for which there is no code either: the methods of
// *runtime.Func read it.
type siteFunc struct {
	ones      uint32 // says that it is that
	entry     uintptr
	name      string
	file      string
	line      int32
	startLine int32
}

// function is the function that a place is in.
func (s *callSites) function(c callSite) *goruntime.Func {
	s.mu.Lock()
	defer s.mu.Unlock()
	start := callSite{function: c.function, file: c.file, takes: c.takes}
	f := s.funcs[start]
	if f == nil {
		if s.funcs == nil {
			s.funcs = map[callSite]*siteFunc{}
		}
		f = &siteFunc{ones: ^uint32(0), entry: s.number(start), name: c.function, file: c.file, line: int32(c.line)}
		s.funcs[start] = f
	}
	return (*goruntime.Func)(unsafe.Pointer(f))
}

// callers are at most n calls that have not returned, the innermost first, as
// package runtime numbers them. They end where native code called a cell's
// function, and where a panic has come further than traces tell.
func (m *machine) callers(n int) []uintptr {
	var out []uintptr
	inner := ""
	add := func(c *code, at int32) {
		if c.wrapper || c.symbol == "main.init" && strings.HasPrefix(inner, "main.init.") && !strings.Contains(inner, "func") {
			return // it is package runtime that calls init functions
		}
		out = append(out, m.rt.sites.pc(m.rt.callSite(c, at)))
		inner = c.symbol
	}
	for i := len(m.frames) - 1; i >= 0 && len(out) < n; i-- {
		fr := &m.frames[i]
		add(fr.code, fr.code.index(fr.ip))
		if p := fr.handling; p != nil && !fr.code.wrapper { // a deferred call that a panic runs, on top of the calls that led to it
			out = append(out, p.raisers()...)
			for _, x := range p.trace {
				add(x.code, x.at)
			}
			break
		}
	}
	return out[:min(len(out), n)]
}

// callSite is the place of instruction n. Names in line directives stay as they
// are written.
func (rt *runtime) callSite(c *code, n int32) callSite {
	pos := c.position(n)
	p := rt.fset.Position(pos)
	if f := rt.fset.File(pos); f != nil && f.Name() != p.Filename {
		p.Filename = strings.TrimPrefix(p.Filename, filepath.Dir(f.Name())+"/")
	}
	return callSite{c.symbol, cmp.Or(p.Filename, "??"), p.Line, c.argU+c.argP > 0}
}

// raisers are the functions of package runtime that lie between what panicked
// and the deferred calls that run.
func (p *panicking) raisers() []uintptr {
	if p.kill != killNone {
		return nil
	}
	known := raisers()
	if err, ok := p.val.(goruntime.Error); ok && len(p.trace) > 0 && p.trace[0].code.ins[max(p.trace[0].at, 0)].op != opPanic {
		for _, r := range known[1:] {
			if strings.HasPrefix(err.Error(), r.message) {
				return r.pcs
			}
		}
	}
	return known[0].pcs
}

// raised is how the runtime raises a panic.
type raised struct {
	message string // what it begins with
	pcs     []uintptr
}

// raisers asks the runtime what it calls: for a panic statement first.
var raisers = sync.OnceValue(func() []raised {
	var out []raised
	zero, none, noMap := 0, (*int)(nil), map[string]int(nil)
	closed := make(chan int)
	close(closed)
	for _, x := range []struct {
		message string
		raise   func()
	}{
		{"", func() { panic(0) }},
		{"runtime error: invalid memory address", func() { _ = *none }},
		{"runtime error: index out of range", func() { _ = []int{}[zero] }},
		{"runtime error: slice bounds out of range", func() { _ = []int{}[zero+1:] }},
		{"runtime error: integer divide by zero", func() { _ = 1 / zero }},
		{"runtime error: negative shift amount", func() { _ = 1 << (zero - 1) }},
		{"runtime error: makeslice: len out of range", func() { _ = make([]int, zero-1) }},
		{"interface conversion: ", func() { _ = any(zero).(string) }},
		{"assignment to entry in nil map", func() { noMap[""] = 1 }},
		{"close of closed channel", func() { close(closed) }},
		{"send on closed channel", func() { closed <- 1 }},
	} {
		out = append(out, raised{x.message, raisedBy(x.raise)})
	}
	return out
})

func raisedBy(f func()) (pcs []uintptr) {
	defer func() {
		_ = recover()
		all := make([]uintptr, 16)
		all = all[:goruntime.Callers(2, all)] // without this function and package runtime's
		end := slices.IndexFunc(all, func(pc uintptr) bool { return !strings.HasPrefix(nameAt(pc), "runtime.") })
		pcs = all[:max(end, 0)]
	}()
	f()
	return nil
}

func nameAt(pc uintptr) string {
	f, _ := goruntime.CallersFrames([]uintptr{pc}).Next()
	return f.Function
}

// frame is what package runtime tells of a number, and false where it tells
// nothing.
func (rt *runtime) frame(pc uintptr) (goruntime.Frame, bool) {
	c, ok := rt.sites.at(pc)
	if !ok {
		f, _ := goruntime.CallersFrames([]uintptr{pc}).Next()
		return f, f.PC != 0
	}
	fn := rt.sites.function(c)
	return goruntime.Frame{PC: pc - 1, Func: fn, Function: c.function, File: c.file, Line: c.line, Entry: fn.Entry()}, true
}

// callersFrames is what runtime.CallersFrames returns: its own structure, in which the
// frames are looked up already.
func (rt *runtime) callersFrames(pcs []uintptr) *goruntime.Frames {
	out := goruntime.CallersFrames(nil)
	var list []goruntime.Frame
	for _, pc := range pcs {
		if f, ok := rt.frame(pc); ok {
			list = append(list, f)
		}
	}
	*(*[]goruntime.Frame)(unsafe.Add(unsafe.Pointer(out), lookedUp())) = list
	return out
}

// lookedUp is where a runtime.Frames has the frames that it has looked up.
var lookedUp = sync.OnceValue(func() uintptr {
	f, ok := reflect.TypeFor[goruntime.Frames]().FieldByName("frames")
	if !ok || f.Type != reflect.TypeFor[[]goruntime.Frame]() {
		panic("runtime.Frames has another form")
	}
	return f.Offset
})

// stackText is what debug.Stack (first is its name) and runtime.Stack return.
// Arguments and addresses it does not know.
func (m *machine) stackText(first string) string {
	head, _, _ := strings.Cut(string(debug.Stack()), "\n") // goroutine 7 [running]:
	var b strings.Builder
	b.WriteString(head + "\n")
	if first != "" {
		fmt.Fprintf(&b, "%s()\n\truntime/debug/stack.go:26 +%#x\n", first, siteSize/2)
	}
	for _, pc := range m.callers(100) {
		c, ok := m.rt.sites.at(pc)
		if !ok {
			f, _ := m.rt.frame(pc)
			c = callSite{strings.Replace(f.Function, "runtime.gopanic", "panic", 1), f.File, f.Line, true}
		}
		args := "()"
		if c.takes {
			args = "(...)"
		}
		fmt.Fprintf(&b, "%s%s\n\t%s:%d +%#x\n", c.function, args, c.file, c.line, siteSize/2)
	}
	return b.String()
}
