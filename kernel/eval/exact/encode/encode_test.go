package encode_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"adkernel/kernel/eval/exact/encode"
	"adkernel/kernel/eval/exact/view/viewtest"
)

//go:embed shapes_test.go
var source string

func newWorld(t testing.TB) *viewtest.World {
	natives := map[string]reflect.Type{
		"pair[string, point]": reflect.TypeFor[pair[string, point]](), "pair[id, any]": reflect.TypeFor[pair[id, any]](), "func()": reflect.TypeFor[func()](), "unnamed": reflect.TypeFor[unnamed](),
		"struct{C []uint8; D map[string]int}": reflect.TypeFor[struct {
			C []uint8
			D map[string]int
		}](),
	}
	for _, r := range []reflect.Type{
		reflect.TypeFor[id](), reflect.TypeFor[label](), reflect.TypeFor[flag](), reflect.TypeFor[ratio](), reflect.TypeFor[small](), reflect.TypeFor[blob](), reflect.TypeFor[byteOf](), reflect.TypeFor[blobOf](),
		reflect.TypeFor[triple](), reflect.TypeFor[bytes4](), reflect.TypeFor[tree](), reflect.TypeFor[nested](), reflect.TypeFor[anything](), reflect.TypeFor[point](), reflect.TypeFor[tagged](), reflect.TypeFor[zeroer](), reflect.TypeFor[base](),
		reflect.TypeFor[other](), reflect.TypeFor[hidden](), reflect.TypeFor[embeds](), reflect.TypeFor[Exported](), reflect.TypeFor[Named](), reflect.TypeFor[embedsNamed](), reflect.TypeFor[conflict](), reflect.TypeFor[left](),
		reflect.TypeFor[right](), reflect.TypeFor[recursive](), reflect.TypeFor[color](), reflect.TypeFor[celsius](), reflect.TypeFor[byPointer](), reflect.TypeFor[methods](), reflect.TypeFor[embedsMethod](), reflect.TypeFor[funcs](),
		reflect.TypeFor[chans](), reflect.TypeFor[complexes](), reflect.TypeFor[badKeys](), reflect.TypeFor[scalars](),
	} {
		natives[r.Name()] = r
	}
	return viewtest.New(t, "adkernel/kernel/eval/exact/encode_test", source, natives,
		reflect.TypeFor[time.Time](), reflect.TypeFor[time.Duration](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[json.Number](), reflect.TypeFor[json.Marshaler]())
}

// sameError compares errors by type and text.
func sameError(t *testing.T, want, got error, about ...any) {
	t.Helper()
	if want == nil {
		assert.NoError(t, got, about...)
		return
	}
	if assert.EqualError(t, got, want.Error(), about...) {
		assert.IsType(t, want, got, about...)
	}
}

func TestMarshal(t *testing.T) {
	w := newWorld(t)
	for name, v := range shapes() {
		want, wantErr := json.Marshal(v)
		cell := w.Cell(v)
		got, err := encode.Marshal(w.Table, w, cell)
		sameError(t, wantErr, err, name)
		assert.Equal(t, string(want), string(got), name)

		want, wantErr = json.MarshalIndent(v, "> ", "\t")
		got, err = encode.MarshalIndent(w.Table, w, cell, "> ", "\t")
		sameError(t, wantErr, err, name)
		assert.Equal(t, string(want), string(got), name)

		// A pointer makes everything a variable.
		want, wantErr = json.Marshal(&v)
		got, err = encode.Marshal(w.Table, w, &cell)
		sameError(t, wantErr, err, name)
		assert.Equal(t, string(want), string(got), name)
	}
}

func TestEncoderOptions(t *testing.T) {
	w := newWorld(t)
	for name, v := range shapes() {
		for _, escape := range []bool{true, false} {
			for _, indent := range []string{"", "  "} {
				var want, got bytes.Buffer
				native, ours := json.NewEncoder(&want), json.NewEncoder(&got)
				for _, e := range []*json.Encoder{native, ours} {
					e.SetEscapeHTML(escape)
					e.SetIndent("", indent)
				}
				sameError(t, native.Encode(v), encode.Encode(w.Table, w, ours, w.Cell(v)), name)
				assert.Equal(t, want.String(), got.String(), "%s escape %t", name, escape)
			}
		}
	}
}

// deaf is a host that does not know IsZeroer.
type deaf struct{ *viewtest.World }

func (d deaf) As(v any, iface reflect.Type) (any, bool) {
	if iface == reflect.TypeFor[encode.IsZeroer]() {
		return nil, false
	}
	return d.World.As(v, iface)
}

func TestOmitZeroIsNeverGuessed(t *testing.T) {
	w := newWorld(t)
	_, err := encode.Marshal(w.Table, deaf{w}, w.Cell(tagged{R: "1"}))
	assert.EqualError(t, err, "json: option omitzero: method IsZero of type encode_test.zeroer cannot be called here")
}

// targets are pointers to variables with what they hold before.
func targets() map[string]func() any {
	n := 3
	return map[string]func() any{
		"id": func() any { return new(id) }, "label": func() any { return new(label) }, "flag": func() any { return new(flag) }, "ratio": func() any { return new(ratio) }, "small": func() any { return new(small) },
		"blob": func() any { return new(blob) }, "blob of": func() any { return new(blobOf) }, "triple": func() any { return &triple{7, 8, 9} }, "tree": func() any { return new(tree) }, "point": func() any { return &point{8, 9} },
		"*point": func() any { return new(*point) }, "points": func() any { return &[]point{{1, 2}, {3, 4}, {5, 6}} }, "map": func() any { return &map[label]point{"old": {1, 2}} }, "map id": func() any { return new(map[id]*point) },
		"tagged": func() any { return &tagged{B: "before", C: &point{1, 2}, D: []int{9, 9}} }, "embeds": func() any { return new(embeds) }, "embeds named": func() any { return new(embedsNamed) }, "conflict": func() any { return new(conflict) },
		"recursive": func() any { return new(recursive) }, "color": func() any { return new(color) }, "celsius": func() any { return new(celsius) }, "colors": func() any { return new(map[color]color) }, "methods": func() any { return new(methods) },
		"pair": func() any { return new(pair[string, point]) }, "pair any": func() any { return &pair[id, any]{Val: &point{5, 6}} }, "scalars": func() any { return &scalars{P: &n, L: []label{"x"}} }, "bad keys": func() any { return new(badKeys) },
		"funcs": func() any { return new(funcs) }, "complexes": func() any { return new(complexes) }, "anything": func() any { return new(anything) }, "any point": func() any { var v any = &point{1, 2}; return &v },
		"[]any": func() any { return &[]any{&point{1, 2}, id(3)} }, "**point": func() any { p := new(*point); return &p }, "no pointer": func() any { return point{} }, "nil pointer": func() any { return (*point)(nil) },
		"embeds method": func() any { return new(embedsMethod) }, "unnamed": func() any { return new(unnamed) }, "trees": func() any { return new(map[label]tree) }, "map of maps": func() any { return new(map[id]nested) }, "times": func() any { return new([]struct0) },
	}
}

type struct0 = tagged

var documents = []string{
	`{"b":{"C":[300]}}`, `{"B":{"C":[1],"D":{"k":"x"}}}`, `{"B":[]}`, `{"B":{"C":5}}`, `{"a":[[],[[]]],"b":null}`, `{"1":{"x":{"y":{}}}}`, `1`, `-7`, `1.5`, `300`, `1e400`, `"text"`, `"aGVsbG8="`, `"not base64!"`, `true`, `null`, `[]`, `{}`, `[1,2]`, `[1,2,3,4]`, ` [ [ ] , [ [ ] ] ] `, `{"X":1,"y":2}`, `{"X":"1","Y":2.5,"Z":[{}]}`, `[{"X":1},null,{"Y":4}]`,
	`{"a":1,"B":"b","c":{"X":5},"d":[1],"e":{"k":{"Y":1}},"f":"1.5","g":"\"in\"","h":"12","I":"true","-":3,"l":"2026-01-02T03:04:05Z","m":{"X":1},"n":{"x":[1,"s",null]},"p":{"raw":1},"q":12,"r":"34","<s>&":"esc","t":[{"X":1},null,5],"Z":99}`,
	`{"f":1.5}`, `{"f":"x"}`, `{"f":""}`, `{"f":null}`, `{"g":"bare"}`, `{"h":"null"}`, `{"h":{}}`, `{"I":"maybe"}`, `{"I":"1"}`, `{"l":"bad time","a":5}`, `{"o":"err"}`, `{"o":null}`, `{"q":"nan"}`, `{"q":"12"}`, `{"r":"nan"}`, `{"m":{"X":"s"}}`, `{"c":null,"d":null,"e":null}`,
	`{"e":{"k":{"Y":"deep"}},"a":2}`, `{"t":[{"X":true}]}`, `{"n":1e400}`, `{"l":5}`, `{"Z":"x"}`, `{"c":7,"a":"wrong"}`, `{"v":{"N":1},"w":{"N":"z"}}`,
	`{"ID":1,"Name":"n","own":"o","Deep":4,"Seen":5,"E":6,"Name2":"x","label":"y"}`, `{"ID":"x"}`, `{"own":1}`, `{"named":{"N":1},"N":2,"E":3}`, `{"Same":1,"Left":2,"Right":3,"Top":"t"}`,
	`{"V":1,"next":{"V":2,"Next":{"V":"deep"}},"map":{"k":{"V":3}}}`, `"color-5"`, `"blue"`, `{"deg":3}`, `{"deg":"x"}`, `{"color-1":"color-2","color-3":"color-4"}`, `{"color-1":1}`, `{"bad":"color-1"}`, `{"-1":{"X":1},"2":null}`, `{"300":{}}`, `{"x":{}}`,
	`{"C":"color-9","CP":"color-8","T":{"deg":1},"TP":{"deg":2},"B":{"N":1},"BP":{},"BS":[{"N":2}],"BM":{"k":{"N":3}},"Keys":{"color-1":5},"IDs":{"7":"seven"},"Any":{"deg":1},"List":[{"deg":1},{"deg":2}]}`,
	`{"CP":null,"TP":null,"List":null,"T":null,"C":null}`, `{"T":null}`, `{"List":[{"deg":1},{}]}`, `{"M":{"deg":1}}`, `{"M":null}`, `{"C":5}`, `{"C":[1]}`, `{"C":{}}`, `{"C":true}`, `{"C":"nope"}`,
	`{"Key":"k","val":{"X":1}}`, `{"Key":7,"val":{"X":3}}`, `{"Key":7,"val":null}`, `{"Key":7,"val":[1]}`,
	`{"I8":127,"U8":255,"I":1,"U":18446744073709551615,"F32":0.1,"F":1e300,"B":true,"S":"s","P":4,"PP":"pp","A":[1],"L":["a","b"],"T":[1,2,3,4],"BB":"aGk=","BO":"aGk=","B4":[1,2],"M":{"k":1},"N":{"-5":"x"},"X":{"k":1}}`,
	`{"I8":128}`, `{"U8":-1}`, `{"F32":1e300}`, `{"I":1.5}`, `{"P":null,"PP":null,"L":null}`, `{"E":{}}`, `{"E":5}`, `{"N":{"200":"x"}}`, `{"BB":"***","I":3}`, `{"L":[1,"b"]}`, `{"F":{}}`, `{"C":1}`, `{"M":{"k":1}}`, `{"B4":"aGk="}`,
	`{"S":"\u00e9\ud83d\ude00\ud800 \u2028 \n"}`, "\"\xff\"", `{"unknown":1}`, `[{"unknown":{"a":[1,2,{"b":"}"}]}}]`, `[1,2`, `{"a":}`, `tru`, ``, `1 2`, "[\n1,\n2\n]\n",
}

func TestUnmarshal(t *testing.T) {
	w := newWorld(t)
	for name, target := range targets() {
		for _, doc := range documents {
			want := target()
			wantErr := json.Unmarshal([]byte(doc), want)
			cell := w.Cell(target())
			err := encode.Unmarshal(w.Table, w, []byte(doc), cell)
			compare(t, w, want, cell, wantErr, err, fmt.Sprintf("%s from %s", name, doc))
		}
	}
	var none any
	sameError(t, json.Unmarshal([]byte("1"), none), encode.Unmarshal(w.Table, w, []byte("1"), nil))
}

func compare(t *testing.T, w *viewtest.World, want, cell any, wantErr, err error, about string) {
	t.Helper()
	sameError(t, wantErr, err, about)
	if m, ok := wantErr.(*json.UnmarshalTypeError); ok {
		if got, ok := err.(*json.UnmarshalTypeError); ok {
			assert.Equal(t, [4]any{m.Value, m.Struct, m.Field, m.Offset}, [4]any{got.Value, got.Struct, got.Field, got.Offset}, about)
		}
	}
	assert.Equal(t, want, w.Native(cell), about)
}

func TestDecoder(t *testing.T) {
	w := newWorld(t)
	for name, target := range targets() {
		for _, unknown := range []bool{false, true} {
			native := json.NewDecoder(strings.NewReader(strings.Join(documents[:60], " \n")))
			ours := json.NewDecoder(strings.NewReader(strings.Join(documents[:60], " \n")))
			for _, d := range []*json.Decoder{native, ours} {
				d.UseNumber()
				if unknown {
					d.DisallowUnknownFields()
				}
			}
			for i := range 70 {
				want, cell := target(), w.Cell(target())
				wantErr := native.Decode(want)
				err := encode.Decode(w.Table, w, ours, cell)
				sameError(t, wantErr, err, name, i)
				assert.Equal(t, want, w.Native(cell), name)
				assert.Equal(t, native.InputOffset(), ours.InputOffset())
				if wantErr == io.EOF {
					break
				}
			}
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, doc := range documents {
		f.Add([]byte(doc))
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, doc []byte) {
		for name, target := range targets() {
			want := target()
			wantErr := json.Unmarshal(doc, want)
			cell := w.Cell(target())
			err := encode.Unmarshal(w.Table, w, doc, cell)
			compare(t, w, want, cell, wantErr, err, name)
			if err == nil {
				a, wantErr := json.Marshal(want)
				b, err := encode.Marshal(w.Table, w, cell)
				sameError(t, wantErr, err, name)
				require.Equal(t, string(a), string(b))
			}
		}
	})
}
