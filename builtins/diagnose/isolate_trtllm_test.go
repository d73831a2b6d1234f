package diagnose_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// tuned are the defaults of a toy of TensorRT-LLM's engines, as it records them.
var tuned = map[string]map[string]string{
	"autodeploy": {
		"compile_backend": "torch-cudagraph", "attn_backend": "flashinfer", "enable_chunked_prefill": "False",
		"transforms.detect_sharding.allreduce_strategy": "AUTO", "transforms.fuse_rmsnorm.stage": "post_load_fusion", "transforms.fuse_moe.stage": "post_load_fusion",
	},
	"pytorch": {"attn_backend": "TRTLLM", "cuda_graph_config.max_batch_size": "8", "kv_cache_config.dtype": "auto"},
}

// openTuned opens a toy with these defaults. "breaks" lists, between " or ", the
// settings in force with which every second answer is wrong, and "refuses" those
// with which it does not load: "attn_backend=torch+compile_backend=torch-opt".
func openTuned(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	settings, err := d.Settings()
	if err != nil {
		return nil, err
	}
	inForce := maps.Clone(tuned[d.Backend])
	if inForce == nil {
		inForce = map[string]string{}
	}
	put(inForce, "", settings)
	holds := func(list any) bool {
		text, _ := list.(string)
		for _, together := range strings.Split(text, " or ") {
			all := together != ""
			for _, term := range strings.Split(together, "+") {
				name, value, _ := strings.Cut(term, "=")
				all = all && inForce[name] == value
			}
			if all {
				return true
			}
		}
		return false
	}
	if holds(settings["refuses"]) {
		return nil, fmt.Errorf("deployment %s: there is no %v here", d.Label(), settings["refuses"])
	}
	e, err := openToy(ctx, engine.Deployment{Model: d.Model}, at)
	if err != nil {
		return nil, err
	}
	out := e.(*toy)
	out.wrong, out.inForce = holds(settings["breaks"]), inForce
	if settings["arch"] != nil {
		return ofArch{out, settings["arch"].(string)}, nil
	}
	return out, nil
}

// ofArch is a toy of another architecture.
type ofArch struct {
	*toy
	arch string
}

func (e ofArch) Info() engine.Info {
	info := e.toy.Info()
	info.Arch = e.arch
	return info
}

// put sets flattened settings; one that is none takes with it what it held.
func put(inForce map[string]string, prefix string, settings map[string]any) {
	for key, v := range settings {
		if nested, ok := v.(map[string]any); ok {
			put(inForce, prefix+key+".", nested)
			continue
		}
		if v == nil {
			maps.DeleteFunc(inForce, func(name, _ string) bool { return strings.HasPrefix(name, prefix+key+".") })
			v = "None"
		}
		inForce[prefix+key] = fmt.Sprint(v)
	}
}

func TestAnIsolationOfTensorRTLLMStripsItsDefaults(t *testing.T) {
	options := run.Options{Root: t.TempDir(), Command: []string{os.Args[0], "execute-tuned"}}
	spec := toyTask(t)
	evaluate := func(d engine.Deployment) *run.Run {
		d.Model = "none"
		r, err := run.Launch(t.Context(), run.Spec{Deployment: d, Task: spec}, options)
		require.NoError(t, err)
		require.NoError(t, r.Wait(t.Context()))
		return r
	}
	base := evaluate(engine.Deployment{Name: "base"})
	const graph, attention, norm = "compile_backend torch-cudagraph", "attn_backend flashinfer", "fusion of norm and rope"
	for name, c := range map[string]struct {
		d               engine.Deployment
		breaks, refuses string
		finding         diagnose.Finding
		culprit         string
		words           []string
		runs, failed    int
	}{
		"graphs": {d: engine.Deployment{Backend: "autodeploy"}, breaks: "compile_backend=torch-cudagraph", refuses: "compile_backend=torch-cudagraph+attn_backend=torch",
			finding: diagnose.OneComponent, culprit: graph, runs: 7, words: []string{graph + ": with it and what it needs (" + attention + ") the loss is there, and without it and with everything stripped it is not"}},
		"attention, graphs or not": {d: engine.Deployment{Backend: "autodeploy"}, breaks: "attn_backend=flashinfer",
			finding: diagnose.OneComponent, culprit: attention, runs: 7, words: []string{attention + ": with it alone the loss is there"}},
		"all-reduce, not ranks": {d: engine.Deployment{Backend: "autodeploy", WorldSize: 2}, breaks: "transforms.detect_sharding.allreduce_strategy=AUTO+world_size=2",
			finding: diagnose.OneComponent, culprit: "detect_sharding.allreduce_strategy AUTO", runs: 11, words: []string{"with it and what it needs (world_size 2)"}},
		"a pass of the installed version": {d: engine.Deployment{Backend: "autodeploy"}, breaks: "transforms.fuse_rmsnorm.stage=post_load_fusion+transforms.fuse_rmsnorm.enabled=",
			finding: diagnose.OneComponent, culprit: norm, runs: 7, words: []string{norm + " (fuse_rmsnorm): with it alone the loss is there"}},
		"no plain attention": {d: engine.Deployment{Backend: "autodeploy"}, breaks: "attn_backend=flashinfer", refuses: "attn_backend=torch",
			finding: diagnose.Incomplete, runs: 3, failed: 1, words: []string{"Still wrong without everything that could be stripped (-50.0 points", "It is the core path, or what could not be stripped: " + attention + " (there is no attn_backend=torch here)."}},
		"no plain attention, which is right": {d: engine.Deployment{Backend: "autodeploy"}, breaks: "compile_backend=torch-cudagraph", refuses: "attn_backend=torch",
			finding: diagnose.OneComponent, culprit: graph, runs: 5, failed: 1, words: []string{graph + ": with it alone the loss is there", ". Not stripped: " + attention + " (there is no attn_backend=torch here)."}},
		"one that does not run alone": {d: engine.Deployment{Backend: "autodeploy"}, breaks: "compile_backend=torch-cudagraph", refuses: "compile_backend=torch-cudagraph+transforms.fuse_rmsnorm.enabled=false",
			finding: diagnose.Incomplete, runs: 6, failed: 1, words: []string{"n = 26; first after strip to compile_backend torch-simple), and no single component is shown to take it away", "what one of these does alone: " + graph + " (there is no compile_backend=torch-cudagraph+transforms.fuse_rmsnorm.enabled=false here)"}},
		"what graphs need, together": {d: engine.Deployment{Backend: "autodeploy"}.With("ToyMoeForCausalLM", "arch"), breaks: "attn_backend=flashinfer+transforms.fuse_moe.stage=post_load_fusion+transforms.fuse_moe.enabled=",
			finding: diagnose.Interaction, runs: 10, words: []string{"An interaction: with " + attention + " and fusion of MoE together the loss is there, and with none of them alone, nor with everything stripped"}},
		"graphs of experts": {d: engine.Deployment{Backend: "autodeploy"}.With("ToyMoeForCausalLM", "arch"), breaks: "compile_backend=torch-cudagraph",
			finding: diagnose.OneComponent, culprit: graph, runs: 10, words: []string{graph + ": with it and what it needs (" + attention + " and fusion of MoE) the loss is there"}},
		"PyTorch": {d: engine.Deployment{Backend: "pytorch"}, breaks: "cuda_graph_config.max_batch_size=8",
			finding: diagnose.OneComponent, culprit: "cuda_graph_config", runs: 5},
	} {
		t.Run(name, func(t *testing.T) {
			d := c.d.With(c.breaks, "breaks").With(c.refuses, "refuses")
			d.Name, d.Model = "toy", "none"
			cmp, err := compare.Runs(evaluate(d), base)
			require.NoError(t, err)
			out, err := diagnose.Isolate(t.Context(), d, cmp, diagnose.IsolateOptions{Run: options})
			require.NoError(t, err)
			t.Log("\n" + out.MimeBundle().Plain())
			require.Equal(t, c.finding, out.Finding, out.Words)
			require.Equal(t, c.culprit, out.Culprit)
			for _, words := range c.words {
				require.Contains(t, out.Words, words)
			}
			require.Len(t, out.Steps, c.runs)
			require.Len(t, out.Failed, c.failed)
			if c.failed > 0 {
				require.Contains(t, out.MimeBundle().Plain(), out.Failed[0].Name)
				require.Contains(t, out.MimeBundle().Plain(), "does not run")
				text, err := out.MarshalJSON()
				require.NoError(t, err)
				require.Contains(t, string(text), `"failed":[{"name":"`+out.Failed[0].Name)
			}
		})
	}
}

// A comparison of another deployment, or of an import, does not tell what is in
// force: the run as deployed does.
func TestAnIsolationReadsItsDefaultsWhereTheComparisonDoesNotTellThem(t *testing.T) {
	options := run.Options{Root: t.TempDir(), Command: []string{os.Args[0], "execute-tuned"}}
	spec := toyTask(t)
	evaluate := func(d engine.Deployment) *run.Run {
		r, err := run.Launch(t.Context(), run.Spec{Deployment: d, Task: spec}, options)
		require.NoError(t, err)
		require.NoError(t, r.Wait(t.Context()))
		return r
	}
	lossy := engine.Deployment{Name: "lossy", Model: "none"}.With("x=1", "breaks").With(1, "x")
	cmp, err := compare.Runs(evaluate(lossy), evaluate(engine.Deployment{Name: "base", Model: "none"}))
	require.NoError(t, err)
	d := engine.Deployment{Name: "toy", Model: "none", Backend: "pytorch"}.With("attn_backend=TRTLLM", "breaks")
	out, err := diagnose.Isolate(t.Context(), d, cmp, diagnose.IsolateOptions{Run: options})
	require.NoError(t, err)
	require.Equal(t, "attn_backend TRTLLM", out.Culprit, out.Words)
}
