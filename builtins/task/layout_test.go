package task

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

type qaRow struct {
	Question string `parquet:"question"`
	Answer   string `parquet:"answer"`
}

// dataSet writes Parquet files, each with a part of the repository's GSM8K: part
// i of n is "i/n" of the rows of a split.
func dataSet(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		var split string
		var part, of int
		if n, _ := fmt.Sscanf(text, "%s %d/%d", &split, &part, &of); n < 3 {
			require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
			continue
		}
		pairs, err := readQA("testdata/gsm8k", split)
		require.NoError(t, err)
		var rows []qaRow
		for _, p := range pairs[part*len(pairs)/of : (part+1)*len(pairs)/of] {
			rows = append(rows, qaRow{p.question, p.answer})
		}
		require.NoError(t, parquet.WriteFile(path, rows))
	}
	return dir
}

func TestDataSetsOfTheHubAreRead(t *testing.T) {
	small, _ := readGSM8KHashes(t)
	lines, err := os.ReadFile("testdata/gsm8k/train.jsonl")
	require.NoError(t, err)
	for name, files := range map[string]map[string]string{
		"shards": {"main/train-00000-of-00003.parquet": "train 0/3", "main/train-00001-of-00003.parquet": "train 1/3", "main/train-00002-of-00003.parquet": "train 2/3",
			"main/test-00000-of-00001.parquet": "test 0/1", "socratic/test-00000-of-00001.parquet": "train 0/1", "dataset_infos.json": "{}", "README.md": "x"},
		"with hashes": {"data/train-00000-of-00001-0f1e2d.parquet": "train 0/1", "data/test-00000-of-00001-aa.parquet": "test 0/1"},
		"converted":   {"main/train/0000.parquet": "train 0/2", "main/train/0001.parquet": "train 1/2", "main/test/0000.parquet": "test 0/1"},
		"one file":    {"train.parquet": "train 0/1", "test.parquet": "test 0/1"},
		"the cache": {"snapshots/abc/main/train-00000-of-00001.parquet": "train 0/1", "snapshots/abc/main/test-00000-of-00001.parquet": "test 0/1",
			"snapshots/old/main/train-00000-of-00001.parquet": "test 0/1", "refs/main": "abc\n"},
		"one snapshot": {"snapshots/abc/main/train-00000-of-00001.parquet": "train 0/1", "snapshots/abc/main/test-00000-of-00001.parquet": "test 0/1"},
		"both formats": {"train.jsonl": string(lines), "main/train-00000-of-00001.parquet": "train 0/1", "main/test-00000-of-00001.parquet": "test 0/1"},
	} {
		t.Run(name, func(t *testing.T) { requireAsked(t, dataSet(t, files), small[0]) })
	}
}

func TestADataSetThatIsNotWholeIsRefused(t *testing.T) {
	whole := map[string]string{"main/test-00000-of-00001.parquet": "test 0/1"}
	for _, c := range []struct {
		want  string
		files map[string]string
	}{
		{"main/train-00001-of-00003.parquet is there, and file 2 of 3 behind it is missing", map[string]string{"main/train-00000-of-00003.parquet": "train 0/3", "main/train-00001-of-00003.parquet": "train 1/3"}},
		{"main/train-00002-of-00003.parquet is there, and file 1 of 3 before it is missing", map[string]string{"main/train-00000-of-00003.parquet": "train 0/3", "main/train-00002-of-00003.parquet": "train 2/3"}},
		{"hold the same rows", map[string]string{"main/train-00000-of-00001.parquet": "train 0/1", "main/train-00000-of-00002.parquet": "train 0/2", "main/train-00001-of-00002.parquet": "train 1/2"}},
		{"hold the same rows", map[string]string{"main/train.parquet": "train 0/1", "main/train-00000-of-00001.parquet": "train 0/1"}},
		{"0001.parquet is there, and 0000.parquet is missing", map[string]string{"main/train/0001.parquet": "train 1/2"}},
		{"hold different rows: take one of them away", map[string]string{"train.jsonl": `{"question": "x", "answer": "y"}`, "main/train-00000-of-00001.parquet": "train 0/1"}},
		{"no configuration main: name the folder of one that is there (socratic)", map[string]string{"socratic/train-00000-of-00001.parquet": "train 0/1"}},
		{"neither train.jsonl nor main/train-*.parquet", map[string]string{"main/test-00000-of-00002.parquet": "x"}},
		{"2 snapshots, and no refs/main says which", map[string]string{"snapshots/a/x": "y", "snapshots/b/x": "y"}},
		{"holds Arrow files, as save_to_disk", map[string]string{"train/data-00000-of-00001.arrow": "ARROW1"}},
		{"it is a pointer of Git LFS, and the file itself was not fetched", map[string]string{"main/train-00000-of-00001.parquet": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"}},
		{"invalid magic header", map[string]string{"main/train-00000-of-00001.parquet": "not Parquet at all"}},
	} {
		t.Run(c.want, func(t *testing.T) {
			for name, text := range whole {
				if _, there := c.files[name]; !there {
					c.files[name] = text
				}
			}
			_, err := Spec{Kind: "gsm8k", Dataset: dataSet(t, c.files)}.Load()
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := Spec{Kind: "gsm8k", Dataset: dataSet(t, map[string]string{"main/train-00000-of-00001.parquet": "train 0/1", "main/validation-00000-of-00001.parquet": "test 0/1"})}.Load()
	require.ErrorContains(t, err, "neither test.jsonl nor main/test-*.parquet")
}

func TestMMLUInAnotherLayoutSaysWhichItIs(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"which are in its folder data: name that": {"data/test/x_test.csv": "x", "data/dev/x_dev.csv": "x"},
		"this is the Parquet of cais/mmlu":        {"abstract_algebra/test-00000-of-00001.parquet": "test 0/1", "all/test-00000-of-00001.parquet": "test 0/1"},
		"want dev/SUBJECT_dev.csv and test/":      {"x": "y"},
	} {
		_, err := Spec{Kind: "mmlu", Dataset: dataSet(t, files)}.Load()
		require.ErrorContains(t, err, want)
	}
}

func TestGPQAIsReadFromParquet(t *testing.T) {
	type row struct {
		Question string `parquet:"Question"`
		Right    string `parquet:"Correct Answer"`
		Wrong1   string `parquet:"Incorrect Answer 1"`
		Wrong2   string `parquet:"Incorrect Answer 2"`
		Wrong3   string `parquet:"Incorrect Answer 3"`
	}
	csv := writeFile(t, "gpqa_diamond.csv", "Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\nWhich?,right,a,b,c\nWhat?,r,d,e,f\n")
	want, err := Spec{Kind: "gpqa", Dataset: csv}.Load()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "gpqa_diamond"), 0o755))
	require.NoError(t, parquet.WriteFile(filepath.Join(dir, "gpqa_diamond", "train-00000-of-00001.parquet"), []row{{"Which?", "right", "a", "b", "c"}, {"What?", "r", "d", "e", "f"}}))
	got, err := Spec{Kind: "gpqa", Dataset: dir}.Load()
	require.NoError(t, err)
	require.Equal(t, want.Questions, got.Questions)
	require.NoError(t, parquet.WriteFile(filepath.Join(dir, "gpqa_diamond", "train-00000-of-00001.parquet"), []qaRow{{"x", "y"}}))
	_, err = Spec{Kind: "gpqa", Dataset: dir}.Load()
	require.ErrorContains(t, err, "row 0: want Question as text")
}
