package results

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/logits"
	"adkernel/builtins/run"
)

const archive = "testdata/logits.npz"

// npy is a NumPy array as numpy.save writes it.
func npy(descr, shape string, data any) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)
	for (10+len(header)+1)%64 != 0 {
		header += " "
	}
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(header)+1))
	b.WriteString(header + "\n")
	binary.Write(&b, binary.LittleEndian, data)
	return b.Bytes()
}

func TestLogitsAtEveryPositionAreJudgedByTheNextToken(t *testing.T) {
	o := options(t)
	o.Logits, o.Tokens = "bf16", "ids"
	base, samples := imported(t, o, archive)
	require.Len(t, samples, 2*11)
	last := samples[21]
	require.Equal(t, "sequence 1", last.Subject)
	require.Equal(t, 11, last.PromptTokens)
	ids, err := base.PromptTokens(21)
	require.NoError(t, err)
	require.Len(t, ids, 11)
	row, err := base.LogitRow(21)
	require.NoError(t, err)
	require.Len(t, row, 768)
	top := logits.TopK(row, 1)[0]
	require.Equal(t, fmt.Sprint(top.ID), last.Output)
	require.Equal(t, last.Output == last.Ref, last.Correct)
	require.Equal(t, last.Correct, last.Margin > 0)
	_, err = base.TokenTexts()
	require.ErrorContains(t, err, "not available: texts of the tokens: no tokenizer was given")

	o = options(t)
	o.Logits, o.Tokens = "fp8_fused", "ids"
	test, _ := imported(t, o, archive)
	c, err := compare.Runs(test, base)
	require.NoError(t, err)
	require.Equal(t, 22, c.N)
	require.NotNil(t, c.Margins)
	_, err = c.LogitsFigure()
	require.NoError(t, err)
	in, err := compare.Inspect(test, base, 5)
	require.NoError(t, err)
	require.Greater(t, in.KL, 0.0)
}

func TestArraysThatDoNotFitAreRefused(t *testing.T) {
	o := options(t)
	refused(t, "2 arrays could be logits (bf16, fp8_fused of bf16, fp8_fused, ids): name one with --logits", o, archive)
	o.Logits = "bf17"
	refused(t, `no array and no file "bf17"`, o, archive)
	o.Logits = "bf16"
	refused(t, "an array does not say what was asked", o, archive)
	o.Tokens = "fp8_fused"
	refused(t, "want [2, T], a row for each prompt", o, archive)
	o.Tokens = "ids"
	o.Labels = "ids"
	refused(t, "leave out --labels", o, archive)
	o.Logits = "ids"
	refused(t, "elements of type <i8: want float16", o, archive)

	rows := []float32{1, 2, 3, 4, 5, 6}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o644))
		return path
	}
	good := npy("<f4", "(2, 3)", rows)
	refused(t, "it was cut", options(t), write("cut.npy", good[:len(good)-4]))
	refused(t, "is in Fortran order", options(t), write("f.npy", bytes.Replace(good, []byte("False"), []byte("True "), 1)))
	refused(t, `elements of type ">f4"`, options(t), write("big.npy", bytes.Replace(good, []byte("<f4"), []byte(">f4"), 1)))
	refused(t, "has shape [6]: want [N, V]", options(t), write("flat.npy", npy("<f4", "(6,)", rows)))

	o = options(t)
	o.Tokens = write("tokens.npy", npy("<i4", "(2, 1)", []int32{0, 3}))
	refused(t, "name the right token ids with --labels", o, write("g.npy", good))
	o.Labels = write("labels.npy", npy("<i4", "(2,)", []int32{2, 2}))
	refused(t, "row 1: token 3 at position 0 is not one of the 3 that have logits", o, write("g.npy", good))
	o.Tokens = write("tokens.npy", npy("<i8", "(2, 1)", []int64{0, -1}))
	refused(t, "element 1 is -1: not a token id", o, write("g.npy", good))
	o.Tokens = write("tokens.npy", npy("<i8", "(2, 1)", []int64{0, 1}))
	refused(t, "wide.npy: row 1: the logit of token 2 is -1e+300, beyond float32, in which rows are kept", o,
		write("wide.npy", npy("<f8", "(2, 3)", []float64{1, 2, math.Inf(1), 4, 5, -1e300})))
}

// The same rows in three files give the same samples.
func TestOneRowAPromptFromNumPyAndSafetensors(t *testing.T) {
	rows := []float64{0, 1, 2, 5, 4, math.Inf(-1)}
	half := []uint16{0, 0x3c00, 0x4000, 0x4500, 0x4400, 0xfc00}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o644))
		return path
	}
	header := `{"x": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}}`
	tensors := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	tensors = append(tensors, header...)
	for _, x := range rows {
		tensors = binary.LittleEndian.AppendUint16(tensors, uint16(math.Float32bits(float32(x))>>16))
	}
	o := options(t)
	o.Tokens = write("tokens.npy", npy("<i4", "(2, 1)", []int32{0, 1}))
	o.Labels = write("labels.npy", npy("|u1", "(2,)", []uint8{2, 1}))
	for _, path := range []string{
		write("rows64.npy", npy("<f8", "(2, 3)", rows)), write("rows16.npy", npy("<f2", "(2, 3)", half)), write("rows.safetensors", tensors),
	} {
		r, samples := imported(t, o, path)
		require.Equal(t, []bool{true, false}, []bool{samples[0].Correct, samples[1].Correct})
		require.Equal(t, float32(1), samples[0].Margin)
		require.Equal(t, float32(-1), samples[1].Margin)
		require.Equal(t, 1, samples[1].Inf)
		row, err := r.LogitRow(1)
		require.NoError(t, err)
		require.Equal(t, []float32{5, 4, float32(math.Inf(-1))}, row)
	}
}

// llamaFile writes what llama-perplexity --kl-divergence-base writes, from
// the logits of every scored position.
func llamaFile(ctx, vocab int, tokens []int32, rows [][]float32) []byte {
	var b bytes.Buffer
	b.WriteString(llamaMagic)
	binary.Write(&b, binary.LittleEndian, []int32{int32(ctx), int32(vocab), int32(len(tokens) / ctx)})
	binary.Write(&b, binary.LittleEndian, tokens)
	for _, row := range rows {
		greatest, least := float32(math.Inf(-1)), float32(math.Inf(1))
		for _, x := range row {
			greatest, least = max(greatest, x), min(least, x)
		}
		least = max(least, greatest-16)
		sum := 0.0
		for _, x := range row {
			sum += math.Exp(float64(x - greatest))
		}
		scale := (greatest - least) / 65535
		binary.Write(&b, binary.LittleEndian, []float32{scale, least - greatest - float32(math.Log(sum))})
		words := make([]uint16, 2*((vocab+1)/2))
		for i, x := range row {
			if x > least {
				words[i] = uint16(math.RoundToEven(float64((x - least) / scale)))
			}
		}
		binary.Write(&b, binary.LittleEndian, words)
	}
	return b.Bytes()
}

func TestLogitsOfLlamaCppBecomeARun(t *testing.T) {
	const ctx, vocab, chunks = 8, 33, 2
	rng := rand.New(rand.NewPCG(1, 2))
	tokens := make([]int32, ctx*chunks)
	for i := range tokens {
		tokens[i] = int32(rng.IntN(vocab))
	}
	var rows [][]float32
	for range chunks * 3 {
		row := make([]float32, vocab)
		for i := range row {
			row[i] = float32(rng.NormFloat64() * 4)
		}
		rows = append(rows, row)
	}
	data := llamaFile(ctx, vocab, tokens, rows)
	r, samples := imported(t, options(t), file(t, "base.kld", string(data)))
	require.Len(t, samples, 6)
	for i, s := range samples {
		chunk, place := i/3, ctx/2+i%3
		require.Equal(t, fmt.Sprintf("chunk %d", chunk), s.Subject)
		ids, err := r.PromptTokens(i)
		require.NoError(t, err)
		require.Equal(t, tokens[chunk*ctx:chunk*ctx+place+1], ids)
		require.Equal(t, fmt.Sprint(tokens[chunk*ctx+place+1]), s.Ref)
		row, err := r.LogitRow(i)
		require.NoError(t, err)
		want := logits.LogSoftmax(rows[i])
		top := logits.TopK(rows[i], 1)[0]
		require.Equal(t, top.ID, s.Top[0].ID)
		for id := range row {
			if want[id] > float64(want[top.ID])-15.9 {
				require.InDelta(t, want[id], row[id], 2e-4)
			}
		}
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"cut":         {data[:len(data)-2], "does not notice when the disk is full"},
		"magic only":  {data[:8], "it was cut"},
		"no chunks":   {append(append([]byte{}, data[:16]...), 0, 0, 0, 0), "n_chunk 0"},
		"odd token":   {bytes.Replace(data, data[20:24], []byte{40, 0, 0, 0}, 1), "chunk 0: token 40 at position 0"},
		"longer":      {append(append([]byte{}, data...), 1), "means"},
		"great vocab": {append(append([]byte{}, data[:12]...), 255, 255, 255, 255, 1, 0, 0, 0), "n_vocab -1"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, c.want, options(t), file(t, "base.kld", string(c.data))) })
	}
	o := options(t)
	o.Limit = 4
	_, samples = imported(t, o, file(t, "base.kld", string(data)))
	require.Len(t, samples, 4)
}

func TestADamagedImportIsNoticed(t *testing.T) {
	o := options(t)
	o.Logits, o.Tokens = "bf16", "ids"
	r, _ := imported(t, o, archive)
	path := filepath.Join(r.Dir(), "logits", "rows.f16")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[100]++
	require.NoError(t, os.WriteFile(path, data, 0o644))
	_, err = r.LogitRow(0)
	require.ErrorContains(t, err, "the file was damaged")
	again, err := run.Attach(r.Dir())
	require.NoError(t, err)
	_, err = again.LogitRow(1)
	require.NoError(t, err)
}

func FuzzHeaders(f *testing.F) {
	f.Add(npy("<f4", "(2, 3)", make([]float32, 6)))
	f.Add(npy("<f2", "()", []uint16{1}))
	f.Add(llamaFile(8, 5, make([]int32, 8), [][]float32{{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}, {1, 1, 1, 1, 1}}))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, err := parseNPYHeader(bytes.NewReader(data)); err == nil {
			require.GreaterOrEqual(t, h.bytes(), int64(0))
			require.LessOrEqual(t, h.offset, int64(len(data)))
		}
		if h, err := parseLlamaHeader(data); err == nil {
			require.Greater(t, h.size(), int64(0))
		}
		a, err := npyArray("x", int64(len(data)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil })
		if err == nil && !a.isFloat() {
			a.integers()
		}
	})
}

func TestRowsOfAnotherEngineTakeThePromptsOfARun(t *testing.T) {
	const tokenizer = "../../notebooks/demo/dense"
	words, err := openWords(tokenizer)
	require.NoError(t, err)
	letters, err := run.LetterTokens(words.encode, 4)
	require.NoError(t, err)
	spec := dataset(t, 4)
	text, _, _ := dumps(t, spec)
	base, asked := imported(t, Options{Run: run.Options{Root: t.TempDir()}, Task: &spec}, file(t, "dumped_text.json", text))

	const vocab = 768
	rows := make([]float32, len(asked)*vocab)
	for i, s := range asked {
		rows[i*vocab+int(letters[s.Ref[0]-'A'])] = 3
	}
	rows[2*vocab+int(letters[0])], rows[2*vocab+int(letters[1])] = 4, 4 // a tie that the lower id wins
	o := options(t)
	o.Like, o.Tokenizer = base, tokenizer
	path := file(t, "rows.npy", string(npy("<f4", "(8, 768)", rows)))
	r, samples := imported(t, o, path)
	for i, s := range samples {
		require.Equal(t, asked[i].Ref, s.Ref)
		require.Len(t, s.Letters, 4, "as the prompt offers")
		require.Equal(t, i != 2, s.Correct && s.Margin > 0)
	}
	c, err := compare.Runs(r, base)
	require.NoError(t, err)
	require.Equal(t, 8, c.N)
	require.LessOrEqual(t, c.Pairs.Losses, 1)

	o = options(t)
	o.Like = base
	refused(t, "name the tokenizer with --tokenizer", o, path)
	o.Tokenizer = tokenizer
	refused(t, "7 rows, and run", o, file(t, "rows.npy", string(npy("<f4", "(7, 768)", rows[:7*vocab]))))
}
