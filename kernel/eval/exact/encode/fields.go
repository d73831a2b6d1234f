package encode

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"adkernel/kernel/eval/exact/view"
)

// A field is what an object's member of that name stands for.
type field struct {
	name                        string
	tagged                      bool
	index                       []int // through embedded structs
	omitEmpty, omitZero, quoted bool
}

// of returns the field of a struct; false when an embedded pointer on the way
// is nil.
func (f *field) of(v view.Value) (view.Value, bool) {
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v, true
}

// fields are those of a struct type, in order of declaration.
type fields struct {
	list   []field
	exact  map[string]*field
	folded map[string]*field
}

// find looks a member up: its name, or any name that differs only in case.
func (f *fields) find(name string) *field {
	if x := f.exact[name]; x != nil {
		return x
	}
	return f.folded[fold(name)]
}

// fold maps names that differ only in case to one.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r {
				return next
			}
			r = next
		}
	}, s)
}

// level is an embedded struct still to be looked at.
type level struct {
	typ   view.Type
	index []int
}

// fieldsOf applies Go's rules of embedding, breadth first, with tags winning
// over names.
func fieldsOf(t view.Type) *fields {
	var found []field
	var count map[view.Type]int
	visited := map[view.Type]bool{}
	for next := []level{{typ: t}}; len(next) > 0; {
		current := next
		next = nil
		var nextCount = map[view.Type]int{}
		for _, l := range current {
			if visited[l.typ] {
				continue
			}
			visited[l.typ] = true
			for i := range l.typ.NumField() {
				f, embedded, ok := readField(l, i)
				switch {
				case !ok:
				case embedded != (view.Type{}):
					if nextCount[embedded]++; nextCount[embedded] == 1 {
						next = append(next, level{embedded, f.index})
					}
				default:
					found = append(found, f)
					if count[l.typ] > 1 { // one more, for them to hide each other
						found = append(found, f)
					}
				}
			}
		}
		count = nextCount
	}
	out := &fields{list: dominant(found), exact: map[string]*field{}, folded: map[string]*field{}}
	for i := range out.list {
		f := &out.list[i]
		out.exact[f.name] = f
		if _, ok := out.folded[fold(f.name)]; !ok {
			out.folded[fold(f.name)] = f
		}
	}
	return out
}

// readField reads a field and its tag. embedded is the struct type whose
// fields are promoted in its place.
func readField(l level, i int) (f field, embedded view.Type, ok bool) {
	info, t := l.typ.FieldInfo(i), l.typ.FieldType(i)
	target := t
	if t.Name() == "" && t.Kind() == reflect.Pointer {
		target = t.Elem()
	}
	if !info.Exported && (!info.Embedded || target.Kind() != reflect.Struct) {
		return f, embedded, false
	}
	tag := info.Tag.Get("json")
	if tag == "-" {
		return f, embedded, false
	}
	name, rest, _ := strings.Cut(tag, ",")
	if !validName(name) {
		name = ""
	}
	index := append(slices.Clone(l.index), i)
	if name == "" && info.Embedded && target.Kind() == reflect.Struct {
		return field{index: index}, target, true
	}
	options := strings.Split(rest, ",")
	k := target.Kind()
	return field{
		name:      cmp.Or(name, info.Name),
		tagged:    name != "",
		index:     index,
		omitEmpty: slices.Contains(options, "omitempty"),
		omitZero:  slices.Contains(options, "omitzero"),
		quoted:    slices.Contains(options, "string") && (k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String),
	}, embedded, true
}

func validName(s string) bool {
	for _, c := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return s != ""
}

// dominant leaves of fields with one name the one that is least deep, or
// tagged among those; none if that is not one.
func dominant(all []field) []field {
	slices.SortFunc(all, func(a, b field) int {
		tag := 0
		if a.tagged != b.tagged {
			tag = 1
			if a.tagged {
				tag = -1
			}
		}
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)), tag, slices.Compare(a.index, b.index))
	})
	var out []field
	for i := 0; i < len(all); {
		n := i + 1
		for n < len(all) && all[n].name == all[i].name {
			n++
		}
		if n == i+1 || len(all[i].index) != len(all[i+1].index) || all[i].tagged != all[i+1].tagged {
			out = append(out, all[i])
		}
		i = n
	}
	slices.SortFunc(out, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return out
}
