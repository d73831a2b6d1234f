package exact

import (
	"errors"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// compiler turns the functions that a cell declares or reaches into codes.
// Nothing of the session changes before commit.
type compiler struct {
	rt    *runtime
	world *world

	local   map[*ssa.Function]*function // closures, wrappers: of this cell only
	added   map[funcKey]*function
	globals map[*types.Var]*variable // made by this cell
	codes   map[*function]*code      // to be put into place
	queue   []work
	known   map[types.Type]bool // types whose methods are compiled
	caller  token.Pos           // where the user's code calls for what is queued now

	// lenient compiles a function that is refused to one that is refused when
	// it is called: a package is of use without all of its functions.
	lenient bool
}

type work struct {
	fn     *function
	ssa    *ssa.Function
	caller token.Pos // in the user's code: what is refused in a package's may have no place there
}

func (rt *runtime) newCompiler() *compiler {
	return &compiler{
		rt: rt, local: map[*ssa.Function]*function{}, added: map[funcKey]*function{}, globals: map[*types.Var]*variable{},
		codes: map[*function]*code{}, known: map[types.Type]bool{},
	}
}

// compile compiles everything that is queued, and what that reaches. The error
// is a *refusal.
func (c *compiler) compile() (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *refusal:
			err = r
		default:
			panic(r)
		}
	}()
	for len(c.queue) > 0 {
		w := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		if c.lenient {
			c.codes[w.fn] = c.buildOrRefuse(w)
			continue
		}
		c.codes[w.fn] = c.build(w)
	}
	return nil
}

// commit puts the compiled functions into place.
func (c *compiler) commit() {
	for k, f := range c.added {
		instances := maps.Clone(c.rt.functions.get(k.fn))
		if instances == nil {
			instances = map[string]*function{}
		}
		instances[k.targs] = f
		c.rt.functions.set(k.fn, instances)
	}
	for v, g := range c.globals {
		c.rt.globals.set(v, g)
	}
	for f, code := range c.codes {
		f.code.Store(code)
	}
}

// function returns what calls of f refer to, and queues its body when it has
// not been compiled.
func (b *builder) function(f *ssa.Function) *function {
	b.caller = b.place()
	fn, err := b.resolve(f)
	if err != nil {
		b.refuse("%v", err)
	}
	return fn
}

func (c *compiler) resolve(f *ssa.Function) (*function, error) {
	if fn := c.local[f]; fn != nil {
		return fn, nil
	}
	object, _ := f.Object().(*types.Func)
	if f.Parent() != nil || object == nil || isSynthetic(f) {
		if f.Blocks == nil {
			return nil, errors.New("function " + f.String() + " has no body")
		}
		fn := newFunction(f.String())
		c.local[f] = fn
		c.queue = append(c.queue, work{fn, f, c.caller})
		return fn, nil
	}
	targs := slices.Concat(receiverArgs(object), f.TypeArgs())
	if isGenericMethod(f) {
		targs = f.TypeArgs()
	}
	c.rt.mu.Lock()
	key := c.rt.key(object, targs)
	fn := c.rt.compiled(key)
	c.rt.mu.Unlock()
	if a := c.added[key]; a != nil {
		fn = a
	}
	if fn != nil {
		c.local[f] = fn
		return fn, nil
	}
	if f.Blocks == nil {
		fn, err := c.native(f, object)
		if err == nil {
			c.local[f] = fn
		}
		return fn, err
	}
	fn = newFunction(f.String())
	c.added[key], c.local[f] = fn, fn
	c.queue = append(c.queue, work{fn, f, c.caller})
	return fn, nil
}

// define queues the body of a declared function. It takes the place of old's
// where that is alive.
func (c *compiler) define(object, old *types.Func, body *ssa.Function) {
	c.rt.mu.Lock()
	key := c.rt.key(object, nil)
	fn := c.rt.compiled(c.rt.key(old, nil))
	c.rt.mu.Unlock()
	if fn == nil {
		fn = newFunction(body.String())
	}
	c.added[key], c.local[body] = fn, fn
	c.queue = append(c.queue, work{fn, body, c.caller})
}

// enqueue queues a function of the cell that is called once.
func (c *compiler) enqueue(f *ssa.Function) *function {
	if fn := c.local[f]; fn != nil {
		return fn
	}
	fn := newFunction(f.String())
	c.local[f] = fn
	c.queue = append(c.queue, work{fn, f, c.caller})
	return fn
}

// isGenericMethod says whether f's type arguments already hold its receiver's.
func isGenericMethod(f *ssa.Function) bool {
	return f.Signature.Recv() != nil && len(f.TypeArgs()) > 0
}

// isSynthetic tells functions that package ssa makes around others.
func isSynthetic(f *ssa.Function) bool {
	for _, s := range []string{"wrapper for", "bound method wrapper", "thunk for", "instantiation wrapper"} {
		if strings.HasPrefix(f.Synthetic, s) {
			return true
		}
	}
	return f.Synthetic == "package initializer"
}

// isUserCode says whether the function being compiled is a cell's, or
// of a package that a cell has imported from source code.
func (b *builder) isUserCode() bool {
	f := b.fn
	for f.Parent() != nil {
		f = f.Parent()
	}
	if o, ok := f.Object().(*types.Func); ok && o.Pkg() != nil {
		return b.rt.isUsers(o.Pkg())
	}
	return f.Pkg == nil || b.rt.isUsers(f.Pkg.Pkg)
}

// needMethods compiles the methods of a type that becomes dynamic, and of the
// types that it is made of: they may be called by name from now on.
func (b *builder) needMethods(t types.Type) {
	b.caller = b.place()
	if err := b.compiler.needMethods(t); err != nil {
		b.refuse("%v", err)
	}
}

func (c *compiler) needMethods(t types.Type) error {
	t = types.Unalias(t)
	if c.known[t] {
		return nil
	}
	c.known[t] = true
	switch u := t.(type) {
	case *types.Named:
		if !c.rt.isSource(u.Obj().Pkg()) {
			return nil
		}
		for _, x := range []types.Type{u, types.NewPointer(u)} {
			set := c.world.prog.MethodSets.MethodSet(x)
			for i := range set.Len() {
				sel := set.At(i)
				m := sel.Obj().(*types.Func)
				// Package cell names _ what it has taken back.
				if len(sel.Index()) > 1 || m.Name() == "_" || !c.rt.isSource(m.Pkg()) || isInterface(u) {
					continue
				}
				if recv := types.Unalias(m.Signature().Recv().Type()); recv != x {
					if _, ok := recv.(*types.Pointer); !ok && x != types.Type(u) {
						continue // promoted from the value's own set
					}
				}
				if f := c.world.prog.MethodValue(sel); f != nil && !isSynthetic(f) {
					if _, err := c.resolve(f); err != nil {
						return err
					}
				}
			}
		}
		return c.needMethods(u.Underlying())
	case *types.Pointer:
		return c.needMethods(u.Elem())
	case *types.Slice:
		return c.needMethods(u.Elem())
	case *types.Array:
		return c.needMethods(u.Elem())
	case *types.Chan:
		return c.needMethods(u.Elem())
	case *types.Map:
		return errors.Join(c.needMethods(u.Key()), c.needMethods(u.Elem()))
	case *types.Struct:
		for f := range u.Fields() {
			if err := c.needMethods(f.Type()); err != nil {
				return err
			}
		}
	}
	return nil
}
