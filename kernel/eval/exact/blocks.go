package exact

import "golang.org/x/tools/go/ssa"

// loops returns the blocks from which control can come back to them, and the
// natural loop of each header.
func loops(f *ssa.Function) (looped map[*ssa.BasicBlock]bool, of map[*ssa.BasicBlock]map[*ssa.BasicBlock]bool) {
	looped, of = map[*ssa.BasicBlock]bool{}, map[*ssa.BasicBlock]map[*ssa.BasicBlock]bool{}
	for _, from := range f.Blocks {
		for _, to := range from.Succs {
			if !to.Dominates(from) {
				continue
			}
			// the natural loop of the back edge from -> to
			work := []*ssa.BasicBlock{from}
			seen := of[to]
			if seen == nil {
				seen = map[*ssa.BasicBlock]bool{to: true}
				of[to] = seen
			}
			looped[to] = true
			for len(work) > 0 {
				x := work[len(work)-1]
				work = work[:len(work)-1]
				if seen[x] {
					continue
				}
				seen[x], looped[x] = true, true
				work = append(work, x.Preds...)
			}
		}
	}
	return looped, of
}

// order lists the blocks of f in reverse postorder, loops before what follows
// them, and says where in it each is.
func order(f *ssa.Function) ([]*ssa.BasicBlock, map[*ssa.BasicBlock]int) {
	var post []*ssa.BasicBlock
	seen := map[*ssa.BasicBlock]bool{}
	var visit func(*ssa.BasicBlock)
	visit = func(x *ssa.BasicBlock) {
		seen[x] = true
		for i := len(x.Succs) - 1; i >= 0; i-- {
			if !seen[x.Succs[i]] {
				visit(x.Succs[i])
			}
		}
		post = append(post, x)
	}
	if f.Recover != nil && f.Recover != f.Blocks[0] {
		visit(f.Recover)
	}
	if !seen[f.Blocks[0]] {
		visit(f.Blocks[0])
	}
	rank := map[*ssa.BasicBlock]int{}
	for i, j := 0, len(post)-1; i < j; i, j = i+1, j-1 {
		post[i], post[j] = post[j], post[i]
	}
	for i, x := range post {
		rank[x] = i
	}
	return post, rank
}
