package embedded

import (
	"context"
	"fmt"
	"slices"
	"time"

	"adkernel/builtins/engine"
	"adkernel/builtins/engine/internal/stop"
)

// A scheduler answers requests with forward passes: it admits sequences while
// there is room, computes their prompts, then extends all of them token by
// token.
type scheduler struct {
	settings *config
	executor *executor
	pool     *blockPool
	vocab    int
	stop     []int32
	decode   func([]int32) string

	waiting []*sequence
	active  []*sequence

	computed time.Duration // in forward passes so far, and in clearing the cache for them
}

func newScheduler(m *model, s *config) *scheduler {
	prepare := func(block int) {
		for _, r := range m.ranks {
			r.cache.prepare(block)
		}
	}
	return &scheduler{settings: s, executor: newExecutor(m, s.capture), vocab: m.arch.vocab, stop: m.arch.stop,
		pool: newBlockPool(s.cacheBlocks(), s.tokensPerBlock, prepare)}
}

// check refuses a request that cannot be answered.
func (s *scheduler) check(r engine.Request) error {
	n := len(r.Tokens)
	switch {
	case n == 0:
		return fmt.Errorf("request %d: the prompt is empty", r.ID)
	case r.Sampling != engine.Sampling{}:
		return fmt.Errorf("request %d: the embedded engine generates greedily and cannot sample", r.ID)
	case r.PromptLogits:
		return fmt.Errorf("request %d: the embedded engine returns the logits of the first output token, not of the prompt", r.ID)
	case r.MaxTokens > s.settings.maxSeqLen || n+r.MaxTokens > s.settings.maxSeqLen:
		return fmt.Errorf("request %d: %d prompt tokens and %d more exceed max_seq_len %d: truncate the prompt",
			r.ID, n, r.MaxTokens, s.settings.maxSeqLen)
	case n > s.settings.promptTokens():
		return fmt.Errorf("request %d: %d prompt tokens exceed max_num_tokens %d: raise it, or set enable_chunked_prefill: true",
			r.ID, n, s.settings.maxTokens)
	}
	for i, id := range r.Tokens {
		if id < 0 || int(id) >= s.vocab {
			return fmt.Errorf("request %d: token %d is id %d, but the vocabulary has %d: the tokenizer is another model's", r.ID, i, id, s.vocab)
		}
	}
	return nil
}

// answer computes all sequences, and those that join between two steps, and
// hands every finished one to emit.
func (s *scheduler) answer(ctx context.Context, sequences []*sequence, join func() ([]*sequence, error), emit func(*sequence) error) error {
	if err := s.enqueue(sequences); err != nil {
		return err
	}
	defer s.abandon()
	for len(s.waiting)+len(s.active) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		joining, err := join()
		if err == nil {
			err = s.enqueue(joining)
		}
		if err != nil {
			return err
		}
		s.admit()
		s.step()
		if err := s.emitFinished(emit); err != nil {
			return err
		}
	}
	return nil
}

// nobody joins.
func nobody() ([]*sequence, error) { return nil, nil }

// enqueue lets sequences wait, all or none.
func (s *scheduler) enqueue(sequences []*sequence) error {
	for _, q := range sequences {
		if err := s.check(q.request); err != nil {
			return err
		}
	}
	s.waiting = append(s.waiting, sequences...)
	return nil
}

// abandon drops what an error left behind, so that the next call starts clean.
func (s *scheduler) abandon() {
	for _, q := range s.active {
		q.leave(s.pool)
	}
	s.waiting, s.active = nil, nil
}

// admit lets waiting sequences in, in order, while there are places and blocks.
func (s *scheduler) admit() {
	for len(s.waiting) > 0 && len(s.active) < s.settings.maxBatch {
		q := s.waiting[0]
		if s.settings.reuse {
			q.adopt(s.pool)
		}
		if q.blocksNeeded(s.pool.tokensPerBlock)-len(q.blocks) > s.pool.available() {
			q.leave(s.pool)
			q.computed = 0
			return
		}
		began := time.Now()
		q.reserve(s.pool)
		s.computed += time.Since(began)
		s.waiting, s.active = s.waiting[1:], append(s.active, q)
	}
}

// step is one forward pass: over prompts while there are any, else over the
// last token of every sequence.
func (s *scheduler) step() {
	var b batch
	var planned []*sequence
	chunks := map[*sequence]int{}
	if slices.ContainsFunc(s.active, (*sequence).inPrompt) {
		planned = s.planPrompts(chunks)
	} else {
		planned = s.active
		for _, q := range planned {
			chunks[q] = 1
		}
	}
	for _, q := range planned {
		end := q.computed + chunks[q]
		b.add(q.tokens[q.computed:end], q.computed, q.blocks, q.wanted(chunks[q]))
	}
	began := time.Now()
	logits := s.executor.forward(b)
	s.computed += time.Since(began)
	for _, q := range planned {
		rows := q.wanted(chunks[q])
		position := q.computed + chunks[q] - rows
		q.computed += chunks[q]
		if s.settings.reuse {
			q.share(s.pool)
		}
		for ; rows > 0; rows, position, logits = rows-1, position+1, logits[s.vocab:] {
			if position < len(q.tokens)-1 {
				q.steered.Prompt(position, logits[:s.vocab])
			} else {
				s.extend(q, logits[:s.vocab])
			}
		}
	}
}

// planPrompts fills a step with prompts, whole ones or chunks. A sequence
// whose next block another one computes in the same step waits for it: that
// is how prompts with the same beginning compute it once.
func (s *scheduler) planPrompts(chunks map[*sequence]int) []*sequence {
	type pending struct {
		parent *prefixNode
		key    string
	}
	beingComputed := map[pending]bool{}
	room, rowRoom := s.settings.maxTokens, maxLogits/s.vocab
	var planned []*sequence
	for _, q := range s.active {
		if !q.inPrompt() {
			continue
		}
		if s.settings.reuse {
			q.adopt(s.pool)
			if key := q.nextKey(s.pool); key != "" {
				p := pending{q.node(s.pool), key}
				if beingComputed[p] {
					continue
				}
				beingComputed[p] = true
			}
		}
		n := len(q.tokens) - q.computed
		if n > room && (!s.settings.chunked || room == 0) {
			continue // the next step has room again
		}
		n = min(n, room)
		rows := q.wanted(n)
		if rows > rowRoom && len(planned) > 0 {
			continue // the next step has room for its logits
		}
		rowRoom -= rows
		room -= n
		chunks[q] = n
		planned = append(planned, q)
	}
	return planned
}

// maxLogits is how many logits a step computes, unless one prompt alone has
// more: 256 MiB of them.
const maxLogits = 1 << 26

// extend appends the next token, the caller's choice or the most likely one,
// and notes when the sequence is done. NaN is never chosen; a row of nothing
// else gives token 0, as argmax does on a GPU.
func (s *scheduler) extend(q *sequence, logits []float32) {
	if q.steered != nil {
		q.steer(logits, s.vocab)
		return
	}
	if len(q.output()) == 0 && q.request.Logits {
		q.logits = slices.Clone(logits)
	}
	next := int32(0)
	for i, v := range logits {
		if best := logits[next]; v > best || (best != best && v == v) {
			next = int32(i)
		}
	}
	ends := q.request.Stop
	if ends == nil {
		ends = s.stop
	}
	if slices.Contains(ends, next) {
		q.finish = "stop"
		return
	}
	q.tokens = append(q.tokens, next)
	if len(q.output()) == q.request.MaxTokens {
		q.finish = "length"
	}
	if len(q.request.StopTexts) > 0 && stop.At(s.decode(q.output()), q.request.StopTexts) >= 0 {
		q.finish = "stop"
	}
}

func (s *scheduler) emitFinished(emit func(*sequence) error) error {
	var rest []*sequence
	var err error
	for _, q := range s.active {
		if q.finish == "" {
			rest = append(rest, q)
			continue
		}
		q.leave(s.pool)
		if err == nil {
			err = emit(q)
		}
	}
	s.active = rest
	return err
}
