package results

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"adkernel/builtins/logits"
	"adkernel/builtins/run"
)

const (
	llamaFormat = "llama.cpp logits"
	llamaMagic  = "_logits_"
)

// llamaHeader is the beginning of what llama-perplexity writes with
// --kl-divergence-base (tools/perplexity/perplexity.cpp): the magic, then
// int32 n_ctx, n_vocab, n_chunk, then the n_chunk x n_ctx token ids of the
// text. After it comes, for each chunk, a row (run.LogProb16) for every
// position of its second half but the last: the prediction of the next token.
type llamaHeader struct {
	ctx, vocab, chunks int
}

const llamaHeaderBytes = 8 + 3*4

func parseLlamaHeader(data []byte) (llamaHeader, error) {
	if len(data) >= len(llamaMagic) && len(data) < llamaHeaderBytes && string(data[:8]) == llamaMagic {
		return llamaHeader{}, fmt.Errorf("%d bytes, which end within its header: it was cut", len(data))
	}
	if len(data) < llamaHeaderBytes || string(data[:8]) != llamaMagic {
		return llamaHeader{}, errors.New("not a logits file of llama.cpp: it does not begin with " + llamaMagic)
	}
	word := func(i int) int { return int(int32(binary.LittleEndian.Uint32(data[8+4*i:]))) }
	h := llamaHeader{word(0), word(1), word(2)}
	if h.ctx < 4 || h.ctx > 1<<24 || h.vocab < 2 || h.vocab > 1<<24 || h.chunks < 1 || h.chunks > 1<<24 {
		return llamaHeader{}, fmt.Errorf("n_ctx %d, n_vocab %d, n_chunk %d: not what llama.cpp writes; an evaluation that ended early leaves n_chunk out", h.ctx, h.vocab, h.chunks)
	}
	return h, nil
}

// first is the position of a chunk's first row, scored how many it has.
func (h llamaHeader) first() int  { return h.ctx / 2 }
func (h llamaHeader) scored() int { return h.ctx - 1 - h.first() }

func (h llamaHeader) size() int64 {
	tokens := int64(h.chunks) * int64(h.ctx) * 4
	return llamaHeaderBytes + tokens + int64(h.chunks)*int64(h.scored())*int64(run.LogProb16.Size(h.vocab))
}

func readLlama(j *job) (*run.Run, error) {
	path, err := j.companion(llamaFormat)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	start := make([]byte, llamaHeaderBytes)
	n, err := io.ReadFull(f, start)
	if err != nil && n < 8 {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	h, err := parseLlamaHeader(start[:n])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != h.size() {
		return nil, fmt.Errorf("%s has %d bytes, and its header (n_ctx %d, n_vocab %d, n_chunk %d) means %d: llama-perplexity does not notice when the disk is full or it is stopped, so write the file again",
			path, info.Size(), h.ctx, h.vocab, h.chunks, h.size())
	}
	words, err := openWords(j.options.Tokenizer)
	if err != nil {
		return nil, err
	}
	spec := specOf(llamaFormat, "", "next token")
	spec.Import.Evaluator = "llama-perplexity"
	return j.write(spec, func(w *run.Writer) error {
		w.Missing(run.TheFinish, "a logits file predicts one token, and nothing is generated")
		w.Missing(run.TheEngine, "the file does not name the model")
		words.declare(w)
		w.Note("rows are log-probabilities in 16 bits over the 16 nats below the greatest; what is less likely is as likely as the last of these")
		w.Note("where the model adds one, llama-perplexity evaluated a BOS in place of each chunk's first token; the token ids are the file's, without it")
		return h.read(j, f, w, words)
	})
}

func (h llamaHeader) read(j *job, f *os.File, w *run.Writer, words *words) error {
	if err := w.Rows(run.LogProb16, h.vocab); err != nil {
		return err
	}
	rows := bufio.NewReaderSize(io.NewSectionReader(f, llamaHeaderBytes+int64(h.chunks)*int64(h.ctx)*4, h.size()), 1<<20)
	ids := make([]byte, 4*h.ctx)
	data := make([]byte, run.LogProb16.Size(h.vocab))
	row := make([]float32, h.vocab)
	index := 0
	for chunk := range h.chunks {
		if _, err := f.ReadAt(ids, llamaHeaderBytes+int64(chunk)*int64(len(ids))); err != nil {
			return err
		}
		tokens := make([]int32, h.ctx)
		for i := range tokens {
			tokens[i] = int32(binary.LittleEndian.Uint32(ids[4*i:]))
		}
		next := positions{subject: fmt.Sprintf("chunk %d", chunk), words: words}
		if err := next.begin(w, tokens, h.vocab); err != nil {
			return fmt.Errorf("chunk %d: %w", chunk, err)
		}
		for i := range h.scored() {
			if err := j.ctx.Err(); err != nil {
				return err
			}
			if j.options.Limit > 0 && index == j.options.Limit {
				w.Note("the first %d positions were taken", index)
				return nil
			}
			if _, err := io.ReadFull(rows, data); err != nil {
				return fmt.Errorf("chunk %d, row %d: %w", chunk, i, err)
			}
			run.LogProb16.Decode(data, row)
			if err := next.add(w, index, h.first()+i, row, data); err != nil {
				return err
			}
			index++
		}
	}
	return nil
}

// positions adds the predictions of the next token along one sequence.
type positions struct {
	subject string
	words   *words

	at     int64
	tokens []int32
	hashes []string // of the first 1, 2, ... ids
}

func (p *positions) begin(w *run.Writer, tokens []int32, vocab int) (err error) {
	h := sha256.New()
	for i, id := range tokens {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("token %d at position %d is not one of the %d that have logits", id, i, vocab)
		}
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], uint32(id))
		h.Write(b[:])
		p.hashes = append(p.hashes, hex.EncodeToString(h.Sum(nil)))
		p.words.note(w, id)
	}
	p.tokens = tokens
	p.at, err = w.Sequence(tokens)
	return err
}

// add appends the prediction of the token after position t.
func (p *positions) add(w *run.Writer, index, t int, row []float32, data []byte) error {
	label := p.tokens[t+1]
	s := run.Sample{
		Index: index, Subject: p.subject, Question: t + 1, Ref: p.words.of(label),
		PromptAt: p.at, PromptTokens: t + 1, PromptSHA256: p.hashes[t],
	}
	judgeToken(&s, row, label, p.words)
	return w.Add(s, "", data)
}

// judgeToken fills in what a row says of the token that is right.
func judgeToken(s *run.Sample, row []float32, label int32, words *words) {
	s.Measure(row, nil, words.of)
	s.Margin = float32(logits.MarginOf(row, label))
	if len(s.Top) > 0 {
		s.Output, s.Tokens, s.Correct = s.Top[0].Text, []int32{s.Top[0].ID}, s.Top[0].ID == label
	}
}

// words are the texts of token ids: a tokenizer's, or the ids themselves.
type words struct {
	decode func(ids []int32) string
	encode func(text string, special bool) ([]int32, error)
	known  map[int32]bool
}

func (t *words) of(id int32) string {
	if t.decode == nil {
		return strconv.Itoa(int(id))
	}
	return t.decode([]int32{id})
}

func (t *words) note(w *run.Writer, id int32) {
	if t.decode != nil && !t.known[id] {
		t.known[id] = true
		w.Token(id, t.of(id))
	}
}

func (t *words) declare(w *run.Writer) {
	if t.decode == nil {
		w.Missing(run.TheTokenTexts, "no tokenizer was given (--tokenizer): tokens are shown by their ids")
		w.Missing(run.ThePromptTexts, "no tokenizer was given (--tokenizer)")
	}
}
