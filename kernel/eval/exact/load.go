package exact

import "go/types"

// load compiles the packages of the standard library that have been checked
// from source since it was called last, and initializes them.
func (rt *runtime) load() error {
	for {
		list := rt.imports.Compiled()
		if rt.loaded == len(list) {
			return nil
		}
		p := list[rt.loaded]
		rt.loaded++
		s := &source{pkg: p.Package, native: p.Native, files: p.Files, info: p.Info}
		rt.sources.Store(p.Package, s)
		if err := rt.loadSource(s); err != nil {
			return err
		}
	}
}

func (rt *runtime) loadSource(s *source) error {
	c := rt.newCompiler()
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
	m := rt.newMachine(background())
	defer m.free()
	if !m.call(start, nil, nil, nil, nil, nil, nil) {
		return rt.problem(m.raised)
	}
	return nil
}
