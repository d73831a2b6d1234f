// Package cli is the command line: verbs that belong together share a file. A
// verb parses its arguments, calls what the vocabulary calls, and prints the
// card, or the same result as JSON. It decides nothing itself.
//
// Exit status: 0 fine, 1 the answer is no, 2 it could not be done, so that a
// script that asks a question takes neither for the other. The go verb returns
// the program's own status, and 3 for a program that it refuses; compare has 5
// where too few samples answer neither way.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"adkernel/internal/version"
	"adkernel/kernel/console"
	"adkernel/kernel/host"
)

// Exit statuses.
const (
	exitOK     = 0
	exitNo     = 1 // of the verbs whose Help says what for
	exitFailed = 2
)

// commands is the command line; the order is that of --help.
type commands struct {
	Install installCommand `cmd:"" help:"Install the Jupyter kernelspec."`
	Kernel  kernelCommand  `cmd:"" help:"Serve a connection file (started by Jupyter)."`
	REPL    replCommand    `cmd:"" name:"repl" help:"Evaluate cells in this terminal."`
	Run     runCommand     `cmd:"" help:"Execute a notebook without Jupyter."`
	Export  exportCommand  `cmd:"" help:"Write a notebook as HTML, or a run's samples as Parquet, CSV, JSON lines or lm-eval's."`
	Go      goCommand      `cmd:"" help:"Run one Go program with the cells' evaluator."`

	Prompts  promptsCommand    `cmd:"" help:"Print the prompts of an evaluation as JSON lines."`
	Logits   logitsCommand     `cmd:"" help:"Print the logits of one prompt."`
	Quantize quantizeCommand   `cmd:"" help:"Quantize a checkpoint with the reference quantizer."`
	GGUF     importGGUFCommand `cmd:"" name:"import-gguf" help:"Write a GGUF model as a Hugging Face checkpoint."`
	Serve    serveCommand      `cmd:"" help:"Serve a checkpoint over OpenAI's API."`

	Launch   launchCommand   `cmd:"" help:"Evaluate a deployment."`
	Runs     runsCommand     `cmd:"" help:"List the runs that are kept."`
	Attach   attachCommand   `cmd:"" help:"Follow a run, or resume it."`
	Cancel   cancelCommand   `cmd:"" help:"End runs, and keep what they have finished."`
	Import   importCommand   `cmd:"" help:"Make a run of another evaluator's results."`
	Compare  compareCommand  `cmd:"" help:"Compare a run with its base."`
	Inspect  inspectCommand  `cmd:"" help:"Show one sample of a run beside its base."`
	Diagnose diagnoseCommand `cmd:"" help:"Rank the causes of a loss."`
	Isolate  isolateCommand  `cmd:"" help:"Find the setting that causes a loss."`
	Audit    auditCommand    `cmd:"" help:"Compare a quantized checkpoint with its reference."`
	Verify   verifyCommand   `cmd:"" help:"Execute a reproducer and say whether its finding is reproduced."`

	Doctor doctorCommand `cmd:"" help:"Say what this machine has."`

	Worker     workerCommand     `cmd:"" hidden:"" help:"Evaluate cells for a kernel."`
	ExecuteRun executeRunCommand `cmd:"" name:"execute-run" hidden:"" help:"Execute the run in a directory."`
	OnHost     onHostCommand     `cmd:"" name:"on-host" hidden:"" help:"Answer another machine about a run."`

	Version kong.VersionFlag `help:"Print the version."`
}

// started are the verbs that programs start while somebody waits. To describe
// the whole command line would take a sixth of the time until they work.
type started struct {
	Kernel     kernelCommand     `cmd:"" help:"Serve a connection file (started by Jupyter)."`
	Worker     workerCommand     `cmd:"" hidden:"" help:"Evaluate cells for a kernel."`
	ExecuteRun executeRunCommand `cmd:"" name:"execute-run" hidden:"" help:"Execute the run in a directory."`
	OnHost     onHostCommand     `cmd:"" name:"on-host" hidden:"" help:"Answer another machine about a run."`
}

// grammar is what args are parsed by.
func grammar(args []string) any {
	if len(args) > 0 && slices.Contains([]string{"kernel", "worker", "execute-run", "on-host"}, args[0]) {
		return &started{}
	}
	return &commands{}
}

// A status is an exit status that needs no message.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// Main runs the command line and returns the exit status.
func Main(args []string) int {
	if len(args) > 0 && args[0] == "help" {
		args = append(args[1:], "--help")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parser, err := kong.New(grammar(args),
		kong.Name("adkernel"),
		kong.Description("Finds out why a deployed language model answers worse than its reference: in notebooks, and here."),
		kong.Vars{"version": "adkernel " + version.Number},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "adkernel:", err)
		return exitFailed
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "adkernel: %v (%s)\n", err, whereHelpIs(err))
		return exitFailed
	}
	return exitStatus(command.Run())
}

// whereHelpIs names the help on what a command line that is wrong wanted.
func whereHelpIs(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil && wrong.Context.Selected() != nil {
		return wrong.Context.Selected().FullPath() + " --help says what it takes"
	}
	return "adkernel --help lists the verbs"
}

func exitStatus(err error) int {
	var s status
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &s):
		return int(s)
	default:
		fmt.Fprintln(os.Stderr, "adkernel:", err)
		return exitFailed
	}
}

// output is shared by the verbs that show a result.
type output struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// show prints a result's card, or v as JSON.
func (o output) show(w io.Writer, v any) error {
	if o.JSON {
		return writeJSON(w, v)
	}
	if b, ok := v.(host.Bundler); ok {
		_, err := fmt.Fprintln(w, console.Folded(w, b.MimeBundle().Plain()))
		return err
	}
	_, err := fmt.Fprintln(w, v)
	return err
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
