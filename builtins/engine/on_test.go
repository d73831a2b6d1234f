package engine

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/cluster"
	"adkernel/internal/yamltext"
)

func TestAPlaceSurvivesItsFiles(t *testing.T) {
	for _, place := range []cluster.Place{
		nil, cluster.Local{GPUs: 2}, cluster.Local{Devices: []string{"0", "GPU-1a"}},
		cluster.Slurm{Partition: "gpu", Nodes: 2, GPUs: 4, Time: "1:00:00", Extra: []string{"--constraint=h100"}, Modules: []string{"cuda/12.4"}, Prelude: []string{"source x"}, Container: []string{"apptainer", "exec"}},
		cluster.SSH{Host: "me@gpu1", GPUs: 2, Program: "/opt/adkernel", Prelude: []string{"source x"}, Extra: []string{"-p2222"}},
	} {
		d := Deployment{Model: "/m", WorldSize: 2, On: place}
		text, err := json.Marshal(d)
		require.NoError(t, err)
		var back Deployment
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, d, back)
	}
	var d Deployment
	require.NoError(t, yamltext.DecodeStrict([]byte("model: m\nargs: {world_size: 2}\non:\n  slurm: {partition: gpu, gpus: 4, extra: [--exclusive]}\n"), &d))
	require.Equal(t, Deployment{Model: "m", Args: d.Args, On: cluster.Slurm{Partition: "gpu", GPUs: 4, Extra: []string{"--exclusive"}}}, d)
	require.EqualValues(t, 2, d.Args["world_size"])
}

func TestAPlaceThatIsNoneIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"on: {slurm: {partition: gpu}, local: {gpus: 1}}": "local and slurm: want one of them",
		"on: {}":                                 "want local, slurm or ssh",
		"on: {ssh: {gpus: 1}}":                   "host is missing",
		"on: {ssh: {host: a, port: 22}}":         "port",
		"on: {ssh: {host: a, gpus: -1}}":         "gpus -1: want 1 or more",
		"on: {slurm: {partitions: gpu}}":         "partitions",
		"on: {slurm: {nodes: -1}}":               "nodes -1: want 1 or more",
		"on: {slurm: {time: 1 hour}}":            `time "1 hour": want one word`,
		"on: {slurm: {extra: [exclusive]}}":      `extra "exclusive": want an option of sbatch`,
		"on: {local: {gpus: 2, devices: ['0']}}": "2 gpus and 1 devices",
	} {
		var d Deployment
		require.ErrorContains(t, yamltext.DecodeStrict([]byte("model: m\n"+text), &d), want, text)
	}
	var d Deployment
	require.ErrorContains(t, json.Unmarshal([]byte(`{"model": "m", "on": {"slurm": {"nodes": -1}}}`), &d), "nodes -1")
	require.ErrorContains(t, json.Unmarshal([]byte(`{"model": "m", "om": 1}`), &d), "om")
}
