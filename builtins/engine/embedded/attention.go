package embedded

import (
	"math"

	"adkernel/builtins/engine/embedded/internal/compute"
	"adkernel/builtins/engine/embedded/internal/fault"
)

// attention is causal grouped-query attention over the heads of one rank.
type attention struct {
	q, k, v, o           *linear
	heads, kvHeads       int // of this rank
	headDim              int
	scale                float32 // of the scores: 1/√headDim
	keyScale, valueScale float32 // of an FP8 cache; 0 when it keeps the activation format
	format               compute.Format
	paged                bool
}

// scoreScale is the factor of the scores for heads of the given size
// (Vaswani et al., 2017).
func scoreScale(headDim int, planted fault.Fault) float32 {
	if planted == fault.AttentionScaleConstant {
		headDim = 64
	}
	return float32(1 / math.Sqrt(float64(headDim)))
}

// rotate applies rotary position embedding to queries and keys.
func (a *attention) rotate(t *rotation, w *workspace, positions []int, rows int) {
	nq, nk := a.heads*a.headDim, a.kvHeads*a.headDim
	eachRow(rows, func(i int) {
		t.apply(w.q[i*nq:(i+1)*nq], positions[i], a.format)
		t.apply(w.k[i*nk:(i+1)*nk], positions[i], a.format)
	})
}

// store writes the keys and values of the batch into the cache.
func (a *attention) store(c *cache, layer int, w *workspace, spans []span) {
	n := a.kvHeads * a.headDim
	compute.Parallel(len(spans), func(i int) {
		s := spans[i]
		for row := s.first; row < s.first+s.count; row++ {
			quantizeCached(w.k[row*n:(row+1)*n], a.keyScale, a.format)
			quantizeCached(w.v[row*n:(row+1)*n], a.valueScale, a.format)
			for head := range a.kvHeads {
				at := row*n + head*a.headDim
				c.put(layer, head, s.blocks, s.start+row-s.first, w.k[at:at+a.headDim], w.v[at:at+a.headDim])
			}
		}
	})
}

// quantizeCached rounds what an FP8 cache holds; a scale of 0 means that the
// cache keeps the activation format.
func quantizeCached(x []float32, scale float32, format compute.Format) {
	if scale == 0 {
		return
	}
	divide(x, scale)
	compute.RoundE4M3(x, true)
	compute.Scale(x, scale)
	format.Round(x)
}

// queryBand is the number of query rows of a head that are handled together.
const queryBand = 48

// attend computes the attention of every row over its sequence's cache. Rows
// of no sequence (the padding of a captured graph) become zero.
func (a *attention) attend(c *cache, layer int, w *workspace, spans []span, rows int) {
	type task struct {
		span span
		head int
		top  int // first row of the band, within the span
	}
	var tasks []task
	for _, s := range spans {
		for head := range a.heads {
			for top := 0; top < s.count; top += queryBand {
				tasks = append(tasks, task{s, head, top})
			}
		}
	}
	clear(w.attended[:rows*a.heads*a.headDim])
	compute.Parallel(len(tasks), func(i int) {
		t := tasks[i]
		b := band{
			attention: a,
			tiles:     c.tiles(layer, t.head/(a.heads/a.kvHeads), t.span.blocks),
			stride:    a.heads * a.headDim,
			rows:      min(queryBand, t.span.count-t.top),
			position:  t.span.start + t.top,
		}
		at := (t.span.first+t.top)*b.stride + t.head*a.headDim
		b.q, b.out = w.q[at:], w.attended[at:]
		if a.paged {
			b.attendPaged(c.tilesPerBlock)
		} else {
			b.attendWhole()
		}
	})
}

// A band is some consecutive queries of one head.
type band struct {
	*attention
	tiles    []tile    // of the sequence's cache
	q, out   []float32 // rows, stride apart
	stride   int
	rows     int
	position int // of the first query
}

// visible is the number of keys that query i attends to.
func (b band) visible(i int) int { return b.position + i + 1 }

// row is the part of a buffer that belongs to query i of this head.
func (b band) row(buffer []float32, i int) []float32 {
	return buffer[i*b.stride:][:b.headDim]
}

// attendWhole computes all scores, then all probabilities, then the sum over
// the values, rounding each as PyTorch's separate operations do.
func (b band) attendWhole() {
	tiles := b.tiles[:(b.visible(b.rows-1)+tileTokens-1)/tileTokens]
	width := len(tiles) * tileTokens
	compute.WithScratch(b.rows*width, func(scores []float32) {
		clear(scores)
		for t, tile := range tiles {
			tile.keys.MultiplyAdd(scores[t*tileTokens:], width, b.q, b.stride, b.rows, 0, tileTokens)
		}
		for i := range b.rows {
			row := scores[i*width : (i+1)*width]
			seen := row[:b.visible(i)]
			b.format.Round(seen)
			compute.Scale(seen, b.scale)
			b.format.Round(seen)
			compute.Softmax(seen)
			b.format.Round(seen)
			clear(row[len(seen):])
		}
		for t, tile := range tiles {
			tile.values.MultiplyAdd(b.out, b.stride, scores[t*tileTokens:], width, b.rows, 0, b.headDim)
		}
		for i := range b.rows {
			b.format.Round(b.row(b.out, i))
		}
	})
}

// attendPaged goes over the pages once and keeps a running maximum and sum
// (Dao et al., FlashAttention-2, 2023). Scores stay in float32, probabilities
// are rounded before they meet the values.
func (b band) attendPaged(tilesPerPage int) {
	tiles := b.tiles[:(b.visible(b.rows-1)+tileTokens-1)/tileTokens]
	var largest, total [queryBand]float32
	for i := range b.rows {
		largest[i] = float32(math.Inf(-1))
	}
	width := tilesPerPage * tileTokens
	compute.WithScratch(b.rows*width, func(scores []float32) {
		for first := 0; first < len(tiles); first += tilesPerPage {
			page := tiles[first:min(first+tilesPerPage, len(tiles))]
			clear(scores)
			for t, tile := range page {
				tile.keys.MultiplyAdd(scores[t*tileTokens:], width, b.q, b.stride, b.rows, 0, tileTokens)
			}
			for i := range b.rows {
				row := scores[i*width : (i+1)*width]
				seen := row[:max(0, min(width, b.visible(i)-first*tileTokens))]
				if len(seen) > 0 {
					b.accumulate(i, seen, &largest[i], &total[i])
				}
				clear(row[len(seen):])
			}
			for t, tile := range page {
				tile.values.MultiplyAdd(b.out, b.stride, scores[t*tileTokens:], width, b.rows, 0, b.headDim)
			}
		}
	})
	for i := range b.rows {
		out := b.row(b.out, i)
		divide(out, total[i])
		b.format.Round(out)
	}
}

// accumulate turns a page's scores of query i into exponentials relative to
// the largest score so far, and rescales what was summed up before.
func (b band) accumulate(i int, scores []float32, largest, total *float32) {
	compute.Scale(scores, b.scale)
	before := *largest
	*largest = max(before, compute.Max(scores))
	compute.ExpOfDifference(scores, *largest)
	correction := compute.Exp(before - *largest)
	compute.Scale(b.row(b.out, i), correction)
	*total = *total*correction + compute.Sum(scores)
	b.format.Round(scores)
}
