package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/internal/cli"
	"adkernel/kernel/notebook"
)

// TestMain lets the test binary be the command that executes notebooks: either
// adkernel itself, or one for which a cell's outputs are its lines, with the
// variable FAKE_ENGINE for "engine" and what follows the file names for
// "arguments".
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-test.") && os.Getenv(realCommand) != "" {
		os.Exit(cli.Main(os.Args[1:]))
	}
	if len(os.Args) >= 5 && os.Args[1] == "run" {
		if err := fakeRun(os.Args[2], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func fakeRun(in, out string) error {
	nb, err := notebook.Read(in)
	if err != nil {
		return err
	}
	dir := filepath.Join(os.Getenv("ADKERNEL_RUNS"), "20261123-120000-x")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	spec, err := json.Marshal(map[string]any{"engine": map[string]string{"Engine": "embedded", "Version": os.Getenv("FAKE_ENGINE")}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "spec.json"), spec, 0o644); err != nil {
		return err
	}
	for _, c := range nb.Cells {
		c.Outputs = nil
		for line := range strings.SplitSeq(c.Source, "\n") {
			if line == "fail" {
				return fmt.Errorf("cell 1: it failed")
			}
			line = strings.NewReplacer("engine", os.Getenv("FAKE_ENGINE"), "runs", dir, "arguments", strings.Join(os.Args[5:], " ")).Replace(line)
			c.Outputs = append(c.Outputs, &notebook.Output{Type: notebook.DisplayData, Data: map[string]any{"text/plain": line}})
		}
	}
	return nb.Write(out)
}

func TestNotebooksAreExecutedAndCompared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ipynb")
	nb := &notebook.Notebook{Cells: []*notebook.Cell{{Type: notebook.Code, Source: "12 points\nruns by engine"}}}
	require.NoError(t, nb.Write(path))
	execute := func(engine string, args ...string) (status int, output string) {
		t.Setenv("FAKE_ENGINE", engine)
		var stdout, stderr bytes.Buffer
		status = run(t.Context(), append(append([]string{"-adkernel", os.Args[0]}, args...), path), &stdout, &stderr)
		return status, stdout.String() + stderr.String()
	}

	status, output := execute("1.0+avx512")
	require.Equal(t, 1, status)
	require.Contains(t, output, "cell 1 (12 points): 2 outputs (display_data, display_data), committed no outputs")
	require.Contains(t, output, "0 passed, 1 failed\n")

	status, output = execute("1.0+avx512", "-update")
	require.Equal(t, 0, status, output)
	require.Contains(t, output, "updated "+path)
	updated, err := notebook.Read(path)
	require.NoError(t, err)
	require.Equal(t, "~/.local/share/adkernel/runs/20261123-120000-x by 1.0+avx512", updated.Cells[0].Outputs[1].Plain())

	before, err := os.ReadFile(path)
	require.NoError(t, err)
	status, output = execute("1.0+avx512", "-update")
	require.Equal(t, 0, status, output)
	require.Contains(t, output, "ok   "+path)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after, "what is as committed is not written again")

	status, output = execute("1.0+portable")
	require.Equal(t, 0, status, output)
	require.Contains(t, output, "numbers not compared: executed with embedded 1.0+portable, committed with embedded 1.0+avx512")

	updated.Cells[0].Source = "13 points\nruns by engine"
	require.NoError(t, updated.Write(path))
	status, output = execute("1.0+avx512")
	require.Equal(t, 1, status)
	require.Contains(t, output, "cell 1 (13 points), output 1, text/plain: line 1 differs:\n    committed 12 points\n    now       13 points")

	updated.Cells[0].Source = "arguments"
	require.NoError(t, updated.Write(path))
	status, output = execute("1.0+avx512", "-evaluator", "yaegi", "-update")
	require.Equal(t, 0, status, output)
	chosen, err := notebook.Read(path)
	require.NoError(t, err)
	require.Equal(t, "--evaluator yaegi", chosen.Cells[0].Outputs[0].Plain())

	updated.Cells[0].Source = "fail"
	require.NoError(t, updated.Write(path))
	status, output = execute("1.0+avx512")
	require.Equal(t, 1, status)
	require.Contains(t, output, "cell 1: it failed")
}

func TestNormalizeHidesWhatNoTwoExecutionsShare(t *testing.T) {
	tests := []struct{ a, b string }{
		{"dense: 84.7 %, n = 72, 1.0 s (/tmp/r/20261123-222412-dense-bf16)", "dense: 84.7 %, n = 72, 2 min 05 s (~/.local/share/adkernel/runs/20270101-000000-dense-bf16-2)"},
		{"72.1 samples/s", "8 samples/s"},
		{"took 1m2.5s", "took 90ms"},
		{"at 2026-11-23 22:24:12", "at 2027-01-01T00:00:00Z"},
		{"<code>/tmp/a/model.safetensors</code>", "<code>/home/me/model.safetensors</code>"},
		{"name   1.0 s  x\n─────  ─", "name   12 s  x \n────────  ─"},
	}
	for _, test := range tests {
		require.Equal(t, normalize(test.a), normalize(test.b))
	}
	for _, pair := range [][2]string{
		{"84.7 %", "84.6 %"},
		{"61/72", "62/72"},
		{"n = 72 samples", "n = 73 samples"},
		{"/tmp/a/model", "/tmp/a/other"},
		{"20261123-222412-fp8", "20261123-222412-bf16"},
		{"1.9 MB", "2.9 MB"},
		{"-14.4 points", "14.4 points"},
	} {
		require.NotEqual(t, normalize(pair[0]), normalize(pair[1]))
	}
}

func TestPicturesAreComparedByTheirPixels(t *testing.T) {
	draw := func(width int, spot color.Gray, spots int) string {
		m := image.NewGray(image.Rect(0, 0, width, 100))
		for i := range spots {
			m.SetGray(i%width, i/width, spot)
		}
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, m))
		return base64.StdEncoding.EncodeToString(b.Bytes())
	}
	blank := draw(100, color.Gray{}, 0)
	require.Empty(t, comparePictures(blank, draw(100, color.Gray{10}, 10000)), "slight differences")
	require.Contains(t, comparePictures(blank, draw(100, color.Gray{255}, 1)), "the pixel at 0, 0 differs by 255 of 255", "a decimal point is one or two")
	require.Contains(t, comparePictures(blank, draw(101, color.Gray{}, 0)), "pixels, not")
	require.Contains(t, comparePictures("AAAA", blank), "the committed picture")
}

func TestLongLinesAreCutToTheDifference(t *testing.T) {
	a := strings.Repeat("x", 1000) + "A" + strings.Repeat("y", 1000)
	words := compareText(a, strings.Replace(a, "A", "B", 1))
	require.Contains(t, words, "xAy")
	require.Contains(t, words, "xBy")
	require.Less(t, len(words), 500)
}
