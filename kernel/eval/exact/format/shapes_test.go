package format_test

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// The test reads this file twice: compiled, and as source of a cell.

type (
	myInt     int
	myUint8   uint8
	myFloat   float64
	myFloat32 float32
	myComplex complex64
	myBool    bool
	myString  string
	myBytes   []byte
	bytesOf   []myUint8
	myArray   [3]byte
	ints      []int
	dict      map[string]myInt
	tree      []tree
	ptr       *int
	handler   func(x int, rest ...string) (n int, err error)
	signal    chan struct{}
	iface     interface{ M(a int) string }
)

type point struct{ X, Y int }

type mixed struct {
	Name  string
	value float64
	Tags  []string
	M     map[string]int
	Any   any
	Err   error
	P     *point
	F     func()
	C     chan int
	B     []byte
	U     uintptr
}

type empty struct{}

type inner struct{ A, b int }

type outer struct {
	inner
	*point
	myInt
	Z bool
}

type node struct {
	V    int
	Next *node
}

type anon struct {
	S struct {
		X int `json:"x"`
		y string
	}
	E struct{}
	I interface{ M(a int) string }
	L []struct{ A any }
}

// With methods.
type temp float64

func (t temp) String() string { return fmt.Sprintf("%.1f°C", float64(t)) }

type fault struct {
	Code int
	Op   string
}

func (f *fault) Error() string { return fmt.Sprintf("%s: code %d", f.Op, f.Code) }

type gosyntax struct{ A int }

func (g gosyntax) GoString() string { return "gosyntax!" }

type custom struct{ A int }

func (c custom) Format(s fmt.State, verb rune) {
	w, wok := s.Width()
	p, pok := s.Precision()
	fmt.Fprintf(s, "<%c %d %v %d %v %v%v%v%v%v>", verb, w, wok, p, pok, s.Flag('+'), s.Flag('-'), s.Flag('#'), s.Flag(' '), s.Flag('0'))
	io.WriteString(s, fmt.FormatString(s, verb))
}

type panics struct{ Why any }

func (p panics) String() string { panic(p.Why) }

type nilsafe struct{ a int }

func (n *nilsafe) String() string {
	if n == nil {
		return "nil!"
	}
	return fmt.Sprint("set ", n.a)
}

type valueMethod struct{ a int }

func (v valueMethod) String() string { return fmt.Sprint("value ", v.a) }

type hides struct {
	Shown  temp
	hidden temp
	List   []temp
	list   []temp
	Map    map[temp]fmt.Stringer
	any    any
	Any    any
	Ptr    *valueMethod
	fault
}

type embedsStringer struct {
	temp
	N int
}

type withTime struct {
	D time.Duration
	T time.Time
	d time.Duration
	W time.Weekday
	P *time.Duration
}

type pair[K comparable, V any] struct {
	Key K
	Val V
}

type list[T any] struct {
	items []T
	next  *list[T]
}

type key struct {
	A string
	B int
}

type level int

const (
	low level = iota
	high
)

func (l level) String() string { return [...]string{"low", "high"}[l] }

type levels map[level]int

type joined struct{ Errs []error }

type deep struct {
	M map[string][]map[int]*point
	A [2]pair[string, []point]
}

func shapes() map[string]any {
	one, at := 1, &point{1, 2}
	d := 3 * time.Second
	ring := &node{1, &node{2, nil}}
	ring.Next.Next = ring
	return map[string]any{
		"int": myInt(-42), "int zero": myInt(0), "uint8": myUint8(200), "float": myFloat(2.5), "float big": myFloat(1e21), "float32": myFloat32(0.1),
		"complex": myComplex(1 - 2i), "bool": myBool(true), "string": myString("héllo\t\"q\""), "string empty": myString(""),
		"bytes": myBytes("abc"), "bytes nil": myBytes(nil), "bytes of": bytesOf{1, 2, 255}, "array": myArray{1, 2, 3},
		"ints": ints{1, 2}, "ints nil": ints(nil), "dict": dict{"b": 2, "a": 1}, "dict nil": dict(nil), "tree": tree{nil, tree{}, tree{tree{}}},
		"ptr": ptr(&one), "ptr nil": ptr(nil), "func": handler(func(int, ...string) (int, error) { return 0, nil }), "func nil": handler(nil),
		"chan": make(signal), "chan nil": signal(nil),
		"point": point{1, -2}, "*point": at, "**point": &at, "*point nil": (*point)(nil), "[]point": []point{{1, 2}, {3, 4}}, "[]*point": []*point{at, nil},
		"mixed":      mixed{Name: "n", value: 1.5, Tags: []string{"a", "b c"}, M: map[string]int{"z": 1, "a": 2}, Any: point{5, 6}, Err: &fault{7, "op"}, P: at, F: func() {}, C: make(chan int), B: []byte("xyz"), U: 77},
		"mixed zero": mixed{}, "*mixed": &mixed{Any: at, Err: errors.New("native")},
		"empty": empty{}, "outer": outer{inner{1, 2}, at, 3, true}, "outer nil": &outer{},
		"node": node{1, &node{2, nil}}, "ring": ring,
		"anon": anon{S: struct {
			X int `json:"x"`
			y string
		}{1, "y"}, L: []struct{ A any }{{1}, {nil}, {myInt(3)}}},
		"temp": temp(36.6), "[]temp": []temp{1, 2}, "map temp": map[string]temp{"a": 1, "b": 2}, "*temp": new(temp),
		"fault": fault{1, "value"}, "*fault": &fault{2, "pointer"}, "*fault nil": (*fault)(nil), "[]error": []error{&fault{3, "x"}, errors.New("y"), nil},
		"gosyntax": gosyntax{1}, "[]gosyntax": []gosyntax{{1}}, "custom": custom{1}, "[]custom": []custom{{1}, {2}}, "map custom": map[string]custom{"k": {1}},
		"panics": panics{"boom"}, "panics err": panics{&fault{4, "inside"}}, "[]panics": []panics{{point{1, 2}}}, "panics nested": panics{temp(1)},
		"nilsafe": (*nilsafe)(nil), "[]nilsafe": []*nilsafe{nil, {1}}, "value nil": (*valueMethod)(nil), "[]*value": []*valueMethod{{3}, nil},
		"hides":  hides{Shown: 1, hidden: 2, List: []temp{3}, list: []temp{4}, Map: map[temp]fmt.Stringer{2: temp(5), 1: &valueMethod{2}}, any: temp(6), Any: temp(7), Ptr: &valueMethod{8}},
		"embeds": embedsStringer{5, 6}, "[]embeds": []embedsStringer{{5, 6}},
		"time": withTime{D: d, T: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), d: d, W: time.Monday, P: &d}, "[]duration": []time.Duration{d},
		"pair": pair[string, int]{"k", 1}, "pair point": pair[point, []*list[point]]{}, "*pair": &pair[string, any]{"k", point{1, 2}},
		"pair struct": pair[string, struct{ a, B int }]{}, "pair func": pair[int, func(any) error]{}, "pair iface": pair[int, interface {
			M(a int) string
			m()
		}]{}, "pair time": pair[time.Duration, *time.Time]{},
		"list": &list[string]{items: []string{"a"}, next: &list[string]{}}, "list any": list[any]{items: []any{1, "s", point{1, 2}, nil, temp(3)}},
		"key map": map[key]point{{"b", 1}: {1, 2}, {"a", 2}: {3, 4}, {"a", 1}: {5, 6}}, "levels": levels{high: 1, low: 2}, "array map": map[[2]myInt]bool{{2, 1}: true, {1, 9}: false},
		"bool map": map[myBool]int{true: 1, false: 0}, "float map": map[myFloat]int{2.5: 1, -1: 2}, "any map": map[any]myInt{point{2, 1}: 1, point{1, 2}: 2},
		"joined": joined{[]error{&fault{5, "j"}, nil}}, "deep": deep{M: map[string][]map[int]*point{"k": {{1: at}, nil}}, A: [2]pair[string, []point]{{"x", []point{{1, 2}}}}},
		"any slice": []any{point{1, 2}, at, 5, "s", nil, temp(9), []point{{3, 4}}, map[string]any{"k": myInt(1)}}, "*any slice": &[]any{at, temp(1)},
		"map any": map[string]any{"a": point{1, 2}, "b": []any{temp(1)}}, "any array": [2]any{point{1, 2}, myInt(1)},
		"ifaces": []iface{nil}, "chans": []<-chan point{nil}, "chan chan": (chan (<-chan point))(nil), "funcs": []func(point, ...myInt) (*point, error){nil},
		"struct unexported": struct{ a, b myInt }{1, 2}, "level bad": level(7), "[]level": []level{0, 9},
		"map of nil": map[string]*point{"x": nil}, "pointer to map": &map[string]point{"k": {1, 2}}, "pointer to slice": &[]temp{1}, "pointer to array": &[2]point{},
	}
}
