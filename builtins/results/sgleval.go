package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"adkernel/builtins/run"
	"adkernel/internal/pattern"
	"adkernel/internal/pythonjson"
)

const sglEvalFormat = "sgl-eval predictions"

// sglEvalRow is a line of output-rs0.jsonl of sgl-eval, SGLang's evaluator
// (PredictionsWriter of sgl_eval): a judged sample. Lines are in the order in which
// the answers came.
type sglEvalRow struct {
	ID         *string         `json:"id"` // "aime25-7"
	Problem    *string         `json:"problem"`
	Generation *string         `json:"generation"`
	Expected   json.RawMessage `json:"expected_answer"`
	Predicted  *string         `json:"predicted_answer"` // null where none was found
	Correct    *bool           `json:"symbolic_correct"`

	question int
}

func parseSGLEval(line []byte) (*sglEvalRow, error) {
	var r sglEvalRow
	if err := pythonjson.Unmarshal(line, &r); err != nil {
		return nil, fmt.Errorf("not a prediction of sgl-eval: %w", err)
	}
	if r.Problem == nil || r.Generation == nil || r.Expected == nil || r.Correct == nil {
		return nil, errors.New("not a prediction of sgl-eval: want problem, generation, expected_answer and symbolic_correct")
	}
	if r.ID == nil || *r.Problem == "" {
		return nil, errors.New("no id, or no problem: lines are in the order in which the answers came, and could not be paired with another run's")
	}
	number := (*r.ID)[len(strings.TrimRight(*r.ID, "0123456789")):]
	var err error
	if r.question, err = strconv.Atoi(number); err != nil {
		return nil, fmt.Errorf("id %q: want one that ends with the number of its question", *r.ID)
	}
	return &r, nil
}

func readSGLEval(j *job) (*run.Run, error) {
	path, err := j.companion(sglEvalFormat)
	if err != nil {
		return nil, fmt.Errorf("%w: each is a repeat, and one import makes one run", err)
	}
	rows, err := sglEvalRows(j, path)
	if err != nil {
		return nil, err
	}
	name := sglEvalTask(path)
	spec := specOf(sglEvalFormat, "", name)
	spec.Import.Evaluator = "sgl-eval"
	return j.write(spec, func(w *run.Writer) error {
		w.Missing(run.TheLogits, "sgl-eval's predictions hold texts")
		w.Missing(run.TheTokenIDs, "sgl-eval's predictions hold the problems as text")
		w.Missing(run.TheTokenTexts, "sgl-eval's predictions hold the problems as text")
		w.Missing(run.TheFinish, "sgl-eval's predictions do not say")
		w.Missing(run.TheEngine, "sgl-eval's predictions name no model")
		w.Note("a prompt here is the problem alone: what sgl-eval writes around it is not in its predictions")
		if most := j.options.Limit; most > 0 && most < len(rows) {
			w.Note("the first %d of %d questions were taken", most, len(rows))
			rows = rows[:most]
		}
		for i, r := range rows {
			s := run.Sample{Index: i, Subject: name, Question: r.question, Ref: plainText(r.Expected), Output: *r.Generation, Correct: *r.Correct, Margin: float32(math.NaN())}
			if r.Predicted != nil && *r.Predicted != s.Output {
				s.Extracted = *r.Predicted
			}
			if err := w.Add(s, *r.Problem, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// sglEvalRows are in the order of their questions.
func sglEvalRows(j *job, path string) ([]*sglEvalRow, error) {
	var rows []*sglEvalRow
	seen := map[int]string{}
	err := eachLine(path, func(_ int, line []byte) error {
		if err := j.ctx.Err(); err != nil {
			return err
		}
		r, err := parseSGLEval(line)
		if err != nil {
			return err
		}
		if other, twice := seen[r.question]; twice {
			return fmt.Errorf("ids %q and %q are of one question: the file holds more than one evaluation", other, *r.ID)
		}
		seen[r.question] = *r.ID
		rows = append(rows, r)
		return nil
	})
	slices.SortFunc(rows, func(a, b *sglEvalRow) int { return a.question - b.question })
	return rows, err
}

// sglEvalFolder is the folder that sgl-eval makes: benchmark, then date.
var sglEvalFolder = pattern.New(`^sgl_eval_(.+)_[0-9a-f-]+$`)

// sglEvalTask is the benchmark, by the name of the folder.
func sglEvalTask(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if m := sglEvalFolder().FindStringSubmatch(filepath.Base(filepath.Dir(path))); m != nil {
		return m[1]
	}
	return "sgl-eval"
}
