package frame_test

import (
	"fmt"

	"adkernel/builtins/frame"
)

func Example() {
	samples := frame.New(
		frame.Strings("run", []string{"bf16", "fp8", "bf16", "fp8", "bf16", "fp8"}),
		frame.Strings("subject", []string{"law", "law", "law", "law", "math", "math"}),
		frame.Bools("correct", []bool{true, false, true, true, true, true}),
	)
	accuracy := samples.Pivot("subject", "run", frame.Mean("", "correct")).With("delta", "100 * (fp8 - bf16)")
	fmt.Println(accuracy.Where("delta < -5").Sort("delta"))
	// Output:
	// subject     bf16      fp8    delta
	// string   float64  float64  float64
	// ───────  ───────  ───────  ───────
	// law          1.0      0.5    -50.0
	// 1 row × 4 columns
}

func ExampleFrame_GroupBy() {
	samples := frame.New(
		frame.Strings("subject", []string{"math", "law", "math", "law", "math"}),
		frame.Floats("nll", []float64{0.5, 2, 1.5, 3, 1}),
	)
	fmt.Println(samples.GroupBy("subject").Agg(
		frame.Count("n"), frame.Mean("nll", "nll"), frame.Quantile("q90", "nll", 0.9)))
	// Output:
	// subject      n      nll      q90
	// string   int64  float64  float64
	// ───────  ─────  ───────  ───────
	// law          2      2.5      2.9
	// math         3      1.0      1.4
	// 2 rows × 4 columns
}

func ExampleFrame_Join() {
	test := frame.New(frame.Strings("subject", []string{"law", "math"}), frame.Floats("accuracy", []float64{0.41, 0.35}))
	base := frame.New(frame.Strings("subject", []string{"math", "law"}), frame.Floats("accuracy", []float64{0.35, 0.62}))
	fmt.Println(test.Join(base, frame.On("subject").Suffixes("_test", "_base")))
	// Output:
	// subject  accuracy_test  accuracy_base
	// string         float64        float64
	// ───────  ─────────────  ─────────────
	// law               0.41           0.62
	// math              0.35           0.35
	// 2 rows × 3 columns
}

func ExampleFrame_Err() {
	samples := frame.New(frame.Floats("delta", []float64{-7, 1}))
	fmt.Println(samples.Where("detla < -5").Sort("delta").Head(10).Err())
	// Output:
	// where: no column "detla"; did you mean "delta"? (at character 1 of "detla < -5")
}
