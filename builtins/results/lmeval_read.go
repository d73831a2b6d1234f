package results

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"adkernel/builtins/run"
	"adkernel/builtins/task"
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
var lmSamplesName = regexp.MustCompile(`^samples_(.+)_\d{4}-\d{2}-\d{2}T[\d.:-]+\.jsonl$`)

// lmTask is the task of a samples file, by its name.
func lmTask(path string) string {
	base := filepath.Base(path)
	if m := lmSamplesName.FindStringSubmatch(base); m != nil {
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

// lmReader adds the samples of one file after the other.
type lmReader struct {
	job            *job
	writer         *run.Writer
	metric, filter string
	filters        []string // of which filter is one

	index        int // of the next sample
	taken, right int // of the latest file
	repeated     int // samples that were generated more than once
	disagree     int // samples whose likeliest choice is not what the metric says
	nan          int // samples with a log-likelihood that is no number
	unclear      int // samples whose target may be either of two choices
}

func (r *lmReader) file(f lmFile) error {
	r.taken, r.right = 0, 0
	verdicts, err := r.verdicts(f)
	if err != nil {
		return err
	}
	seen := map[int]bool{}
	return f.each(func(_ int, line []byte) error {
		if err := r.job.ctx.Err(); err != nil {
			return err
		}
		s, err := parseLMSample(line)
		if err != nil || s.Filter != r.filter {
			return err
		}
		if seen[s.DocID] {
			return fmt.Errorf("doc %d is there twice: the file holds more than one evaluation (lm-eval appends to a file that exists)", s.DocID)
		}
		seen[s.DocID] = true
		if r.job.options.Limit > 0 && r.taken == r.job.options.Limit {
			return errEnough
		}
		sample, text, err := r.sample(s, &f)
		if err != nil {
			return err
		}
		if len(verdicts[s.DocID]) == len(r.filters) {
			sample.Verdicts = verdicts[s.DocID]
		}
		r.taken++
		if sample.Correct {
			r.right++
		}
		return r.writer.Add(sample, text, nil)
	})
}

// verdicts is what every filter says of every document, where there are
// several: lm-eval writes a line for each.
func (r *lmReader) verdicts(f lmFile) (map[int][]task.Verdict, error) {
	if len(r.filters) < 2 {
		return nil, nil
	}
	byFilter := map[int]map[string]task.Verdict{}
	err := f.each(func(_ int, line []byte) error {
		if err := r.job.ctx.Err(); err != nil {
			return err
		}
		s, err := parseLMSample(line)
		if err != nil {
			return err
		}
		value, ok := s.Metrics[r.metric]
		if !ok || value != 0 && value != 1 {
			return nil // said of the filter that was chosen, which must have it
		}
		if byFilter[s.DocID] == nil {
			byFilter[s.DocID] = map[string]task.Verdict{}
		}
		byFilter[s.DocID][s.Filter] = task.Verdict{Filter: s.Filter, Answer: s.Extracted, Correct: value == 1}
		return nil
	})
	out := make(map[int][]task.Verdict, len(byFilter))
	for doc, found := range byFilter {
		for _, name := range r.filters {
			if v, ok := found[name]; ok {
				out[doc] = append(out[doc], v)
			}
		}
	}
	return out, err
}

func (r *lmReader) sample(s *lmSample, f *lmFile) (run.Sample, string, error) {
	value, ok := s.Metrics[r.metric]
	if !ok {
		return run.Sample{}, "", fmt.Errorf("doc %d has no %s: it has %s", s.DocID, r.metric, strings.Join(sortedKeys(s.Metrics), ", "))
	}
	if value != 0 && value != 1 {
		return run.Sample{}, "", fmt.Errorf("doc %d: %s is %v: only metrics that are 0 or 1 for a document say right or wrong (it has %s)", s.DocID, r.metric, value, strings.Join(sortedKeys(s.Metrics), ", "))
	}
	out := run.Sample{Index: r.index, Subject: f.task, Question: s.DocID, Ref: s.Target, Correct: value == 1, Margin: float32(math.NaN())}
	r.index++
	text, choices := s.prompt()
	if choices == nil {
		out.Output = s.Resps[0].Text
		if s.Extracted != out.Output {
			out.Extracted = s.Extracted
		}
		if s.Resps[0].Repeats > 1 {
			r.repeated++
		}
		return out, text, nil
	}
	r.choose(&out, s, choices, &f.targets)
	return out, text, nil
}

// choose fills in what the log-likelihoods say.
func (r *lmReader) choose(out *run.Sample, s *lmSample, choices []lmRanked, targets *task.Targets) {
	target := s.target(choices)
	likelihoods := target.LogLikelihoods
	nan := false
	for i, c := range choices {
		out.Choices = append(out.Choices, run.Choice{Text: c.text, Given: c.given, LogLikelihood: likelihoods[i], Greedy: bool(s.Resps[c.request].Greedy)})
		nan = nan || math.IsNaN(likelihoods[i])
	}
	chosen := task.Likeliest(likelihoods, targets.Lengths(target.Choices, r.metric))
	if nan {
		r.nan++
	}
	if len(choices) == 1 { // right when it was what greedy decoding says
		if out.Choices[0].Greedy {
			out.Output = out.Choices[0].Text
		}
		return
	}
	if chosen >= 0 {
		out.Output = out.Choices[chosen].Text
	}
	right, err := targets.Right(target)
	if err != nil {
		r.unclear++
	}
	if right < 0 {
		return
	}
	out.Ref = strings.TrimSpace(out.Choices[right].Text)
	if !nan && (chosen == right) != out.Correct {
		r.disagree++
	}
	out.Margin = float32(task.Advantage(likelihoods, right))
}

func (r *lmReader) notes() {
	if r.repeated > 0 {
		r.writer.Note("%d samples were generated more than once: the output is the first", r.repeated)
	}
	if r.disagree > 0 {
		r.writer.Note("for %d samples the likeliest answer is not the one that %s judged", r.disagree, r.metric)
	}
	if r.unclear > 0 {
		r.writer.Note("for %d samples the target is the place of one choice and the text of another, and nothing tells which is meant: their margins are not known", r.unclear)
	}
	if r.nan > 0 {
		r.writer.Note("%d samples have a log-likelihood that is not a number", r.nan)
	}
	if r.job.options.Limit > 0 {
		r.writer.Note("the first %d samples of each file were taken", r.job.options.Limit)
	}
}
