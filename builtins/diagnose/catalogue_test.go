package diagnose

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestEveryFileOfTheCatalogueLoads(t *testing.T) {
	entries, err := catalogue()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(entries), 20)
	used := map[string]bool{}
	for _, e := range entries {
		require.NotContains(t, e.Title+e.Symptom+e.Fix, "  ", e.Name)
		changes := strings.Contains(e.Probe, "deploy.With(") || strings.Contains(e.Probe, "Isolate(")
		require.Equal(t, changes, e.Served != "", "%s: its probe changes settings, which a server has elsewhere", e.Name)
		forIt, against := 0, 0
		for _, r := range e.Rules {
			used[r.Use] = true
			if r.Weight > 0 {
				forIt++
			} else {
				against++
			}
		}
		require.Positive(t, forIt, "%s can never be accused", e.Name)
		require.Positive(t, against, "%s can never be excluded", e.Name)
	}
	text, err := catalogueFiles.ReadFile("catalogue/" + commonFile)
	require.NoError(t, err)
	common, err := parseCommon(text)
	require.NoError(t, err)
	for name := range common {
		require.True(t, used[name], "common rule %s is not used", name)
	}
}

const soundEntry = `
name: x
title: X
class: scales
symptom: s
probe: Audit(deploy.Model)
fix: f
rules:
  - {when: engine.excess >= 3, weight: 1, say: "is {engine.excess}"}
`

func TestAnEntryIsReadStrictly(t *testing.T) {
	_, err := parseEntry([]byte(soundEntry), nil)
	require.NoError(t, err)
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":        {soundEntry + "colour: red\n", "colour"},
		"no rules":           {"name: x\ntitle: X\nclass: c\nsymptom: s\nprobe: p\nfix: f\n", "no rules"},
		"missing title":      {"name: x\nclass: c\nsymptom: s\nprobe: p\nfix: f\n", "title is missing"},
		"unknown fact":       {soundEntry + `  - {when: engine.exess >= 3, weight: 1, say: s}`, `"engine.exess" is not a fact`},
		"unknown in words":   {soundEntry + `  - {when: engine.excess >= 3, weight: 1, say: "{exess}"}`, "{exess} is not a fact"},
		"no weight":          {soundEntry + `  - {when: engine.excess >= 3, say: s}`, "weight 0"},
		"a huge weight":      {soundEntry + `  - {when: engine.excess >= 3, weight: 99, say: s}`, "weight 99"},
		"unknown common":     {soundEntry + `  - {use: nothing, weight: 1}`, `use "nothing"`},
		"bad exception":      {soundEntry + `  - {when: engine.excess >= 3, unless: nothing, weight: 1, say: s}`, "unless"},
		"unknown in applies": {soundEntry + "applies: nothing\n", "applies"},
		"no YAML":            {"- : [", ""},
	} {
		_, err := parseEntry([]byte(c.text), nil)
		require.ErrorContains(t, err, c.want, name)
	}
}

func TestTheFileNameIsTheSuspects(t *testing.T) {
	_, err := readCatalogue(fstest.MapFS{commonFile: {Data: []byte("{}")}, "y.yaml": {Data: []byte(soundEntry)}})
	require.ErrorContains(t, err, `y.yaml: name "x" is not the file's`)
	_, err = readCatalogue(fstest.MapFS{"x.yaml": {Data: []byte(soundEntry)}})
	require.ErrorContains(t, err, commonFile)
}

func FuzzAnEntryIsReadOrRefused(f *testing.F) {
	f.Add([]byte(soundEntry))
	f.Add([]byte(soundEntry + "prior: .nan\n"))
	f.Add([]byte("rules: [{use: a}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := parseEntry(text, map[string]rule{})
		if err != nil {
			return
		}
		s := judge(e, Facts{})
		require.Empty(t, s.For)
		require.Empty(t, s.Against)
	})
}
