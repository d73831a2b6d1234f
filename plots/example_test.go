package plots_test

import (
	"fmt"

	"adkernel/plots"
)

func ExampleSubjects() {
	figure := plots.Subjects(plots.SubjectsData{
		Base: "bf16", Test: "fp8", Interval: "95 % Tango score interval, paired", Correction: "Benjamini-Hochberg, q < .05",
		Subjects: []plots.SubjectChange{
			{Name: "anatomy", N: 72, Change: -1.4, Low: -7.1, High: 4.0},
			{Name: "astronomy", N: 72, Change: -12.5, Low: -22.1, High: -5.1, Significant: true},
		},
	}, plots.Options{})
	fmt.Println(figure)
	// Output:
	// Accuracy change by subject: fp8 against bf16
	// 95 % Tango score interval, paired; significance by Benjamini-Hochberg, q < .05; 2 subjects, n = 144
	//
	// subject    change       interval   n
	// astronomy   −12.5  [−22.1, −5.1]  72  ·───────────●────────·····│······  significant loss
	// anatomy      −1.4   [−7.1, +4.0]  72  ··················───────●│─────·  not significant
}

func ExampleLadder() {
	figure := plots.Ladder(plots.LadderData{
		Reference: "bf16", ReferenceAccuracy: 71.4, Interval: "95 % Wilson interval",
		Steps: []plots.LadderStep{
			{Name: "as deployed", N: 912, Accuracy: 62.1, Low: 58.9, High: 65.2, Below: true},
			{Name: "fuse_fp8_linear off", N: 912, Accuracy: 70.9, Low: 67.9, High: 73.8},
		},
	}, plots.Options{Title: "What the FP8 kernels cost"})
	fmt.Println(figure)
	// Output:
	// What the FP8 kernels cost
	// 95 % Wilson interval; 2 configurations, first tried on top
	//
	// configuration        accuracy      interval    n
	// as deployed              62.1  [58.9, 65.2]  912  ·───────●──────···········│······  significantly below
	// fuse_fp8_linear off      70.9  [67.9, 73.8]  912  ···················──────●│─────·  not significantly below
}

func ExampleLogitRanges() {
	figure := plots.LogitRanges(plots.LogitRangesData{
		Base: "bf16", Test: "nvfp4",
		Samples: []plots.LogitSample{
			{Sample: 0, Base: plots.LogitRange{Min: -11, Q1: -2, Median: 0, Q3: 2, Max: 16}, Test: plots.LogitRange{Min: -12, Q1: -2, Median: 0, Q3: 2, Max: 17}},
			{Sample: 1, Base: plots.LogitRange{Min: -10, Q1: -2, Median: 0, Q3: 2, Max: 15}, Test: plots.LogitRange{Min: -11, Q1: -2, Median: 0, Q3: 2, Max: 16}},
			{Sample: 2, Base: plots.LogitRange{Min: -12, Q1: -2, Median: 0, Q3: 2, Max: 18}, Test: plots.LogitRange{Min: -12, Q1: -2, Median: 0, Q3: 3, Max: 410}},
		},
	}, plots.Options{})
	fmt.Println(figure)
	// Output:
	// Logit range by sample: nvfp4 against bf16
	// n = 3; named: range departs from the baseline's far more than is usual here
	//
	// over samples          least  median  greatest  n
	// bf16, minimum logit     -12     -11       -10  3
	// bf16, median logit        0       0         0  3
	// bf16, maximum logit      15      16        18  3
	// nvfp4, minimum logit    -12     -12       -11  3
	// nvfp4, median logit       0       0         0  3
	// nvfp4, maximum logit     16      17       410  3
	// sample 2 stands out: logit 410
}

func ExampleMargins() {
	figure := plots.Margins(plots.MarginsData{
		Base: "bf16", Test: "fp8",
		Samples: []plots.MarginSample{
			{Sample: 0, Base: 4.1, Test: 3.9, BaseRight: true, TestRight: true},
			{Sample: 1, Base: 0.3, Test: -0.2, BaseRight: true},
			{Sample: 2, Base: -2.0, Test: -2.4},
		},
	}, plots.Options{})
	fmt.Println(figure)
	// Output:
	// Answer margins: fp8 against bf16
	// margin: logit of the right answer minus the best other answer; n = 3; panel on the right: 95 % Wilson intervals
	//
	// right → wrong 1, wrong → right 0, unchanged 2
	// flip           size of base margin  samples   share  95 % Wilson
	// right → wrong           0.3 to 4.1   1 of 2  50.0 %  [9.5, 90.5]
	// wrong → right               2 to 2   0 of 1   0.0 %  [0.0, 79.3]
}
