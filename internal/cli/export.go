package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"adkernel/builtins/results"
	"adkernel/builtins/run"
	"adkernel/kernel/notebook"
)

type exportCommand struct {
	What   string `arg:"" help:"Notebook (.ipynb) to show, as it was saved; or run, whose samples are written: its directory, or its name as runs lists it."`
	Output string `name:"out" aliases:"output" short:"o" placeholder:"FILE" help:"Where it goes. A notebook's page: beside it when left out. A run's samples: FILE.parquet, FILE.csv or FILE.jsonl, or a folder with --as lm-eval."`
	As     string `enum:",html,parquet,csv,jsonl,lm-eval" default:"" help:"Format, where the output's name does not say: html, parquet, csv, jsonl, lm-eval."`
}

func (c exportCommand) Run() error {
	if info, err := os.Stat(c.What); err == nil && info.IsDir() || err != nil && filepath.Ext(c.What) != ".ipynb" {
		return c.samples()
	}
	if c.As != "" && c.As != "html" {
		return fmt.Errorf("%s is no run directory: a notebook is written as html", c.What)
	}
	nb, err := notebook.Read(c.What)
	if err != nil {
		return err
	}
	output := c.Output
	if output == "" {
		output = strings.TrimSuffix(c.What, filepath.Ext(c.What)) + ".html"
	}
	return nb.WriteHTML(output)
}

// samples writes the samples of a run.
func (c exportCommand) samples() error {
	r, err := run.Find(c.What)
	if err != nil {
		return err
	}
	if c.Output == "" {
		return errors.New("name where the samples go: -o FILE.parquet, FILE.csv or FILE.jsonl, or a folder with --as lm-eval")
	}
	format := c.As
	if format == "" {
		format = strings.TrimPrefix(filepath.Ext(c.Output), ".")
	}
	if format == "lm-eval" {
		files, err := results.WriteLMEval(r, c.Output)
		if err == nil {
			fmt.Println(strings.Join(files, "\n"))
		}
		return err
	}
	f, err := r.Frame()
	if err != nil {
		return err
	}
	switch format {
	case "parquet":
		return f.WriteParquet(c.Output)
	case "csv":
		return f.WriteCSV(c.Output)
	case "jsonl":
		return f.WriteJSONLines(c.Output)
	}
	return fmt.Errorf("%s: samples are written as .parquet, .csv or .jsonl, or with --as lm-eval into a folder", c.Output)
}
