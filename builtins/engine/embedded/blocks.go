package embedded

import "container/list"

// blockPool hands out the blocks of the cache, and remembers which hold the
// prefix of an earlier prompt, so that it need not be computed again. A prefix
// is a path in a tree whose every edge is the tokens of one full block.
//
// Blocks that nobody uses keep their content until the space is needed; the
// ones longest unused go first, and a block never before those that extend it.
type blockPool struct {
	tokensPerBlock int
	free           []int
	prefixes       *prefixNode
	idle           *list.List // of *prefixNode that no sequence uses, oldest first
	prepare        func(block int)
}

type prefixNode struct {
	parent   *prefixNode
	children map[string]*prefixNode // by the tokens of the block, as bytes
	key      string
	block    int
	users    int
	idle     *list.Element // where it is in the idle list, or nil
}

func newBlockPool(blocks, tokensPerBlock int, prepare func(block int)) *blockPool {
	p := &blockPool{tokensPerBlock: tokensPerBlock, idle: list.New(), prepare: prepare,
		prefixes: &prefixNode{children: map[string]*prefixNode{}, block: -1}}
	for b := blocks - 1; b >= 0; b-- {
		p.free = append(p.free, b)
	}
	return p
}

// available is the number of blocks that could be taken now.
func (p *blockPool) available() int { return len(p.free) + p.idle.Len() }

// take returns a block for a new owner; the caller has made sure that one is
// available.
func (p *blockPool) take() int {
	if len(p.free) == 0 {
		p.evict()
	}
	b := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	p.prepare(b)
	return b
}

func (p *blockPool) evict() {
	node := p.idle.Remove(p.idle.Front()).(*prefixNode)
	delete(node.parent.children, node.key)
	p.free = append(p.free, node.block)
}

func (p *blockPool) release(block int) { p.free = append(p.free, block) }

// use marks a node as needed by one more sequence.
func (p *blockPool) use(n *prefixNode) {
	if n.idle != nil {
		p.idle.Remove(n.idle)
		n.idle = nil
	}
	n.users++
}

// leave ends one use. Sequences leave the end of a path first, so that it
// comes before its beginning in the list.
func (p *blockPool) leave(n *prefixNode) {
	n.users--
	if n.users == 0 {
		n.idle = p.idle.PushBack(n)
	}
}

// publish makes a computed block known as the continuation of parent. When
// there is one already, it returns that, and the block is the caller's to
// release.
func (p *blockPool) publish(parent *prefixNode, key string, block int) (node *prefixNode, fresh bool) {
	if n, ok := parent.children[key]; ok {
		return n, false
	}
	n := &prefixNode{parent: parent, children: map[string]*prefixNode{}, key: key, block: block}
	parent.children[key] = n
	return n, true
}

// blockKey is the identity of one block's tokens.
func blockKey(tokens []int32) string {
	key := make([]byte, 0, 4*len(tokens))
	for _, t := range tokens {
		key = append(key, byte(t), byte(t>>8), byte(t>>16), byte(t>>24))
	}
	return string(key)
}
