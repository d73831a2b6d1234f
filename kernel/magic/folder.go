package magic

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"adkernel/kernel/eval"
)

// settings are what magics have changed of the process, and a new process of
// the same session must change again.
type settings struct {
	folder   string // empty: as the process was started
	previous string
	set      map[string]string // of the environment
	sources  []string          // folders of %gopath
}

// lines are the magics that bring the settings back, each by itself.
func (s settings) lines() []string {
	var lines []string
	if s.folder != "" {
		lines = append(lines, "%cd -q "+shellQuote(s.folder))
	}
	for _, name := range slices.Sorted(maps.Keys(s.set)) {
		lines = append(lines, "%env -q "+name+"="+shellQuote(s.set[name]))
	}
	for _, folder := range s.sources {
		lines = append(lines, "%gopath -q "+shellQuote(folder))
	}
	return lines
}

// shellQuote writes text as one word.
func shellQuote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func changeFolder(c *call) (eval.Result, error) {
	rest, quiet := strings.CutPrefix(c.part.rest, "-q ")
	var target string
	var err error
	c.e.mu.Lock()
	previous := c.e.settings.previous
	c.e.mu.Unlock()
	switch rest = strings.TrimSpace(rest); rest {
	case "":
		target, err = path("~")
	case "-":
		if target = previous; target == "" {
			err = fmt.Errorf("there is no folder before this one")
		}
	default:
		target, err = c.path(rest)
	}
	if err != nil {
		return eval.Result{}, err
	}
	was, _ := os.Getwd() // empty where it is gone: there is no way back then
	if err := os.Chdir(target); err != nil {
		return eval.Result{}, err
	}
	now, err := os.Getwd()
	if err != nil {
		return eval.Result{}, err
	}
	c.e.mu.Lock()
	c.e.settings.folder, c.e.settings.previous = now, was
	c.e.mu.Unlock()
	if !quiet {
		c.say("%s", now)
	}
	return eval.Result{}, nil
}

func workingFolder(*call) (eval.Result, error) {
	folder, err := os.Getwd()
	return eval.Result{Values: []any{folder}}, err
}

func environment(c *call) (eval.Result, error) {
	rest, quiet := strings.CutPrefix(c.part.rest, "-q ")
	rest, err := c.expand(strings.TrimSpace(rest))
	if err != nil {
		return eval.Result{}, err
	}
	if rest == "" {
		c.listEnvironment()
		return eval.Result{}, nil
	}
	name, value, sets := strings.Cut(rest, "=")
	if i := strings.IndexAny(rest, " \t"); i >= 0 && !sets { // NAME VALUE
		name, value, sets = rest[:i], rest[i:], true
	}
	if name = strings.TrimSpace(name); strings.ContainsAny(name, " \t") {
		return eval.Result{}, fmt.Errorf("%%env: %q is no name of a variable: write %%env NAME=VALUE", name)
	}
	if !sets {
		value, ok := os.LookupEnv(name)
		if !ok {
			return eval.Result{}, fmt.Errorf("the environment has no variable %s", name)
		}
		return eval.Result{Values: []any{shown(name, value)}}, nil
	}
	if value = strings.TrimSpace(value); value != "" && strings.Contains(`'"`, value[:1]) {
		all, err := words(value)
		if err != nil {
			return eval.Result{}, err
		}
		value = strings.Join(all, " ")
	}
	if strings.Contains(value, "\n") { // the line that brings it back to a new worker could not hold it
		return eval.Result{}, fmt.Errorf("%%env sets no value of several lines, as %s would be: os.Setenv does", name)
	}
	if err := os.Setenv(name, value); err != nil {
		return eval.Result{}, fmt.Errorf("%s cannot be set: %w", strconv.Quote(name), err)
	}
	c.e.mu.Lock()
	if c.e.settings.set == nil {
		c.e.settings.set = map[string]string{}
	}
	c.e.settings.set[name] = value
	c.e.mu.Unlock()
	if !quiet {
		c.say("env: %s=%s", name, shown(name, value))
	}
	return eval.Result{}, nil
}

// secrets are parts of the names of variables whose values do not belong into
// a notebook, which is passed on.
var secrets = []string{"key", "token", "secret", "password", "passwd", "credential"}

// shown is the value of a variable as a notebook may have it.
func shown(name, value string) string {
	for _, s := range secrets {
		if strings.Contains(strings.ToLower(name), s) {
			return "<hidden>"
		}
	}
	return value
}

func (c *call) listEnvironment() {
	for _, entry := range slices.Sorted(slices.Values(os.Environ())) {
		name, value, _ := strings.Cut(entry, "=")
		c.say("%s=%s", name, shown(name, value))
	}
}

// A sourceImporter is an evaluator that imports packages from source code.
type sourceImporter interface {
	// ImportFrom makes the packages below folder importable: those of a module
	// and its vendor folder, or those whose folders are named as import paths.
	ImportFrom(folder string) error
}

func sourceFolder(c *call) (eval.Result, error) {
	if c.part.rest == "" {
		c.e.mu.Lock()
		defer c.e.mu.Unlock()
		for _, folder := range c.e.settings.sources {
			c.say("%s", folder)
		}
		return eval.Result{}, nil
	}
	folder, known := c.e.early[c.part.rest]
	rest, quiet := strings.CutPrefix(c.part.rest, "-q ")
	var err error
	if !known {
		folder, err = c.importFrom(rest)
	}
	delete(c.e.early, c.part.rest)
	if err == nil && !quiet {
		c.say("packages below %s can be imported", folder)
	}
	return eval.Result{}, err
}

// importFrom makes the packages below what %gopath names importable.
func (c *call) importFrom(rest string) (folder string, err error) {
	e := c.e
	importer, ok := e.inner.(sourceImporter)
	if !ok {
		return "", fmt.Errorf("this session's evaluator imports the standard library and adkernel's own packages, and none from source code: put the code that you need into cells, or %%run its files")
	}
	folder, err = c.path(rest)
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err != nil {
		return "", err
	}
	if st, err := os.Stat(folder); err != nil {
		return "", err
	} else if !st.IsDir() {
		return "", fmt.Errorf("%s is no folder", folder)
	}
	if err := importer.ImportFrom(folder); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settings.sources = append(slices.DeleteFunc(e.settings.sources, func(f string) bool { return f == folder }), folder)
	return folder, nil
}
