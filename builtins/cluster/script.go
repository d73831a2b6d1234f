package cluster

import (
	"fmt"
	"strings"
)

// A Batch is what one sbatch submits: a job, or an array of jobs that do not
// need each other.
type Batch struct {
	Name     string
	Dirs     []string // run directories, one a task of the array
	Command  []string // is started with a run directory appended
	Log      string   // in each run directory: what the command writes is appended
	Requeued bool     // Slurm may start the job again after preemption or the failure of a node
}

// Script is the batch script. Its options stand in it, so that it can be
// submitted again by hand.
func (s Slurm) Script(b Batch) string {
	var t strings.Builder
	t.WriteString("#!/bin/bash\n")
	option := func(format string, args ...any) { fmt.Fprintf(&t, "#SBATCH "+format+"\n", args...) }
	option("--job-name=%s", quote(b.Name))
	option("--output=%s", quote(escapePercent(b.Dirs[0])+"/slurm-%j.out"))
	option("--open-mode=append")
	option("--nodes=%d", max(s.Nodes, 1))
	if b.Requeued {
		option("--requeue")
	} else {
		option("--no-requeue")
	}
	for _, o := range []struct{ name, value string }{
		{"partition", s.Partition}, {"mem", s.Memory}, {"time", s.Time}, {"account", s.Account}, {"qos", s.QOS},
	} {
		if o.value != "" {
			option("--%s=%s", o.name, o.value)
		}
	}
	if s.GPUs > 0 {
		option("--gres=gpu:%d", s.GPUs)
	}
	if s.CPUs > 0 {
		option("--cpus-per-task=%d", s.CPUs)
	}
	if len(b.Dirs) > 1 {
		option("--array=0-%d%s", len(b.Dirs)-1, atOnce(s.AtOnce))
	}
	for _, extra := range s.Extra {
		option("%s", extra)
	}
	t.WriteString("\n")
	if len(b.Dirs) > 1 {
		t.WriteString("runs=(\n")
		for _, dir := range b.Dirs {
			t.WriteString("  " + quote(dir) + "\n")
		}
		t.WriteString(")\nrun=${runs[$SLURM_ARRAY_TASK_ID]}\n")
	} else {
		t.WriteString("run=" + quote(b.Dirs[0]) + "\n")
	}
	// A node that does not see the directory must not look like a run that ended.
	t.WriteString(`if ! cd "$run"; then echo "the run directory $run is not on $(hostname): it must be on a file system that the nodes share" >&2; exit 66; fi` + "\n")
	fmt.Fprintf(&t, "exec >>%s 2>&1\n", quote(b.Log))
	prepare(&t, s.Modules, s.Prelude, 1)
	words := make([]string, 0, len(s.Container)+len(b.Command))
	for _, w := range append(append([]string{}, s.Container...), b.Command...) {
		words = append(words, quote(w))
	}
	fmt.Fprintf(&t, "exec %s \"$run\"\n", strings.Join(words, " "))
	return t.String()
}

// prepare writes what loads modules and executes a prelude, which says what
// fails and ends the shell there. sources is how many files bash reads the
// lines from: 1, or 0 where that is its standard input.
func prepare(t *strings.Builder, modules, prelude []string, sources int) {
	for _, m := range modules {
		fmt.Fprintf(t, "module load %s || { echo \"module load %s failed on $(hostname)\"; exit %d; }\n", quote(m), quote(m), exitPrelude)
	}
	if len(prelude) == 0 {
		return
	}
	// A line that fails ends the shell, as a module does. What fails in a file that
	// a line reads is that file's business: its own status counts.
	fmt.Fprintf(t, "trap 'if [ ${#BASH_SOURCE[@]} -eq %d ]; then echo \"prelude failed on $(hostname): $BASH_COMMAND\"; exit %d; fi' ERR\n", sources, exitPrelude)
	for _, line := range prelude {
		t.WriteString(line + "\n")
	}
	t.WriteString("trap - ERR\n")
}

func atOnce(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%%%d", n)
}

// escapePercent keeps sbatch from taking a path's percent signs for patterns.
func escapePercent(path string) string { return strings.ReplaceAll(path, "%", "%%") }

// quote makes one word of shell of any text.
func quote(text string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("/._-+=:,@%", c)
	}
	if text != "" && strings.IndexFunc(text, func(c rune) bool { return !plain(c) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
