package cli

import (
	"context"
	"os"

	"adkernel/builtins/checkpoint"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/task"
)

type auditCommand struct {
	output
	Model     string `arg:"" type:"existingdir" help:"Quantized checkpoint."`
	Reference string `required:"" type:"existingdir" placeholder:"DIR" help:"The unquantized checkpoint it was made from."`
}

// Help says how the verb ends.
func (auditCommand) Help() string {
	return `Exit status: 0 when nothing is at fault, 1 when a layer is, or something else that quantization leaves as it is (norms, settings, tokenizer, chat template, generation), 2 when the checkpoints cannot be read, or the reference is quantized itself.`
}

// Run ends as Help says.
func (c auditCommand) Run() error {
	report, err := checkpoint.Audit(c.Model, c.Reference)
	if err != nil {
		return err
	}
	if err := c.show(os.Stdout, report); err != nil {
		return err
	}
	if !report.Right() {
		return status(exitNo)
	}
	return nil
}

type logitsCommand struct {
	Model     string  `required:"" type:"existingdir" placeholder:"DIR" help:"Checkpoint."`
	PromptIDs []int32 `name:"prompt-ids" required:"" help:"Token ids, separated by commas."`
	DType     string  `name:"dtype" enum:"float32,bfloat16,float16," default:"" help:"Of the activations; default: the checkpoint's."`
}

// Run prints {"logits": [...]}: the last position's.
func (c logitsCommand) Run(ctx context.Context) error {
	d := engine.Deployment{Model: c.Model}
	if c.DType != "" {
		d = d.With(c.DType, "model_kwargs", "torch_dtype")
	}
	e, err := backend.Open(ctx, d, engine.Site{})
	if err != nil {
		return err
	}
	defer e.Close()
	request := engine.Request{Tokens: c.PromptIDs, MaxTokens: 1, Logits: true}
	return e.Generate(ctx, []engine.Request{request}, func(r engine.Response) error {
		return writeJSON(os.Stdout, map[string]any{"logits": r.Logits})
	})
}

type promptsCommand struct {
	Evaluation string   `arg:"" enum:"mmlu,gsm8k,gpqa,questions,lm-eval" help:"Evaluation: ${enum}."`
	Dataset    string   `type:"path" placeholder:"PATH" help:"Folder of the data set, or file of questions or samples; default: below $$LLM_MODELS_ROOT."`
	Samples    int      `help:"Questions of the whole evaluation, as many of each subject, rounded up; default: all."`
	Subjects   []string `help:"Only these subjects."`
	Seed       int      `help:"Random seed of gsm8k and gpqa."`
	Filter     string   `help:"Filter that decides, of gsm8k and lm-eval."`
	Metric     string   `help:"Metric that decides, of lm-eval's ranked choices: acc, acc_norm, acc_bytes."`
	Chat       bool     `help:"As conversations."`
	Multiturn  bool     `help:"As conversations with the worked examples as turns."`
	System     string   `help:"System prompt of conversations."`
}

// Run prints JSON lines {"subject", "index", "prompt", "ref"}.
func (c promptsCommand) Run() error {
	t, err := task.Spec{
		Kind: c.Evaluation, Dataset: c.Dataset, Samples: c.Samples, Subjects: c.Subjects, Seed: c.Seed, Filter: c.Filter, Metric: c.Metric,
		Chat: c.Chat || c.Multiturn, Multiturn: c.Multiturn, System: c.System,
	}.Load()
	if err != nil {
		return err
	}
	return t.WriteJSONLines(os.Stdout)
}
