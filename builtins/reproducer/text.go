package reproducer

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"adkernel/builtins/engine/backend"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/cache"
)

// opening says what was found, in one line with its numbers, and what to do.
func (d document) opening() string {
	f := d.finding
	cause := ""
	if f.Diagnosis != nil {
		cause += "\nDiagnosis: " + strings.TrimSpace(strings.TrimPrefix(f.Diagnosis.Words, f.Words)) + "\n"
	}
	if f.Isolation != nil {
		cause += "\nIsolation: " + f.Isolation.Words + "\n"
	}
	return fmt.Sprintf(`# %s

**%s**
%s
This notebook stands alone: it holds the %d cells of a session that the finding needs, and what the finding was.
Run all its cells to see it, or let a program compare: `+"`adkernel verify %s`"+` exits with 0 when it is reproduced, 1 when it is not, and 2 when it could not run.
`, upperFirst(f.title()), f.Words, cause, len(d.cells), d.file)
}

func upperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return strings.ToUpper(string(first)) + s[size:]
}

// needs lists what the cells expect to find on the machine.
func (d document) needs() string {
	var b strings.Builder
	b.WriteString("## What you need\n\n- adkernel, on a machine that can run both deployments.\n")
	literals := set{}
	for _, c := range d.cells {
		for literal := range readSource(c.Source).literals {
			literals.add(literal)
		}
	}
	cached, err := cache.Dir()
	below := func(path, kept string) bool {
		return err == nil && strings.HasPrefix(path, filepath.Join(cached, kept))
	}
	shipped := func(path string) bool { return below(path, "demo-") && !named(path, literals) }
	listed := set{}
	list := func(key, format string, args ...any) {
		if !listed[key] {
			listed.add(key)
			fmt.Fprintf(&b, "- "+format+"\n", args...)
		}
	}
	for _, side := range []struct {
		Side
		*run.Run
	}{{d.finding.Test, d.finding.comparison.Test}, {d.finding.Base, d.finding.comparison.Base}} {
		spec := side.Run.Spec()
		if side.Backend != backend.Default {
			list(side.Backend, "The engine `%s`.", side.Backend)
		}
		switch {
		case shipped(side.Model):
			whose := ""
			if !shipped(d.finding.Test.Model) || !shipped(d.finding.Base.Model) {
				whose = " for " + side.Side.Label
			}
			list("demo", "No model and no data set%s: the demo checkpoint and its task come with the program.", whose)
		case below(side.Model, "models"+string(filepath.Separator)):
			list(side.Model, "The model of %s is made by a cell, of what it names.", side.Side.Label)
		default:
			list(side.Model, "The model at `%s`, for %s: %s.", side.Model, side.Side.Label, sizeOf(side.Files))
		}
		if spec.Deployment.Config != "" {
			list(spec.Deployment.Config, "The configuration file `%s`; the settings that it had are below.", spec.Deployment.Config)
		}
		if spec.Deployment.Patch != "" {
			list(spec.Deployment.Patch, "The patch `%s`; its text was:\n\n%s", spec.Deployment.Patch, patchText(side.Run))
		}
		switch dataset := spec.Task.Dataset; {
		case dataset == "":
			list("dataset", "`$%s`, the data set of the questions.", task.DefaultDataset(spec.Task.Kind))
		case !shipped(dataset):
			list(dataset, "The data set in `%s`.", dataset)
		}
		if named(side.Dir(), literals) {
			list(side.Dir(), "The run directory `%s`, which a cell attaches to. Without it, run the deployment anew: replace `Attach` by `Run`.", side.Dir())
		}
	}
	for _, path := range slices.Sorted(maps.Keys(literals)) {
		absolute, err := filepath.Abs(path)
		if _, missing := os.Stat(path); err != nil || missing != nil || !strings.ContainsAny(path, "/.") || listed[path] || listed[absolute] {
			continue
		}
		list(absolute, "`%s`, which a cell names.", path)
	}
	return b.String()
}

// patchText is the run's copy of its patch, as a code block of the list.
func patchText(r *run.Run) string {
	text, err := os.ReadFile(r.Deployment().Patch)
	if err != nil {
		return "  (" + err.Error() + ")\n"
	}
	block := "```python\n" + strings.TrimRight(string(text), "\n") + "\n```"
	return "  " + strings.ReplaceAll(block, "\n", "\n  ") + "\n"
}

// named reports whether a path is written in the cells.
func named(path string, literals set) bool {
	for literal := range literals {
		if absolute, err := filepath.Abs(literal); literal == path || err == nil && absolute == path {
			return true
		}
	}
	return false
}

func sizeOf(files []File) string {
	if len(files) == 0 {
		return "no files were found there to be hashed"
	}
	total := int64(0)
	for _, f := range files {
		total += f.Bytes
	}
	return fmt.Sprintf("%d files of %.1f MB, whose hashes are below", len(files), float64(total)/1e6)
}

// record says with what the finding was made.
func (d document) record() (string, error) {
	f := d.finding
	var b strings.Builder
	b.WriteString("## What it was found with\n\n")
	fmt.Fprintf(&b, "| | |\n|---|---|\n")
	fmt.Fprintf(&b, "| adkernel | %s, %s, %s/%s |\n", f.Program.Version, f.Program.Go, f.Program.OS, f.Program.Arch)
	for _, s := range []Side{f.Test, f.Base} {
		fmt.Fprintf(&b, "| %s | %s |\n", inTable(s.Label), inTable(s.description()))
	}
	fmt.Fprintf(&b, "| prompts | %d, text SHA-256 `%s`, token ids SHA-256 `%s` |\n", f.Base.Prompts.Count, f.Base.Prompts.TextSHA256, f.Base.Prompts.IDsSHA256)
	if f.Test.Prompts != f.Base.Prompts {
		fmt.Fprintf(&b, "| prompts of %s | %d, text SHA-256 `%s`, token ids SHA-256 `%s` |\n", inTable(f.Test.Label), f.Test.Prompts.Count, f.Test.Prompts.TextSHA256, f.Test.Prompts.IDsSHA256)
	}
	for _, s := range []Side{f.Test, f.Base} {
		settings, err := json.MarshalIndent(s.Settings, "", "  ")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "\nSettings of %s, merged:\n\n```json\n%s\n```\n", s.Label, settings)
	}
	d.files(&b)
	return b.String(), nil
}

func (s Side) description() string {
	parts := []string{s.Engine, s.Arch, s.DType}
	if s.Quant != "" {
		parts = append(parts, s.Quant)
	}
	if s.Build != "" {
		parts = append(parts, "build "+s.Build)
	}
	return strings.Join(parts, ", ")
}

// files writes the hashes of both checkpoints, once when they are the same.
func (d document) files(b *strings.Builder) {
	sides := []Side{d.finding.Test, d.finding.Base}
	if reflect.DeepEqual(sides[0].Files, sides[1].Files) {
		sides[0].Label += " and " + sides[1].Label
		sides = sides[:1]
	}
	for _, s := range sides {
		if len(s.Files) == 0 {
			continue
		}
		fmt.Fprintf(b, "\nCheckpoint of %s:\n\n| file | bytes | SHA-256 |\n|---|--:|---|\n", s.Label)
		for _, f := range s.Files {
			fmt.Fprintf(b, "| %s | %d | `%s` |\n", inTable(f.Name), f.Bytes, f.SHA256)
		}
	}
}

// inTable keeps text within one cell of a Markdown table.
func inTable(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}
