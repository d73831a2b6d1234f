package notebook

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMalformedNotebooksAreRefusedWithThePlace(t *testing.T) {
	cell := func(fields string) string {
		return `{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
			{"cell_type": "markdown", "id": "a", "metadata": {}, "source": ""}, {` + fields + `}]}`
	}
	for _, test := range []struct{ content, want string }{
		{"", "is empty"},
		{"\xff\xfe", "is not UTF-8 text"},
		{"[]", "is a list, not a notebook"},
		{"{\n\"cells\": [\n", "line 3: the file ends within the notebook: it is truncated"},
		{"{\n\"cells\": x}", "line 2: not JSON"},
		{cell(`"cell_type": "raw", "id": "b", "metadata": {}, "source": ""`) + "{}", "there is more after the notebook's end"},
		{`{"cells": []}`, "nbformat is missing: is this an .ipynb file?"},
		{`{"nbformat": "4"}`, "nbformat is a string, not a number"},
		{`{"nbformat": 3, "worksheets": []}`, "is of nbformat 3, and only 4 is read: convert it with jupyter nbconvert --to notebook --inplace FILE"},
		{`{"nbformat": 5}`, "is of nbformat 5"},
		{`{"nbformat": 4}`, "nbformat_minor is missing"},
		{`{"nbformat": 4, "nbformat_minor": 1e99}`, "nbformat_minor: 1e99 is not a count"},
		{`{"nbformat": 4, "nbformat_minor": 5}`, "metadata is missing"},
		{`{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [7]}`, "cell 1: is a number, not an object"},
		{cell(`"cell_type": "heading"`), `cell 2: cell_type is "heading", not code, markdown or raw`},
		{cell(`"cell_type": "raw", "id": "b c"`), `cell 2: id is "b c"`},
		{cell(`"cell_type": "raw", "id": "a", "metadata": {}, "source": ""`), `cell 2: its id "a" is that of cell 1 as well`},
		{cell(`"cell_type": "raw"`), "cell 2: metadata is missing"},
		{cell(`"cell_type": "raw", "metadata": {}, "source": [1]`), "cell 2: source: a line is not a string: line 1 is a number"},
		{cell(`"cell_type": "raw", "metadata": {}, "source": "", "attachments": {"a.png": 1}`), `cell 2: attachment "a.png": is a number`},
		{cell(`"cell_type": "code", "metadata": {}, "source": "", "execution_count": -1`), "cell 2: execution_count: -1 is not a count"},
		{cell(`"cell_type": "code", "metadata": {}, "source": "", "execution_count": null`), "cell 2: outputs is missing"},
		{cell(`"cell_type": "code", "metadata": {}, "source": "", "outputs": [{"output_type": "pyout"}]`), `cell 2: output 1: output_type is "pyout"`},
		{cell(`"cell_type": "code", "metadata": {}, "source": "", "outputs": [{"output_type": "stream"}]`), "cell 2: output 1: name is missing"},
		{cell(`"cell_type": "code", "metadata": {}, "source": "", "outputs": [{"output_type": "error", "ename": "", "evalue": "", "traceback": "x"}]`), "traceback is a string, not a list"},
	} {
		nb, err := parse([]byte(test.content))
		require.ErrorContains(t, err, test.want, test.content)
		require.Nil(t, nb)
	}
	_, err := Read(filepath.Join("testdata", "absent.ipynb"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestReadAndWriteKeepsEveryByteOfWhatNbformatWrote(t *testing.T) {
	for _, name := range []string{"outputs.ipynb", "kept.ipynb"} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		require.Equal(t, string(want), string(read(t, name).encoded()), name)
	}
}

func TestCellsWithoutAnIDGetOneThatStays(t *testing.T) {
	nb, err := parse([]byte(`{"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": [
		{"cell_type": "raw", "metadata": {"trusted": true}, "source": "a"}, {"cell_type": "raw", "metadata": {}, "source": "a"}]}`))
	require.NoError(t, err)
	content := nb.encoded()
	require.Contains(t, string(content), `"nbformat_minor": 5`)
	require.NotContains(t, string(content), "trusted")
	again, err := parse(content)
	require.NoError(t, err)
	require.NotEqual(t, again.Cells[0].ID, again.Cells[1].ID)
	require.Equal(t, string(content), string(again.encoded()))
}

func TestLinesAreSplitAsPythonSplitsThem(t *testing.T) {
	require.Equal(t, []any{}, splitLines(""))
	require.Equal(t, []any{"a\n", "b\r\n", "c\r", "d\v", "e\u2028", "\u0085", "f"}, splitLines("a\nb\r\nc\rd\ve\u2028\u0085f"))
}

func TestWriteReplacesTheFileOrLeavesItAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ipynb")
	defer syscall.Umask(syscall.Umask(0o077))
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, os.Chmod(path, 0o664)) // more than the umask leaves
	link := filepath.Join(dir, "link.ipynb")
	require.NoError(t, os.Symlink(path, link))
	require.NoError(t, code("1").Write(link))
	nb, err := Read(path)
	require.NoError(t, err)
	require.Equal(t, "1", nb.Cells[0].Source)
	require.NoError(t, nb.WriteHTML(link))
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(page), "<html")
	st, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o664), st.Mode().Perm())

	require.ErrorContains(t, nb.Write(dir), "cannot be written: it is not a regular file")
	require.ErrorContains(t, nb.Write(filepath.Join(dir, "absent", "a.ipynb")), "cannot be written")
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2, "nothing temporary stays")
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ipynb")
	require.NoError(f, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(content)
	}
	f.Add([]byte(`{"nbformat": 4, "nbformat_minor": 0, "metadata": {}, "cells": [{"cell_type": "code", "metadata": {}, "source": [], "outputs": []}]}`))
	f.Add([]byte(strings.Repeat("[", 20000)))
	f.Fuzz(func(t *testing.T, content []byte) {
		nb, err := parse(content)
		if err != nil {
			return
		}
		written := nb.encoded()
		again, err := parse(written)
		require.NoError(t, err)
		require.Equal(t, string(written), string(again.encoded()))
	})
}
