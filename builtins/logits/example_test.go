package logits_test

import (
	"fmt"

	"adkernel/builtins/logits"
)

func ExampleMargin() {
	row := []float32{-3, 1.5, 4, 0.25, 2}
	letters := []int32{1, 2, 3, 4} // tokens of A, B, C, D
	fmt.Println(logits.Margin(row, letters, 1))
	fmt.Println(logits.Margin(row, letters, 0))
	fmt.Println(logits.TopK(row, 2))
	// Output:
	// 2
	// -2.5
	// [{2 4} {4 2}]
}
