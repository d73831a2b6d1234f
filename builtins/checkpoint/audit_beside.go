package checkpoint

import (
	"fmt"
	"slices"
	"strings"
)

// A Difference is something beside the weights of the linear layers that no
// quantizer of the formats read here changes, and that is not the reference's:
// a norm, a bias, a setting of config.json or of another file.
type Difference struct {
	Name    string `json:"name"`    // of the tensor, or the key in the file
	Setting bool   `json:"setting"` // of config.json
	Finding string `json:"finding"` // one sentence, with numbers
}

// String is the finding.
func (d Difference) String() string { return d.Finding }

// otherTensors compares what is not the weight of a linear layer. What differs
// in no more than rounding, or cannot be compared, is a note.
func otherTensors(model, reference *Checkpoint) (differences []Difference, notes []string) {
	for _, name := range reference.Names() {
		want := reference.tensors[name]
		if strings.HasSuffix(name, weightName) && len(want.Shape) == 2 {
			continue // a layer's own finding
		}
		got, ok := model.Tensor(name)
		if !ok {
			if isRecomputed(name) || isFusedExperts(want) {
				notes = append(notes, fmt.Sprintf("tensor %s of the reference is not in the model", name))
				continue
			}
			differences = append(differences, Difference{Name: name, Finding: fmt.Sprintf("tensor %s of the reference is not in the model", name)})
			continue
		}
		finding, wrong := unlike(got, want)
		switch {
		case wrong:
			differences = append(differences, Difference{Name: name, Finding: finding})
		case finding != "":
			notes = append(notes, finding)
		}
	}
	return differences, notes
}

// isRecomputed reports whether a tensor is a buffer that engines compute anew,
// and that newer exports leave out.
func isRecomputed(name string) bool {
	return slices.Contains([]string{"inv_freq", "position_ids", "masked_bias"}, lastElement(name))
}

// unlike says how got differs from want, "" where it does not. It is wrong
// where that is more than rounding, which is 45 dB as in layers.
func unlike(got, want Tensor) (finding string, wrong bool) {
	if !slices.Equal(got.Shape, want.Shape) {
		return fmt.Sprintf("tensor %s has shape %v, in the reference %v", want.Name, got.Shape, want.Shape), !isFusedExperts(want)
	}
	if got.DType == want.DType && string(got.Data) == string(want.Data) {
		return "", false
	}
	if !got.isUnquantized() || !want.isUnquantized() {
		if got.DType != want.DType {
			return fmt.Sprintf("tensor %s is %s, in the reference %s: it was not compared", want.Name, got.DType, want.DType), false
		}
		return fmt.Sprintf("tensor %s differs from the reference", want.Name), true
	}
	d := differenceOf(got, want)
	if as, ok := otherTypeOf[got.DType]; ok && !(d.nan == 0 && d.sqnr() >= leastSQNR[BF16]) {
		other := got
		other.DType = as
		if o := differenceOf(other, want); o.nan == 0 && o.sqnr() >= leastSQNR[BF16]-10 { // a cast may have rounded
			return fmt.Sprintf("tensor %s holds %s and is said to be %s", want.Name, as, got.DType), true
		}
	}
	switch {
	case d.nan > 0:
		return fmt.Sprintf("tensor %s: %d of %d values are NaN, here or in the reference", want.Name, d.nan, want.Len()), true
	case infinite(d.deqAmax) || infinite(d.refAmax):
		return fmt.Sprintf("tensor %s has infinite values, here or in the reference", want.Name), true
	case d.err2 == 0 && got.DType == want.DType:
		return "", false // but for the signs of zeros
	case d.err2 == 0:
		return fmt.Sprintf("tensor %s is %s, in the reference %s, with the same values", want.Name, got.DType, want.DType), false
	case d.sqnr() >= leastSQNR[BF16]:
		return fmt.Sprintf("tensor %s differs from the reference by rounding (%.1f dB)", want.Name, d.sqnr()), false
	case d.deq2 == 0:
		return fmt.Sprintf("tensor %s is all zeros, in the reference it is not", want.Name), true
	case d.ref2 == 0:
		return fmt.Sprintf("tensor %s is not all zeros, in the reference it is", want.Name), true
	case d.sqnrAtBestScale() >= leastSQNR[BF16]:
		return fmt.Sprintf("tensor %s is %.4g times the reference's", want.Name, d.gain()), true
	}
	return fmt.Sprintf("tensor %s is %.1f dB from the reference's", want.Name, d.sqnr()), true
}

// otherTypeOf are the types of 16 bits that one is taken for.
var otherTypeOf = map[DType]DType{DTypeBF16: DTypeF16, DTypeF16: DTypeBF16}

// isUnquantized reports whether the elements are numbers by themselves.
func (t Tensor) isUnquantized() bool {
	return slices.Contains([]DType{DTypeBF16, DTypeF16, DTypeF32, DTypeF64}, t.DType)
}

// differenceOf compares tensors of one shape, in pieces.
func differenceOf(got, want Tensor) difference {
	const piece = 1 << 16
	var sum difference
	a, b := make([]float32, min(piece, want.Len())), make([]float32, min(piece, want.Len()))
	for start := 0; start < want.Len(); start += piece {
		n := min(piece, want.Len()-start)
		got.decode(a[:n], start)
		want.decode(b[:n], start)
		sum.add(compareCarefully(a[:n], b[:n]))
	}
	return sum
}
