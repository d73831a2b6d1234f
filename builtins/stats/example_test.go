package stats_test

import (
	"fmt"

	"adkernel/builtins/stats"
)

func ExampleMcNemar() {
	p := stats.Paired{BothRight: 60, Losses: 12, Gains: 3, BothWrong: 25}
	test, _ := stats.McNemar(p)
	change, _ := stats.TangoDifference(p, 0.95)
	fmt.Println(test)
	fmt.Println(change)
	// Output:
	// exact McNemar, two-sided: p = 0.0352, n = 100 (15 informative)
	// -0.09 [-0.1737, -0.01598] (95 % Tango score interval, paired, n = 100)
}

func ExampleDesign_DetectableLoss() {
	plan, _ := stats.DefaultDesign().DetectableLoss(100)
	fmt.Println(plan)
	// Output:
	// a loss of 10.0 points is detected with probability 0.80 at n = 100 (one-sided exact McNemar, trinomial enumeration, alpha 0.05, 5 % noise flips)
}

func ExampleLossEvidence() {
	e, _ := stats.LossEvidence(stats.Paired{BothRight: 36, Losses: 12, Gains: 2})
	fmt.Println(e, e.Rejects(0.05))
	// Output:
	// e-process on discordant pairs, valid at every look: E = 23.9, n = 50 (14 informative) true
}
