"""Measures the transformers engine on a GPU with adkernel itself.

    python internal/gpu/measure.py bin/adkernel OUT [--device cuda] [--samples 900] [--jobs 4] [--only faults|variants]

Quantizes the demo's checkpoints, evaluates bf16, the three formats by real
products and by fake quantization, other batches, attentions and torch.compile,
and compares each with bf16 in batches of 32; then plants six faults with Patch
and asks adkernel for the cause. Writes OUT/gpu.json and OUT/gpu.md as results
come, so that what was measured before a time limit is kept.

Needs a Python with torch, transformers 5 and safetensors (this one), and a
built adkernel; no network, no other package.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
DEMO = HERE.parents[1] / "notebooks" / "demo"

# name: (checkpoint, settings, fields of the deployment)
FAKE = {"transforms": {name: {"enabled": False} for name in ("fuse_fp8_linear", "fuse_finegrained_fp8_linear", "fuse_nvfp4_linear")}}
VARIANTS = {
    "bf16, batch 1": ("dense", {}, {"batch_size": 1}),
    "bf16, batch 64": ("dense", {}, {"batch_size": 64}),
    "bf16, prefixes not shared": ("dense", {"kv_cache_config": {"enable_block_reuse": False}}, {}),
    "bf16, eager attention": ("dense", {"attn_backend": "eager"}, {}),
    "bf16, torch.compile": ("dense", {"compile_backend": "torch-compile"}, {}),
    "fp32": ("dense", {}, {"dtype": "float32"}),
    "FP8": ("fp8", {}, {}),
    "FP8, fake": ("fp8", FAKE, {}),
    "FP8 blocks": ("fp8-block", {}, {}),
    "FP8 blocks, fake": ("fp8-block", FAKE, {}),
    "NVFP4, fake": ("nvfp4", FAKE, {}),
}
# fault: (checkpoint, base, name in adkernel's catalogue)
FAULTS = {
    "attention_scale": ("dense", "dense", "attention-scale"),
    "rope_layout": ("dense", "dense", "rope-layout"),
    "scale_missing": ("fp8", "dense", "scale-missing"),
    "sibling_scale": ("fp8", "dense", "sibling-scale"),
    "all_reduce_per_branch": ("moe", "moe", "all-reduce-per-branch"),
    "kv_off_by_one": ("dense", "dense", "kv-cache"),
}


class Measurement:
    def __init__(self, options):
        self.o, self.out = options, pathlib.Path(options.out).resolve()
        self.work = self.out / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        self.models = {"dense": DEMO / "dense", "moe": DEMO / "moe"}
        self.lock = threading.Lock()
        self.results = {"versions": versions(), "samples": options.samples, "jobs": options.jobs, "runs": {}, "faults": {}}

    def adkernel(self, *args, fine=(0, 1)):
        done = subprocess.run([self.o.adkernel, *map(str, args)], capture_output=True, text=True,
                              env={**os.environ, "ADKERNEL_PYTHON": sys.executable, "ADKERNEL_RUNS": str(self.work)})
        if done.returncode not in fine:
            raise RuntimeError(f"adkernel {' '.join(map(str, args))}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def quantize(self):
        for form in ("fp8", "fp8-block", "nvfp4"):
            target = self.work / form
            if not target.exists():
                self.adkernel("quantize", DEMO / "dense", "--as", form, "--calibrate", DEMO / "task", "-o", target)
            self.models[form] = target

    def run(self, name, model, settings, fields):
        """Evaluates a deployment; returns its run directory and what it took."""
        where = self.work / name.replace(",", "").replace(" ", "-").replace(".", "-")
        spec = {
            "deployment": {"name": name, "model": str(self.models[model]), "backend": "transformers", **fields, "args": {"device": self.o.device, **settings}},
            "task": {"kind": "mmlu", "dataset": str(DEMO / "task"), "samples": self.o.samples},
        }
        path = where.with_suffix(".yaml")
        path.write_text(json.dumps(spec))  # JSON is YAML
        began = time.monotonic()
        said = json.loads(self.adkernel("launch", path, "-o", where, "--json"))
        return where, {"n": said["done"], "accuracy": 100 * said["correct"] / said["done"], "seconds": round(time.monotonic() - began, 1)}

    def record(self, kind, name, values):
        with self.lock:
            self.results[kind][name] = values
            self.write()
        print(f"{kind[:-1]} {name}: {json.dumps(values)}", flush=True)

    def variant(self, name, base):
        model, settings, fields = VARIANTS[name]
        where, values = self.run(name, model, settings, fields)
        c = json.loads(self.adkernel("compare", where, base, "--json"))
        values.update(change=c["change"], p=c["p"], losses=c["losses"], gains=c["gains"], verdict=c["verdict"], same_output=c["same_output"], nan=c["test_nan"])
        self.record("runs", name, values)

    def fault(self, name, bases):
        model, base, cause = FAULTS[name]
        where, values = self.run(name, model, {}, {"patch": str(HERE / "faults" / f"{name}.py")})
        c = json.loads(self.adkernel("compare", where, bases[base], "--json"))
        d = json.loads(self.adkernel("diagnose", where, bases[base], "--json"))
        (self.out / f"diagnosis-{name}.json").write_text(json.dumps(d))
        ranked = [s.get("name") for s in d["suspects"] or []]
        values.update(change=c["change"], p=c["p"], nan=c["test_nan"], cause=cause, rank=ranked.index(cause) + 1 if cause in ranked else None,
                      standing=next((s["standing"] for s in d["suspects"] or [] if s["name"] == cause), None),
                      suspects=[f"{s['name']} ({s['standing']})" for s in (d["suspects"] or [])[:3]])
        self.record("faults", name, values)

    def write(self):
        (self.out / "gpu.json").write_text(json.dumps(self.results, indent=1))
        (self.out / "gpu.md").write_text(markdown(self.results))


def versions():
    import torch
    import transformers

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no GPU"
    return {"gpu": gpu, "torch": torch.__version__, "cuda": torch.version.cuda, "transformers": transformers.__version__, "python": sys.version.split()[0]}


def markdown(r):
    v = r["versions"]
    lines = [f"{v['gpu']}, CUDA {v['cuda']}, torch {v['torch']}, transformers {v['transformers']}, Python {v['python']}; --samples {r['samples']} of the demo's task, {r['jobs']} deployments at a time.", "",
             "| deployment | n | accuracy | change against bf16, 95 % | exact p | same output | NaN | seconds, loading included |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, x in r["runs"].items():
        c = x.get("change")
        change = f"{c['estimate']:+.1f} [{c['low']:+.1f}, {c['high']:+.1f}]" if c else "base"
        compared = f"{x['p']:.2g} | {x['same_output']:.1f} % | {x['nan']}" if c else "| |"
        lines.append(f"| {name} | {x['n']} | {x['accuracy']:.1f} % | {change} | {compared} | {x['seconds']} |")
    lines += ["", "| planted fault | n | accuracy | change, points, 95 % | exact p | the cause's rank | first suspects |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, x in r["faults"].items():
        c, rank = x["change"], f"{x['rank']}, {x['standing']}" if x["rank"] else "not among the suspects"
        lines.append(f"| {name} | {x['n']} | {x['accuracy']:.1f} % | {c['estimate']:+.1f} [{c['low']:+.1f}, {c['high']:+.1f}] | {x['p']:.2g} | {rank} | {', '.join(x['suspects']) or 'none'} |")
    return "\n".join(lines) + "\n"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("adkernel")
    p.add_argument("out")
    p.add_argument("--device", default="cuda")
    p.add_argument("--samples", type=int, default=900)
    p.add_argument("--jobs", type=int, default=4)
    p.add_argument("--only", choices=["variants", "faults"])
    p.add_argument("--names", nargs="*", help="only these variants or faults")
    options = p.parse_args()
    options.adkernel = os.path.abspath(options.adkernel)
    m = Measurement(options)
    m.quantize()
    bases = {}
    for model in ("dense", "moe"):
        name = f"bf16 {model}"
        bases[model], values = m.run(name, model, {}, {})
        m.record("runs", name, values)
    wanted = lambda kind, names: [n for n in names if options.only in (None, kind) and (not options.names or n in options.names)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        # Faults first: a diagnosis loads many engines.
        work = [pool.submit(m.fault, n, bases) for n in wanted("faults", FAULTS)] + [pool.submit(m.variant, n, bases["dense"]) for n in wanted("variants", VARIANTS)]
        for done in concurrent.futures.as_completed(work):
            if error := done.exception():
                failed += 1
                print("failed:", error, flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
