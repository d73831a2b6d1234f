package plots

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The figures under test: plausible runs, made up from a seed.

func demoSubjects() SubjectsData {
	names := []string{
		"adding", "capitals", "categories", "comparing", "counting_letters", "key_value_recall", "modulo", "multiplying",
		"alphabetical_order", "reversal", "roman_numerals", "sequences", "sorting", "subtracting", "weekdays", "word_lengths",
	}
	r := rand.New(rand.NewPCG(5, 6))
	d := SubjectsData{Base: "bf16", Test: "fp8-block", Interval: "95 % Tango score interval, paired", Correction: "Benjamini-Hochberg, q < .05"}
	for i, name := range names {
		change := math.Round(r.NormFloat64()*2 - 1)
		switch name {
		case "multiplying", "modulo", "key_value_recall":
			change = -18 + 3*float64(i%3)
		case "reversal":
			change = 9
		}
		half := 4 + math.Abs(change)/4 + r.Float64()*2
		d.Subjects = append(d.Subjects, SubjectChange{
			Name: name, N: 100, Change: change, Low: change - half*1.1, High: change + half*0.9, Significant: math.Abs(change) > 1.3*half,
		})
	}
	return d
}

// mmluSubjects has 57 rows, among them the longest names of MMLU, one subject
// without samples and one without an interval.
func mmluSubjects() SubjectsData {
	r := rand.New(rand.NewPCG(7, 8))
	d := SubjectsData{Base: "Llama-3.1-8B-Instruct BF16", Test: "FP8 AutoDeploy", Interval: "95 % Tango score interval, paired", Correction: "Benjamini-Hochberg, q < .05"}
	for i := range 57 {
		name := fmt.Sprintf("high_school_subject_%02d", i)
		switch i {
		case 3:
			name = "high_school_government_and_politics"
		case 4:
			name = "a_subject_whose_name_is_far_too_long_for_any_figure_because_it_tells_a_story"
		}
		change := r.NormFloat64()*3 - 1.5
		half := 3 + 4*r.Float64()
		s := SubjectChange{Name: name, N: 72, Change: change, Low: change - half, High: change + half, Significant: math.Abs(change) > half}
		if i == 20 {
			s = SubjectChange{Name: name, Change: math.NaN(), Low: math.NaN(), High: math.NaN()}
		}
		if i == 21 {
			s.Low, s.High = math.NaN(), math.Inf(1)
		}
		d.Subjects = append(d.Subjects, s)
	}
	return d
}

func demoLogits(n int) LogitRangesData {
	r := rand.New(rand.NewPCG(1, 2))
	d := LogitRangesData{Base: "bf16", Test: "nvfp4"}
	for i := range n {
		top := 14 + 3*math.Abs(r.NormFloat64())
		base := LogitRange{Min: -11 + r.NormFloat64()*0.8, Q1: -2 + r.NormFloat64()*0.1, Median: 0.2 + r.NormFloat64()*0.05, Q3: 2.1 + r.NormFloat64()*0.1, Max: top}
		test := LogitRange{Min: base.Min * (1 + 0.1*r.NormFloat64()), Q1: base.Q1 * 1.1, Median: base.Median - 0.4, Q3: base.Q3 * 1.1, Max: base.Max * (1.04 + 0.05*r.NormFloat64())}
		switch {
		case n > 20 && i == n/2:
			test.Max = 480
		case n > 20 && i == n/3:
			test.Min = -95
		case n > 20 && (i == n/5 || i == n/5+1):
			test.Max = math.NaN()
		}
		d.Samples = append(d.Samples, LogitSample{Sample: i, Base: base, Test: test})
	}
	return d
}

func demoMargins(n int) MarginsData {
	r := rand.New(rand.NewPCG(3, 4))
	d := MarginsData{Base: "bf16", Test: "fp8-block"}
	for i := range n {
		base := r.NormFloat64()*3 + 2.5
		test := base*0.9 + r.NormFloat64()*0.8
		if i%9 == 0 {
			test -= 4
		}
		d.Samples = append(d.Samples, MarginSample{Sample: i, Subject: "adding", Base: base, Test: test, BaseRight: base > 0, TestRight: test > 0})
	}
	return d
}

func demoLadder() LadderData {
	d := LadderData{Reference: "bf16 baseline", ReferenceAccuracy: 71.4, Interval: "95 % Wilson interval"}
	for _, s := range []struct {
		name     string
		accuracy float64
		below    bool
	}{
		{"as deployed", 62.1, true}, {"world_size 1", 61.7, true}, {"compile_backend torch-simple", 62.1, true},
		{"attn_backend torch", 61.9, true}, {"fake quantization (14 transforms off)", 70.9, false},
		{"+ fuse_fp8_moe", 71.1, false}, {"+ fuse_finegrained_fp8_linear", 62.3, true},
	} {
		half := 3.2
		d.Steps = append(d.Steps, LadderStep{Name: s.name, N: 912, Accuracy: s.accuracy, Low: s.accuracy - half, High: s.accuracy + half, Below: s.below})
	}
	return d
}
