package cell

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"adkernel/kernel/eval"
)

// A use is that a function, or a method, mentions a function, type, variable or
// constant of the session.
type use struct {
	by     string // the function's name, or T.M
	name   string
	origin types.Object // see live.origin
}

// addUses notes what the functions that a cell declares use.
func (r *round) addUses(p *Program) {
	for _, d := range r.file.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok || fd == r.body || fd.Body == nil {
			continue
		}
		by, owner := fd.Name.Name, p.declared[fd.Name.Name]
		if name := receiver(fd); name != "" {
			by, owner = name+"."+by, p.declared[name]
		}
		for _, m := range r.late {
			if m.decl == fd {
				m.uses = r.usesOf(p, fd, m.typeName.Name()+"."+m.name)
				owner = nil
			}
		}
		if owner != nil {
			owner.uses = append(owner.uses, r.usesOf(p, fd, by)...)
		}
	}
}

func (r *round) usesOf(p *Program, fd *ast.FuncDecl, by string) (out []use) {
	ast.Inspect(fd, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		switch o := r.info.Uses[id].(type) {
		case *types.Func, *types.Var, *types.Const, *types.TypeName:
			u := use{by, id.Name, r.s.originOf(p, o)}
			if u.origin != nil && u.name != by && !slices.Contains(out, u) {
				out = append(out, u)
			}
		}
		return true
	})
	return out
}

// originOf is the first object of those that callers of o do not tell apart,
// or nil when o is not a name of the session.
func (s *Session) originOf(p *Program, o types.Object) types.Object {
	if d := p.declared[o.Name()]; d != nil && d.object == o {
		return s.firstOf(d.object, d.replaces != nil)
	}
	for _, v := range p.Vars {
		if types.Object(v.Object) == o {
			return s.firstOf(v.Live, v.Keeps != nil)
		}
	}
	if l := s.live[o.Name()]; l != nil && l.object == o {
		return l.origin
	}
	return nil
}

// firstOf is the origin of a new object, which takes the place of the live one
// for its callers or does not.
func (s *Session) firstOf(o types.Object, replaces bool) types.Object {
	if l := s.live[o.Name()]; replaces && l != nil {
		return l.origin
	}
	return o
}

// isConstant says that o is a constant like the live one of its name.
func (s *Session) isConstant(o types.Object) bool {
	c, ok := o.(*types.Const)
	l := s.live[o.Name()]
	if !ok || l == nil {
		return false
	}
	old, ok := l.object.(*types.Const)
	return ok && types.Identical(old.Type(), c.Type()) && constant.Compare(old.Val(), token.EQL, c.Val())
}

// replacedNames are the functions, types, variables and constants that p declares
// again so that who used them does not use the new ones: name -> origin of the old one.
func (s *Session) replacedNames(p *Program) map[string]types.Object {
	out := map[string]types.Object{}
	note := func(name string, origin types.Object) {
		l := s.live[name]
		if l == nil || l.origin == origin {
			return
		}
		switch l.object.(type) {
		case *types.Func, *types.Var, *types.Const, *types.TypeName:
			out[name] = l.origin
		}
	}
	for name, d := range p.declared {
		note(name, d.origin)
	}
	for _, v := range p.Vars {
		note(v.Live.Name(), s.firstOf(v.Live, v.Keeps != nil))
	}
	return out
}

// staleNotes tells which functions go on with an older function, type, variable
// or constant of a name, and why, when they would not compile with the new one.
func (s *Session) staleNotes(replaced map[string]types.Object) []string {
	type stale struct {
		use
		at  chunk
		own *live
	}
	var list []stale
	for _, l := range s.live {
		for _, u := range l.uses {
			if origin := replaced[u.name]; origin == nil || origin != u.origin {
				continue
			}
			for _, c := range l.source {
				if c.kind == funcDecl || c.kind == methodDecl && methodKey(c) == u.by {
					list = append(list, stale{u, c, l})
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b stale) int {
		if a.at.cell != b.at.cell {
			return a.at.cell - b.at.cell
		}
		if a.at.start != b.at.start {
			return a.at.start - b.at.start
		}
		return strings.Compare(a.name, b.name)
	})
	var out []string
	for _, x := range list {
		verb := "calls"
		if _, ok := x.origin.(*types.Func); !ok {
			verb = "uses"
		}
		note := fmt.Sprintf("%s (In[%d]) still %s the older %s; define it again to change that", x.by, x.at.cell, verb, x.name)
		if why := s.doesNotCompile(x.at, x.own); why != "" {
			note = fmt.Sprintf("%s (In[%d]) does not compile with the new %s and still %s the older one; define it again: %s", x.by, x.at.cell, x.name, verb, why)
		}
		out = append(out, note)
	}
	return out
}

var oneLine = strings.NewReplacer("\n\thave ", ": have ", "\n\twant ", ", want ", "\n", " ")

// doesNotCompile checks a declaration as if its cell were run again.
func (s *Session) doesNotCompile(c chunk, owner *live) string {
	if c.kind == methodDecl {
		if named, ok := owner.object.Type().(*types.Named); !ok || named.TypeParams().Len() > 0 {
			return "" // would make it another type
		}
	}
	page := &layout{cell: c.cell, line: 1, col: 1}
	page.add(c)
	_, err := s.check(eval.Cell{N: c.cell, Source: page.text.String()})
	var e *eval.Error
	if errors.As(err, &e) && len(e.At) > 0 {
		return oneLine.Replace(e.At[0].String())
	}
	return ""
}
