package diagnose

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/run"
)

func TestHalfOfTheWholePromptsAreLostOnes(t *testing.T) {
	task := func(n int, lost func(int) bool) []answered {
		pairs := make([]answered, n)
		for i := range pairs {
			pairs[i] = answered{test: run.Sample{Index: i, Correct: !lost(i)}, base: run.Sample{Index: i, Correct: true}}
		}
		return pairs
	}
	for name, c := range map[string]struct {
		task []answered
		want []int
	}{
		"one of ten":              {task(80, func(i int) bool { return i%10 == 3 }), []int{3, 4, 23, 24, 43, 44, 63, 64}},
		"the first ones":          {task(20, func(i int) bool { return i < 6 }), []int{0, 1, 3, 4, 6, 7, 8, 9}},
		"the last, and no others": {task(20, func(i int) bool { return i == 19 }), []int{0, 3, 6, 9, 12, 15, 18, 19}},
		"none":                    {task(16, func(int) bool { return false }), []int{0, 2, 4, 6, 8, 10, 12, 14}},
		"all":                     {task(16, func(int) bool { return true }), []int{0, 2, 4, 6, 8, 10, 12, 14}},
		"all but two":             {task(8, func(i int) bool { return i > 1 }), []int{0, 1, 2, 3, 4, 5, 6, 7}},
		"fewer than are asked":    {task(3, func(i int) bool { return i == 1 }), []int{0, 1, 2}},
		"no samples":              {nil, []int{}},
	} {
		require.Equal(t, c.want, choose(c.task), name)
	}
}
