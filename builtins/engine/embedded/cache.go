package embedded

import "adkernel/builtins/engine/embedded/internal/compute"

// tileTokens is the number of positions whose keys and values lie together,
// ready to be multiplied with; a block of the cache is one or more tiles.
const tileTokens = compute.Panel

// A tile holds keys and values of one head at consecutive positions.
type tile struct {
	keys   *compute.Matrix // [tileTokens, headDim]
	values *compute.Matrix // [headDim, tileTokens]
}

// cache is one rank's memory for keys and values, in blocks that the
// scheduler hands out.
type cache struct {
	layers, heads int
	headDim       int
	tilesPerBlock int
	blocks        [][]tile // by block, then layer, head and tile; nil until first used
}

func newCache(layers, heads, headDim, blocks, tokensPerBlock int) *cache {
	return &cache{layers: layers, heads: heads, headDim: headDim,
		tilesPerBlock: tokensPerBlock / tileTokens, blocks: make([][]tile, blocks)}
}

// prepare makes a block ready for a new owner: all zero, since the columns
// behind a sequence's end are multiplied with probabilities of zero, and zero
// times an infinity that another sequence left there would be NaN.
func (c *cache) prepare(block int) {
	if c.blocks[block] == nil {
		tiles := make([]tile, c.layers*c.heads*c.tilesPerBlock)
		for i := range tiles {
			tiles[i] = tile{keys: compute.NewMatrix(tileTokens, c.headDim), values: compute.NewMatrix(c.headDim, tileTokens)}
		}
		c.blocks[block] = tiles
		return
	}
	for _, t := range c.blocks[block] {
		t.keys.Clear()
		t.values.Clear()
	}
}

func (c *cache) blockTiles(block, layer, head int) []tile {
	at := (layer*c.heads + head) * c.tilesPerBlock
	return c.blocks[block][at : at+c.tilesPerBlock]
}

// put stores the key and value of one position of a sequence with the given
// blocks.
func (c *cache) put(layer, head int, blocks []int, position int, key, value []float32) {
	tokens := c.tilesPerBlock * tileTokens
	within := position % tokens
	t := c.blockTiles(blocks[position/tokens], layer, head)[within/tileTokens]
	t.keys.SetRow(within%tileTokens, key)
	t.values.SetColumn(within%tileTokens, value)
}

// tiles returns a sequence's tiles in the order of positions.
func (c *cache) tiles(layer, head int, blocks []int) []tile {
	if len(blocks) == 1 {
		return c.blockTiles(blocks[0], layer, head)
	}
	out := make([]tile, 0, len(blocks)*c.tilesPerBlock)
	for _, b := range blocks {
		out = append(out, c.blockTiles(b, layer, head)...)
	}
	return out
}
