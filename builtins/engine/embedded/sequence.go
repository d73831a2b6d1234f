package embedded

import (
	"slices"

	"adkernel/builtins/engine"
)

// A sequence is a request in progress: prompt and output, and the blocks that
// hold their keys and values.
type sequence struct {
	request  engine.Request
	steered  *engine.Steered // when the caller chooses the tokens
	tokens   []int32         // prompt, then output
	computed int             // positions whose keys and values are in the cache
	blocks   []int
	shared   []*prefixNode // the first blocks, when they are in the tree
	logits   []float32     // that chose the first output token
	finish   string        // once it is known
}

func newSequence(r engine.Request) *sequence {
	return &sequence{request: r, tokens: slices.Clone(r.Tokens)}
}

func (s *sequence) output() []int32 { return s.tokens[len(s.request.Tokens):] }

// wanted is how many of the last of the next chunk tokens have logits that are
// wanted.
func (s *sequence) wanted(chunk int) int {
	switch {
	case s.wantsPrompt() && s.inPrompt():
		return chunk
	case s.computed+chunk == len(s.tokens):
		return 1
	}
	return 0
}

// inPrompt reports whether the prompt is not yet computed.
func (s *sequence) inPrompt() bool { return s.computed < len(s.request.Tokens) }

// wantsPrompt reports whether the logits of all prompt positions are wanted.
func (s *sequence) wantsPrompt() bool { return s.steered != nil && s.steered.Prompt != nil }

// reusable is the number of full blocks of the prompt that may be shared. A
// token whose logits are wanted is always computed; of the prompt that is the
// last one, or every one.
func (s *sequence) reusable(tokensPerBlock int) int {
	if s.wantsPrompt() {
		return 0
	}
	return (len(s.request.Tokens) - 1) / tokensPerBlock
}

// node is the end of the shared path.
func (s *sequence) node(p *blockPool) *prefixNode {
	if len(s.shared) == 0 {
		return p.prefixes
	}
	return s.shared[len(s.shared)-1]
}

// nextKey identifies the next block of the prompt that could be shared; ""
// when the rest of the prompt fills none, or when the sequence is amid a block.
func (s *sequence) nextKey(p *blockPool) string {
	at := len(s.shared)
	if at >= s.reusable(p.tokensPerBlock) || s.computed != at*p.tokensPerBlock {
		return ""
	}
	return s.keyOf(at, p.tokensPerBlock)
}

func (s *sequence) keyOf(block, tokensPerBlock int) string {
	return blockKey(s.tokens[block*tokensPerBlock : (block+1)*tokensPerBlock])
}

// adopt takes over computed blocks that continue what the sequence has.
func (s *sequence) adopt(p *blockPool) {
	for key := s.nextKey(p); key != ""; key = s.nextKey(p) {
		node, ok := s.node(p).children[key]
		if !ok {
			return
		}
		p.use(node)
		if at := len(s.shared); at < len(s.blocks) { // a block was reserved for it
			p.release(s.blocks[at])
			s.blocks[at] = node.block
		} else {
			s.blocks = append(s.blocks, node.block)
		}
		s.shared = append(s.shared, node)
		s.computed += p.tokensPerBlock
	}
}

// reserve takes the blocks for prompt and output that the sequence lacks.
func (s *sequence) reserve(p *blockPool) {
	for len(s.blocks) < s.blocksNeeded(p.tokensPerBlock) {
		s.blocks = append(s.blocks, p.take())
	}
}

// blocksNeeded counts the blocks for the prompt and the longest output. The
// last output token is never computed.
func (s *sequence) blocksNeeded(tokensPerBlock int) int {
	positions := len(s.request.Tokens) + max(s.request.MaxTokens, 1) - 1
	return (positions + tokensPerBlock - 1) / tokensPerBlock
}

// share publishes the prompt's blocks that are computed by now.
func (s *sequence) share(p *blockPool) {
	for at := len(s.shared); at < s.reusable(p.tokensPerBlock) && (at+1)*p.tokensPerBlock <= s.computed; at++ {
		node, fresh := p.publish(s.node(p), s.keyOf(at, p.tokensPerBlock), s.blocks[at])
		p.use(node)
		if !fresh {
			p.release(s.blocks[at])
			s.blocks[at] = node.block
		}
		s.shared = append(s.shared, node)
	}
}

// leave gives all blocks back.
func (s *sequence) leave(p *blockPool) {
	for at := len(s.blocks) - 1; at >= len(s.shared); at-- {
		p.release(s.blocks[at])
	}
	for at := len(s.shared) - 1; at >= 0; at-- {
		p.leave(s.shared[at])
	}
	s.blocks, s.shared = nil, nil
}
