// Package symbolfile says what of a package's exported API an interpreter can
// be given as values: expressions for its functions, variables, constants and
// types, and for each interface a struct that implements it by functions, so
// that types that exist only in an interpreter can be handed to native code.
// Names and fields are those of yaegi's extractor. Unlike that, it reads
// types.Package, so what the compiler wrote is enough; it aliases imports that
// share a name; and it makes no wrapper where none can implement the interface.
// How the expressions are put into a table is the caller's business.
package symbolfile

import (
	"bytes"
	"fmt"
	"go/constant"
	"go/types"
	"maps"
	"math/big"
	"path"
	"slices"
	"strings"
)

// Kind says what a symbol's expression is.
type Kind int

const (
	Constant Kind = iota // a typed constant, or an untyped one that is no number and no string
	Untyped              // an untyped constant: the expression is a literal of token Token
	Variable             // the variable itself
	Function
	Type    // the type itself
	Wrapper // the struct type that implements an interface; the name begins with "_"
)

// Symbol is an exported name that has a value.
type Symbol struct {
	Name, Expr string
	Kind       Kind
	Token      string // of an untyped constant: "STRING", "INT", "FLOAT"
}

// A Listing is what a Go file says of a package.
type Listing struct {
	Package  *types.Package
	Symbols  []Symbol // by name, wrappers after their interface
	Generic  []string // names without a value: they have type parameters, or are constraints
	Sealed   []string // interfaces without a wrapper: they have unexported methods
	Wrappers []byte   // declarations of the wrappers

	imports map[string]string // path -> alias, "" for the package's own name
	names   map[string]string // name in the file -> path
}

// List lists p. reserved are paths of packages that the file imports besides.
func List(p *types.Package, reserved ...string) *Listing {
	l := &Listing{Package: p, imports: map[string]string{}, names: map[string]string{}}
	for _, r := range reserved {
		l.qualify(types.NewPackage(r, path.Base(r)))
	}
	var wrappers bytes.Buffer
	for _, name := range p.Scope().Names() {
		o := p.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		if isGeneric(o) {
			l.Generic = append(l.Generic, name)
			continue
		}
		switch o := o.(type) {
		case *types.Const:
			l.Symbols = append(l.Symbols, l.constant(o))
		case *types.Var:
			l.add(name, l.qualify(p)+"."+name, Variable)
		case *types.Func:
			l.add(name, l.qualify(p)+"."+name, Function)
		case *types.TypeName:
			l.add(name, l.qualify(p)+"."+name, Type)
			iface, ok := o.Type().Underlying().(*types.Interface)
			if !ok {
				continue
			}
			if !implementable(iface) {
				l.Sealed = append(l.Sealed, name)
				continue
			}
			wrapper := "_" + Identifier(p.Path()) + "_" + name
			l.add("_"+name, wrapper, Wrapper)
			l.wrapper(&wrappers, wrapper, name, iface)
		}
	}
	l.Wrappers = wrappers.Bytes()
	return l
}

func (l *Listing) add(name, expr string, k Kind) {
	l.Symbols = append(l.Symbols, Symbol{Name: name, Expr: expr, Kind: k})
}

// Imports returns the file's import declaration.
func (l *Listing) Imports() string {
	if len(l.imports) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("import (\n")
	for _, path := range slices.Sorted(maps.Keys(l.imports)) {
		fmt.Fprintf(&b, "%s %q\n", l.imports[path], path)
	}
	b.WriteString(")\n")
	return b.String()
}

// Identifier makes an import path a part of a name.
func Identifier(path string) string {
	return strings.NewReplacer("/", "_", ".", "_", "-", "_").Replace(path)
}

// qualify imports a package and returns its name in the file.
func (l *Listing) qualify(p *types.Package) string {
	name := p.Name()
	for i := 2; l.names[name] != "" && l.names[name] != p.Path(); i++ {
		name = fmt.Sprintf("%s%d", p.Name(), i)
	}
	l.names[name] = p.Path()
	alias := ""
	if name != path.Base(p.Path()) {
		alias = name
	}
	l.imports[p.Path()] = alias
	return name
}

func isGeneric(o types.Object) bool {
	switch o := o.(type) {
	case *types.Func:
		return o.Signature().TypeParams().Len() > 0
	case *types.TypeName:
		switch t := o.Type().(type) {
		case *types.Named:
			if t.TypeParams().Len() > 0 {
				return true
			}
		case *types.Alias:
			if t.TypeParams().Len() > 0 {
				return true
			}
		}
		iface, ok := o.Type().Underlying().(*types.Interface)
		return ok && !iface.IsMethodSet()
	}
	return false
}

// implementable says whether a type outside of the package can implement t.
func implementable(t *types.Interface) bool {
	for m := range t.Methods() {
		if !m.Exported() {
			return false
		}
	}
	return true
}

// floatPrecision is what untyped floating-point constants are written with, in
// bits; go/constant computes with as many.
const floatPrecision = 512

// constant writes a constant's value; untyped numbers keep their precision.
func (l *Listing) constant(c *types.Const) Symbol {
	b, ok := c.Type().(*types.Basic)
	if ok && b.Info()&types.IsUntyped != 0 {
		switch v := c.Val(); v.Kind() {
		case constant.String:
			return Symbol{c.Name(), v.ExactString(), Untyped, "STRING"}
		case constant.Int:
			return Symbol{c.Name(), v.ExactString(), Untyped, "INT"}
		case constant.Float:
			return Symbol{c.Name(), floatText(v), Untyped, "FLOAT"}
		}
	}
	return Symbol{Name: c.Name(), Expr: l.qualify(l.Package) + "." + c.Name(), Kind: Constant}
}

// floatText writes a literal that is read as the constant's value again.
func floatText(v constant.Value) string {
	f := new(big.Float).SetPrec(floatPrecision)
	switch x := constant.Val(v).(type) {
	case *big.Float:
		f.Set(x)
	case *big.Rat:
		f.SetRat(x)
	}
	return f.Text('g', -1)
}

// wrapper writes a struct that implements an interface by functions.
func (l *Listing) wrapper(out *bytes.Buffer, wrapper, name string, t *types.Interface) {
	var fields, methods bytes.Buffer
	for m := range t.Methods() {
		sig := m.Signature()
		var params, args []string
		for i := range sig.Params().Len() {
			arg, typ := fmt.Sprintf("a%d", i), types.TypeString(sig.Params().At(i).Type(), l.qualify)
			if sig.Variadic() && i == sig.Params().Len()-1 {
				params = append(params, arg+" ..."+strings.TrimPrefix(typ, "[]"))
				args = append(args, arg+"...")
				continue
			}
			params = append(params, arg+" "+typ)
			args = append(args, arg)
		}
		var results []string
		for v := range sig.Results().Variables() {
			results = append(results, types.TypeString(v.Type(), l.qualify))
		}
		signature := fmt.Sprintf("(%s) (%s)", strings.Join(params, ", "), strings.Join(results, ", "))
		body := fmt.Sprintf("w.W%s(%s)", m.Name(), strings.Join(args, ", "))
		if len(results) > 0 {
			body = "return " + body
		}
		fmt.Fprintf(&fields, "W%s func%s\n", m.Name(), signature)
		fmt.Fprintf(&methods, "func (w %s) %s%s { %s }\n", wrapper, m.Name(), signature, body)
	}
	fmt.Fprintf(out, "\n// %s implements %s.%s by functions.\ntype %s struct {\nIValue any\n%s}\n\n%s", wrapper, l.Package.Name(), name, wrapper, fields.Bytes(), methods.Bytes())
}
