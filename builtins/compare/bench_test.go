package compare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

const (
	wholeMMLU = 14042
	qwenVocab = 152_000
)

// largeRun is all of MMLU with a row of a large vocabulary each: 8.5 GB of
// logits, all of them zero, in a file with holes.
func largeRun(b *testing.B, seed uint64, wrong float64) *run.Run {
	rng := rand.New(rand.NewPCG(seed, 1))
	ids := rand.New(rand.NewPCG(0, 1)) // the same in all runs
	w, err := run.NewWriter(run.Spec{Deployment: engine.Deployment{Name: fmt.Sprint("large ", seed), Model: "none"}, Import: &run.Import{Format: "synthetic"}},
		run.Options{Root: b.TempDir()})
	require.NoError(b, err)
	for i := range wholeMMLU {
		s := run.Sample{Index: i, Subject: fmt.Sprint("subject ", i/247), Question: i, Ref: string("ABCD"[i%4]), Output: " A", Finish: "length", Tokens: []int32{1, 2},
			Correct: rng.Float64() > wrong, PromptTokens: 1, Letters: []float32{1, 2, 3, 4}, Margin: float32(rng.NormFloat64()),
			PromptSHA256: fmt.Sprintf("%064x", ids.Uint64())}
		for id := range 5 {
			s.Top = append(s.Top, run.Top{ID: int32(id), Text: " token", Logit: float32(id)})
		}
		require.NoError(b, w.Add(s, "", nil))
	}
	r, err := w.Finish()
	require.NoError(b, err)
	samples, err := r.Samples()
	require.NoError(b, err)

	zero := crc32.ChecksumIEEE(make([]byte, 4*qwenVocab))
	f, err := os.Create(filepath.Join(r.Dir(), "samples.jsonl"))
	require.NoError(b, err)
	out := bufio.NewWriter(f)
	for i, s := range samples {
		s.Row, s.CRC32 = i, zero
		line, err := json.Marshal(s)
		require.NoError(b, err)
		out.Write(append(line, '\n'))
	}
	require.NoError(b, out.Flush())
	require.NoError(b, f.Close())
	require.NoError(b, os.Mkdir(filepath.Join(r.Dir(), "logits"), 0o755))
	header := fmt.Sprintf(`{"dtype": "float32", "cols": %d, "file": "rows.f32"}`, qwenVocab)
	require.NoError(b, os.WriteFile(filepath.Join(r.Dir(), "logits", "header.json"), []byte(header), 0o644))
	rows := filepath.Join(r.Dir(), "logits", "rows.f32")
	require.NoError(b, os.WriteFile(rows, nil, 0o644))
	require.NoError(b, os.Truncate(rows, wholeMMLU*4*qwenVocab))
	again, err := run.Attach(r.Dir())
	require.NoError(b, err)
	return again
}

// fresh forgets what a reader of the run holds.
func fresh(b *testing.B, r *run.Run) *run.Run {
	again, err := run.Attach(r.Dir())
	require.NoError(b, err)
	return again
}

// peak resets and reads the greatest resident memory of this process, in MB.
func peak(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc/self/status here")
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	require.NoError(b, err)
	return kb / 1024
}

func resetPeak() {
	debug.FreeOSMemory()
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

func BenchmarkCompareWholeMMLU(b *testing.B) {
	test, base := largeRun(b, 1, .4), largeRun(b, 2, .3)
	resetPeak()
	before, held := peak(b), heap()
	var comparisons []*Comparison
	for b.Loop() {
		c, err := Runs(fresh(b, test), fresh(b, base))
		require.NoError(b, err)
		require.Equal(b, wholeMMLU, c.N)
		comparisons = append(comparisons, c)
	}
	b.ReportMetric(peak(b)-before, "peak-MB")
	b.ReportMetric(math.Round((heap()-held)/float64(len(comparisons)*wholeMMLU)), "B-kept/sample")
	runtime.KeepAlive(comparisons)
}

// heap is how many bytes are reachable.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func BenchmarkInspectOneOfWholeMMLU(b *testing.B) {
	test, base := largeRun(b, 1, .4), largeRun(b, 2, .3)
	_, err := Runs(test, base)
	require.NoError(b, err)
	resetPeak()
	before := peak(b)
	for b.Loop() {
		row, err := test.LogitRow(7000)
		require.NoError(b, err)
		require.Len(b, row, qwenVocab)
	}
	b.ReportMetric(peak(b)-before, "peak-MB")
}

func BenchmarkLogitRangesOfWholeMMLU(b *testing.B) {
	test, base := largeRun(b, 1, .4), largeRun(b, 2, .3)
	c, err := Runs(test, base)
	require.NoError(b, err)
	c.pairs = c.pairs[:500] // of the 14 042
	resetPeak()
	before := peak(b)
	for b.Loop() {
		_, err := c.LogitsFigure()
		require.NoError(b, err)
	}
	b.ReportMetric(peak(b)-before, "peak-MB")
	b.ReportMetric(math.Round(float64(b.Elapsed().Microseconds())/float64(b.N)/500)/1000, "ms/sample")
}
