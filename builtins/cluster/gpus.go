package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A GPU is one device of this machine.
type GPU struct {
	Index string // as CUDA counts them in the order of the bus: "0"
	UUID  string // "GPU-..."
	Name  string // "NVIDIA H100 80GB HBM3"
}

// visibleDevices restricts CUDA to some devices.
const visibleDevices = "CUDA_VISIBLE_DEVICES"

// GPUs lists the devices that this process may use: those of nvidia-smi, or
// of them the ones that CUDA_VISIBLE_DEVICES names, where it is set.
func GPUs(ctx context.Context) ([]GPU, error) {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	out, err := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu=index,uuid,name", "--format=csv,noheader").Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("no GPU can be reserved: nvidia-smi is not on the PATH, so there is no NVIDIA driver here")
	}
	if err != nil {
		return nil, fmt.Errorf("no GPU can be reserved: nvidia-smi: %w%s", err, lastWords(err, out))
	}
	all, err := parseGPUs(out)
	if err != nil {
		return nil, err
	}
	list, restricted := os.LookupEnv(visibleDevices)
	if !restricted {
		return all, nil
	}
	return find(all, strings.Split(list, ","))
}

// parseGPUs reads lines of "0, GPU-1a2b, NVIDIA H100".
func parseGPUs(out []byte) ([]GPU, error) {
	var gpus []GPU
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		fields := strings.SplitN(line, ",", 3)
		if len(fields) != 3 {
			return nil, fmt.Errorf("nvidia-smi said %.200q: want index, uuid and name of each GPU", line)
		}
		gpus = append(gpus, GPU{strings.TrimSpace(fields[0]), strings.TrimSpace(fields[1]), strings.TrimSpace(fields[2])})
	}
	return gpus, lines.Err()
}

// find returns the devices that are named, by index or the beginning of a UUID.
func find(gpus []GPU, names []string) ([]GPU, error) {
	var out []GPU
	for _, name := range names {
		name = strings.TrimSpace(name)
		if name == "" || name == "-1" || name == "NoDevFiles" {
			break // CUDA ignores what comes after a device that it does not know
		}
		matches := slices.DeleteFunc(slices.Clone(gpus), func(g GPU) bool {
			return g.Index != name && !(strings.HasPrefix(name, "GPU-") && strings.HasPrefix(g.UUID, name))
		})
		if len(matches) != 1 {
			return nil, fmt.Errorf("GPU %q is not one of this machine's: there are %s", name, describeGPUs(gpus))
		}
		if slices.Contains(out, matches[0]) {
			return nil, fmt.Errorf("GPU %q is named twice", name)
		}
		out = append(out, matches[0])
	}
	return out, nil
}

func describeGPUs(gpus []GPU) string {
	if len(gpus) == 0 {
		return "none"
	}
	words := make([]string, len(gpus))
	for i, g := range gpus {
		words[i] = fmt.Sprintf("%s (%s, %s)", g.Index, g.Name, g.UUID)
	}
	return strings.Join(words, ", ")
}

// lastWords is what a command that failed said last.
func lastWords(err error, out []byte) string {
	text := out
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(bytes.TrimSpace(exit.Stderr)) > 0 {
		text = exit.Stderr
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return ""
	}
	if len(text) > 400 {
		text = text[len(text)-400:]
	}
	return ": " + string(text)
}
