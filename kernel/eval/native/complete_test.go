package native

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval/native/internal/standard"
	"adkernel/kernel/eval/native/internal/table"
)

// sealed are the interfaces that only their package can implement: unexported
// methods leave nothing for a wrapper.
var sealed = []string{
	"crypto/ecdh.Curve", "crypto/hpke.AEAD", "crypto/hpke.KDF", "crypto/hpke.KEM", "crypto/hpke.PrivateKey", "crypto/hpke.PublicKey",
	"go/ast.Decl", "go/ast.Expr", "go/ast.Spec", "go/ast.Stmt", "go/build/constraint.Expr", "go/constant.Value", "go/doc/comment.Block",
	"go/doc/comment.Text", "go/types.Object", "reflect.Type", "syscall.Sockaddr", "testing.TB", "text/template/parse.Node",
}

// Every exported name is in the tables with its type, or comes from source.
func TestEveryExportedNameIsThere(t *testing.T) {
	im := NewImporter(token.NewFileSet())
	var withoutWrapper []string
	for _, path := range sortedPackages() {
		_, err := im.Import(path) // checks the source, if there is one
		require.NoError(t, err)
		p, err := im.native(path)
		require.NoError(t, err)
		fromSource := declaredNames(im, path)
		for _, name := range p.Scope().Names() {
			o := p.Scope().Lookup(name)
			if !o.Exported() {
				continue
			}
			v, ok := value(path, name)
			if !ok {
				if _, refused := Refused(path, name); !refused {
					require.True(t, fromSource[name] || isSeq(path, name), "%s.%s has neither a value nor a source", path, name)
				}
				continue
			}
			r := reflect.ValueOf(v)
			what := path + "." + name
			switch o := o.(type) {
			case *types.Const:
				requireConstant(t, what, o, v)
			case *types.Var:
				require.False(t, r.IsNil(), what)
				requireSame(t, what, o.Type(), r.Type().Elem())
			case *types.Func:
				requireSame(t, what, o.Type(), r.Type())
			case *types.TypeName:
				require.True(t, r.IsNil(), what)
				requireSame(t, what, o.Type(), r.Type().Elem())
				requireDeclared(t, what, types.Unalias(o.Type()), r.Type().Elem())
				if r.Type().Elem().Kind() == reflect.Interface {
					w, ok := Wrapper(r.Type().Elem())
					if !ok && r.Type().Elem().Name() != "" {
						withoutWrapper = append(withoutWrapper, what)
					} else if ok {
						requireWrapper(t, what, r.Type().Elem(), w)
					}
				}
			}
		}
	}
	want := slices.DeleteFunc(slices.Clone(sealed), func(name string) bool {
		return !Has(name[:strings.LastIndexByte(name, '.')]) // on this platform
	})
	require.Equal(t, want, withoutWrapper)
}

// isSeq says whether a name is a generic type without methods: it needs no
// source, the types are enough.
func isSeq(path, name string) bool { return path == "iter" && strings.HasPrefix(name, "Seq") }

func sortedPackages() []string {
	out := Packages()
	slices.Sort(out)
	return out
}

func declaredNames(im *Importer, path string) map[string]bool {
	names := map[string]bool{}
	for _, c := range im.Compiled() {
		if c.Package.Path() == path {
			for _, f := range c.Files {
				for _, d := range f.Decls {
					declare(names, d)
				}
			}
		}
	}
	return names
}

func requireConstant(t *testing.T, what string, c *types.Const, v any) {
	if l, ok := v.(table.Literal); ok {
		require.True(t, constant.Compare(c.Val(), token.EQL, constantOf(l)), "%s is %s, not %s", what, c.Val(), constantOf(l))
		return
	}
	r := reflect.ValueOf(v)
	requireSame(t, what, types.Default(c.Type()), r.Type())
	if got := constantValue(r); got.Kind() != constant.Unknown {
		require.True(t, constant.Compare(c.Val(), token.EQL, got), "%s is %s, not %s", what, c.Val(), got)
	}
}

// requireSame compares a static type with a dynamic one, down to named types.
func requireSame(t *testing.T, what string, s types.Type, r reflect.Type) {
	if err := same(s, r); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func same(s types.Type, r reflect.Type) error {
	differ := fmt.Errorf("%s is not %s", s, r)
	switch s := types.Unalias(s).(type) {
	case *types.Named:
		path := ""
		if s.Obj().Pkg() != nil {
			path = s.Obj().Pkg().Path()
		}
		name, _, _ := strings.Cut(r.Name(), "[") // instances have their arguments in the name
		if name != s.Obj().Name() || r.PkgPath() != path {
			return differ
		}
		return nil
	case *types.Basic:
		if s.Kind() == types.UnsafePointer {
			if r.Kind() != reflect.UnsafePointer {
				return differ
			}
			return nil
		}
		if r.PkgPath() != "" || r.Name() != types.Typ[s.Kind()].Name() {
			return differ
		}
		return nil
	case *types.Pointer:
		return elements(differ, r, reflect.Pointer, s.Elem())
	case *types.Slice:
		return elements(differ, r, reflect.Slice, s.Elem())
	case *types.Array:
		if r.Kind() != reflect.Array || int64(r.Len()) != s.Len() {
			return differ
		}
		return elements(differ, r, reflect.Array, s.Elem())
	case *types.Chan:
		directions := map[types.ChanDir]reflect.ChanDir{types.SendRecv: reflect.BothDir, types.SendOnly: reflect.SendDir, types.RecvOnly: reflect.RecvDir}
		if r.Kind() != reflect.Chan || r.ChanDir() != directions[s.Dir()] {
			return differ
		}
		return elements(differ, r, reflect.Chan, s.Elem())
	case *types.Map:
		if r.Kind() != reflect.Map {
			return differ
		}
		if err := same(s.Key(), r.Key()); err != nil {
			return err
		}
		return same(s.Elem(), r.Elem())
	case *types.Signature:
		if r.Kind() != reflect.Func || r.NumIn() != s.Params().Len() || r.NumOut() != s.Results().Len() || r.IsVariadic() != s.Variadic() {
			return differ
		}
		for i := range r.NumIn() {
			if err := same(s.Params().At(i).Type(), r.In(i)); err != nil {
				return err
			}
		}
		for i := range r.NumOut() {
			if err := same(s.Results().At(i).Type(), r.Out(i)); err != nil {
				return err
			}
		}
		return nil
	case *types.Struct:
		if r.Kind() != reflect.Struct || r.NumField() != s.NumFields() {
			return differ
		}
		for i := range r.NumField() {
			if f := s.Field(i); f.Name() != r.Field(i).Name || f.Embedded() != r.Field(i).Anonymous || s.Tag(i) != string(r.Field(i).Tag) {
				return differ
			} else if err := same(f.Type(), r.Field(i).Type); err != nil {
				return err
			}
		}
		return nil
	case *types.Interface:
		if r.Kind() != reflect.Interface || r.NumMethod() != s.NumMethods() {
			return differ
		}
		for m := range s.Methods() {
			rm, ok := r.MethodByName(m.Name())
			if !m.Exported() {
				continue
			}
			if !ok {
				return differ
			}
			if err := same(m.Type(), rm.Type); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("unexpected type %s", s)
}

func elements(differ error, r reflect.Type, k reflect.Kind, elem types.Type) error {
	if r.Kind() != k {
		return differ
	}
	return same(elem, r.Elem())
}

// requireDeclared compares the declarations of a named type: what is under it,
// and its methods.
func requireDeclared(t *testing.T, what string, s types.Type, r reflect.Type) {
	if err := same(s.Underlying(), underlying(r)); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if r.Kind() == reflect.Interface {
		return
	}
	methods := types.NewMethodSet(types.NewPointer(s))
	count := 0
	for m := range methods.Methods() {
		if !m.Obj().Exported() {
			continue
		}
		count++
		rm, ok := reflect.PointerTo(r).MethodByName(m.Obj().Name())
		if !ok {
			t.Errorf("%s has no method %s", what, m.Obj().Name())
			continue
		}
		sig := m.Type().(*types.Signature)
		require.Equal(t, sig.Params().Len()+1, rm.Type.NumIn(), "%s.%s", what, rm.Name)
		require.Equal(t, sig.Results().Len(), rm.Type.NumOut(), "%s.%s", what, rm.Name)
	}
	require.Equal(t, count, reflect.PointerTo(r).NumMethod(), what)
}

// underlying returns a type without a name where reflect can make one; same
// looks at the name of basic types only.
func underlying(r reflect.Type) reflect.Type {
	switch r.Kind() {
	case reflect.Struct, reflect.Interface, reflect.Func, reflect.Map, reflect.Slice, reflect.Array, reflect.Pointer, reflect.Chan:
		return r // same looks into it
	}
	basic := map[reflect.Kind]reflect.Type{}
	for _, b := range []any{false, 0, int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0), uintptr(0), float32(0), 0.0, complex64(0), complex128(0), ""} {
		basic[reflect.TypeOf(b).Kind()] = reflect.TypeOf(b)
	}
	return basic[r.Kind()]
}

func requireWrapper(t *testing.T, what string, iface, w reflect.Type) {
	require.True(t, w.Implements(iface), what)
	require.Equal(t, "IValue", w.Field(0).Name, what)
	require.Equal(t, iface.NumMethod()+1, w.NumField(), what)
	for m := range iface.Methods() {
		f, ok := w.FieldByName("W" + m.Name)
		require.True(t, ok, "%s.%s", what, m.Name)
		require.Equal(t, m.Type, f.Type, "%s.%s", what, m.Name)
	}
}

func TestExcludedPackagesAreNotThere(t *testing.T) {
	for path, reason := range standard.Excluded {
		require.False(t, Has(path), path)
		_, err := ExportData(path)
		require.EqualError(t, err, "package "+path+" is not available in cells: "+reason)
	}
}

func TestTablesAreSorted(t *testing.T) {
	require.True(t, slices.IsSortedFunc(table.Packages[:], func(a, b table.Package) int { return strings.Compare(a.Path, b.Path) }))
	for _, p := range table.Packages {
		for _, s := range *p.Symbols {
			v, ok := value(p.Path, s.Name)
			require.True(t, ok, "%s.%s", p.Path, s.Name)
			require.Equal(t, reflect.TypeOf(s.Value), reflect.TypeOf(v), "%s.%s", p.Path, s.Name)
		}
	}
}
