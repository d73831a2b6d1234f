package diagnose

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// A Kind is the type of a fact's value.
type Kind string

// The kinds. A condition that compares a fact with a value of another kind
// does not load.
const (
	Number Kind = "number"
	Bool   Kind = "bool"
	Text   Kind = "text"
)

// A unit says how a number is written in a sentence.
type unit int

const (
	plain   unit = iota // three significant digits
	count               // a whole number
	percent             // a share of 1, written in percent
	points              // a change of accuracy, a share, written in points with its sign
	times               // a ratio: "12 times"
	pValue              // "p = 0.012"
)

// A definition is what is known of a fact before it is measured.
type definition struct {
	kind Kind
	unit unit
	doc  string
}

// definitions lists every fact that a condition of the catalogue may name.
// Errors are relative: the RMS of the difference of two centred logit rows
// over the RMS of the reference's, median over the prompts. Excesses divide such
// an error by the floor: what rounding alone does, which is the same error
// between the reference in the coarser of the two number formats and in float32.
// Where only a few whole prompts come out wrong (engine.prompts_wrong), errors
// and excesses of whole prompts are those of these: the fault touches no others.
var definitions = map[string]definition{
	"deployment.quantized":  {Bool, plain, "the tested checkpoint is quantized"},
	"deployment.format":     {Text, plain, "its format: fp8, fp8_block, nvfp4, or none"},
	"deployment.world_size": {Number, count, "ranks of the tested deployment"},
	"deployment.moe":        {Bool, plain, "the model is a mixture of experts"},
	"deployment.captured":   {Bool, plain, "the tested deployment replays captured graphs"},
	"deployment.chunked":    {Bool, plain, "its prompts may be divided among steps"},
	"deployment.kv_fp8":     {Bool, plain, "its KV cache is set to FP8"},
	"deployment.attention":  {Text, plain, "its attn_backend"},
	"deployment.same_model": {Bool, plain, "test and base load the same checkpoint"},
	"deployment.served":     {Bool, plain, "it is a server, with its settings where it was started"},

	"accuracy.change": {Number, points, "change of the accuracy, test less base"},
	"accuracy.kept":   {Number, percent, "share of the base's advantage over guessing that test keeps"},

	"output.answers":        {Number, percent, "test outputs that are one of the answers"},
	"output.meta":           {Number, percent, "test outputs that talk about answering"},
	"output.base_meta":      {Number, percent, "base outputs that do"},
	"output.empty":          {Number, percent, "empty test outputs"},
	"output.base_empty":     {Number, percent, "empty base outputs"},
	"output.gibberish":      {Number, percent, "other test outputs"},
	"output.base_gibberish": {Number, percent, "other base outputs"},
	"output.stopped":        {Number, percent, "test outputs that are empty because the first token was a stop token"},
	"output.base_stopped":   {Number, percent, "base outputs that are"},
	"output.nan":            {Number, percent, "test samples with NaN or Inf logits"},
	"output.base_nan":       {Number, percent, "base samples with NaN or Inf logits"},
	"output.same":           {Number, percent, "samples with the same output text in both runs"},
	"output.later":          {Number, percent, "samples whose outputs begin with the same token in both runs and differ later"},

	"logits.rms_ratio": {Number, times, "RMS of a logit row, test over base, median"},
	"flips.large":      {Number, percent, "flips in the quarter of the samples with the largest base margins"},
	"length.rho":       {Number, plain, "rank correlation of being lost with the prompt's length, over samples that base has right"},
	"length.p":         {Number, pValue, "p of that correlation, between and within subjects"},
	"chunk.within":     {Number, points, "change over prompts of at most max_num_tokens tokens"},
	"chunk.beyond":     {Number, points, "change over longer prompts"},
	"chunk.more":       {Number, points, "the one over longer prompts less the other"},
	"chunk.p":          {Number, pValue, "p of that difference, between and within subjects"},
	"world1.loss_p":    {Number, pValue, "p of the loss of a run at world_size 1 (exact McNemar, one-sided)"},

	"checkpoint.error":  {Number, percent, "tested checkpoint against the base's, both on the base's engine"},
	"checkpoint.excess": {Number, times, "checkpoint.error over engine.floor"},
	"engine.floor":      {Number, percent, "rounding: the reference against itself in float32, median of the whole prompts"},
	"engine.error":      {Number, percent, "tested deployment against its checkpoint on the base's engine"},
	"engine.excess":     {Number, times, "engine.error over engine.floor"},
	"engine.nan":        {Number, count, "probe prompts with NaN or Inf in the tested deployment's logits"},

	"engine.prompts":       {Number, count, "whole prompts that both were asked"},
	"engine.prompts_wrong": {Number, count, "of them, those that come out wrong: those that are beyond what rounding does to any where the others' median is within it, else all or none by the median"},

	"position1.floor":  {Number, percent, "engine.floor over prompts of one token"},
	"position1.error":  {Number, percent, "engine.error over prompts of one token"},
	"position1.excess": {Number, times, "the one over the other"},
	"position1.share":  {Number, plain, "position1.error over engine.error: small where such prompts come out right, and not only within a wide floor"},
	"repeated.share":   {Number, plain, "the same for the repeated token"},
	"two.share":        {Number, plain, "the same for two tokens"},
	"repeated.excess":  {Number, times, "engine.excess over prompts of one token repeated eight times"},
	"two.excess":       {Number, times, "engine.excess over prompts of two tokens"},
	"growth.ratio":     {Number, times, "engine.error over whole prompts, over that over two tokens"},

	"decode.agreement": {Number, percent, "generated tokens that the same deployment also chooses when it computes the prefix anew, without block reuse"},

	"loaded.layers":  {Number, count, "quantized layers whose scales the engine told"},
	"loaded.wrong":   {Number, count, "of them, with scales that are not the checkpoint's"},
	"loaded.cause":   {Text, plain, "the mistake that reproduces the wrong scales"},
	"loaded.finding": {Text, plain, "where and how"},
	"audit.layers":   {Number, count, "linear layers of the checkpoint audited against the base's"},
	"audit.wrong":    {Number, count, "of them, faulty"},
	"audit.cause":    {Text, plain, "the mistake that explains the worst"},
	"audit.finding":  {Text, plain, "where and how"},

	"other.differences": {Number, count, "what is not the base's checkpoint's though no quantizer changes it: settings, and tensors that are not quantized"},
	"other.finding":     {Text, plain, "what and how"},
	"restored.error":    {Number, percent, "checkpoint.error with the base's in the place of that"},
	"restored.share":    {Number, plain, "restored.error over checkpoint.error"},

	"weights.error": {Number, percent, "checkpoint.error of the stored weights without quantized activations or KV cache"},
	"weights.share": {Number, plain, "weights.error over checkpoint.error: small where activations, and not weights, are what quantization changes"},

	"module.right":  {Number, count, "outputs of modules that are the reference's, before the first that is not, over the last tokens of a prompt"},
	"module.first":  {Text, plain, "the module of that first one"},
	"module.kind":   {Text, plain, "what it is: embedding, rotary, norm, linear, attention, mlp, router, experts, head, layer, other; order: not a module of the reference; none: all are the reference's"},
	"module.factor": {Number, times, "its output over the reference's, where it is a multiple of that within rounding"},
	"module.hint":   {Text, plain, "what can be wrong with it"},

	"positions.tokens": {Number, count, "tokens of a whole prompt after each of which the logits were compared"},
	"positions.right":  {Number, count, "of them, how many the logits are right after, before the first wrong ones"},
	"positions.first":  {Number, times, "excess after the first of them, which must not depend on the others"},

	"branch.module": {Text, plain, "first attention or MLP whose output is not the reference's, those before it being right"},
	"branch.factor": {Number, times, "its output over the reference's, where it is a multiple of that within rounding"},

	"fake.excess":        {Number, times, "engine.excess with fake quantization on both sides"},
	"fake.nan":           {Number, count, "probe prompts with NaN under fake quantization"},
	"unquantized.excess": {Number, times, "engine.excess of the base's checkpoint in the tested configuration"},
	"world1.excess":      {Number, times, "engine.excess at world_size 1"},
	"eager.excess":       {Number, times, "engine.excess with compile_backend torch-simple"},
	"attention.excess":   {Number, times, "engine.excess with attention by its formula"},
	"unchunked.excess":   {Number, times, "engine.excess with whole prompts in one step"},
	"unreused.excess":    {Number, times, "engine.excess without block reuse"},
	"alone.excess":       {Number, times, "engine.excess with prompts computed one at a time"},

	"repair.attention_scale":        {Number, times, "engine.excess over short prompts, query weights multiplied by the best factor tried"},
	"repair.attention_scale_words":  {Text, plain, "the constant that this factor undoes"},
	"repair.rope":                   {Number, times, "the same, query and key rows permuted to the other rotary layout"},
	"repair.attention_scale_spared": {Text, plain, "why no factor was tried, since none can make the logits right"},
	"repair.rope_spared":            {Text, plain, "the same of the other rotary layout"},
	"repair.experts":                {Number, times, "engine.excess, routed and shared experts' outputs divided by world_size"},
	"repair.shared":                 {Number, times, "engine.excess, the shared expert's output divided by world_size"},
	"repair.rows":                   {Number, times, "engine.excess, all row-parallel outputs divided by world_size"},
	"repair.branch":                 {Number, times, "engine.excess, a factor of a branch's output undone in the weights, the best of those tried"},
	"repair.branch_words":           {Text, plain, "what was undone"},
	"repair.before":                 {Number, times, "engine.excess over short prompts without any repair"},
}

// A Fact is one measured value with what it rests on.
type Fact struct {
	Name   string `json:"name"`
	Value  any    `json:"value"` // float64, bool or string
	N      int    `json:"n"`     // samples, prompts or layers behind it
	Source string `json:"source"`
}

// Facts are what is known of a deployment. What is not here is unknown, and
// supports nothing.
type Facts map[string]Fact

func (f Facts) set(name string, value any, n int, source string) {
	if v, ok := value.(float64); ok && math.IsNaN(v) {
		return // not measurable is unknown
	}
	f[name] = Fact{Name: name, Value: value, N: n, Source: source}
}

func (f Facts) number(name string) (float64, bool) {
	v, ok := f[name].Value.(float64)
	return v, ok
}

func (f Facts) sorted() []Fact {
	list := make([]Fact, 0, len(f))
	for _, fact := range f {
		list = append(list, fact)
	}
	slices.SortFunc(list, func(a, b Fact) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// words writes the value as it stands in a sentence.
func (f Fact) words() string {
	switch v := f.Value.(type) {
	case string:
		return v
	case bool:
		return fmt.Sprint(v)
	case float64:
		return definitions[f.Name].unit.words(v)
	}
	return "unknown"
}

func (u unit) words(v float64) string {
	switch u {
	case count:
		return fmt.Sprintf("%.0f", v)
	case percent:
		return significant(100*v) + " %"
	case points:
		return fmt.Sprintf("%+.1f points", 100*v)
	case times:
		return significant(v) + " times"
	case pValue:
		return "p = " + significant(v)
	}
	return significant(v)
}

// significant writes three digits, without an exponent where that reads well.
func significant(v float64) string {
	switch size := math.Abs(v); {
	case size >= 1000 && size < 1e6:
		return fmt.Sprintf("%.0f", v)
	case size >= 100 && size < 1000:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// MarshalJSON writes an infinite value as text, for which JSON has no number.
func (f Fact) MarshalJSON() ([]byte, error) {
	type bare Fact
	out := bare(f)
	if v, ok := f.Value.(float64); ok && math.IsInf(v, 0) {
		out.Value = fmt.Sprint(v)
	}
	return json.Marshal(out)
}

// A Probe is something that was computed to learn facts, or that could not be.
type Probe struct {
	Name    string        `json:"name"`
	What    string        `json:"what"` // one sentence
	Spent   time.Duration `json:"-"`
	Seconds float64       `json:"seconds"`
	With    string        `json:"with,omitempty"`   // the probe whose engine was asked, where this one loaded none
	Failed  string        `json:"failed,omitempty"` // why its facts are unknown
}
