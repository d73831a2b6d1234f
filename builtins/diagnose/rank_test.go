package diagnose

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/run"
)

// factSet builds facts from values; numbers may be whole.
func factSet(t *testing.T, values ...map[string]any) Facts {
	t.Helper()
	facts := Facts{}
	for _, set := range values {
		for name, v := range set {
			require.Contains(t, definitions, name)
			if n, ok := v.(int); ok {
				v = float64(n)
			}
			delete(facts, name)
			facts.set(name, v, 8, "a table") // NaN is unknown
		}
	}
	return facts
}

type values = map[string]any

// What deployments have in common, from which the rows of the table differ.
var (
	fluentLoss = values{"output.answers": 1.0, "output.meta": 0, "output.base_meta": 0, "output.empty": 0, "output.base_empty": 0, "output.base_stopped": 0, "output.gibberish": 0, "output.base_gibberish": 0, "output.stopped": 0, "output.nan": 0, "output.base_nan": 0,
		"accuracy.kept": .7, "logits.rms_ratio": 1.0, "length.rho": 0.01, "length.p": .8}
	oneRank         = values{"deployment.world_size": 1, "deployment.moe": false, "deployment.quantized": false, "deployment.captured": true, "deployment.chunked": true}
	quantized       = values{"deployment.quantized": true, "deployment.format": "fp8_block", "audit.wrong": 0, "audit.layers": 28, "other.differences": 0, "weights.share": .7, "weights.error": .07, "loaded.layers": 28, "loaded.wrong": 0}
	twoRanks        = values{"deployment.world_size": 2, "world1.excess": 1.0}
	engineRight     = values{"engine.excess": .9, "engine.error": .01, "position1.excess": .9, "position1.share": 1.0, "repeated.excess": .9, "repeated.share": 1.0, "two.excess": .9, "two.share": 1.0}
	wrongAtOnce     = values{"engine.excess": 20, "engine.error": .3, "engine.nan": 0, "position1.excess": 20, "position1.share": 1.0, "repeated.excess": 20, "repeated.share": 1.0, "two.excess": 20, "two.share": 1.0, "repair.before": 20}
	wrongScores     = values{"engine.excess": 20, "engine.error": .3, "engine.nan": 0, "position1.excess": 0, "position1.share": 0, "repeated.excess": 0, "repeated.share": 0, "two.excess": 6, "two.share": .3, "repair.before": 20, "growth.ratio": 4}
	settingsHelpNot = values{"eager.excess": 20, "attention.excess": 20, "unchunked.excess": 20, "unreused.excess": 20, "alone.excess": 20, "decode.agreement": 1.0}
	scaleIs         = func(cause string) values {
		return values{"loaded.wrong": 28, "loaded.cause": cause, "loaded.finding": "f"}
	}
	auditIs = func(cause string) values {
		return values{"audit.wrong": 28, "audit.cause": cause, "audit.finding": "f"}
	}
	unlikeBase = func(share float64) values {
		return values{"other.differences": 1, "other.finding": "f", "restored.share": share, "restored.error": .5 * share, "checkpoint.excess": 50}
	}
	firstWrong = func(kind string) values {
		return values{"module.kind": kind, "module.first": "m", "module.hint": "h", "module.right": 9}
	}
	fakeAsWrong = values{"fake.excess": 20, "fake.nan": 0, "unquantized.excess": .9}
	collapsed   = values{"accuracy.kept": 0.0, "logits.rms_ratio": 40.0}
)

func TestTheCauseThatTheFactsShowIsRankedFirst(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	for _, c := range []struct {
		name     string
		facts    []values
		first    string
		standing Standing
	}{
		{"scale inverted as loaded", []values{oneRank, fluentLoss, collapsed, quantized, wrongAtOnce, settingsHelpNot, fakeAsWrong, scaleIs("scale inverted")}, "scale-inverted", Shown},
		{"scale inverted in the checkpoint", []values{oneRank, fluentLoss, collapsed, quantized, engineRight, auditIs("scale inverted")}, "scale-inverted", Shown},
		{"scale missing as loaded", []values{oneRank, fluentLoss, collapsed, quantized, wrongAtOnce, settingsHelpNot, fakeAsWrong, scaleIs("scale missing")}, "scale-missing", Shown},
		{"scale off by a factor", []values{oneRank, fluentLoss, quantized, wrongAtOnce, settingsHelpNot, fakeAsWrong, scaleIs("constant factor")}, "scale-twice", Shown},
		{"scales swizzled", []values{oneRank, fluentLoss, quantized, wrongAtOnce, settingsHelpNot, fakeAsWrong, scaleIs("scales swizzled")}, "block-scale", Shown},
		{"a neighbour's scale", []values{oneRank, fluentLoss, quantized, wrongAtOnce, settingsHelpNot, fakeAsWrong, scaleIs("neighbour's scale")}, "block-scale", Shown},
		{"a sibling's scale", []values{oneRank, fluentLoss, quantized, wrongAtOnce, settingsHelpNot, fakeAsWrong, scaleIs("sibling's values")}, "sibling-scale", Shown},
		{"converted bytes, moderate loss", []values{oneRank, fluentLoss, quantized, wrongAtOnce, settingsHelpNot, fakeAsWrong, scaleIs(".to for .view")}, "to-for-view", Shown},
		{"corrupt checkpoint, sound engine", []values{oneRank, fluentLoss, quantized, engineRight, auditIs("nibbles swapped")}, "corrupt-bytes", Shown},
		{"rows in another order in the checkpoint", []values{oneRank, fluentLoss, quantized, engineRight, auditIs("another order")}, "corrupt-bytes", Shown},
		{"another layer's weight in the checkpoint", []values{oneRank, fluentLoss, quantized, engineRight, auditIs("another layer's weight")}, "corrupt-bytes", Shown},
		{"kernel: only fused is wrong", []values{oneRank, fluentLoss, quantized, wrongAtOnce, settingsHelpNot, {"fake.excess": 1.0, "fake.nan": 0, "unquantized.excess": .9}}, "quantized-kernel", Likely},
		{"the format costs it", []values{oneRank, fluentLoss, quantized, engineRight, {"flips.large": .01, "checkpoint.error": .1}}, "quantization-itself", Shown},
		{"another base of the rotation in a quantized checkpoint", []values{oneRank, fluentLoss, quantized, engineRight, {"checkpoint.error": .5}, unlikeBase(.1)}, "other-checkpoint", Shown},
		{"an unquantized checkpoint that was not audited", []values{oneRank, fluentLoss, engineRight, {"checkpoint.error": .5, "checkpoint.excess": 50}}, "other-checkpoint", Likely},
		{"a norm rounded, and the engine's attention scale", []values{oneRank, fluentLoss, wrongScores, settingsHelpNot, {"repair.attention_scale": 1.0, "repair.attention_scale_words": "w", "repair.rope": 18}, unlikeBase(0.0), {"checkpoint.excess": 1.5}}, "attention-scale", Shown},
		{"scales of activations of other data", []values{oneRank, fluentLoss, collapsed, quantized, engineRight, {"checkpoint.error": .5, "weights.share": .05}}, "input-scale", Likely},
		{"a harmless setting beside what the format costs", []values{oneRank, fluentLoss, quantized, engineRight, {"checkpoint.error": .1}, unlikeBase(1.0)}, "quantization-itself", Shown},
		{"a setting that may be harmless", []values{oneRank, fluentLoss, quantized, engineRight, {"checkpoint.error": .1, "other.differences": 1, "other.finding": "f"}}, "other-checkpoint", Possible},
		{"a norm of an unquantized checkpoint", []values{oneRank, fluentLoss, engineRight, {"checkpoint.error": .5}, unlikeBase(0.0)}, "other-checkpoint", Shown},
		{"attention scale, any constant", []values{oneRank, fluentLoss, wrongScores, settingsHelpNot, {"repair.attention_scale": 1.0, "repair.attention_scale_words": "w", "repair.rope": 18}}, "attention-scale", Shown},
		{"rope layout", []values{oneRank, fluentLoss, wrongScores, settingsHelpNot, {"repair.attention_scale": 15, "repair.attention_scale_words": "w", "repair.rope": 1.0}}, "rope-layout", Shown},
		{"both branches reduced twice", []values{oneRank, twoRanks, {"deployment.moe": true}, fluentLoss, wrongAtOnce, settingsHelpNot, {"repair.experts": 1.2, "repair.shared": 12, "repair.rows": 25}}, "all-reduce-per-branch", Shown},
		{"the shared expert reduced twice, four ranks", []values{oneRank, twoRanks, {"deployment.moe": true, "deployment.world_size": 4}, fluentLoss, wrongAtOnce, settingsHelpNot, {"repair.experts": 12, "repair.shared": 1.2, "repair.rows": 25}}, "all-reduce-per-branch", Shown},
		{"row-parallel layers reduced twice", []values{oneRank, twoRanks, fluentLoss, wrongAtOnce, settingsHelpNot, {"repair.rows": 1.2}}, "all-reduce-extra", Shown},
		{"missing all-reduce", []values{oneRank, twoRanks, {"deployment.moe": true}, fluentLoss, wrongAtOnce, settingsHelpNot, {"repair.experts": 30, "repair.shared": 22, "repair.rows": 30}}, "all-reduce-missing", Possible},
		{"captured graph", []values{oneRank, fluentLoss, wrongAtOnce, settingsHelpNot, {"eager.excess": 1.0}}, "cuda-graph", Shown},
		{"chunked prefill", []values{oneRank, fluentLoss, settingsHelpNot, {"engine.excess": 20, "position1.excess": .9, "position1.share": .01, "two.excess": .9, "two.share": .01, "repeated.excess": .9, "repeated.share": .01, "unchunked.excess": 1.0}}, "chunked-prefill", Shown},
		{"chunked prefill, by the runs alone", []values{oneRank, fluentLoss, {"chunk.within": 0, "chunk.beyond": -.6, "chunk.more": -.6, "chunk.p": .0001}}, "chunked-prefill", Possible},
		{"cache: decode differs from prefill", []values{oneRank, fluentLoss, settingsHelpNot, {"engine.excess": 20, "position1.excess": .9, "position1.share": .01, "decode.agreement": .3, "attention.excess": 1.0, "repeated.excess": 8, "repeated.share": .4}}, "kv-cache", Likely},
		{"cache: reuse and decode are wrong", []values{oneRank, fluentLoss, {"attention.excess": 20, "engine.excess": 20, "engine.error": .3, "position1.excess": .9, "position1.share": .01, "two.excess": .9, "two.share": .01, "repeated.excess": .9, "repeated.share": .01, "decode.agreement": .54, "unreused.excess": .3}}, "kv-cache", Shown},
		{"cache: only reuse is wrong", []values{oneRank, fluentLoss, {"attention.excess": 20, "engine.excess": 20, "engine.error": .3, "position1.excess": .9, "position1.share": .01, "two.excess": .9, "two.share": .01, "decode.agreement": 1.0, "unreused.excess": .3}}, "kv-cache", Likely},
		{"cache: only decoding is wrong", []values{oneRank, fluentLoss, engineRight, {"deployment.captured": false, "output.later": .9, "decode.agreement": .4}}, "kv-cache", Likely},
		{"cache: only decoding is wrong, in captured graphs", []values{oneRank, fluentLoss, engineRight, {"output.later": .9, "decode.agreement": .4}}, "kv-cache", Likely},
		{"NaN in probes alone", []values{oneRank, fluentLoss, {"engine.nan": 56, "engine.excess": 60, "position1.excess": 0, "position1.share": 0, "repeated.excess": math.Inf(1), "repeated.share": math.Inf(1), "two.excess": math.Inf(1), "two.share": math.Inf(1), "unreused.excess": math.Inf(1), "repair.before": math.Inf(1), "repair.attention_scale": 75, "repair.rope": 69}}, "nan-transform", Possible},
		{"the causal mask is off", []values{oneRank, fluentLoss, wrongScores, settingsHelpNot, firstWrong("attention"), {"two.excess": 78, "two.share": 3.7, "repair.attention_scale": 32, "repair.rope": 108, "positions.first": 141, "positions.right": 0, "positions.tokens": 294}}, "attention-mask", Shown},
		{"a sliding window of 64", []values{oneRank, fluentLoss, wrongScores, settingsHelpNot, firstWrong("none"), {"two.excess": 0, "two.share": 0, "repair.before": 0, "repair.attention_scale": 12, "repair.rope": 62, "positions.first": 0, "positions.right": 64, "positions.tokens": 256}}, "attention-mask", Likely},
		{"another theta", []values{oneRank, fluentLoss, wrongScores, settingsHelpNot, firstWrong("rotary"), {"repair.attention_scale": 54, "repair.rope": 63, "positions.first": 0, "positions.right": 2, "positions.tokens": 273}}, "rope-frequencies", Shown},
		{"another theta, and a branch too large", []values{oneRank, fluentLoss, wrongAtOnce, settingsHelpNot, firstWrong("rotary"), {"repair.branch": 50, "repair.branch_words": "w"}}, "rope-frequencies", Shown},
		{"scores are bounded", []values{oneRank, fluentLoss, wrongScores, settingsHelpNot, firstWrong("attention"), {"repair.attention_scale": 75, "repair.rope": 69, "positions.first": 0, "positions.right": 2, "positions.tokens": 239}}, "wrong-module", Likely},
		{"a norm is left out", []values{oneRank, fluentLoss, wrongAtOnce, settingsHelpNot, firstWrong("norm"), {"repair.branch": 49, "repair.branch_words": "w"}}, "wrong-module", Likely},
		{"one expert is chosen in the place of two", []values{oneRank, {"deployment.moe": true}, fluentLoss, wrongAtOnce, settingsHelpNot, firstWrong("experts"), {"repair.branch": 14, "repair.branch_words": "w"}}, "wrong-module", Likely},
		{"embeddings are scaled", []values{oneRank, fluentLoss, collapsed, wrongAtOnce, settingsHelpNot, firstWrong("embedding"), {"module.factor": 13.9, "repair.branch": 58, "repair.branch_words": "w"}}, "wrong-module", Likely},
		{"the head is not tied", []values{oneRank, fluentLoss, collapsed, wrongAtOnce, settingsHelpNot, firstWrong("head"), {"repair.branch": 185, "repair.branch_words": "w"}}, "output-head", Likely},
		{"a temperature is left in", []values{oneRank, fluentLoss, wrongAtOnce, settingsHelpNot, firstWrong("head"), {"module.factor": .5, "repair.branch": 105, "repair.branch_words": "w"}}, "output-head", Likely},
		{"padding shifts positions behind a shared prefix", []values{oneRank, fluentLoss, wrongScores, settingsHelpNot, {"alone.excess": 1.3, "unreused.excess": 1.6, "two.excess": 1.1, "two.share": .02, "repair.before": 1.6}}, "batching", Shown},
		{"padding is seen", []values{oneRank, fluentLoss, wrongAtOnce, settingsHelpNot, {"alone.excess": 1.0, "unreused.excess": 7.9, "repair.branch": 57, "repair.branch_words": "w"}}, "batching", Shown},
		{"activations are clamped, and one token is within a wide floor", []values{oneRank, fluentLoss, quantized, settingsHelpNot, firstWrong("mlp"), {"engine.excess": 7.2, "engine.error": .1, "position1.excess": 2.1, "position1.share": 1.3, "repeated.excess": 2, "repeated.share": 1.3, "two.excess": 2, "two.share": 1.3, "repair.before": 5.6, "positions.first": 8.7, "positions.right": 0, "positions.tokens": 269}}, "wrong-module", Likely},
		{"a branch twice, one rank", []values{oneRank, {"deployment.moe": true}, fluentLoss, wrongAtOnce, settingsHelpNot, {"branch.module": "model.layers.0.mlp", "branch.factor": 2.0, "repair.branch": 1.1, "repair.branch_words": "w"}}, "branch-factor", Shown},
		{"a branch twice, on any number of ranks", []values{oneRank, {"deployment.world_size": 2, "world1.excess": 20.0}, fluentLoss, wrongAtOnce, settingsHelpNot, {"repair.branch": 1.1, "repair.branch_words": "w"}}, "branch-factor", Shown},
		{"end_id", []values{oneRank, fluentLoss, engineRight, {"output.answers": .1, "output.empty": .9, "output.stopped": .9}}, "end-id", Shown},
		{"end_id, though a few of the base's end so too", []values{oneRank, fluentLoss, engineRight, {"output.answers": .1, "output.empty": .9, "output.stopped": .9, "output.base_stopped": .05}}, "end-id", Shown},
		{"prompt format", []values{oneRank, fluentLoss, engineRight, {"output.answers": .1, "output.meta": .9}}, "prompt-format", Likely},
		{"NaN", []values{oneRank, fluentLoss, settingsHelpNot, {"output.nan": .4, "engine.nan": 3, "engine.excess": 9}}, "nan-transform", Likely},
		{"NaN, and a base without logits", []values{oneRank, fluentLoss, settingsHelpNot, {"output.nan": .4, "output.base_nan": math.NaN(), "engine.nan": 3, "engine.excess": 9}}, "nan-transform", Likely},
		{"without probes, empty outputs", []values{oneRank, fluentLoss, {"output.answers": .1, "output.empty": .9, "output.stopped": .9}}, "end-id", Possible},
	} {
		t.Run(c.name, func(t *testing.T) {
			suspects := rank(entries, factSet(t, c.facts...))
			require.Equal(t, c.first, suspects[0].Name, "%+v", suspects[:2])
			require.Equal(t, c.standing, suspects[0].Standing, "%+v", suspects[0])
			if c.standing == Shown {
				require.NotEqual(t, Shown, suspects[1].Standing, "%+v", suspects[1])
			}
		})
	}
}

func TestNothingIsAccusedWhereTheEngineIsRight(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	for name, facts := range map[string][]values{
		"unquantized":          {oneRank, fluentLoss, engineRight},
		"two ranks":            {oneRank, fluentLoss, engineRight, twoRanks, {"deployment.moe": true}},
		"quantized, audited":   {oneRank, fluentLoss, quantized, engineRight},
		"nothing was measured": {},
		"outputs alone":        {oneRank, fluentLoss},
		"the base is as empty": {oneRank, fluentLoss, engineRight, {"output.empty": .5, "output.base_empty": .5, "output.stopped": .5, "output.base_stopped": .5}},
		"the base has NaN too": {oneRank, fluentLoss, engineRight, {"output.nan": .5, "output.base_nan": .5}},
	} {
		for _, s := range rank(entries, factSet(t, facts...)) {
			require.False(t, s.Standing.Accuses() && !s.Legitimate, "%s: %+v", name, s)
		}
	}
}

// Sums of what losses of many causes show, and priors, name nobody, of whatever
// deployment: one of which nothing is known, as of an import, or a quantized one.
func TestWhatIsUnspecificAccusesNobody(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	random := values{"output.answers": .1, "output.gibberish": .9}
	for name, facts := range map[string][]values{
		"an import with most of it left":    {fluentLoss},
		"an import near chance":             {fluentLoss, {"accuracy.kept": 0.0}},
		"an import of random tokens":        {fluentLoss, random, {"accuracy.kept": 0.0}},
		"quantized":                         {oneRank, fluentLoss, {"deployment.quantized": true, "deployment.kv_fp8": true, "flips.large": .01}},
		"quantized, near chance":            {oneRank, fluentLoss, {"deployment.quantized": true, "accuracy.kept": 0.0}},
		"ranks of a mixture of experts":     {oneRank, fluentLoss, {"deployment.world_size": 8, "deployment.moe": true}},
		"other logits, by a server's probe": {fluentLoss, {"engine.excess": 20, "engine.error": .3}},
		"other logits, near chance":         {oneRank, fluentLoss, {"deployment.quantized": true, "accuracy.kept": 0.0, "engine.excess": 20, "engine.error": .3}},
		"other logits after one token":      {oneRank, fluentLoss, {"engine.excess": 20, "engine.error": .3, "position1.excess": 20, "position1.share": 1.0}},
	} {
		suspects := rank(entries, factSet(t, facts...))
		d := &Diagnosis{Suspects: suspects, Facts: factSet(t, facts...)}
		for _, s := range suspects {
			require.False(t, s.Standing.Accuses(), "%s: %+v", name, s)
		}
		require.Contains(t, d.open(), fmt.Sprintf("of %d suspects (", len(suspects)), name)
	}
}

// What speaks for a class of suspects speaks for each of them alike: with
// other weights it would tell apart what it does not.
func TestACommonRuleWeighsTheSameForEverySuspect(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	weights := map[string]float64{}
	for _, e := range entries {
		for _, r := range e.Rules {
			if r.Use == "" || r.Weight < 0 || r.Unspecific || r.Use == "nan" { // NaN is itself what one of them is
				continue
			}
			if w, ok := weights[r.Use]; ok {
				require.Equal(t, w, r.Weight, "%s of %s", r.Use, e.Name)
			}
			weights[r.Use] = r.Weight
		}
	}
	require.Greater(t, len(weights), 5)
}

func TestWhatNothingSeparatesStandsOnEqualFooting(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		facts []values
		equal []string
	}{
		"two ranks are wrong, one is right, and no repair could be tried": {
			[]values{oneRank, twoRanks, {"deployment.moe": true}, fluentLoss, wrongAtOnce, settingsHelpNot},
			[]string{"all-reduce-per-branch", "all-reduce-missing", "router-sharded", "head-reshape", "all-reduce-extra", "all-reduce-strategy"}},
		"scores are wrong, in a checkpoint too large for repairs": {
			[]values{oneRank, fluentLoss, wrongScores, settingsHelpNot},
			[]string{"attention-scale", "rope-frequencies", "rope-layout", "attention-mask"}},
		"scales or weights, of which the engine tells none": {
			[]values{oneRank, fluentLoss, {"deployment.quantized": true, "deployment.format": "nvfp4"}, wrongAtOnce, settingsHelpNot, fakeAsWrong},
			[]string{"block-scale", "sibling-scale", "corrupt-bytes", "scale-twice"}},
		"losses follow the length, by the runs alone": {
			[]values{oneRank, fluentLoss, {"length.rho": .32, "length.p": .0001}},
			[]string{"attention-scale", "attention-mask", "rope-frequencies", "rope-layout", "kv-cache", "chunked-prefill", "truncation"}},
		"empty outputs, by the runs alone": {
			[]values{oneRank, fluentLoss, {"output.answers": .1, "output.empty": .9, "output.stopped": .9}},
			[]string{"end-id", "kv-cache"}},
	} {
		suspects := rank(entries, factSet(t, c.facts...))
		var names []string
		for _, s := range level(suspects) {
			names = append(names, s.Name)
			require.Equal(t, Possible, s.Standing, "%s: %+v", name, s)
		}
		require.ElementsMatch(t, c.equal, names, name)
		d := &Diagnosis{Comparison: &compare.Comparison{Test: &run.Run{}, Base: &run.Run{}}, Suspects: suspects}
		require.Contains(t, d.conclusion(), "Possible causes, which nothing measured tells apart: "+suspects[0].Title+"; "+suspects[1].Title, name)
	}
}

func TestTheAccusedStandBeforeThoseWithAPriorAlone(t *testing.T) {
	entryOf := func(name string, prior, weight float64) entry {
		e, err := parseEntry(fmt.Appendf(nil, "name: %s\ntitle: %s\nclass: c\nsymptom: s\nprobe: p\nfix: f\nprior: %g\nrules: [{when: engine.excess >= 3, weight: %g, say: s}]", name, name, prior, weight), nil)
		require.NoError(t, err)
		return e
	}
	suspects := rank([]entry{entryOf("a-common", 3, 1), entryOf("b-common", 2.5, 0.5), entryOf("c-shown", 0, 3)}, factSet(t, values{"engine.excess": 9.0}))
	require.Equal(t, "c-shown", suspects[0].Name)
	require.Equal(t, Possible, suspects[0].Standing)
	require.Equal(t, Open, suspects[1].Standing)
	require.Len(t, level(suspects), 1)
	d := &Diagnosis{Comparison: &compare.Comparison{}, Suspects: suspects}
	require.Contains(t, d.conclusion(), "Possible cause: c-shown.")
}
