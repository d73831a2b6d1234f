package template_test

import (
	"errors"
	"fmt"
)

// The test reads this file twice: compiled, and as source of a cell.

type (
	id    int
	label string
	rate  float64
	names []label
	op    func(a id, rest ...label) (string, error)
	plain func() string
)

type row struct {
	Name  label
	Count id
	Rate  rate
	Tags  names
	Next  *row
	hide  int
}

func (r row) Title() string                      { return "<" + string(r.Name) + ">" }
func (r *row) Bump(n int) id                     { r.Count += id(n); return r.Count }
func (r row) Join(sep string, l ...label) string { return fmt.Sprint(r.Name, sep, l) }
func (r row) Fail(yes bool) (string, error) {
	if yes {
		return "", errors.New("failed <it>")
	}
	return "fine", nil
}
func (r row) Panic() string      { panic("oh no") }
func (r row) PanicError() string { panic(errors.New("oh error")) }
func (r row) Two() (int, int)    { return 1, 2 }
func (r row) Any(x any) string   { return fmt.Sprintf("%v %T", x, x) }
func (r row) Of(o row) label     { return o.Name }
func (r row) Ptr(o *row) label   { return o.Name }
func (r row) Self() row          { return r }
func (r row) Err() error         { return &fault{3} }

type fault struct{ Code int }

func (f *fault) Error() string { return fmt.Sprint("fault ", f.Code) }

type level int

func (l level) String() string { return [...]string{"low", "high"}[l] }

type base struct{ ID id }

func (b base) Hello() string { return fmt.Sprint("hello ", b.ID) }

type page struct {
	base
	*row
	Rows   []row
	Ptrs   []*row
	Map    map[label]row
	ByName map[string]id
	Any    any
	Nil    *row
	Err    error
	Level  level
	Op     op
	F      plain
	NoF    plain
	Array  [3]id
	Ch     chan id
	Str    fmt.Stringer
}

func pages() []any {
	r := row{Name: "r", Count: 2, Rate: 0.5, Tags: names{"x", "y"}, Next: &row{Name: "next"}, hide: 1}
	p := page{
		base: base{7}, row: &r, Rows: []row{r, {Name: "s"}}, Ptrs: []*row{{Name: "p"}, nil}, Map: map[label]row{"b": {Name: "mb"}, "a": {Name: "ma"}}, ByName: map[string]id{"one": 1, "two": 2},
		Any: r, Err: &fault{1}, Level: 1, Array: [3]id{1, 2, 3}, Str: level(0),
		Op: func(a id, rest ...label) (string, error) {
			if a < 0 {
				return "", errors.New("negative")
			}
			return fmt.Sprint(a, rest), nil
		},
		F: func() string { return "called" },
	}
	return []any{p, &p, page{}, r, []row{r}, map[string]any{"row": r, "Rows": []row{r}, "n": id(3)}, id(3), label("text"), level(1), []any{r, &r, nil, id(1)}, (*page)(nil)}
}
