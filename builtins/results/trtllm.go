package results

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"adkernel/builtins/run"
	"adkernel/internal/pattern"
	"adkernel/internal/pythonjson"
)

const (
	trtTextFormat = "trtllm-eval dumped_text.json"
	trtIDsFormat  = "trtllm-eval dumped_ids.json"
	trtLogFormat  = "trtllm-eval log"
)

// trtText is a line of dumped_text.json (JSON lines in spite of the name), as
// dump_inference_results of tensorrt_llm/evaluate/interface.py writes it.
// Both texts are stripped of white space at their ends.
type trtText struct {
	TaskID     *int    `json:"task_id"`
	InputText  *string `json:"input_text"`
	OutputText *string `json:"output_text"`
}

// trtIDs is a line of dumped_ids.json. Its input_ids are not read: they encode
// the stripped text anew, so they are not what the model was given.
type trtIDs struct {
	TaskID    *int    `json:"task_id"`
	OutputIDs []int32 `json:"output_ids"`
}

// readTRT makes a run of a dump. The dump says neither subject nor right
// answer: they are those of the task that was evaluated, prompt by prompt.
func readTRT(j *job) (*run.Run, error) {
	if j.options.Task == nil {
		return nil, errors.New("the dump does not hold the right answers: name the task that was evaluated and its data set (--task mmlu --dataset DIR --samples N, as it was run)")
	}
	path, err := j.companion(trtTextFormat)
	if err != nil {
		return nil, err
	}
	t, err := j.options.Task.Load()
	if err != nil {
		return nil, err
	}
	outputs, err := readTRTIDs(j)
	if err != nil {
		return nil, err
	}
	log, err := readTRTLog(j)
	if err != nil {
		return nil, err
	}
	spec := specOf(trtTextFormat, log.model, j.options.Task.Kind)
	spec.Task = *j.options.Task
	spec.Import.Evaluator = "trtllm-eval"
	return j.write(spec, func(w *run.Writer) error {
		w.Missing(run.TheLogits, "trtllm-eval dumps texts and token ids, and no logits")
		w.Missing(run.TheTokenIDs, "the input_ids of dumped_ids.json encode the stripped prompt anew: they are not what the model was given")
		w.Missing(run.TheTokenTexts, "the dump holds the prompts as text")
		w.Missing(run.TheFinish, "the dump does not say")
		w.Missing(run.TheEngine, "the dump does not say how the model was served")
		if outputs == nil {
			w.Note("no dumped_ids.json was given: the output's token ids are not known")
		}
		w.Note("outputs are stripped of white space, as the dump is")
		counted := map[string]trtCount{}
		n, err := j.eachSample(path, func(next int, line []byte) error {
			d, err := parseTRTText(line)
			if err != nil {
				return err
			}
			if *d.TaskID != next {
				return fmt.Errorf("task_id %d where %d was expected: the dump is cut, or of several evaluations", *d.TaskID, next)
			}
			if next >= len(t.Questions) {
				return fmt.Errorf("task_id %d of a task with %d questions: another task, data set or number of samples was evaluated", next, len(t.Questions))
			}
			q := t.Questions[next]
			if strings.TrimSpace(q.Prompt) != strings.TrimSpace(*d.InputText) {
				return fmt.Errorf("the prompt is not that of %s, question %d: %s", q.Subject, q.Index, firstDifference(strings.TrimSpace(q.Prompt), strings.TrimSpace(*d.InputText)))
			}
			s := run.Sample{Index: next, Subject: q.Subject, Question: q.Index, Ref: q.Ref, Output: *d.OutputText,
				Correct: t.Score(q, *d.OutputText), Margin: float32(math.NaN())}
			if outputs != nil {
				ids, ok := outputs[next]
				if !ok {
					return fmt.Errorf("task_id %d is not in dumped_ids.json: the files are of different evaluations", next)
				}
				s.Tokens = ids
			}
			counted[q.Subject] = counted[q.Subject].add(s.Correct)
			return w.Add(s, q.Prompt, nil)
		})
		if err != nil {
			return err
		}
		if j.options.Limit > 0 {
			return nil // the log's averages are of the whole evaluation
		}
		if n < len(t.Questions) {
			return fmt.Errorf("%s holds %d of the task's %d questions: the evaluation was cut, or of other samples", path, n, len(t.Questions))
		}
		return log.check(w, counted)
	})
}

func parseTRTText(line []byte) (*trtText, error) {
	var d trtText
	if err := pythonjson.Unmarshal(line, &d); err != nil {
		return nil, fmt.Errorf("not a line of dumped_text.json: %w", err)
	}
	if d.TaskID == nil || d.InputText == nil || d.OutputText == nil {
		return nil, errors.New("not a line of dumped_text.json: want task_id, input_text and output_text")
	}
	return &d, nil
}

func readTRTIDs(j *job) (map[int][]int32, error) {
	path, err := j.companion(trtIDsFormat)
	if path == "" {
		return nil, err
	}
	outputs := map[int][]int32{}
	return outputs, eachLine(path, func(_ int, line []byte) error {
		var d trtIDs
		if err := pythonjson.Unmarshal(line, &d); err != nil || d.TaskID == nil {
			return fmt.Errorf("not a line of dumped_ids.json: want task_id and output_ids (%v)", err)
		}
		if _, twice := outputs[*d.TaskID]; twice {
			return fmt.Errorf("task_id %d is there twice", *d.TaskID)
		}
		outputs[*d.TaskID] = d.OutputIDs
		return nil
	})
}

// firstDifference shows where two texts part.
func firstDifference(want, got string) string {
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	return fmt.Sprintf("at byte %d the task has %.30q and the dump %.30q", at, want[at:], got[at:])
}

// trtLog is what a log of trtllm-eval says (tensorrt_llm/evaluate/mmlu.py and
// lm_eval.py).
type trtLog struct {
	path     string
	model    string
	subjects map[string]trtAverage
	overall  *trtAverage
}

type trtAverage struct {
	percent float64 // two decimals
	n       int     // 0 where the log does not say
}

var (
	trtSubjectLine = pattern.New(`Average accuracy (\d+\.\d{2}|nan) \((\d+)\) - (.+)$`)
	trtOverallLine = pattern.New(`MMLU weighted average accuracy: (\d+\.\d{2}|nan) \((\d+)\)`)
	trtLMLine      = pattern.New(`lm-eval (\S+) (?:\S+ )?(?:average )?accuracy: (\d+\.\d{2}|nan)`)
)

func readTRTLog(j *job) (trtLog, error) {
	path, err := j.companion(trtLogFormat)
	if path == "" {
		return trtLog{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return trtLog{}, err
	}
	defer f.Close()
	log := trtLog{path: path, subjects: map[string]trtAverage{}}
	return log, linesOf(f, path, func(_ int, line []byte) error { return log.line(string(line)) })
}

// line takes what a line says. Of equal names the first counts: "philosophy"
// is a subject, and later a subcategory.
func (l *trtLog) line(text string) error {
	text = strings.TrimRight(text, "\r ")
	if m := trtSubjectLine().FindStringSubmatch(text); m != nil {
		average, err := averageOf(m[1], m[2])
		if _, there := l.subjects[m[3]]; err == nil && !there {
			l.subjects[m[3]] = average
		}
		return err
	}
	m := trtOverallLine().FindStringSubmatch(text)
	if m == nil {
		if m = trtLMLine().FindStringSubmatch(text); m == nil {
			return nil
		}
		m = []string{m[0], m[2], "0"}
	}
	average, err := averageOf(m[1], m[2])
	if err == nil && l.overall != nil {
		return errors.New("the log holds a second overall accuracy: it is of more than one evaluation")
	}
	l.overall = &average
	return err
}

func averageOf(percent, n string) (trtAverage, error) {
	p, err := strconv.ParseFloat(percent, 64)
	if err != nil {
		return trtAverage{}, err
	}
	count, err := strconv.Atoi(n)
	return trtAverage{p, count}, err
}

// trtCount is how many samples were right.
type trtCount struct{ n, right int }

func (c trtCount) add(correct bool) trtCount {
	c.n++
	if correct {
		c.right++
	}
	return c
}

// differs says in what an average differs from the count, "" when it does not.
func (c trtCount) differs(average trtAverage) string {
	got := 100 * float64(c.right) / float64(c.n)
	if average.n == c.n && math.Abs(got-average.percent) <= 0.0051 {
		return ""
	}
	return fmt.Sprintf("%.2f %% of %d samples, and the dump's are %.2f %% of %d", average.percent, average.n, got, c.n)
}

// check compares the log's averages with those of the samples: the overall one,
// and that of each subject, which tells a dump whose answers are of other
// questions. What lm-eval's tasks log is not compared: it may be the mean of
// several filters.
func (l *trtLog) check(w *run.Writer, bySubject map[string]trtCount) error {
	if l.overall == nil {
		if l.path != "" {
			return fmt.Errorf("%s: no overall accuracy in this log: the evaluation did not end", l.path)
		}
		return nil
	}
	if l.overall.n == 0 {
		w.Note("the log says %.2f %%", l.overall.percent)
		return nil
	}
	n, right := w.Counted()
	if words := (trtCount{n, right}).differs(*l.overall); words != "" {
		return fmt.Errorf("%s says %s: they are of different evaluations", filepath.Base(l.path), words)
	}
	for _, subject := range sortedKeys(bySubject) {
		average, ok := l.subjects[subject]
		if words := bySubject[subject].differs(average); ok && words != "" {
			return fmt.Errorf("%s says of %s %s: they are of different evaluations", filepath.Base(l.path), subject, words)
		}
	}
	return nil
}
