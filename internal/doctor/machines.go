package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"adkernel/builtins/cluster"
)

// gpus lists the GPUs that runs can have.
func gpus() Finding {
	const what, gives = "GPUs", "engines at speed, FP8 and NVFP4 kernels, On: Local{GPUs: n}; the demo and the embedded engine need none"
	if _, err := exec.LookPath("nvidia-smi"); err != nil {
		return Finding{What: what, State: Missing, Detail: "no NVIDIA driver (nvidia-smi is not on PATH)", Gives: gives, Fix: "run where a GPU is, or On: Slurm{...}, On: SSH{...}"}
	}
	found, err := cluster.GPUs(context.Background())
	if err != nil {
		return Finding{What: what, State: Broken, Detail: err.Error(), Gives: gives, Fix: "nvidia-smi says what is wrong with the driver"}
	}
	if len(found) == 0 {
		return Finding{What: what, State: Missing, Detail: "none that may be used (CUDA_VISIBLE_DEVICES=" + os.Getenv("CUDA_VISIBLE_DEVICES") + ")", Gives: gives, Fix: "unset CUDA_VISIBLE_DEVICES"}
	}
	words := make([]string, len(found))
	for i, g := range found {
		words[i] = g.Index + " " + g.Name
	}
	return Finding{What: what, State: OK, Detail: strings.Join(words, ", ")}
}

// slurm asks whether jobs can be submitted, and where to.
func slurm() Finding {
	const what, gives = "Slurm", "runs as jobs of a cluster: On: Slurm{...}"
	if _, err := exec.LookPath("sbatch"); err != nil {
		return Finding{What: what, State: Missing, Detail: "sbatch is not on PATH", Gives: gives, Fix: "run on a login node of the cluster"}
	}
	partitions, err := said("sinfo", "--noheader", "--format=%P (%a, %D nodes, %G)")
	if err != nil {
		return Finding{What: what, State: Broken, Detail: err.Error(), Gives: gives, Fix: "sinfo says what is wrong; SLURM_CONF names its configuration"}
	}
	version, err := said("sbatch", "--version")
	if err != nil {
		return Finding{What: what, State: Broken, Detail: err.Error(), Gives: gives, Fix: "sbatch --version says what is wrong"}
	}
	detail := fmt.Sprintf("%s: %s", version, strings.ReplaceAll(partitions, "\n", ", "))
	if _, err := said("sacct", "--noheader", "--jobs=1"); err != nil {
		detail += "; no accounting: why a job ended is known for some minutes only"
	}
	return Finding{What: what, State: OK, Detail: detail}
}

// ssh says whether other machines can be reached. Which ones, only they know.
func ssh() Finding {
	const what, gives = "ssh", "runs on other machines: On: SSH{...}"
	if _, err := exec.LookPath("ssh"); err != nil {
		return Finding{What: what, State: Missing, Detail: "ssh is not on PATH", Gives: gives, Fix: "install OpenSSH's client (apt-get install openssh-client)"}
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	version, err := exec.CommandContext(ctx, "ssh", "-V").CombinedOutput() // on standard error
	if err != nil {
		return Finding{What: what, State: Broken, Detail: complaint("ssh", string(version)), Gives: gives, Fix: "ssh -V says what is wrong"}
	}
	return Finding{What: what, State: OK, Detail: strings.TrimSpace(string(version))}
}

// said runs a command that answers at once.
func said(name string, args ...string) (string, error) {
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if ctx.Err() != nil {
		return "", fmt.Errorf("%s: no answer within 20 seconds", name)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return "", fmt.Errorf("%s: %s", name, complaint(name, string(exit.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}

// complaint is what a command wrote to standard error, each line without the
// command's name.
func complaint(name, stderr string) string {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimSpace(line), name+": ")
	}
	return strings.Join(lines, "\n")
}

// datasets looks for the other data sets below the models' root; mmlu has a
// finding of its own.
func datasets() []Finding {
	root := os.Getenv(modelsRoot)
	var findings []Finding
	for _, d := range []struct{ what, folder, gives string }{
		{"GSM8K", filepath.Join("datasets", "openai", "gsm8k"), "GSM8K as TensorRT-LLM runs it"},
		{"GPQA", filepath.Join("datasets", "gpqa"), "GPQA-diamond"},
	} {
		f := Finding{What: d.what, State: Missing, Gives: d.gives, Fix: fmt.Sprintf("export %s=DIR, where DIR/%s holds the data set", modelsRoot, d.folder)}
		path := filepath.Join(root, d.folder)
		entries, err := os.ReadDir(path)
		switch {
		case root == "":
			f.Detail = modelsRoot + " is not set"
		case err != nil || len(entries) == 0:
			f.Detail = path + " is not there, or empty"
		default:
			f = Finding{What: d.what, State: OK, Detail: path}
		}
		findings = append(findings, f)
	}
	return findings
}
