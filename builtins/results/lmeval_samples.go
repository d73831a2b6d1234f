package results

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

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
	improbable   int // samples with one that no probability has
	sampled      int // samples whose output was drawn
	unclear      int // samples whose target may be either of two choices
}

func (r *lmReader) file(f lmFile) error {
	r.taken, r.right = 0, 0
	verdicts, err := r.verdicts(f)
	if err != nil {
		return err
	}
	seen, how := map[int]bool{}, map[string]bool{}
	defer func() {
		if len(how) > 0 {
			r.writer.Generated(f.task, strings.Join(sortedKeys(how), "; "))
		}
	}()
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
		if first := s.Arguments[0]; !first.IsChoice {
			how[first.Settings.String()] = true
			if first.Settings.sampled() {
				r.sampled++
			}
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
	nan, texts := false, []string(nil)
	for i, c := range choices {
		out.Choices = append(out.Choices, run.Choice{Text: c.text, Given: c.given, LogLikelihood: likelihoods[i], Greedy: bool(s.Resps[c.request].Greedy)})
		texts = append(texts, c.text)
		nan = nan || math.IsNaN(likelihoods[i])
	}
	chosen := task.Likeliest(likelihoods, targets.Lengths(target.Choices, r.metric))
	if nan {
		r.nan++
	}
	if slices.Max(likelihoods) > 1e-3 { // beyond what rounding makes of 0
		r.improbable++
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
	if len(right) == 0 {
		return
	}
	out.Ref = task.RightTexts(texts, right)
	if !nan && slices.Contains(right, chosen) != out.Correct {
		r.disagree++
	}
	out.Margin = float32(task.Advantage(likelihoods, right))
}

func (r *lmReader) notes() {
	if r.sampled > 0 {
		r.writer.Note("%d outputs were sampled: another evaluation of the same model gives others, and flips beside a loss", r.sampled)
	}
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
	if r.improbable > 0 {
		r.writer.Note("%d samples have a log-likelihood greater than 0, which is of no probability: their margins mean nothing", r.improbable)
	}
	if r.job.options.Limit > 0 {
		r.writer.Note("the first %d samples of each file were taken", r.job.options.Limit)
	}
}
