package diagnose

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConditionsFollowKleene(t *testing.T) {
	facts := Facts{}
	facts.set("engine.excess", 5.0, 8, "probe")
	facts.set("accuracy.change", -0.1, 8, "runs")
	facts.set("deployment.moe", true, 1, "record")
	facts.set("loaded.cause", "wrong block size", 28, "probe")
	for source, want := range map[string]truth{
		`engine.excess >= 3`:                                               yes,
		`engine.excess < 3`:                                                no,
		`accuracy.change < -0.05`:                                          yes,
		`position1.excess < 3`:                                             unknown,
		`not position1.excess < 3`:                                         unknown,
		`engine.excess >= 3 and position1.excess < 3`:                      unknown,
		`engine.excess < 3 and position1.excess < 3`:                       no,
		`engine.excess >= 3 or position1.excess < 3`:                       yes,
		`engine.excess < 3 or position1.excess < 3`:                        unknown,
		`deployment.moe`:                                                   yes,
		`not deployment.moe`:                                               no,
		`deployment.quantized`:                                             unknown,
		`loaded.cause == "wrong block size"`:                               yes,
		`loaded.cause != "wrong block size"`:                               no,
		`audit.cause != "wrong block size"`:                                unknown,
		`engine.excess < 3 or deployment.moe and not (engine.excess == 4)`: yes,
	} {
		c, err := parseCondition(source)
		require.NoError(t, err, source)
		require.Equal(t, want, c.root.eval(facts), source)
	}
}

func TestConditionsAreTyped(t *testing.T) {
	for source, want := range map[string]string{
		``:                             `"" is not a fact`,
		`engine.excess`:                "want a comparison",
		`engine.excess < "a"`:          "want a number",
		`loaded.cause < "a"`:           "want == or !=",
		`loaded.cause == 3`:            "quoted text",
		`deployment.moe == true`:       "unexpected",
		`(engine.excess < 3`:           "want )",
		`engine.excess < 3 4`:          `unexpected "4"`,
		`engine.excess < 3 and`:        "is not a fact",
		`loaded.cause == "a`:           "literal not terminated",
		`deployment.build == "secret"`: "is not a fact",
	} {
		_, err := parseCondition(source)
		require.ErrorContains(t, err, want, source)
	}
}

func TestAFactThatCannotBeMeasuredIsUnknown(t *testing.T) {
	facts := Facts{}
	facts.set("engine.excess", math.NaN(), 8, "probe")
	require.Empty(t, facts)
}

func FuzzConditionsAreParsedOrRefused(f *testing.F) {
	for _, s := range []string{`engine.excess < 3`, `not (deployment.moe or loaded.cause == "x")`, `((((`, `engine.excess < -1e400`, "loaded.cause == `x`"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		c, err := parseCondition(source)
		if err != nil {
			return
		}
		require.NotEmpty(t, c.facts)
		require.Equal(t, unknown, c.root.eval(Facts{}), "without facts nothing is known")
	})
}
