package cluster

import (
	"fmt"
	"os"
	"strings"
)

// InJob reports whether this process is of a job of Slurm.
func InJob() bool { return os.Getenv("SLURM_JOB_ID") != "" }

// Ended reports whether the job will not run any more.
func (j Job) Ended() bool {
	switch j.State {
	case "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT":
		return true
	}
	return false
}

// Waits reports whether the job has not started, or will start again.
func (j Job) Waits() bool {
	switch j.State {
	case "PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD":
		return true
	}
	return false
}

// String says how the job is, in a line for those who wait for it.
func (j Job) String() string {
	text := fmt.Sprintf("Slurm job %s %s", j.ID, j.State)
	if j.Waits() && j.Reason != "" {
		text += " (" + j.Reason + ")"
	}
	if !j.Waits() && j.Node != "" {
		text += " on " + j.Node
	}
	if j.Restarts > 0 {
		text += fmt.Sprintf(", requeued %d times", j.Restarts)
	}
	if hint := j.stuck(); hint != "" && j.Waits() {
		text += ": " + hint
	}
	return text
}

// stuck says of a job that will never start by itself what to do.
func (j Job) stuck() string {
	switch {
	case j.Reason == "DependencyNeverSatisfied":
		return "what it waits for has failed, so it will never start: cancel it"
	case strings.HasPrefix(j.Reason, "JobHeld"), strings.Contains(j.Reason, "requeued_held"), j.State == "REQUEUE_HOLD", j.State == "SPECIAL_EXIT":
		return "it is held: scontrol release " + j.ID + ", or cancel it"
	case j.Reason == "PartitionTimeLimit":
		return "its Time is over the partition's limit, so it may never start: ask for less"
	case j.Reason == "PartitionNodeLimit", j.Reason == "PartitionConfig", j.Reason == "BadConstraints":
		return "the partition has no such nodes, so it may never start: ask for others"
	case j.Reason == "PartitionDown", j.Reason == "PartitionInactive":
		return "the partition is closed"
	case strings.HasPrefix(j.Reason, "ReqNodeNotAvail"):
		return "the nodes that would do are down or reserved"
	}
	return ""
}

// Why says why a job that ended did, and what can be done.
func (j Job) Why() string {
	where := ""
	if j.Node != "" {
		where = " on " + j.Node
	}
	switch j.State {
	case "TIMEOUT", "DEADLINE":
		return fmt.Sprintf("Slurm job %s%s reached its time limit of %s: resume the run, with a greater Time if it got nowhere", j.ID, where, firstOf(j.Limit, "unknown length"))
	case "NODE_FAIL", "BOOT_FAIL":
		return fmt.Sprintf("the node of Slurm job %s failed (%s%s): resume the run", j.ID, j.State, where)
	case "OUT_OF_MEMORY":
		return fmt.Sprintf("Slurm job %s%s was killed because it needed more memory than it had asked for: give more Memory, or a smaller BatchSize, and resume the run", j.ID, where)
	case "CANCELLED":
		return fmt.Sprintf("Slurm job %s was cancelled", j.ID)
	case "PREEMPTED":
		return fmt.Sprintf("Slurm job %s%s was preempted and not requeued: resume the run", j.ID, where)
	case "COMPLETED":
		return fmt.Sprintf("Slurm job %s%s ended before the run did", j.ID, where)
	}
	text := fmt.Sprintf("Slurm job %s%s ended as %s", j.ID, where, j.State)
	if j.Reason != "" {
		text += " (" + j.Reason + ")"
	}
	status, signal, _ := strings.Cut(j.Exit, ":")
	switch {
	case signal != "" && signal != "0":
		text += ", killed by signal " + signal
		if signal == "9" {
			text += ", as when it needs more memory than it asked for"
		}
	case status == "66":
		text += ": the node does not see the run directory, which must be on a shared file system"
	case status == "67":
		text += ": a module could not be loaded, or a line of the Prelude failed"
	case status == "127":
		text += ": the command was not found on the node"
	case status != "" && status != "0":
		text += ", exit status " + status
	}
	return text
}
