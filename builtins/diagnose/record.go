package diagnose

import (
	"fmt"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// describe gathers what the runs' records say about the deployments. A server
// tells little of how it serves, and an import nothing: what neither the
// engine's record nor the deployment's own settings say stays unknown.
func describe(test, base run.Spec, facts Facts) {
	set := func(name string, value any) { facts.set(name, value, 1, "the test run's record") }
	if test.Deployment.Model != "" && base.Deployment.Model != "" {
		set("deployment.same_model", test.Deployment.Model == base.Deployment.Model)
	}
	if test.Deployment.URL != "" {
		set("deployment.served", true)
	}
	// An engine that has read the model's configuration names its architecture.
	if info := test.Engine; info != nil && info.Arch != "" {
		format := strings.ToLower(info.Quant)
		set("deployment.quantized", format != "")
		if format == "" {
			format = "none"
		}
		set("deployment.format", format)
		set("deployment.moe", ofExperts(info.Arch))
	}
	if ranks, known := ranksOf(test); known {
		set("deployment.world_size", float64(ranks))
	}
	is := func(fact, key string, values ...string) {
		text := setting(test, key)
		if text == "" {
			return
		}
		held := false
		for _, v := range values {
			held = held || strings.EqualFold(text, v) // Python writes True
		}
		set(fact, held)
	}
	is("deployment.captured", "compile_backend", "torch-cudagraph", "torch-opt")
	if d := (engine.Deployment{Backend: test.Deployment.Backend, Args: test.Settings}); d.TunedByDefault() && !d.HasTransforms() {
		if force, err := settingsInForce(d, test.Engine); err == nil && force.value("cuda_graph_config") != "" {
			graphs := force.value("cuda_graph_config")
			set("deployment.captured", graphs == "set")
		}
	}
	is("deployment.chunked", "enable_chunked_prefill", "true")
	is("deployment.kv_fp8", "kv_cache_config.dtype", "fp8")
	if backend := setting(test, "attn_backend"); backend != "" {
		set("deployment.attention", backend)
	}
}

// setting is the value in force of a key with dots, or else the value that the
// deployment asks for; "" where neither is known.
func setting(spec run.Spec, key string) string {
	if spec.Engine != nil && spec.Engine.Settings[key] != "" {
		return spec.Engine.Settings[key]
	}
	if v := lookup(spec.Settings, strings.Split(key, ".")); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}
