package script

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

func TestTokenIDsAreAsManyAsWasSaid(t *testing.T) {
	counts, data := idBytes([][]int32{{1, -2}, {}, {3}})
	lists, err := split(counts, data)
	require.NoError(t, err)
	require.Equal(t, [][]int32{{1, -2}, {}, {3}}, lists)
	for _, counts := range [][]int{{2, 0, 2}, {-1, 4}, {math.MaxInt/4 + 1}} {
		_, err := split(counts, data)
		require.ErrorContains(t, err, "fewer token ids than it said", "%v", counts)
	}
	for _, counts := range [][]int{{2}, nil} {
		_, err := split(counts, data)
		require.ErrorContains(t, err, "more token ids than it said", "%v", counts)
	}
}

// A program that says a size beyond all memory, and sends a few bytes, must not
// take the memory.
func TestAPayloadTakesTheMemoryOfWhatArrives(t *testing.T) {
	const sent = 40 << 20
	for _, said := range []int{sent + 1, 1 << 33, maxPayload} {
		stream := io.MultiReader(strings.NewReader(fmt.Sprintf(`{"event":"response","bytes":%d}`+"\n", said)), io.LimitReader(zeros{}, sent))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readFrame(bufio.NewReader(stream))
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4*sent), "said %d", said)
	}
}

func TestAPayloadOfAnySizeArrivesWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, payloadStep - 1, payloadStep, payloadStep + 1, 3*payloadStep + 5} {
		sent := make([]byte, n)
		for i := 0; i < n; i += 1 + random.IntN(4096) {
			sent[i] = byte(random.Uint32())
		}
		var stream bytes.Buffer
		require.NoError(t, writeFrame(&stream, map[string]any{"event": "response", "bytes": n}, sent))
		require.NoError(t, writeFrame(&stream, map[string]any{"event": "done"}, nil))
		reader := bufio.NewReader(iotest.HalfReader(&stream))
		f, err := readFrame(reader)
		require.NoError(t, err)
		require.True(t, bytes.Equal(sent, f.payload), "%d bytes", n)
		f, err = readFrame(reader)
		require.NoError(t, err)
		require.Equal(t, "done", f.Event)
	}
}

// zeros is a file without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// FuzzFrames: whatever a program writes to the channel is read as what it says,
// or refused.
func FuzzFrames(f *testing.F) {
	f.Add([]byte(`{"event":"encoded","counts":[1,0,1],"bytes":8}` + "\n\x01\x00\x00\x00\x02\x00\x00\x00"))
	f.Add([]byte(`{"event":"encoded","counts":[4611686018427387904]}` + "\n"))
	f.Add([]byte(`{"event":"activation","values":{"module":"m","rows":1,"cols":2},"bytes":8}` + "\n\x00\x00\x80\x3f\x00\x00\xc0\x7f"))
	f.Add([]byte(`{"event":"scale","values":{"module":"m","rows":4294967296,"cols":4294967296}}` + "\n"))
	f.Add([]byte(`{"event":"response","response":{"id":3,"tokens":[1],"text":"a","rows":1},"bytes":8}` + "\n\x00\x00\x80\x3f\x00\x00\xc0\x7f"))
	f.Add([]byte("warning: a line of text\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		frame, err := readFrame(bufio.NewReader(bytes.NewReader(stream)))
		if err != nil {
			return
		}
		if lists, err := split(frame.Counts, frame.payload); err == nil {
			counts, data := idBytes(lists)
			require.Len(t, counts, len(frame.Counts))
			require.True(t, bytes.Equal(frame.payload, data))
		}
		if values, err := frame.array(); err == nil {
			require.Len(t, values, frame.Values.Rows*frame.Values.Cols)
		}
		e := &Engine{info: engine.Info{Vocab: 2}}
		request := engine.Request{ID: 3, Tokens: []int32{0}, MaxTokens: 1, Logits: true}
		if response, err := e.response(frame, map[int]engine.Request{3: request}); err == nil {
			require.Len(t, response.Logits, 2)
		}
	})
}
