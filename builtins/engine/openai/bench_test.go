package openai

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

// BenchmarkServer answers a list of prompts over a server that
// internal/python/measure_openai.py started, and measures requests a second and
// the processor time of each:
// ADKERNEL_BENCH_URL, _PROMPTS (JSON lines with a prompt each), _CONCURRENCY
// and _LOGPROBS say which and how.
func BenchmarkServer(b *testing.B) {
	url := os.Getenv("ADKERNEL_BENCH_URL")
	if url == "" {
		b.Skip("make bench runs it (ADKERNEL_BENCH_URL)")
	}
	args := map[string]any{}
	for name, variable := range map[string]string{"concurrency": "ADKERNEL_BENCH_CONCURRENCY", "logprobs": "ADKERNEL_BENCH_LOGPROBS"} {
		n, err := strconv.Atoi(os.Getenv(variable))
		require.NoError(b, err, variable)
		args[name] = n
	}
	e, err := Open(b.Context(), engine.Deployment{Model: demo, URL: url, Args: args}, engine.Site{})
	require.NoError(b, err)
	defer e.Close()
	requests := benchRequests(b, e, os.Getenv("ADKERNEL_BENCH_PROMPTS"))
	for b.Loop() {
		answered := 0
		began, processor := time.Now(), processorTime(b)
		require.NoError(b, e.Generate(b.Context(), requests, func(engine.Response) error {
			answered++
			return nil
		}))
		require.Equal(b, len(requests), answered)
		b.ReportMetric(float64(len(requests))/time.Since(began).Seconds(), "req/s")
		b.ReportMetric((processorTime(b)-processor).Seconds()/float64(len(requests)), "cpu-s/req")
	}
}

// processorTime is what this process has taken.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func benchRequests(b *testing.B, e engine.Engine, path string) []engine.Request {
	f, err := os.Open(path)
	require.NoError(b, err)
	defer f.Close()
	var requests []engine.Request
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct{ Prompt string }
		require.NoError(b, json.Unmarshal(lines.Bytes(), &line))
		ids, err := e.Encode(line.Prompt, true)
		require.NoError(b, err)
		requests = append(requests, engine.Request{ID: len(requests), Tokens: ids, Text: line.Prompt, MaxTokens: 2, Logits: true})
	}
	return requests
}
