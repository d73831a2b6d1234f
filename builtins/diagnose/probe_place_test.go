package diagnose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
	"adkernel/builtins/compare"
	"adkernel/builtins/diagnose"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// A probed is an opener of toys that give logits, which keeps what was opened.
type probed struct {
	change func(*engine.Info) // of what the engines say of themselves
	within func()             // while an engine is open

	mu     sync.Mutex
	opened []engine.Deployment
	sites  []engine.Site
}

func (p *probed) open(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	p.mu.Lock()
	p.opened, p.sites = append(p.opened, d), append(p.sites, at)
	p.mu.Unlock()
	e, err := openToy(ctx, d, at)
	if err != nil {
		return nil, err
	}
	return &probedToy{e.(*toy), p}, nil
}

type probedToy struct {
	*toy
	p *probed
}

func (e *probedToy) Info() engine.Info {
	info := e.toy.Info()
	if e.p.change != nil {
		e.p.change(&info)
	}
	return info
}

// Generate gives a row that depends on the prompt, rounded where the toy does
// not compute in float32, and another one where the toy is wrong.
func (e *probedToy) Generate(_ context.Context, requests []engine.Request, emit func(engine.Response) error) error {
	if e.p.within != nil {
		e.p.within()
	}
	for _, r := range requests {
		row := make([]float32, 256)
		for i := range row {
			x := math.Sin(float64(i + int(r.Tokens[len(r.Tokens)-1])))
			if e.wrong {
				x += math.Cos(float64(3 * i))
			}
			if e.dtype != "float32" {
				x = math.Round(x*256) / 256
			}
			row[i] = float32(x)
		}
		tokens := slices.Repeat([]int32{'B'}, r.MaxTokens)
		if err := emit(engine.Response{ID: r.ID, Tokens: tokens, Text: e.Decode(tokens), Finish: "length", Logits: row}); err != nil {
			return err
		}
	}
	return nil
}

// moved is the run as it would be recorded had it executed elsewhere.
func moved(t *testing.T, r *run.Run, on *cluster.Document) *run.Run {
	t.Helper()
	path := filepath.Join(r.Dir(), "spec.json")
	var spec map[string]any
	require.NoError(t, json.Unmarshal([]byte(readFile(t, path)), &spec))
	spec["deployment"].(map[string]any)["on"] = on
	var text bytes.Buffer
	require.NoError(t, json.NewEncoder(&text).Encode(spec))
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o644))
	r, err := run.Attach(r.Dir())
	require.NoError(t, err)
	return r
}

// A node of the cluster computed the answers, so that no kernel is judged by
// what this machine computes.
func TestARunOnSlurmIsNotProbedOutsideOfAJob(t *testing.T) {
	t.Setenv("SLURM_JOB_ID", "")
	cmp := toyLoss(t)
	cmp, err := compare.Runs(moved(t, cmp.Test, &cluster.Document{Slurm: &cluster.Slurm{Partition: "gpu", GPUs: 1}}), cmp.Base)
	require.NoError(t, err)
	var p probed
	out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: p.open})
	require.NoError(t, err)
	for _, d := range p.opened {
		require.Nil(t, d.On, "the base alone is of this machine")
	}
	require.Contains(t, out.Probes[0].Failed, "runs of toyalways execute elsewhere (Slurm, partition gpu, 1 GPUs a node) and probes in this process, which is no job of Slurm: diagnose inside a job of that kind")
	require.NotContains(t, out.Facts, "engine.excess")
	require.Contains(t, out.Words, "no probe compared the engines")
	for _, s := range out.Suspects {
		for _, e := range slices.Concat(s.For, s.Against) {
			require.NotContains(t, e.Source, "probe", s.Name)
		}
	}

	t.Setenv("SLURM_JOB_ID", "12")
	out, err = diagnose.Run(t.Context(), cmp, diagnose.Options{Open: p.open})
	require.NoError(t, err)
	require.Empty(t, out.Probes[0].Failed)
	require.Contains(t, out.Facts, "engine.excess")
}

func TestARunOnAnotherMachineIsProbedThereOnly(t *testing.T) {
	cmp := toyLoss(t)
	cmp, err := compare.Runs(moved(t, cmp.Test, &cluster.Document{SSH: &cluster.SSH{Host: "gpu1"}}), cmp.Base)
	require.NoError(t, err)
	var p probed
	out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: p.open})
	require.NoError(t, err)
	require.Empty(t, out.Probes[0].Failed, "this is the machine that signed for the run")

	lock := filepath.Join(cmp.Test.Dir(), "lock")
	require.NoError(t, os.WriteFile(lock, fmt.Appendf(nil, "%-19d %-255s\n", 4711, "gpubox"), 0o644))
	p = probed{}
	out, err = diagnose.Run(t.Context(), cmp, diagnose.Options{Open: p.open})
	require.NoError(t, err)
	require.Contains(t, out.Probes[0].Failed, "runs of toyalways execute elsewhere (gpu1 over ssh) and probes in this process, which is on ")
	for _, d := range p.opened {
		require.Nil(t, d.On, "the base alone is of this machine")
	}
}

func TestProbesHaveTheGPUsOfTheirOwnThatRunsHave(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte("#!/bin/sh\necho '0, GPU-aaa, NVIDIA H100'\n"), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("ADKERNEL_GPU_QUEUE", t.TempDir())
	one := cluster.Local{GPUs: 1}
	taken := func() bool {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		r, err := one.Reserve(ctx, "another", func(string) { stop() })
		r.Release()
		return err != nil
	}
	d := engine.Deployment{Name: "toy", Model: "none", On: one}
	cmp := toyComparison(t, d.With("always", "breaks"), d.With("", "breaks"))

	held, err := one.Reserve(t.Context(), "a run", func(string) {})
	require.NoError(t, err)
	var told []string
	var p probed
	p.within = sync.OnceFunc(func() { require.True(t, taken()) })
	out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: p.open, Tell: func(what string) {
		told = append(told, what)
		require.Empty(t, p.opened)
		held.Release()
	}})
	require.NoError(t, err)
	require.Equal(t, []string{"waiting for 1 GPU: 0 of 1 free (the others have a run)"}, told)
	require.Empty(t, out.Probes[0].Failed)
	require.NotEmpty(t, p.sites)
	for _, at := range p.sites {
		require.Equal(t, "GPU-aaa", at.Devices)
	}
	require.False(t, taken(), "given back")
}

func TestAnotherEngineThanTheRunsIsNoEvidence(t *testing.T) {
	d := engine.Deployment{Name: "toy", Model: "none"}.With("cuda, NVIDIA H100", "device")
	cmp := toyComparison(t, d.With("always", "breaks"), d.With("", "breaks"))
	for want, change := range map[string]func(*engine.Info){
		`tested deployment: it is not what the run recorded (device: "cpu" here, "cuda, NVIDIA H100" in the run)`: func(info *engine.Info) { info.Settings["device"] = "cpu" },
		`tested deployment: it is not what the run recorded (version: "2" here, "1" in the run)`:                  func(info *engine.Info) { info.Version = "2" },
	} {
		p := probed{change: change}
		out, err := diagnose.Run(t.Context(), cmp, diagnose.Options{Open: p.open})
		require.NoError(t, err)
		require.Contains(t, out.Probes[0].Failed, want)
		require.NotContains(t, out.Facts, "engine.excess")
	}
}
