package task

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type csvReference struct {
	Cases []struct {
		CSV  string
		Want *struct {
			Cells [][]string
			Text  [][]bool
		}
	}
	Permutations []struct {
		N     int
		First []int
	}
}

func readCSVReference(t testing.TB) csvReference {
	text, err := os.ReadFile("testdata/csv_cases.json")
	require.NoError(t, err)
	var ref csvReference
	require.NoError(t, json.Unmarshal(text, &ref))
	return ref
}

func TestCellsEqualPandas(t *testing.T) {
	compared := 0
	for _, c := range readCSVReference(t).Cases {
		got, err := parseTable([]byte(c.CSV))
		if err != nil && strings.Contains(err.Error(), "the first row has") {
			continue // pandas pads short rows; TestShortRowIsRefused
		}
		if c.Want == nil {
			require.Error(t, err, "%q", c.CSV)
			continue
		}
		require.NoError(t, err, "%q", c.CSV)
		compared++
		require.Equal(t, len(c.Want.Cells), got.rows(), "%q", c.CSV)
		for row, want := range c.Want.Cells {
			require.Equal(t, len(want), len(got.columns), "%q", c.CSV)
			for i := range want {
				require.Equal(t, want[i], got.cell(row, i), "%q row %d column %d", c.CSV, row, i)
				require.Equal(t, c.Want.Text[row][i], got.isText(row, i), "%q row %d column %d", c.CSV, row, i)
			}
		}
	}
	require.Greater(t, compared, 500)
}

func TestPermutationsEqualNumPy(t *testing.T) {
	rng := newMT19937(0)
	for _, p := range readCSVReference(t).Permutations {
		require.Equal(t, p.First, rng.sample(p.N, min(12, p.N)), "n = %d", p.N)
	}
}

func TestMalformedCSVIsRefusedWithFileAndLine(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"short row":     {"q,1,2,3,4,A\n\nq,1,2,3,4\n", ":3: 5 fields, the first row has 6"},
		"long row":      {"q,A\nq,1,A\n", ":2: 3 fields, the first row has 2"},
		"open quote":    {"q,A\n\"q\nq,A\n", ":2: a quoted field has no end"},
		"after a quote": {"\"q\nq\",A\nq\n", ":3: 1 field, the first row has 2"},
		"invalid UTF-8": {"q,A\nq\xff,A\n", ":2: not valid UTF-8"},
		"zero byte":     {"q,A\nq\x00,A\n", ":2: zero byte"},
		"empty":         {"", "no rows"},
		"blank":         {" \n\n\t\n", "no rows"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.csv")
			require.NoError(t, os.WriteFile(path, []byte(test.text), 0o644))
			_, err := readTable(path)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func FuzzParseTableNeverPanics(f *testing.F) {
	for _, c := range readCSVReference(f).Cases[:100] {
		f.Add([]byte(c.CSV))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseTable(text)
		if err != nil {
			return
		}
		for row := range got.rows() {
			for i := range got.columns {
				got.cell(row, i)
				got.isText(row, i)
			}
			formatExample(got, row)
		}
	})
}
