package exact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"sync/atomic"

	"adkernel/kernel/eval"
)

// input is standard input as cells see it, when the session has one of its own
// (Options.Stdin): what fmt.Scan and its like read, and what native code gets
// for os.Stdin where it wants a reader. A cell that sets os.Stdin reads from
// what it has set.
type input struct {
	from   io.Reader
	file   *os.File    // os.Stdin as the session found it
	stderr io.Writer   // for why nothing can be read, which many programs do not look at
	told   atomic.Bool // in this cell
}

// newInput is nil where the process's own standard input serves.
func newInput(o Options) *input {
	if o.Stdin == nil {
		return nil
	}
	return &input{from: o.Stdin, file: os.Stdin, stderr: o.Stderr}
}

// Read implements io.Reader.
func (in *input) Read(p []byte) (int, error) {
	n, err := in.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.Canceled) && in.told.CompareAndSwap(false, true) {
		fmt.Fprintf(in.stderr, "os.Stdin cannot be read: %v\n", err)
	}
	return n, err
}

// Close implements io.Closer: another cell may read.
func (in *input) Close() error { return nil }

// is says whether f is what the session reads in place of.
func (in *input) is(f *os.File) bool { return in != nil && f == in.file }

// scanners are the functions of package fmt that read os.Stdin. Their errors
// are ignored so often that a line which nobody can give ends the cell.
func (in *input) scanners() map[string]any {
	scan := func(read func(r io.Reader) (int, error)) (int, error) {
		if !in.is(os.Stdin) {
			return read(os.Stdin)
		}
		r := &failing{in: in.from}
		n, err := read(r)
		if r.err != nil {
			panic(eval.Stop{Err: fmt.Errorf("os.Stdin cannot be read: %w", r.err)})
		}
		return n, err
	}
	return map[string]any{
		"Scan": func(a ...any) (int, error) {
			return scan(func(r io.Reader) (int, error) { return fmt.Fscan(r, a...) })
		},
		"Scanln": func(a ...any) (int, error) {
			return scan(func(r io.Reader) (int, error) { return fmt.Fscanln(r, a...) })
		},
		"Scanf": func(format string, a ...any) (int, error) {
			return scan(func(r io.Reader) (int, error) { return fmt.Fscanf(r, format, a...) })
		},
	}
}

// failing keeps the error of a reader that is not its end.
type failing struct {
	in  io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// method is what stands in for a method of *os.File that reads.
func (in *input) method(t reflect.Type, name string) (reflect.Value, bool) {
	if in == nil || t != reflect.TypeFor[*os.File]() {
		return reflect.Value{}, false
	}
	switch name {
	case "Read":
		return reflect.ValueOf(func(f *os.File, p []byte) (int, error) {
			if in.is(f) && len(p) > 0 {
				return in.Read(p)
			}
			return f.Read(p)
		}), true
	case "WriteTo":
		return reflect.ValueOf(func(f *os.File, w io.Writer) (int64, error) {
			if in.is(f) {
				return io.Copy(w, in)
			}
			return f.WriteTo(w)
		}), true
	}
	return reflect.Value{}, false
}

// as is what native code gets for f where it wants an interface that reads.
func (in *input) as(f *os.File, want reflect.Type) (reflect.Value, bool) {
	if !in.is(f) || want.Kind() != reflect.Interface || want.NumMethod() == 0 || !reflect.TypeFor[*input]().Implements(want) {
		return reflect.Value{}, false
	}
	return reflect.ValueOf(in), true
}
