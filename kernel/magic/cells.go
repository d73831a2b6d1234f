package magic

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"adkernel/kernel/eval"
	"adkernel/kernel/host"
)

// chosen lists the cells that ran, or those in the ranges.
func chosen(ranges []string) ([]host.Cell, error) {
	wanted, err := spans(ranges)
	if err != nil {
		return nil, err
	}
	all := host.Current().Cells()
	if len(wanted) == 0 {
		return all, nil
	}
	var out []host.Cell
	for _, w := range wanted {
		before := len(out)
		for _, c := range all {
			if c.N >= w.from && c.N <= w.to {
				out = append(out, c)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("no cell from %d to %d ran without an error in this session", w.from, w.to)
		}
	}
	return out, nil
}

func history(c *call) (eval.Result, error) {
	given, ranges, err := options(strings.Fields(c.part.rest), "n", "l")
	if err != nil {
		return eval.Result{}, fmt.Errorf("%%history: %w", err)
	}
	cells, err := chosen(ranges)
	if err != nil {
		return eval.Result{}, err
	}
	if text, ok := given["l"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return eval.Result{}, fmt.Errorf("%%history -l wants a number, not %q", text)
		}
		cells = cells[max(0, len(cells)-n):]
	}
	for _, cell := range cells {
		source := strings.TrimRight(cell.Source, "\n")
		if _, numbered := given["n"]; numbered {
			c.say("%4d: %s", cell.N, strings.ReplaceAll(source, "\n", "\n      "))
		} else {
			c.say("%s", source)
		}
	}
	return eval.Result{}, nil
}

func save(c *call) (eval.Result, error) {
	all, err := c.words()
	if err != nil {
		return eval.Result{}, err
	}
	given, rest, err := options(all, "fa", "")
	if err != nil {
		return eval.Result{}, fmt.Errorf("%%save: %w", err)
	}
	if len(rest) == 0 {
		return eval.Result{}, errors.New("%save wants the name of a file")
	}
	file, err := path(rest[0])
	if err != nil {
		return eval.Result{}, err
	}
	if filepath.Ext(file) == "" {
		file += ".go"
	}
	cells, err := chosen(rest[1:])
	if err != nil {
		return eval.Result{}, err
	}
	var text strings.Builder
	for _, cell := range cells {
		text.WriteString(strings.TrimRight(cell.Source, "\n") + "\n\n")
	}
	_, appends := given["a"]
	_, force := given["f"]
	if err := put(file, strings.TrimSuffix(text.String(), "\n"), appends, force); err != nil {
		if errors.Is(err, os.ErrExist) {
			err = fmt.Errorf("%w: -f overwrites it, -a appends", err)
		}
		return eval.Result{}, err
	}
	c.say("%s written to %s", count(len(cells), "cell"), file)
	return eval.Result{}, nil
}

// put writes text to a file.
func put(file, text string, appends, force bool) error {
	mode := os.O_WRONLY | os.O_CREATE
	switch {
	case appends:
		mode |= os.O_APPEND
	case force:
		mode |= os.O_TRUNC
	default:
		mode |= os.O_EXCL
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() { // O_EXCL calls it a file that exists
		return &os.PathError{Op: "open", Path: file, Err: syscall.EISDIR}
	}
	f, err := os.OpenFile(file, mode, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func load(c *call) (eval.Result, error) {
	rest, err := c.expand(c.part.rest)
	if err != nil {
		return eval.Result{}, err
	}
	if rest == "" {
		return eval.Result{}, errors.New("%load wants a file, or a range of cells")
	}
	if _, err := spans(strings.Fields(rest)); err == nil {
		cells, err := chosen(strings.Fields(rest))
		if err != nil {
			return eval.Result{}, err
		}
		var text []string
		for _, cell := range cells {
			text = append(text, strings.TrimRight(cell.Source, "\n"))
		}
		host.SetNextInput(loaded(rest, strings.Join(text, "\n")), true)
		return eval.Result{}, nil
	}
	file, err := wholePath(rest)
	if err != nil {
		return eval.Result{}, err
	}
	if strings.Contains(file, "://") {
		return eval.Result{}, errors.New("%load reads files; !curl fetches what is elsewhere")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return eval.Result{}, err
	}
	host.SetNextInput(loaded(rest, string(text)), true)
	return eval.Result{}, nil
}

// loaded is text with a comment that says where it is from, but for a cell
// magic, which has to come first.
func loaded(from, text string) string {
	if _, ok := wholeCell(text); ok {
		return text
	}
	return "// %load " + from + "\n" + text
}

func runFile(c *call) (eval.Result, error) {
	file, err := c.path(c.part.rest)
	if err != nil {
		return eval.Result{}, err
	}
	if file == "" {
		return eval.Result{}, errors.New("%run wants a file")
	}
	if filepath.Ext(file) != ".ipynb" {
		text, err := os.ReadFile(file)
		if err != nil {
			return eval.Result{}, err
		}
		return c.runText(file, string(text))
	}
	if c.e.Notebook == nil {
		return eval.Result{}, errors.New("%run runs no notebooks here")
	}
	cells, err := c.e.Notebook(file)
	if err != nil {
		return eval.Result{}, err
	}
	var all eval.Result
	for i, source := range cells {
		result, err := c.runText(fmt.Sprintf("%s, code cell %d", file, i+1), source)
		all.Defines, all.Uses = union(all.Defines, result.Defines), union(all.Uses, result.Uses)
		all.Notes = append(all.Notes, result.Notes...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// runText evaluates the text of a file, as a cell without a result. Its
// positions are those of the file.
func (c *call) runText(name, text string) (eval.Result, error) {
	result, err := c.e.Evaluate(c.ctx, eval.Cell{N: c.cell.N, Source: text})
	result.Values = nil
	var failed *eval.Error
	if !errors.As(err, &failed) || failed.Kind == eval.Interrupt {
		return result, err
	}
	moved := *failed
	moved.At, moved.Trace, moved.Earlier = nil, nil, nil
	var lines []string
	for _, d := range failed.At {
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", name, d.Line, d.Column, d.Message))
	}
	// ofFile tells of the calls in the file, and returns the others.
	ofFile := func(trace []eval.Frame) (others []eval.Frame) {
		for _, f := range trace {
			if f.Cell != c.cell.N {
				others = append(others, f)
				continue
			}
			lines = append(lines, fmt.Sprintf("\t%s:%d:%d %s", name, f.Line, f.Column, f.Func))
		}
		return others
	}
	for _, o := range failed.Earlier {
		lines = append(lines, name+": "+o.String())
		ofFile(o.Trace)
	}
	if len(failed.At) == 0 {
		lines = append(lines, name+": "+failed.Message)
	}
	moved.Trace = ofFile(failed.Trace)
	moved.Message = strings.Join(lines, "\n")
	if moved.Cause != nil {
		moved.Cause = errors.New(moved.Message)
	}
	return result, &moved
}

func writeFile(c *call) (eval.Result, error) {
	all, err := c.words()
	if err != nil {
		return eval.Result{}, err
	}
	given, rest, err := options(all, "a", "")
	if err != nil {
		return eval.Result{}, fmt.Errorf("%%%%writefile: %w", err)
	}
	if len(rest) != 1 {
		return eval.Result{}, errors.New("%%writefile wants the name of one file (in quotes when it has blanks)")
	}
	file, err := path(rest[0])
	if err != nil {
		return eval.Result{}, err
	}
	_, appends := given["a"]
	verb := "Writing"
	if _, err := os.Stat(file); err == nil {
		verb = "Overwriting"
		if appends {
			verb = "Appending to"
		}
	}
	body := c.part.body
	if body != "" && !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	if err := put(file, body, appends, true); err != nil {
		return eval.Result{}, err
	}
	c.say("%s %s", verb, file)
	return eval.Result{}, nil
}

// asMIME shows the body of a cell as one type of content.
func asMIME(mime string) func(*call) (eval.Result, error) {
	return func(c *call) (eval.Result, error) {
		if c.part.rest != "" && !slices.Contains([]string{"--isolated"}, c.part.rest) {
			return eval.Result{}, fmt.Errorf("%%%%%s takes no arguments", c.part.name)
		}
		b := host.Bundle{Data: map[string]any{"text/plain": strings.TrimRight(c.part.body, "\n"), mime: c.part.body}}
		if c.part.rest == "--isolated" {
			b.Metadata = map[string]any{mime: map[string]any{"isolated": true}}
		}
		host.Display(b)
		return eval.Result{}, nil
	}
}
