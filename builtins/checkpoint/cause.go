package checkpoint

// A Cause names the mistake that explains wrong scales or codes.
type Cause string

// Causes, each with what gives it away.
const (
	// CauseMissing: the scale is 1 where it should not be.
	CauseMissing Cause = "scale missing"
	// CauseInverted: the scale is the reciprocal of the right one.
	CauseInverted Cause = "scale inverted"
	// CauseTwice: the scale is the square of the right one.
	CauseTwice Cause = "scale applied twice"
	// CauseFactor: every scale is off by the same factor.
	CauseFactor Cause = "constant factor"
	// CauseBlockSize: rows or columns take the scale of a block of another size.
	CauseBlockSize Cause = "wrong block size"
	// CauseShifted: rows take the scale of rows a fixed distance away.
	CauseShifted Cause = "neighbour's scale"
	// CauseTransposed: the grid of scales is read with rows and columns exchanged.
	CauseTransposed Cause = "scales transposed"
	// CauseSwizzled: group scales are in the kernel's interleaved order.
	CauseSwizzled Cause = "scales swizzled"
	// CauseConverted: E4M3 bytes were converted as integers (`.to`) where they
	// should have been reinterpreted (`.view`), or the other way round.
	CauseConverted Cause = ".to for .view"
	// CauseSibling: the scale, or the weight, is that of q, k or v or of gate
	// or up in place of the layer's own.
	CauseSibling Cause = "sibling's values"
	// CauseNibbles: the two 4-bit codes of each byte are exchanged.
	CauseNibbles Cause = "nibbles swapped"
	// CauseSign: every negative code is gone, or all signs are reversed.
	CauseSign Cause = "signs lost"
	// CauseCodeType: the codes are E5M2, read as E4M3.
	CauseCodeType Cause = "E5M2 read as E4M3"
	// CauseElements: the bytes are of another element type than is said.
	CauseElements Cause = "wrong element type"
	// CauseMisplaced: the weight is that of another layer, or of another expert.
	CauseMisplaced Cause = "another layer's weight"
	// CauseOrder: rows or columns are the reference's in another order.
	CauseOrder Cause = "another order"
	// CauseZeros: rows, or all weights, are zeros.
	CauseZeros Cause = "all zeros"
	// CauseNaN: codes or scales are NaN, or weights infinite.
	CauseNaN Cause = "NaN codes"
	// CauseMismatch: format, shape or tensors do not fit together.
	CauseMismatch Cause = "does not fit"
	// CauseUnknown: wrong, and nothing that is tried here explains it.
	CauseUnknown Cause = "unexplained"
)
