package results

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/internal/pattern"
)

const (
	lmSamplesFormat = "lm-eval samples"
	lmResultsFormat = "lm-eval results"
	lmWholeFormat   = "lm-eval results with samples"
)

// lmFile is the samples of one task.
type lmFile struct {
	path, task string
	each       func(do func(n int, line []byte) error) error
	targets    task.Targets // what is known of them, after scan
}

// lmFilesOf finds the samples files of an import, a task each.
func lmFilesOf(paths []string) ([]lmFile, error) {
	byTask := map[string]lmFile{}
	for _, path := range paths {
		name := lmTask(path)
		if other, twice := byTask[name]; twice {
			return nil, fmt.Errorf("%s and %s are both of task %s: one import makes one run, so import them one by one", other.path, path, name)
		}
		byTask[name] = lmFile{path: path, task: name, each: func(do func(int, []byte) error) error { return eachLine(path, do) }}
	}
	var files []lmFile
	for _, name := range sortedKeys(byTask) {
		files = append(files, byTask[name])
	}
	return files, nil
}

// lmSamplesName is the name that lm-eval gives a samples file.
var lmSamplesName = pattern.New(`^samples_(.+)_\d{4}-\d{2}-\d{2}T[\d.:-]+\.jsonl$`)

// lmTask is the task of a samples file, by its name.
func lmTask(path string) string {
	base := filepath.Base(path)
	if m := lmSamplesName().FindStringSubmatch(base); m != nil {
		return m[1]
	}
	return strings.TrimSuffix(strings.TrimPrefix(base, "samples_"), filepath.Ext(base))
}

// readLMEval makes a run of samples files: one, or one a task of a group such
// as MMLU, whose tasks are the run's subjects. The results file, where it is
// given, names the model, and its scores must be those of the samples.
func readLMEval(j *job) (*run.Run, error) {
	path, err := j.companion(lmResultsFormat)
	if err != nil {
		return nil, err
	}
	var results *lmResults
	if path != "" {
		if results, err = readLMResults(path); err != nil {
			return nil, err
		}
	}
	files, err := lmFilesOf(j.main)
	if err != nil {
		return nil, err
	}
	return j.readLM(lmSamplesFormat, results, files)
}

// readLMWhole makes a run of what lm_eval.evaluate returns, written as one
// JSON object: results and samples. trtllm-eval writes it as
// samples_TASK.json (tensorrt_llm/evaluate/lm_eval.py, save_results).
func readLMWhole(j *job) (*run.Run, error) {
	path, err := j.companion(lmWholeFormat)
	if err != nil {
		return nil, err
	}
	results, err := readLMResults(path)
	if err != nil {
		return nil, err
	}
	var files []lmFile
	for _, name := range sortedKeys(results.Samples) {
		samples := results.Samples[name]
		files = append(files, lmFile{path: path + ": " + name, task: name, each: func(do func(int, []byte) error) error {
			for i, sample := range samples {
				if err := do(i+1, sample); errors.Is(err, errEnough) {
					return nil
				} else if err != nil {
					return fmt.Errorf("%s: sample %d: %w", path, i, err)
				}
			}
			return nil
		}})
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: averages without samples: evaluate again with --log_samples", path)
	}
	return j.readLM(lmWholeFormat, results, files)
}

func (j *job) readLM(format string, results *lmResults, files []lmFile) (*run.Run, error) {
	metric, filter, filters, err := j.chooseMetric(files)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.task
	}
	spec := specOf(format, results.model(), commonTask(names))
	spec.Import.Metric, spec.Import.Filter, spec.Import.Evaluator = metric, filter, results.version()
	return j.write(spec, func(w *run.Writer) error {
		w.Missing(run.TheLogits, "lm-eval's samples hold the log-likelihoods of the answers, or the generated text, and no logits")
		w.Missing(run.TheTokenIDs, "lm-eval's samples hold the prompts as text")
		w.Missing(run.TheTokenTexts, "lm-eval's samples hold the prompts as text")
		w.Missing(run.TheFinish, "lm-eval's samples do not say")
		w.Missing(run.TheEngine, "lm-eval names a model, not how it was served")
		in := &lmReader{job: j, writer: w, metric: metric, filter: filter, filters: filters}
		for _, f := range files {
			if err := in.file(f); err != nil {
				return err
			}
			if j.options.Limit > 0 {
				continue // their score is not the whole evaluation's
			}
			if err := results.check(f.task, metric, filter, in.taken, in.right); err != nil {
				return fmt.Errorf("%s: %w", f.path, err)
			}
		}
		in.notes()
		return nil
	})
}

// commonTask names a run of several tasks by what their names begin with.
func commonTask(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	common := names[0]
	for _, n := range names[1:] {
		for !strings.HasPrefix(n, common) {
			common = common[:len(common)-1]
		}
	}
	if common = strings.TrimRight(common, "_-"); common == "" {
		return strings.Join(names, "+")
	}
	return common
}

// chooseMetric takes the metric and the filter of the options, or the only
// ones that all files have; filters are all that there are.
func (j *job) chooseMetric(files []lmFile) (metric, filter string, filters []string, err error) {
	var metrics []string
	for i := range files {
		f := &files[i]
		m, fl, err := j.scan(f)
		if err != nil {
			return "", "", nil, err
		}
		if i == 0 {
			metrics, filters = m, fl
			continue
		}
		common, commonFilters := intersection(metrics, m), intersection(filters, fl)
		if len(common) == 0 || len(commonFilters) == 0 {
			return "", "", nil, fmt.Errorf("%s is judged by %s (filter %s), and the files before it by %s (filter %s): import tasks that are judged differently one by one",
				f.path, strings.Join(m, ", "), strings.Join(fl, ", "), strings.Join(metrics, ", "), strings.Join(filters, ", "))
		}
		metrics, filters = common, commonFilters
	}
	if filter, err = choose("filter", j.options.Filter, filters, nil); err != nil {
		return "", "", nil, err
	}
	metric, err = choose("metric", j.options.Metric, metrics, []string{task.Acc, task.ExactMatch})
	return metric, filter, filters, err
}

// scan lists the metrics and filters of a file, and learns what its targets
// are.
func (j *job) scan(f *lmFile) (metrics, filters []string, err error) {
	m, fl := map[string]bool{}, map[string]bool{}
	err = f.each(func(_ int, line []byte) error {
		if err := j.ctx.Err(); err != nil {
			return err
		}
		s, err := parseLMSample(line)
		if err != nil {
			return err
		}
		for name := range s.Metrics {
			m[name] = true
		}
		fl[s.Filter] = true
		if _, choices := s.prompt(); choices != nil {
			f.targets.Learn(s.target(choices))
		}
		return nil
	})
	return sortedKeys(m), sortedKeys(fl), err
}

func intersection(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return !slices.Contains(b, x) })
}

// choose takes what was asked for, the only one there is, or the first of
// those preferred.
func choose(what, asked string, have, preferred []string) (string, error) {
	words := strings.Join(have, ", ")
	switch {
	case len(have) == 0:
		return "", fmt.Errorf("no sample has a %s", what)
	case asked != "" && !slices.Contains(have, asked):
		return "", fmt.Errorf("no %s %q: there are %s", what, asked, words)
	case asked != "":
		return asked, nil
	case len(have) == 1:
		return have[0], nil
	}
	for _, p := range preferred {
		if slices.Contains(have, p) {
			return p, nil
		}
	}
	return "", fmt.Errorf("several of %s (%s): choose one with --%s, since they judge the same outputs differently", what, words, what)
}
