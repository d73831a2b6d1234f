package script

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A process is a program that was started, and the channel to it.
type process struct {
	python string
	log    string // path of what it prints
	from   int64  // where this process's part of the log begins
	cmd    *exec.Cmd
	in     *os.File // requests to it
	out    *os.File // frames from it
	frames *bufio.Reader
	exited chan struct{} // closed when it has, and the log is whole
}

// offline keeps the libraries from fetching anything and from reporting home.
var offline = []string{
	"HF_HUB_OFFLINE=1", "TRANSFORMERS_OFFLINE=1", "HF_DATASETS_OFFLINE=1", "HF_HUB_DISABLE_TELEMETRY=1", "DO_NOT_TRACK=1",
	"PYTHONUNBUFFERED=1", "TOKENIZERS_PARALLELISM=true",
}

// start starts main.py of dir, in a process group of its own. devices are the
// GPUs that it sees; "" leaves it those of this process.
func start(python, dir, devices string) (*process, error) {
	p := &process{python: python, log: filepath.Join(dir, logFile), exited: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	if info, err := log.Stat(); err == nil {
		p.from = info.Size()
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirIn.Close()
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	defer theirOut.Close()
	p.in, p.out, p.frames = in, out, bufio.NewReaderSize(out, 1<<16)

	// The current directory is left alone: a patch or a checkpoint's own code
	// may read files of the user's.
	p.cmd = exec.Command(python, filepath.Join(dir, mainFile), filepath.Join(dir, specFile))
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.ExtraFiles = []*os.File{theirIn, theirOut} // descriptors 3 and 4
	p.cmd.Env = append(os.Environ(), offline...)
	if devices != "" {
		p.cmd.Env = append(p.cmd.Env, "CUDA_VISIBLE_DEVICES="+devices)
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s cannot be started: %w", python, err), in.Close(), out.Close())
	}
	go p.wait()
	return p, nil
}

// wait collects the process, and ends what it may have left: children that
// hold the channel open would make the reader wait for ever.
func (p *process) wait() {
	p.cmd.Wait()
	p.kill()
	time.AfterFunc(drain, func() { p.out.SetReadDeadline(time.Now()) })
	close(p.exited)
}

// drain is how long frames are still read after the process has ended, and
// how long it may take to end once its channel has.
const drain = 5 * time.Second

// kill ends the process and its children.
func (p *process) kill() { syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// close ends the process, and returns when its memory is free. The end of the
// channel would end it as well, once its interpreter looks there.
func (p *process) close() {
	select {
	case <-p.exited:
	default:
		p.kill()
		<-p.exited
	}
	p.in.Close()
	p.out.Close()
}

// receive returns the next frame. Every failure but a message that is none
// means that the process is gone, and says how.
func (p *process) receive(ctx context.Context) (frame, error) {
	f, err := readFrame(p.frames)
	if err == nil {
		return f, nil
	}
	if ctx.Err() != nil {
		return frame{}, context.Cause(ctx)
	}
	if strings.HasPrefix(err.Error(), "the engine's process sent") {
		p.kill()
		return frame{}, err
	}
	select {
	case <-p.exited:
	case <-time.After(drain):
		p.kill()
		<-p.exited
	}
	return frame{}, p.death()
}

// death says how the process ended, with the last line that it printed.
func (p *process) death() error {
	how := p.cmd.ProcessState.String()
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		how = "was killed by signal " + status.Signal().String()
		if status.Signal() == syscall.SIGKILL {
			how += " (kill -9, or the machine ran out of memory)"
		}
	} else {
		how = "ended with " + how
	}
	text := fmt.Sprintf("the engine's process (%s) %s", p.python, how)
	if last := p.lastLine(); last != "" {
		text += "; the last line that it printed: " + last
	}
	return errors.New(text + " (all of it in " + p.log + ")")
}

// lastLine is the last line that this process printed, shortened.
func (p *process) lastLine() string {
	f, err := os.Open(p.log)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	tail := make([]byte, max(min(info.Size()-p.from, 2000), 0))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return ""
	}
	tail = bytes.TrimSpace(tail)
	line := string(tail[bytes.LastIndexAny(tail, "\n\r")+1:])
	if len(line) > 400 {
		line = line[:400] + "..."
	}
	return line
}
