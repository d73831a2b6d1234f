package exact

import (
	"image"
	"math"
	"math/big"
	"math/bits"
	"reflect"
)

// A taker says how many bytes a native function allocates for its arguments,
// those of a receiver included. Go's runtime ends the process where the system
// does not give as much.
type taker func(args []reflect.Value) uint64

// takes asks t. Where the arguments are none that the function accepts, it is
// left to the function to say so.
func takes(t taker, args []reflect.Value) (bytes uint64) {
	defer func() {
		if recover() != nil {
			bytes = 0
		}
	}()
	return t(args)
}

// allocating are the functions of the standard library, beside those of
// repeating, that allocate at once as much as their arguments say.
var allocating = map[string]taker{
	"(*strings.Builder).Grow": count(1, 1),
	"(*bytes.Buffer).Grow":    count(1, 1),
	"bufio.NewReaderSize":     count(1, 1),
	"bufio.NewWriterSize":     count(1, 1),
	"strconv.FormatFloat":     count(2, 1),
	"strconv.AppendFloat":     count(3, 1),
	"math/rand.Perm":          count(0, 8),
	"math/rand/v2.Perm":       count(0, 8),
	"container/ring.New":      count(0, 40),

	"(*math/rand.Rand).Perm":    count(1, 8),
	"(*math/rand/v2.Rand).Perm": count(1, 8),

	"image.NewRGBA":     pixels(4),
	"image.NewRGBA64":   pixels(8),
	"image.NewNRGBA":    pixels(4),
	"image.NewNRGBA64":  pixels(8),
	"image.NewAlpha":    pixels(1),
	"image.NewAlpha16":  pixels(2),
	"image.NewGray":     pixels(1),
	"image.NewGray16":   pixels(2),
	"image.NewCMYK":     pixels(4),
	"image.NewPaletted": pixels(1),
	"image.NewYCbCr":    pixels(3),
	"image.NewNYCbCrA":  pixels(4),
	"reflect.MakeSlice": elements(2),
	"reflect.MakeChan":  elements(1),
	"(*math/big.Int).Lsh": func(args []reflect.Value) uint64 {
		return args[2].Uint() / 8
	},
	"(*math/big.Int).SetBit": func(args []reflect.Value) uint64 {
		return uint64(args[2].Int()) / 8
	},
	"(*math/big.Int).Exp": func(args []reflect.Value) uint64 {
		x, y, m := args[1].Interface().(*big.Int), args[2].Interface().(*big.Int), args[3].Interface().(*big.Int)
		if m != nil && m.Sign() != 0 || y.Sign() <= 0 || x.BitLen() < 2 {
			return 0
		}
		if !y.IsUint64() {
			return math.MaxUint64
		}
		return times(uint64(x.BitLen()-1), y.Uint64()) / 8
	},
}

// count is size bytes for each that argument i says.
func count(i int, size uint64) taker {
	return func(args []reflect.Value) uint64 { return times(uint64(max(args[i].Int(), 0)), size) }
}

// elements is for a length or capacity at i, of what the type at 0 holds.
func elements(i int) taker {
	return func(args []reflect.Value) uint64 {
		t := args[0].Interface().(reflect.Type)
		return times(uint64(max(args[i].Int(), 0)), uint64(t.Elem().Size()))
	}
}

// pixels is size bytes for each pixel of the rectangle that comes first.
func pixels(size uint64) taker {
	return func(args []reflect.Value) uint64 {
		r := args[0].Interface().(image.Rectangle)
		if r.Empty() {
			return 0
		}
		return times(times(uint64(r.Dx()), uint64(r.Dy())), size)
	}
}

// times is a product, or the largest number where that is too small.
func times(a, b uint64) uint64 {
	if high, low := bits.Mul64(a, b); high == 0 {
		return low
	}
	return math.MaxUint64
}
