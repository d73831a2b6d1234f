package cluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"adkernel/internal/pattern"
)

// ErrNoSlurm is the reason why nothing can be submitted: no Slurm here.
var ErrNoSlurm = errors.New("Slurm is not here: sbatch is not on the PATH; run this where jobs are submitted, or leave out On")

// ErrSilent says that Slurm's controller did not answer. Its jobs go on.
var ErrSilent = errors.New("Slurm does not answer")

// commandTime bounds a command of Slurm's: a controller that is down takes a
// minute to be given up by the commands themselves.
const commandTime = 75 * time.Second

// command runs one of Slurm's commands and returns what it said.
func command(ctx context.Context, name string, args ...string) (string, error) {
	bounded, stop := context.WithTimeout(ctx, commandTime)
	defer stop()
	out, err := exec.CommandContext(bounded, name, args...).Output()
	switch {
	case err == nil:
		return string(out), nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s was interrupted: %w", name, context.Cause(ctx))
	case errors.Is(err, exec.ErrNotFound):
		return "", ErrNoSlurm
	case bounded.Err() != nil && strings.Contains(lastWords(err, out), "temporarily unable to accept job"):
		return "", fmt.Errorf("%s: the queue is full: Slurm took no more jobs for %s; try again when some have ended", name, commandTime)
	case bounded.Err() != nil:
		return "", fmt.Errorf("%w: %s took more than %s", ErrSilent, name, commandTime)
	}
	words := strings.TrimPrefix(lastWords(err, out), ": ")
	for _, silent := range []string{"Unable to contact slurm controller", "Socket timed out", "Connection refused", "Zero Bytes were transmitted"} {
		if strings.Contains(words, silent) {
			return "", fmt.Errorf("%w: %s: %s", ErrSilent, name, words)
		}
	}
	return "", fmt.Errorf("%s: %s", name, firstOf(words, err.Error()))
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

var jobID = pattern.New(`^(\d+)(?:;\S+)?\s*$`)

// Submit submits a batch script. A task of an array is the job "ID_TASK".
func Submit(ctx context.Context, script string) (id string, err error) {
	out, err := command(ctx, "sbatch", "--parsable", script)
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	m := jobID().FindStringSubmatch(lines[len(lines)-1])
	if m == nil {
		return "", fmt.Errorf("sbatch said %.200q: want the job's number", out)
	}
	return m[1], nil
}

// Cancel ends a job, whether it waits or runs. A job that has ended stays as
// it is.
func Cancel(ctx context.Context, id string) error {
	_, err := command(ctx, "scancel", id)
	if err != nil && strings.Contains(err.Error(), "Invalid job id") {
		return nil
	}
	return err
}

// A Job is what Slurm says of one.
type Job struct {
	ID       string
	State    string // "PENDING", "RUNNING", "TIMEOUT", ...
	Reason   string // why it waits, or ended: "Priority", "NonZeroExitCode"; "" for none
	Node     string // where it runs or ran
	Limit    string // of its time: "01:00:00"
	Exit     string // "0:9": exit status and signal, once it ended
	Restarts int    // how often it was requeued, where Slurm says
}

// ErrUnknown says that Slurm does not know a job (any more).
var ErrUnknown = errors.New("Slurm does not know this job")

// Ask returns what Slurm says of a job: squeue while it waits or runs; then
// sacct, or where accounting is disabled, as on many clusters, scontrol, which
// remembers ended jobs for MinJobAge seconds (300 by default).
func Ask(ctx context.Context, id string) (Job, error) {
	out, err := command(ctx, "squeue", "--noheader", "--jobs="+id, "--Format=State:|,Reason:|,NodeList:|,TimeLimit:|,RestartCnt:|")
	if err == nil && strings.TrimSpace(out) != "" {
		return parseQueue(id, out)
	}
	if err != nil && !strings.Contains(err.Error(), "Invalid job id") {
		return Job{}, err
	}
	job, err := askControl(ctx, id)
	if !errors.Is(err, ErrUnknown) {
		return job, err
	}
	return askAccounting(ctx, id)
}

// parseQueue reads a line of squeue: fields that end in "|".
func parseQueue(id, out string) (Job, error) {
	fields := strings.Split(strings.TrimSpace(strings.Split(strings.TrimSpace(out), "\n")[0]), "|")
	if len(fields) < 5 {
		return Job{}, fmt.Errorf("squeue said %.200q: want state, reason, nodes, limit and restarts", out)
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	restarts, err := strconv.Atoi(fields[4])
	if err != nil {
		return Job{}, fmt.Errorf("squeue said %.200q: %q restarts", out, fields[4])
	}
	return Job{ID: id, State: fields[0], Reason: none(fields[1]), Node: fields[2], Limit: fields[3], Restarts: restarts}, nil
}

func none(reason string) string {
	if reason == "None" || reason == "(null)" {
		return ""
	}
	return reason
}

func askControl(ctx context.Context, id string) (Job, error) {
	out, err := command(ctx, "scontrol", "--oneliner", "show", "job", id)
	if err != nil && strings.Contains(err.Error(), "Invalid job id") {
		return Job{}, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	if err != nil {
		return Job{}, err
	}
	return parseControl(id, out)
}

// parseControl reads what "scontrol --oneliner show job" says: words KEY=VALUE.
func parseControl(id, out string) (Job, error) {
	job := Job{ID: id}
	for _, word := range strings.Fields(strings.Split(strings.TrimSpace(out), "\n")[0]) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "JobState":
			job.State = value
		case "Reason":
			job.Reason = none(value)
		case "NodeList":
			job.Node = none(value)
		case "TimeLimit":
			job.Limit = value
		case "ExitCode":
			job.Exit = value
		case "Restarts":
			job.Restarts, _ = strconv.Atoi(value) // 0 when it is no number
		}
	}
	if job.State == "" {
		return Job{}, fmt.Errorf("scontrol said %.200q: no JobState", out)
	}
	return job, nil
}

// askAccounting asks sacct, which remembers, where it is set up.
func askAccounting(ctx context.Context, id string) (Job, error) {
	out, err := command(ctx, "sacct", "--noheader", "--parsable2", "--allocations", "--jobs="+id, "--format=State,ExitCode,NodeList,Timelimit")
	if errors.Is(err, ErrSilent) {
		return Job{}, err
	}
	if err != nil || strings.TrimSpace(out) == "" { // disabled, missing, or it knows no more
		return Job{}, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	return parseAccounting(id, out)
}

// parseAccounting reads a line of sacct: "CANCELLED by 0|0:15|n1|01:00:00".
func parseAccounting(id, out string) (Job, error) {
	fields := strings.Split(strings.Split(strings.TrimSpace(out), "\n")[0], "|")
	if len(fields) != 4 || fields[0] == "" {
		return Job{}, fmt.Errorf("sacct said %.200q: want state, exit code, nodes and limit", out)
	}
	state, _, _ := strings.Cut(fields[0], " ")
	return Job{ID: id, State: state, Exit: fields[1], Node: none(fields[2]), Limit: fields[3]}, nil
}
