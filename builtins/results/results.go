// Package results reads the result files of other evaluators, each as a run
// that can be compared, and writes runs in their formats.
//
// It knows formats: what a file says, and what it does not. What an import
// lacks is written into the run by name, so that a question about it is
// answered "not available" and never with a zero. It judges no answers where
// a file says which were right, and computes nothing about two runs.
package results

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

// Options say what the files do not.
type Options struct {
	Run run.Options // where the run is kept

	Name  string // of the deployment, for people; default: Model
	Model string // that was evaluated; default: as the files say
	Limit int    // samples to take from the beginning of each file; 0 takes all

	// Metric and Filter choose by which lm-eval judged, where a file has several.
	Metric, Filter string

	// Task is whose prompts trtllm-eval sent, in order: its dumps hold no right
	// answers.
	Task *task.Spec

	// References is a JSON-lines file of {"custom_id", "ref"} with the right
	// answers of a batch, and Score how an output is compared with them:
	// "prefix" (as MMLU does; the default) or "exact".
	References string
	Score      string

	// Like is a run whose prompts and right answers the rows of an array belong
	// to, in its order.
	Like *run.Run
	// Logits, Tokens and Labels are arrays, by name in an .npz or safetensors
	// file, or as .npy files: logits [N, V] or [B, T, V], token ids of the
	// prompts [B, T], and right token ids [N].
	Logits, Tokens, Labels string

	// Tokenizer is a tokenizer.json or its folder, which gives token ids texts.
	Tokenizer string
}

// Import makes a run of result files: one evaluation, in one of the formats
// that Formats lists. A folder stands for the result files in it.
func Import(ctx context.Context, paths []string, o Options) (*run.Run, error) {
	files, err := expand(paths)
	if err != nil {
		return nil, err
	}
	byFormat := map[string][]string{}
	for _, path := range files {
		format, err := detect(path)
		if err != nil {
			return nil, err
		}
		byFormat[format] = append(byFormat[format], path)
	}
	var main *reader
	for i := range readers {
		r := &readers[i]
		if len(byFormat[r.format]) == 0 {
			continue
		}
		if main != nil {
			return nil, fmt.Errorf("%s is %s and %s is %s: one import makes one run, so import them one by one",
				byFormat[main.format][0], main.format, byFormat[r.format][0], r.format)
		}
		main = r
	}
	if main == nil {
		return nil, companionsOnly(byFormat)
	}
	for format, paths := range byFormat {
		if format != main.format && !slices.Contains(main.with, format) {
			return nil, fmt.Errorf("%s is %s, which does not go with %s", paths[0], format, main.format)
		}
	}
	run, err := main.read(&job{ctx: ctx, options: o, files: byFormat, main: byFormat[main.format]})
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", main.format, err)
	}
	return run, nil
}

// reader reads one format.
type reader struct {
	format string
	with   []string // formats of files that say more about it
	read   func(*job) (*run.Run, error)
}

// job is one import on the way.
type job struct {
	ctx     context.Context
	options Options
	files   map[string][]string // by format
	main    []string            // those with the samples
}

// companion returns the only file of a format, or "".
func (j *job) companion(format string) (string, error) {
	paths := j.files[format]
	if len(paths) > 1 {
		return "", fmt.Errorf("%d files of %s (%s): want one", len(paths), format, strings.Join(paths, ", "))
	}
	if len(paths) == 0 {
		return "", nil
	}
	return paths[0], nil
}

// eachSample calls do with every line of a file of which each is a sample, as
// many as are wanted, and with how many came before. It returns how many there
// were.
func (j *job) eachSample(path string, do func(n int, line []byte) error) (int, error) {
	n := 0
	err := eachLine(path, func(_ int, line []byte) error {
		if err := j.ctx.Err(); err != nil {
			return err
		}
		if j.options.Limit > 0 && n == j.options.Limit {
			return errEnough
		}
		n++
		return do(n-1, line)
	})
	return n, err
}

// write makes the run: start says what it is, and fill adds the samples.
func (j *job) write(spec run.Spec, fill func(*run.Writer) error) (*run.Run, error) {
	for _, format := range sortedKeys(j.files) {
		for _, path := range j.files[format] {
			s, err := describe(path)
			if err != nil {
				return nil, err
			}
			spec.Import.Sources = append(spec.Import.Sources, s)
		}
	}
	if j.options.Model != "" {
		spec.Deployment.Model = j.options.Model
	}
	if spec.Deployment.Model == "" {
		spec.Deployment.Model = "unknown"
		if spec.Deployment.Name == "" {
			spec.Deployment.Name = baseName(j.main[0])
		}
	}
	if j.options.Name != "" {
		spec.Deployment.Name = j.options.Name
	}
	w, err := run.NewWriter(spec, j.options.Run)
	if err != nil {
		return nil, err
	}
	if err := fill(w); err != nil {
		w.Abort()
		return nil, err
	}
	return w.Finish()
}

// specOf is what every import's specification has.
func specOf(format, model, taskName string) run.Spec {
	return run.Spec{
		Deployment: engine.Deployment{Model: model},
		Task:       task.Spec{Kind: taskName},
		Import:     &run.Import{Format: format},
	}
}

// expand replaces folders by the result files in them.
func expand(paths []string) ([]string, error) {
	if len(paths) == 0 {
		return nil, errors.New("nothing to import: name a results file or a folder of them")
	}
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		inside, err := inFolder(path)
		if err != nil {
			return nil, err
		}
		files = append(files, inside...)
	}
	seen := map[string]bool{}
	for _, path := range files {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		if seen[absolute] {
			return nil, fmt.Errorf("%s is given twice", path)
		}
		seen[absolute] = true
	}
	return files, nil
}

// inFolder lists the result files in a folder, or in the one folder within it
// that has some: lm-eval makes one for each model.
func inFolder(folder string) ([]string, error) {
	files, folders, err := listResults(folder)
	if err != nil || len(files) > 0 {
		return files, err
	}
	var filled []string
	for _, f := range folders {
		inside, _, err := listResults(f)
		if err != nil {
			return nil, err
		}
		if len(inside) > 0 {
			files, filled = inside, append(filled, filepath.Base(f))
		}
	}
	switch len(filled) {
	case 0:
		return nil, fmt.Errorf("%s: no result files in this folder; %s", folder, formatsWords())
	case 1:
		return files, nil
	}
	return nil, fmt.Errorf("%s: no result files in this folder, but in several within it: name one of %s", folder, strings.Join(filled, ", "))
}

// listResults lists the result files and the folders in a folder, links to
// them included.
func listResults(folder string) (files, folders []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil && isResultName(e.Name()):
			return nil, nil, err // a link to nothing
		case err != nil:
		case info.IsDir():
			folders = append(folders, path)
		case info.Mode().IsRegular() && isResultName(e.Name()):
			files = append(files, path)
		}
	}
	return files, folders, nil
}

// isResultName tells result files in a folder from what else lies there.
func isResultName(name string) bool {
	for _, pattern := range []string{"results_*.json", "samples_*.jsonl", "samples_*.json", "dumped_text.json", "dumped_ids.json", "output-rs*.jsonl", "*.npy", "*.npz"} {
		if ok, _ := filepath.Match(pattern, name); ok {
			return true
		}
	}
	return false
}
