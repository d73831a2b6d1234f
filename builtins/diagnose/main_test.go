package diagnose_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/casebook"
	"adkernel/builtins/compare"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/backend"
	"adkernel/builtins/run"
	"adkernel/builtins/task"
	"adkernel/kernel/host"
)

// TestMain lets the test binary be the process that executes a run.
func TestMain(m *testing.M) {
	openers := map[string]engine.Opener{"execute-run": backend.Open, "execute-toy": openToy, "execute-forgetful": openForgetful, "execute-tuned": openTuned}
	if len(os.Args) == 3 && openers[os.Args[1]] != nil {
		if err := run.Execute(context.Background(), os.Args[2], openers[os.Args[1]]); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) == 6 && os.Args[1] == "on-host" { // of the toy's runs
		if run.OnHost(context.Background(), os.Stdout, run.Options{Command: []string{os.Args[0], "execute-toy"}}, os.Args[2], os.Args[3], os.Args[4], os.Args[5]) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	root, err := os.MkdirTemp("", "diagnose-test-")
	if err != nil {
		panic(err)
	}
	host.Set(silent{})
	runsRoot = filepath.Join(root, "runs")
	if os.Getenv("ADKERNEL_CACHE") == "" {
		os.Setenv("ADKERNEL_CACHE", filepath.Join(root, "cache"))
	}
	code := m.Run()
	os.RemoveAll(root)
	os.Exit(code)
}

var runsRoot string

// silent is a host that shows nothing.
type silent struct{}

func (silent) Context() context.Context          { return context.Background() }
func (s silent) Display(host.Bundle) host.Handle { return s }
func (silent) Update(host.Bundle)                {}
func (silent) Cells() []host.Cell                { return nil }
func (silent) Running() host.Cell                { return host.Cell{} }

// runOptions starts this test binary for a run.
func runOptions() run.Options {
	return run.Options{Root: runsRoot, Command: []string{os.Args[0], "execute-run"}}
}

// caseSamples is the n at which the cases are diagnosed here: ten questions of
// each of the 18 subjects.
const caseSamples = 180

// cleanSamples is the n of deployments without a fault.
const cleanSamples = 36

func demo(t testing.TB) *casebook.Demo {
	t.Helper()
	d, err := openDemo()
	require.NoError(t, err)
	return d
}

var openDemo = sync.OnceValues(func() (*casebook.Demo, error) { return casebook.Open(context.Background()) })

func openCase(t testing.TB, name string) *casebook.Case {
	t.Helper()
	c, err := casebook.Find(t.Context(), name)
	require.NoError(t, err)
	return c
}

var evaluated sync.Map // of functions that return a *run.Run, by key

// evaluate runs d on the demo's task, once for each key. Runs of other keys do
// not wait for it.
func evaluate(t testing.TB, key string, d engine.Deployment, spec task.Spec) *run.Run {
	t.Helper()
	once, _ := evaluated.LoadOrStore(key, sync.OnceValues(func() (*run.Run, error) {
		r, err := run.Launch(context.Background(), run.Spec{Deployment: d, Task: spec}, runOptions())
		if err != nil {
			return nil, err
		}
		return r, r.Wait(t.Context())
	}))
	r, err := once.(func() (*run.Run, error))()
	require.NoError(t, err)
	return r
}

// compared evaluates deploy and base on n questions.
func compared(t testing.TB, name string, n int, deploy, base engine.Deployment) *compare.Comparison {
	t.Helper()
	spec := demo(t).Task
	spec.Samples = n
	key := fmt.Sprintf("%d base %s %s %s", n, base.Backend, base.Model, base.DType)
	c, err := compare.Runs(evaluate(t, fmt.Sprintf("%d %s", n, name), deploy, spec), evaluate(t, key, base, spec))
	require.NoError(t, err)
	return c
}

// openUnlessDone is what a probe sees when the cell is interrupted.
func openUnlessDone(ctx context.Context, d engine.Deployment, at engine.Site) (engine.Engine, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return backend.Open(ctx, d, at)
}
