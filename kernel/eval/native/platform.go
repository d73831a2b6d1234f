package native

import (
	"bytes"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
	"runtime"

	"golang.org/x/tools/go/gcexportdata"

	"adkernel/kernel/eval/native/internal/standard"
	"adkernel/kernel/eval/native/internal/table"
)

// forPlatform replaces the constants in a package's export data, which are
// those of Linux on amd64, by the running platform's: elsewhere os.O_APPEND
// may be the number that truncates a file.
func forPlatform(path string, data []byte) ([]byte, error) {
	if !standard.Constants[path] || runtime.GOOS == "linux" && runtime.GOARCH == "amd64" {
		return data, nil
	}
	return withConstants(path, data, func(name string) constant.Value {
		v, _ := value(path, name)
		if l, ok := v.(table.Literal); ok {
			return constantOf(l)
		}
		return constantValue(reflect.ValueOf(v))
	})
}

// withConstants sets the values of a package's constants where the new one is
// known.
func withConstants(path string, data []byte, value func(name string) constant.Value) ([]byte, error) {
	p, err := gcexportdata.Read(bytes.NewReader(data), token.NewFileSet(), map[string]*types.Package{}, path)
	if err != nil {
		return nil, err
	}
	scope := types.NewScope(types.Universe, token.NoPos, token.NoPos, path)
	for _, name := range p.Scope().Names() {
		o := p.Scope().Lookup(name)
		if c, ok := o.(*types.Const); ok && c.Exported() {
			if v := value(name); v.Kind() != constant.Unknown {
				o = types.NewConst(token.NoPos, p, name, c.Type(), v)
			}
		}
		scope.Insert(o)
	}
	*p.Scope() = *scope // a constant cannot be changed, nor removed
	var b bytes.Buffer
	if err := gcexportdata.Write(&b, token.NewFileSet(), p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// constantValue returns a compiled constant; an unknown value for other kinds
// than strings, booleans and integers.
func constantValue(v reflect.Value) constant.Value {
	switch {
	case v.Kind() == reflect.String:
		return constant.MakeString(v.String())
	case v.Kind() == reflect.Bool:
		return constant.MakeBool(v.Bool())
	case v.IsValid() && v.CanInt():
		return constant.MakeInt64(v.Int())
	case v.IsValid() && v.CanUint():
		return constant.MakeUint64(v.Uint())
	}
	return constant.MakeUnknown()
}
