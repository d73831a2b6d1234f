package encode_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// The test reads this file twice: compiled, and as source of a cell.

type (
	id       int
	label    string
	flag     bool
	ratio    float64
	small    float32
	blob     []byte
	byteOf   uint8
	blobOf   []byteOf
	triple   [3]int
	bytes4   [4]byte
	tree     []tree
	nested   map[label]nested
	anything interface{}
)

type point struct{ X, Y int }

type tagged struct {
	A int              `json:"a"`
	B string           `json:"b,omitempty"`
	C *point           `json:"c,omitempty"`
	D []int            `json:"d,omitempty"`
	E map[string]point `json:"e,omitempty"`
	F float64          `json:"f,string"`
	G string           `json:"g,string"`
	H *id              `json:"h,string"`
	I bool             `json:",string"`
	J int              `json:"-"`
	//lint:ignore SA5008 it is what is tested
	K int             `json:"-,"`
	L time.Time       `json:"l,omitzero"`
	M point           `json:"m,omitzero"`
	N any             `json:"n"`
	O error           `json:"o,omitempty"`
	P json.RawMessage `json:"p,omitempty"`
	Q json.Number     `json:"q"`
	R json.Number     `json:"r,string"`
	S label           `json:"<s>&"`
	T [2]*point       `json:"t"`
	U [0]int          `json:"u,omitempty"`
	V zeroer          `json:"v,omitzero"`
	W *zeroer         `json:"w,omitzero"`
	x int
	//lint:ignore SA5008 it is what is tested
	Y int `json:"bad name\"quoted\""`
	Z time.Duration
}

type zeroer struct{ N int }

func (z zeroer) IsZero() bool { return z.N == 7 }

type base struct {
	ID   int
	Name string
	Deep int
}

type other struct {
	Name string
	Own  string `json:"own"`
	Deep int    `json:"Deep"`
}

type hidden struct{ Seen int }

type embeds struct {
	base
	*other
	*hidden
	label
	Exported
	Label2 label `json:"Name2"`
}

type Exported struct{ E int }

type Named struct{ N int }

type embedsNamed struct {
	Named `json:"named"`
	*Exported
}

type conflict struct {
	left
	right
	Top int
}
type left struct{ Same, Left int }
type right struct{ Same, Right int }

type recursive struct {
	V    int
	Next *recursive            `json:",omitempty"`
	Map  map[string]*recursive `json:",omitempty"`
}

// With methods.
type color int

func (c color) MarshalText() ([]byte, error) {
	if c < 0 {
		return nil, errors.New("negative <color>")
	}
	return []byte(fmt.Sprintf("color-%d<", int(c))), nil
}

func (c *color) UnmarshalText(b []byte) error {
	s, ok := strings.CutPrefix(string(b), "color-")
	if !ok {
		return fmt.Errorf("no color: %q", b)
	}
	_, err := fmt.Sscan(s, (*int)(c))
	return err
}

type celsius float64

func (c celsius) MarshalJSON() ([]byte, error) {
	switch {
	case c < -273:
		return nil, errors.New("too cold")
	case c == 0:
		return []byte("{bad"), nil
	}
	return []byte(fmt.Sprintf(` { "deg" : %v, "u": "<C>" } `, float64(c))), nil
}

func (c *celsius) UnmarshalJSON(b []byte) error {
	var x struct{ Deg *float64 }
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	if x.Deg == nil {
		return errors.New("no deg")
	}
	*c = celsius(*x.Deg)
	return nil
}

type byPointer struct{ N int }

func (b *byPointer) MarshalJSON() ([]byte, error) { return []byte(`"by pointer"`), nil }

type methods struct {
	C    color
	CP   *color
	T    celsius
	TP   *celsius
	B    byPointer
	BP   *byPointer
	BS   []byPointer
	BM   map[string]byPointer
	Keys map[color]int
	IDs  map[id]string
	Any  any
	List []celsius
	M    json.Marshaler
}

type embedsMethod struct {
	celsius
	N int
}

type pair[K comparable, V any] struct {
	Key K
	Val V `json:"val"`
}

type unnamed struct {
	B struct {
		C []uint8
		D map[string]int
	}
}

type funcs struct{ F func() }
type chans struct{ C chan int }
type complexes struct{ C complex128 }
type badKeys struct{ M map[point]int }

type scalars struct {
	I8  int8
	U8  uint8
	I   id
	U   uint64
	F32 small
	F   ratio
	B   flag
	S   label
	P   *int
	PP  **label
	A   any
	E   error
	L   []label
	T   triple
	BB  blob
	BO  blobOf
	B4  bytes4
	M   map[label]id
	N   map[int8]string
	X   anything
}

func shapes() map[string]any {
	i, c, t := id(5), color(6), celsius(7)
	ring := &recursive{V: 1}
	ring.Next = ring
	loop := map[string]any{}
	loop["x"] = loop
	return map[string]any{
		"id": id(1), "label": label("a<b>&\u2028\x01\"\\é\xff\n\b\f"), "flag": flag(true), "ratio": ratio(1e21), "ratio small": ratio(1e-7), "small": small(0.1), "nan": ratio(math.NaN()), "inf": []small{small(math.Inf(-1))},
		"blob": blob("hello"), "blob nil": blob(nil), "blob of": blobOf{1, 2}, "triple": triple{1, 2, 3}, "bytes4": bytes4{1}, "tree": tree{nil, tree{}}, "trees": map[label]tree{"a": {nil, {}}}, "nested": nested{"a": {"b": nil}, "c": {}}, "map nested": map[id]nested{1: {"x": {}}},
		"point": point{1, 2}, "*point": &point{1, 2}, "nil": (*point)(nil), "points": []point{{1, 2}}, "points nil": []point(nil), "map": map[label]point{"b": {1, 2}, "a": {}}, "map id": map[id]*point{3: nil, -1: {}, 20: {}},
		"map nil": map[id]id(nil), "any": []any{point{1, 2}, id(3), "s", nil, 1.5, map[string]any{"k": point{}}},
		"tagged zero": tagged{Q: "", R: "12", x: 1},
		"tagged":      tagged{A: 1, B: "b", C: &point{}, D: []int{1}, E: map[string]point{"<": {}}, F: 1.5, G: "q<\"", H: &i, I: true, J: 1, K: 2, L: time.Unix(0, 0).UTC(), M: point{1, 0}, N: point{3, 4}, O: errors.New("x"), P: json.RawMessage(` {"raw" : "<"} `), Q: "1e5", R: "7", S: "s", T: [2]*point{{}, nil}, V: zeroer{7}, W: &zeroer{7}, Z: 5},
		"bad number":  tagged{Q: "abc"}, "bad raw": tagged{P: json.RawMessage("{"), R: "1"}, "zeroers": tagged{V: zeroer{}, W: &zeroer{1}, R: "1"},
		"embeds": embeds{base: base{1, "base", 2}, label: "l"}, "embeds all": &embeds{base: base{1, "base", 2}, other: &other{"other", "own", 3}, hidden: &hidden{4}, Exported: Exported{5}, Label2: "l2"},
		"embeds named": embedsNamed{Named{1}, nil}, "conflict": conflict{left{1, 2}, right{3, 4}, 5}, "recursive": recursive{1, &recursive{V: 2}, map[string]*recursive{"k": {V: 3}}}, "ring": ring, "loop": loop,
		"color": color(1), "color bad": color(-1), "[]color": []color{1, 2}, "map color": map[color]color{2: 3, 1: 4}, "map color bad": map[color]int{-1: 1}, "celsius": celsius(1.5), "celsius cold": celsius(-300), "celsius bad": celsius(0),
		"methods":  methods{C: 1, CP: &c, T: 2, TP: &t, BP: &byPointer{}, BS: []byPointer{{}}, BM: map[string]byPointer{"k": {3}}, Keys: map[color]int{1: 2}, IDs: map[id]string{1: "x"}, Any: celsius(3), List: []celsius{4}, M: celsius(5)},
		"*methods": &methods{T: 1, Any: &byPointer{}}, "methods zero": methods{T: 1}, "embeds method": embedsMethod{3, 4}, "[]any method": []any{celsius(1), &t, color(2), byPointer{9}, &byPointer{}},
		"pair": pair[string, point]{"k", point{1, 2}}, "pair any": pair[id, any]{1, color(3)},
		"funcs": funcs{}, "chans": chans{}, "complexes": complexes{}, "bad keys": badKeys{}, "in any": map[string]any{"f": funcs{func() {}}}, "func": map[string]funcs{},
		"scalars": scalars{F32: 1.25, A: id(1), S: "s"},
	}
}
