package results

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

// readLogits makes a run of an array of logits: with token ids, of the
// predictions of every next token; with labels, of one row a prompt; or of
// the rows that belong to the samples of another run.
func readLogits(j *job) (*run.Run, error) {
	if len(j.main) != 1 {
		return nil, fmt.Errorf("%d files (%s): name the one with the logits, and others with --tokens and --labels", len(j.main), strings.Join(j.main, ", "))
	}
	arrays, err := arraysIn(j.main[0])
	if err != nil {
		return nil, err
	}
	name := j.options.Logits
	if name == "" {
		if name, err = onlyLogits(arrays); err != nil {
			return nil, fmt.Errorf("%s: %w", j.main[0], err)
		}
	}
	a, err := pick(arrays, name)
	if err != nil {
		return nil, err
	}
	in := &arrayReader{job: j, rows: a}
	if in.dtype, err = a.rowType(); err != nil {
		return nil, err
	}
	if len(a.shape) < 2 || len(a.shape) > 3 || a.shape[len(a.shape)-1] < 2 || a.shape[0] < 1 {
		return nil, fmt.Errorf("%s has shape %v: want [N, V] or [B, T, V]", a.name, a.shape)
	}
	in.vocab = a.shape[len(a.shape)-1]
	if in.words, err = openWords(in.tokenizer()); err != nil {
		return nil, err
	}
	fill, err := in.plan(arrays)
	if err != nil {
		return nil, err
	}
	spec := specOf(j.format(), "", "next token")
	spec.Deployment.Name = baseName(j.main[0])
	if name != "" {
		spec.Deployment.Name = name
	}
	if like := j.options.Like; like != nil {
		spec.Task = like.Spec().Task
	}
	return j.write(spec, func(w *run.Writer) error {
		w.Missing(run.TheFinish, "an array of logits predicts one token, and nothing was generated")
		w.Missing(run.TheEngine, "an array does not say what computed it")
		in.words.declare(w)
		if err := w.Rows(in.dtype, in.vocab); err != nil {
			return err
		}
		if a.dtype == "<f8" {
			w.Note("float64 logits were rounded to float32")
		}
		r, err := a.open()
		if err != nil {
			return err
		}
		defer r.Close()
		in.from = bufio.NewReaderSize(r, 1<<20)
		in.data = make([]byte, elementBytes[a.dtype]*in.vocab)
		in.row = make([]float32, in.vocab)
		err = fill(w)
		if errors.Is(err, errEnough) {
			w.Note("the first %d rows were taken", j.options.Limit)
			return nil
		}
		return err
	})
}

func (j *job) format() string {
	for _, f := range []string{npyFormat, npzFormat, safetensorsFormat} {
		if len(j.files[f]) > 0 {
			return f
		}
	}
	return npyFormat
}

// onlyLogits is the name of the only array that can be logits.
func onlyLogits(arrays map[string]array) (string, error) {
	if len(arrays) == 1 {
		return sortedKeys(arrays)[0], nil
	}
	var names []string
	for _, name := range sortedKeys(arrays) {
		if a := arrays[name]; a.isFloat() && len(a.shape) >= 2 {
			names = append(names, name)
		}
	}
	if len(names) == 1 {
		return names[0], nil
	}
	return "", fmt.Errorf("%d arrays could be logits (%s of %s): name one with --logits", len(names), strings.Join(names, ", "), strings.Join(sortedKeys(arrays), ", "))
}

// arrayReader adds the rows of an array.
type arrayReader struct {
	job   *job
	rows  array
	dtype run.RowType
	vocab int
	words *words

	from  io.Reader
	data  []byte
	row   []float32
	taken int
}

// tokenizer is the one given, or that of the run whose prompts are meant.
func (r *arrayReader) tokenizer() string {
	if r.job.options.Tokenizer != "" || r.job.options.Like == nil {
		return r.job.options.Tokenizer
	}
	model := r.job.options.Like.Spec().Deployment.Model
	if info, err := os.Stat(model); err == nil && info.IsDir() {
		return model
	}
	return ""
}

// plan finds out what the rows belong to.
func (r *arrayReader) plan(arrays map[string]array) (func(*run.Writer) error, error) {
	o := r.job.options
	if o.Like != nil {
		if o.Tokens != "" || o.Labels != "" {
			return nil, errors.New("prompts and right answers are those of the other run: leave out --tokens and --labels")
		}
		return r.like(o.Like)
	}
	if o.Tokens == "" {
		return nil, errors.New("an array does not say what was asked: name the prompts' token ids with --tokens (and with --labels the right ones, where there is one row a prompt), or with --like a run of the same prompts in the same order")
	}
	tokens, err := pick(arrays, o.Tokens)
	if err != nil {
		return nil, err
	}
	if len(tokens.shape) != 2 || tokens.shape[0] != r.rows.shape[0] || tokens.shape[1] < 1 {
		return nil, fmt.Errorf("%s has shape %v: want [%d, T], a row for each prompt", tokens.name, tokens.shape, r.rows.shape[0])
	}
	ids, err := tokens.integers()
	if err != nil {
		return nil, err
	}
	if len(r.rows.shape) == 3 {
		if o.Labels != "" {
			return nil, errors.New("logits at every position are judged by the next token: leave out --labels")
		}
		if tokens.shape[1] != r.rows.shape[1] || tokens.shape[1] < 2 {
			return nil, fmt.Errorf("logits at %d positions, and %d token ids: want as many, 2 or more (key-value block reuse cuts context logits: switch it off)", r.rows.shape[1], tokens.shape[1])
		}
		return func(w *run.Writer) error { return r.everyPosition(w, ids, tokens.shape[1]) }, nil
	}
	if o.Labels == "" {
		return nil, errors.New("one row a prompt: name the right token ids with --labels")
	}
	labels, err := pick(arrays, o.Labels)
	if err != nil {
		return nil, err
	}
	right, err := labels.integers()
	if err != nil {
		return nil, err
	}
	if len(right) != r.rows.shape[0] {
		return nil, fmt.Errorf("%s: %d labels of %d rows", labels.name, len(right), r.rows.shape[0])
	}
	return func(w *run.Writer) error { return r.lastPosition(w, ids, tokens.shape[1], right) }, nil
}

// next reads a row.
func (r *arrayReader) next() error {
	if err := r.job.ctx.Err(); err != nil {
		return err
	}
	if limit := r.job.options.Limit; limit > 0 && r.taken == limit {
		return errEnough
	}
	r.taken++
	if _, err := io.ReadFull(r.from, r.data); err != nil {
		return fmt.Errorf("%s: row %d: %w", r.rows.name, r.taken-1, err)
	}
	r.dtype.Decode(r.bytes(), r.row)
	if r.rows.dtype != "<f8" {
		return nil
	}
	for id, x := range r.row {
		wide := math.Float64frombits(binary.LittleEndian.Uint64(r.data[8*id:]))
		if math.IsInf(float64(x), 0) && !math.IsInf(wide, 0) {
			return fmt.Errorf("%s: row %d: the logit of token %d is %g, beyond float32, in which rows are kept", r.rows.name, r.taken-1, id, wide)
		}
	}
	return nil
}

// bytes is the row as it is kept.
func (r *arrayReader) bytes() []byte {
	if r.rows.dtype == "<f8" && len(r.data) == 8*r.vocab {
		return rounded(append([]byte(nil), r.data...))
	}
	return r.data
}

func (r *arrayReader) everyPosition(w *run.Writer, ids []int32, length int) error {
	w.Note("the last position of each sequence is left out: what comes after it is not known")
	index := 0
	for b := range r.rows.shape[0] {
		next := positions{subject: fmt.Sprintf("sequence %d", b), words: r.words}
		if err := next.begin(w, ids[b*length:(b+1)*length], r.vocab); err != nil {
			return fmt.Errorf("sequence %d: %w", b, err)
		}
		for t := range length {
			if err := r.next(); err != nil {
				return err
			}
			if t == length-1 {
				r.taken-- // it is no sample
				continue
			}
			if err := next.add(w, index, t, r.row, r.bytes()); err != nil {
				return err
			}
			index++
		}
	}
	return nil
}

func (r *arrayReader) lastPosition(w *run.Writer, ids []int32, length int, labels []int32) error {
	for i := range r.rows.shape[0] {
		next := positions{subject: "rows", words: r.words}
		if err := next.begin(w, ids[i*length:(i+1)*length], r.vocab); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
		if labels[i] < 0 || int(labels[i]) >= r.vocab {
			return fmt.Errorf("row %d: label %d is not one of %d tokens", i, labels[i], r.vocab)
		}
		if err := r.next(); err != nil {
			return err
		}
		s := run.Sample{Index: i, Subject: next.subject, Question: i, Ref: r.words.of(labels[i]),
			PromptAt: next.at, PromptTokens: length, PromptSHA256: next.hashes[length-1]}
		judgeToken(&s, r.row, labels[i], r.words)
		if err := w.Add(s, "", r.bytes()); err != nil {
			return err
		}
	}
	return nil
}

// like gives the rows the prompts and right answers of another run's samples.
// An answer is judged by its first token, as the text that begins with it.
func (r *arrayReader) like(other *run.Run) (func(*run.Writer) error, error) {
	if len(r.rows.shape) != 2 {
		return nil, fmt.Errorf("%s has shape %v: want one row for each sample of %s, [N, V]", r.rows.name, r.rows.shape, other.Name())
	}
	samples, err := other.Samples()
	if err != nil {
		return nil, err
	}
	if len(samples) != r.rows.shape[0] {
		return nil, fmt.Errorf("%d rows, and run %s has %d samples: want a row for each, in its order", r.rows.shape[0], other.Name(), len(samples))
	}
	if r.words.decode == nil {
		return nil, fmt.Errorf("run %s was asked for words, and rows have tokens: name the tokenizer with --tokenizer", other.Name())
	}
	return func(w *run.Writer) error {
		without := 0
		w.Note("prompts and right answers are those of run %s; an output is its first token", other.Name())
		for _, s := range samples {
			if err := r.next(); err != nil {
				return err
			}
			letters := r.letters(other, s)
			if letters == nil {
				without++
			}
			if err := r.addLike(w, other, s, letters); err != nil {
				return err
			}
		}
		if without > 0 {
			w.Note("%d of %d answers have no margin: their prompts do not list choices by letters in front of Answer:, their texts are not known, or the tokenizer does not tell the letters apart", without, len(samples))
		}
		return nil
	}, nil
}

// letters are the tokens of the answers that the prompt of another run's sample
// offers by letters; nil where it offers none, or that is not known.
func (r *arrayReader) letters(other *run.Run, s run.Sample) []int32 {
	text, err := other.PromptText(s.Index)
	if err != nil {
		return nil
	}
	n := task.LettersIn(text)
	if n == 0 {
		return nil
	}
	letters, err := run.LetterTokens(r.words.encode, n)
	if err != nil {
		return nil
	}
	return letters
}

func (r *arrayReader) addLike(w *run.Writer, other *run.Run, was run.Sample, letters []int32) error {
	s := run.Sample{Index: was.Index, Subject: was.Subject, Question: was.Question, Ref: was.Ref,
		PromptTokens: was.PromptTokens, PromptSHA256: was.PromptSHA256, TextSHA256: was.TextSHA256, Margin: nan32}
	text := ""
	if was.PromptTokens > 0 {
		ids, err := other.PromptTokens(was.Index)
		if err != nil {
			return err
		}
		if s.PromptAt, err = w.Sequence(ids); err != nil {
			return err
		}
		for _, id := range ids {
			r.words.note(w, id)
		}
	}
	if was.TextBytes > 0 {
		var err error
		if text, err = other.PromptText(was.Index); err != nil {
			return err
		}
	}
	s.Measure(r.row, letters, r.words.of)
	if len(s.Top) > 0 {
		s.Output, s.Tokens = s.Top[0].Text, []int32{s.Top[0].ID}
		s.Correct = strings.HasPrefix(strings.TrimSpace(s.Output), s.Ref) && s.Ref != ""
	}
	return w.Add(s, text, r.bytes())
}
