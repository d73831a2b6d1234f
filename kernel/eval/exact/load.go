package exact

import (
	"errors"
	"fmt"
	"go/types"
	"unsafe"

	"adkernel/kernel/eval"
	"adkernel/kernel/eval/native"
)

// load compiles the packages that have been checked from source since it was
// called last, and initializes them. Those of users that fail are put aside
// with the reason, and with what imports them: the next cell that imports them
// tries again.
func (rt *runtime) load(tok *permit) error {
	for {
		list := rt.imports.Compiled()
		if rt.loaded == len(list) {
			return nil
		}
		p := list[rt.loaded]
		err := rt.needsBroken(p.Package)
		if err == nil {
			err = rt.loadPackage(tok, p)
		}
		switch {
		case err == nil:
			rt.loaded++
		case !p.Outside:
			return err
		default:
			if rt.broken == nil {
				rt.broken = map[*types.Package]error{}
			}
			rt.broken[p.Package] = err
			rt.sources.Delete(p.Package)
			rt.imports.Drop(rt.loaded)
		}
	}
}

// needsBroken is why a package that p imports could not be loaded.
func (rt *runtime) needsBroken(p *types.Package) error {
	for _, q := range p.Imports() {
		if err := rt.broken[q]; err != nil {
			return err
		}
	}
	return nil
}

func (rt *runtime) loadPackage(tok *permit, p *native.Compiled) error {
	s := &source{pkg: p.Package, native: p.Native, files: p.Files, info: p.Info, users: p.Outside}
	if p.Outside {
		s.places = placesOf(p.Files)
		prepare(s.files, s.info)
	}
	rt.sources.Store(p.Package, s)
	err := rt.loadSource(tok, s)
	var refused *refusal
	var failed *eval.Error
	switch {
	case !p.Outside || err == nil:
		return err
	case errors.As(err, &refused):
		return fmt.Errorf("package %s cannot be evaluated: %s: %s", p.Package.Path(), rt.where(refused.pos), refused.why)
	case errors.As(err, &failed) && failed.Kind != eval.Interrupt:
		again := *failed
		again.Message = fmt.Sprintf("package %s could not be initialized: %s", p.Package.Path(), failed.Message)
		return &again
	}
	return err
}

func (rt *runtime) loadSource(tok *permit, s *source) error {
	c := rt.newCompiler()
	c.lenient = s.users
	w, own := rt.newWorld(s)
	c.world = w
	own.Build()
	for _, o := range s.info.Defs {
		f, ok := o.(*types.Func)
		if !ok || isGeneric(f) || f.Name() == "_" || f.Name() == "init" {
			continue
		}
		if body := own.Prog.FuncValue(f); body != nil && body.Blocks != nil {
			c.define(f, f, body)
		}
	}
	start := c.enqueue(own.Func("init"))
	if err := c.compile(); err != nil {
		return err
	}
	c.commit()
	m := rt.newMachine(tok)
	defer m.free()
	if !m.call(start, nil, nil, nil, nil, nil, nil) {
		return rt.problem(m.raised)
	}
	return nil
}

// buildOrRefuse is build; a function that is refused becomes one that says so
// when it is called.
func (c *compiler) buildOrRefuse(w work) (out *code) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *refusal:
			why := fmt.Sprintf("%s cannot be evaluated: %s: %s", w.ssa, c.rt.where(r.pos), r.why)
			b := c.newBuilder(w)
			b.signature()
			b.emitExt(func(m *machine, u, p unsafe.Pointer) bool {
				m.refuse("%s", why)
				return true
			})
			b.finish()
			out = b.code
		default:
			panic(r)
		}
	}()
	return c.build(w)
}
