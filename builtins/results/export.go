package results

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/partial"
	"adkernel/internal/version"
)

// WriteLMEval writes a run as lm-evaluation-harness writes an evaluation with
// --log_samples: into the folder dir, samples_TASK_DATE.jsonl for every
// subject, and results_DATE.json. It returns the files. The texts of the
// prompts must be known. Of ranked choices the log-likelihoods are written as
// lm-eval does; an answer that was generated is one exact_match. Where
// several filters judge, there is a line for each, and a score. The files are
// all there afterwards, or none is.
func WriteLMEval(r *run.Run, dir string) (files []string, err error) {
	samples, err := r.Samples()
	if err != nil {
		return nil, err
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("run %s: no sample is finished", r.Name())
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	temporary, err := partial.Make(dir, "", ".export-", "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, temporary.Remove()) }()
	date := r.Spec().Created.UTC().Format("2006-01-02T15-04-05.000000")
	e := &lmExport{run: r, dir: dir, partial: temporary.Dir, date: date, ranked: len(samples[0].Choices) > 0, files: map[string]*os.File{}, subjects: map[string]string{}, scores: map[string]*lmScore{}}
	defer e.close()
	if e.asked, err = newAsked(r); err != nil {
		return nil, err
	}
	for _, s := range samples {
		if err := e.add(s); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(e.results(), e.close()); err != nil {
		return nil, err
	}
	return e.publish()
}

// lmExport is an export on the way.
type lmExport struct {
	run       *run.Run
	asked     asked
	ranked    bool // choices were, and no outputs generated
	dir, date string
	partial   string              // where the files are until all are written
	files     map[string]*os.File // by task
	subjects  map[string]string   // by task
	scores    map[string]*lmScore // by task
	written   []string            // names
}

// publish moves the files to where they belong. None may be there before:
// lm-eval itself would append to it.
func (e *lmExport) publish() ([]string, error) {
	var files []string
	for _, name := range e.written {
		path := filepath.Join(e.dir, name)
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			return nil, errors.Join(err, fmt.Errorf("%s: %w", path, os.ErrExist))
		}
		files = append(files, path)
	}
	for i, name := range e.written {
		if err := os.Rename(filepath.Join(e.partial, name), files[i]); err != nil {
			for _, path := range files[:i] {
				err = errors.Join(err, os.Remove(path))
			}
			return nil, err
		}
	}
	return files, nil
}

type lmScore struct {
	n     int
	right map[string]int // by filter
}

func (e *lmExport) metric() string {
	if imported := e.run.Spec().Import; imported != nil && imported.Metric != "" {
		return imported.Metric
	}
	if e.ranked {
		return cmp.Or(e.run.Spec().Task.Metric, task.Acc)
	}
	return task.ExactMatch
}

func (e *lmExport) filter() string {
	if imported := e.run.Spec().Import; imported != nil && imported.Filter != "" {
		return imported.Filter
	}
	return "none"
}

// file is the samples file of a task, which is named as the subject.
func (e *lmExport) file(task, subject string) (*os.File, error) {
	if f := e.files[task]; f != nil {
		if other := e.subjects[task]; other != subject {
			return nil, fmt.Errorf("the subjects %q and %q have one name in lm-eval's files: %s", other, subject, task)
		}
		return f, nil
	}
	name := fmt.Sprintf("samples_%s_%s.jsonl", task, e.date)
	f, err := os.OpenFile(filepath.Join(e.partial, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	e.files[task], e.subjects[task], e.scores[task] = f, subject, &lmScore{right: map[string]int{}}
	e.written = append(e.written, name)
	return f, nil
}

// taskName makes a subject fit for a file's name.
func taskName(subject string) string {
	return strings.Map(func(c rune) rune {
		if c == '/' || c == filepath.Separator || c < ' ' {
			return '_'
		}
		return c
	}, subject)
}

func (e *lmExport) close() error {
	var errs []error
	for task, f := range e.files {
		errs = append(errs, f.Close())
		delete(e.files, task)
	}
	return errors.Join(errs...)
}

// lmLine is a line of a samples file, in lm-eval's order.
type lmLine struct {
	DocID         int                       `json:"doc_id"`
	Doc           map[string]any            `json:"doc"`
	Target        string                    `json:"target"`
	Arguments     map[string]map[string]any `json:"arguments"`
	Resps         []any                     `json:"resps"`
	FilteredResps []any                     `json:"filtered_resps"`
	Filter        string                    `json:"filter"`
	Metrics       []string                  `json:"metrics"`
	DocHash       string                    `json:"doc_hash"`
	PromptHash    string                    `json:"prompt_hash"`
	TargetHash    string                    `json:"target_hash"`
}

func (e *lmExport) add(s run.Sample) error {
	if s.Unjudged != "" {
		return fmt.Errorf("run %s: sample %d has no verdict, and every line of lm-eval's has one: %s", e.run.Name(), s.Index, s.Unjudged)
	}
	name := taskName(s.Subject)
	f, err := e.file(name, s.Subject)
	if err != nil {
		return err
	}
	prompt, err := e.asked.prompt(s.Index)
	if err != nil {
		return fmt.Errorf("lm-eval's samples hold the text of every prompt: %w", err)
	}
	line := lmLine{
		DocID: s.Question, Target: s.Ref, Filter: e.filter(), Metrics: []string{e.metric()},
		Doc:        map[string]any{"subject": s.Subject, "index": s.Question, "prompt": prompt, "ref": s.Ref},
		Arguments:  map[string]map[string]any{},
		PromptHash: hashOf(prompt), TargetHash: hashOf(s.Ref),
	}
	doc, err := json.MarshalIndent(line.Doc, "", "  ")
	if err != nil {
		return err
	}
	line.DocHash = hashOf(string(doc))
	e.scores[name].n++
	verdicts := s.Verdicts
	if len(verdicts) < 2 {
		answer := s.Output
		if s.Extracted != "" {
			answer = s.Extracted
		}
		verdicts = []task.Verdict{{Filter: e.filter(), Answer: answer, Correct: s.Correct}}
	}
	for _, v := range verdicts {
		line.Filter = v.Filter
		line.respond(s, prompt, v.Answer, e.asked.generation)
		if err := e.line(f, line, v.Correct, e.scores[name]); err != nil {
			return err
		}
	}
	return nil
}

// line writes a line, in which the metric's name is a key of its own.
func (e *lmExport) line(f *os.File, line lmLine, correct bool, scores *lmScore) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	score := 0
	if correct {
		score = 1
	}
	scores.right[line.Filter] += score
	key, err := json.Marshal(e.metric())
	if err != nil {
		return err
	}
	text = fmt.Appendf(text[:len(text)-1], ", %s: %d.0}\n", key, score)
	_, err = f.Write(text)
	return err
}

// respond fills in the requests, what came back, and the answer in it.
func (l *lmLine) respond(s run.Sample, prompt, answer string, generation map[string]any) {
	l.Resps, l.FilteredResps = nil, nil
	if len(s.Choices) == 0 {
		l.Arguments["gen_args_0"] = map[string]any{"arg_0": prompt, "arg_1": generation}
		l.Resps = []any{[]string{s.Output}}
		l.FilteredResps = []any{answer}
		return
	}
	for i, c := range s.Choices {
		l.Arguments[fmt.Sprintf("gen_args_%d", i)] = map[string]any{"arg_0": prompt + c.Given, "arg_1": c.Text[len(c.Given):]}
		pair := []string{pythonFloat(c.LogLikelihood), pythonBool(c.Greedy)}
		l.Resps = append(l.Resps, [][]string{pair})
		l.FilteredResps = append(l.FilteredResps, pair)
	}
}

func pythonBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// pythonFloat is Python's str of a float, as float() reads it back.
func pythonFloat(x float64) string {
	switch {
	case math.IsNaN(x):
		return "nan"
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	}
	text := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// results writes results_DATE.json with what is known of its fields.
func (e *lmExport) results() error {
	scores, higher, shots := map[string]any{}, map[string]any{}, map[string]any{}
	for name, s := range e.scores {
		of := map[string]any{"alias": name, "name": name, "sample_len": s.n}
		for filter, right := range s.right {
			mean := float64(right) / float64(s.n)
			stderr := any("N/A")
			if s.n > 1 {
				stderr = math.Sqrt(mean * (1 - mean) / float64(s.n-1))
			}
			of[e.metric()+","+filter], of[e.metric()+"_stderr,"+filter] = mean, stderr
		}
		scores[name] = of
		higher[name] = map[string]any{e.metric(): true}
		shots[name] = map[string]any{"original": s.n, "effective": s.n}
	}
	spec := e.run.Spec()
	text, err := json.MarshalIndent(map[string]any{
		"results": scores, "higher_is_better": higher, "n-samples": shots,
		"configs": map[string]any{},
		"config":  map[string]any{"model": spec.Deployment.Backend, "model_args": map[string]any{"pretrained": spec.Deployment.Model}},
		"date":    spec.Created.Unix(), "model_name": spec.Deployment.Model, "model_source": "adkernel " + version.Number,
	}, "", "  ")
	if err != nil {
		return err
	}
	name := "results_" + e.date + ".json"
	e.written = append(e.written, name)
	return os.WriteFile(filepath.Join(e.partial, name), append(text, '\n'), 0o644)
}
