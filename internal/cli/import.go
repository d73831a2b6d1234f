package cli

import (
	"context"
	"fmt"
	"os"

	"adkernel/builtins/results"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
)

type importCommand struct {
	output
	Files []string `arg:"" type:"existingpath" help:"Result files of one evaluation, or a folder of them: samples and results of lm-eval; dumps and log of trtllm-eval; predictions of sgl-eval; raw results of SGLang; input and output of vllm run-batch; a logits file of llama.cpp; logits as .npy, .npz or safetensors."`
	Out   string   `short:"o" placeholder:"RUN" help:"Run directory; default: a new one below the runs' root."`

	Name  string `help:"Of the deployment, for people."`
	Model string `help:"That was evaluated, where the files do not say."`
	Limit int    `help:"Take so many samples from the beginning of each file."`

	Metric string `help:"lm-eval: the metric that says right or wrong, where there are several."`
	Filter string `help:"lm-eval: the filter that takes the answer from the output, where there are several."`

	Task    string `help:"trtllm-eval: the task that was evaluated: mmlu."`
	Dataset string `type:"existingdir" help:"Its data set; default: the one below $$LLM_MODELS_ROOT."`
	Samples int    `help:"Its number of samples, as it was run."`

	References string `type:"existingfile" help:"run-batch: JSON lines of custom_id and ref, the right answers."`
	Score      string `enum:",prefix,exact" default:"" help:"run-batch: how an output is compared with the right answer: prefix (default) or exact."`

	Like      string `placeholder:"RUN" help:"Logits: a run of the same prompts in the same order."`
	Logits    string `help:"Logits: the array, where a file has several."`
	Tokens    string `help:"Logits: array or .npy file of the prompts' token ids."`
	Labels    string `help:"Logits: array or .npy file of the right token ids, for one row a prompt."`
	Tokenizer string `type:"existingpath" help:"Logits: tokenizer.json or its folder, for the tokens' texts."`
}

func (c importCommand) Run(ctx context.Context) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	r, err := results.Import(ctx, c.Files, options)
	if err != nil {
		return err
	}
	if !c.JSON {
		fmt.Println(r.MimeBundle().Plain())
		for _, m := range r.Spec().Import.Missing {
			fmt.Printf("not available: %s: %s\n", m.What, m.Why)
		}
		for _, note := range r.Spec().Import.Notes {
			fmt.Printf("note: %s\n", note)
		}
		return nil
	}
	progress, err := r.Progress()
	if err != nil {
		return err
	}
	return writeJSON(os.Stdout, map[string]any{
		"run": r.Dir(), "label": r.Label(), "done": progress.Done, "correct": progress.Correct, "import": r.Spec().Import,
	})
}

func (c importCommand) options() (results.Options, error) {
	where, err := runOptions(c.Out)
	if err != nil {
		return results.Options{}, err
	}
	o := results.Options{
		Run: where, Name: c.Name, Model: c.Model, Limit: c.Limit, Metric: c.Metric, Filter: c.Filter,
		References: c.References, Score: c.Score,
		Logits: c.Logits, Tokens: c.Tokens, Labels: c.Labels, Tokenizer: c.Tokenizer,
	}
	if c.Limit < 0 {
		return o, fmt.Errorf("--limit %d: want 1 or more", c.Limit)
	}
	if c.Task != "" {
		o.Task = &task.Spec{Kind: c.Task, Dataset: c.Dataset, Samples: c.Samples}
	} else if c.Dataset != "" || c.Samples != 0 {
		return o, fmt.Errorf("--dataset and --samples are those of a --task")
	}
	if c.Like != "" {
		if o.Like, err = run.Find(c.Like); err != nil {
			return o, err
		}
	}
	return o, nil
}
