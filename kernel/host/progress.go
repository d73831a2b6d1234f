package host

import (
	"fmt"
	"html"
	"iter"
	"reflect"
	"strings"
	"sync"
	"time"
)

// A Progress shows how far a loop is: a bar in a browser, and text that stands
// alone everywhere else. Its last state is what a notebook keeps.
type Progress struct {
	label string
	total int // 0: not known
	start time.Time
	now   func() time.Time

	mu     sync.Mutex
	handle Handle
	done   int
	ended  bool
	shown  time.Time
	later  *time.Timer // shows the state when the pause is over
}

// progressPause is how long a state is shown at least: front ends and what
// lies between choke on more.
const progressPause = 100 * time.Millisecond

// NewProgress shows a bar of total steps, with a label before it. Zero steps
// mean that the number is not known.
func NewProgress(total int, label string) *Progress {
	return newProgress(total, label, time.Now)
}

func newProgress(total int, label string, now func() time.Time) *Progress {
	p := &Progress{label: label, total: max(total, 0), start: now(), now: now}
	p.shown = p.start
	p.handle = Display(p.bundle())
	return p
}

// Add says that n more steps are done.
func (p *Progress) Add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	switch pause := progressPause - p.now().Sub(p.shown); {
	case pause <= 0:
		p.show()
	case p.later == nil && n != 0: // the last of several quick steps is shown, too
		p.later = time.AfterFunc(pause, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.later != nil && !p.ended {
				p.show()
			}
		})
	}
}

// show shows the state; p.mu is held.
func (p *Progress) show() {
	if p.later != nil {
		p.later.Stop()
		p.later = nil
	}
	p.shown = p.now()
	p.handle.Update(p.bundle())
}

// Close shows the last state: how many steps were done, and how long they took.
func (p *Progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended = true
		p.show()
	}
}

// Steps counts through what v has, and shows how far it is: v is an integer of
// a signed type, or a slice, array, pointer to an array, string or map. It goes
// from 0 to the number, or to the length less one: through indexes, of a string
// those of its bytes, of a map counts. Anything else is an error, also what a
// loop could range over: unsigned integers, channels and functions.
func Steps(v any, label string) (iter.Seq[int], error) {
	r := reflect.ValueOf(v)
	n := 0
	switch {
	case !r.IsValid():
		return nil, fmt.Errorf("there are no steps in nil")
	case r.CanInt():
		n = int(r.Int())
	case r.Kind() == reflect.Pointer && r.Type().Elem().Kind() == reflect.Array:
		n = r.Type().Elem().Len()
	case r.Kind() == reflect.Slice, r.Kind() == reflect.Array, r.Kind() == reflect.String, r.Kind() == reflect.Map:
		n = r.Len()
	default:
		return nil, fmt.Errorf("progress counts the steps of a signed integer, a slice, an array, a string or a map, not of %T", v)
	}
	return func(yield func(int) bool) {
		p := NewProgress(n, label)
		defer p.Close()
		for i := range n {
			if !yield(i) {
				return
			}
			p.Add(1)
		}
	}, nil
}

// bundle draws the state; p.mu is held.
func (p *Progress) bundle() Bundle {
	text := p.text()
	b := Text(strings.TrimSpace(p.label + " " + p.bar() + text))
	value := ""
	if p.total > 0 {
		value = fmt.Sprintf(` value="%d" max="%d"`, min(p.done, p.total), p.total)
	}
	bar := "<progress" + value + ` style="width: 16em; vertical-align: middle"></progress> `
	if p.ended && (p.total == 0 || p.done < p.total) {
		bar = ""
	}
	label := ""
	if p.label != "" {
		label = html.EscapeString(p.label) + " "
	}
	b.Data["text/html"] = "<div>" + label + bar + html.EscapeString(text) + "</div>"
	return b
}

// barWidth is the width of a bar in text, in characters.
const barWidth = 20

func (p *Progress) bar() string {
	if p.total == 0 {
		return ""
	}
	full := barWidth * min(p.done, p.total) / p.total
	return "|" + strings.Repeat("█", full) + strings.Repeat(" ", barWidth-full) + "| "
}

func (p *Progress) text() string {
	took := p.now().Sub(p.start)
	count := fmt.Sprint(p.done)
	if p.total > 0 {
		count = fmt.Sprintf("%d of %d", p.done, p.total)
	}
	switch {
	case p.ended && p.total > 0 && p.done < p.total:
		return fmt.Sprintf("stopped at %s after %s", count, roughly(took))
	case p.ended:
		return fmt.Sprintf("%s in %s", count, roughly(took))
	case p.done == 0 || took < progressPause:
		return count
	case p.total > p.done:
		left := time.Duration(float64(took) / float64(p.done) * float64(p.total-p.done))
		return fmt.Sprintf("%s, %s, about %s left", count, roughly(took), roughly(left))
	}
	return fmt.Sprintf("%s, %s", count, roughly(took))
}

// roughly writes a time as a person would say it.
func roughly(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
