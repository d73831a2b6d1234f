package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"adkernel/builtins/engine"
	"adkernel/builtins/task"
)

const logFile = "log.txt"

// Execute does the work of the run in dir, from where an earlier execution
// stopped, in this process. SIGTERM and SIGINT cancel it, as ctx does. The
// error is the one that state.json records; a run that another process
// executes is left alone (ErrExecuting). A process that Launch or Resume has
// started has another do the work, and is to end.
func Execute(ctx context.Context, dir string, open engine.Opener) error {
	if detach() {
		return nil
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	spec, err := readSpec(dir)
	if err != nil {
		return err
	}
	held, err := lockOf(ctx, dir, spec)
	if err != nil {
		return err
	}
	defer held.Close()
	if err := wantedJob(dir, spec); err != nil {
		return err
	}
	if err := sign(held, os.Getpid()); err != nil {
		return err
	}
	x := &execution{dir: dir, held: held, spec: spec, began: time.Now(), log: log.New(io.Discard, "", log.LstdFlags|log.LUTC)}
	ctx, release := x.watched(ctx)
	defer release()
	err = x.begin()
	if x.logFile != nil {
		defer x.logFile.Close()
	}
	if err != nil {
		return x.end(ctx, err)
	}
	return x.end(ctx, x.work(ctx, open))
}

// execution is one process's work on a run.
type execution struct {
	dir     string
	held    *os.File // its lock
	spec    Spec
	began   time.Time
	state   State
	logFile io.Closer
	log     *log.Logger

	task     *task.Task
	model    []modelFile // as the engine found it
	engine   engine.Engine
	prompts  []prompt
	letters  []int32
	spelling string   // of the letters, before them
	ranking  *ranking // where choices are ranked, and nothing generated
	store    *store

	mu      sync.Mutex // guards what follows, store and state while the engine works
	done    map[int]bool
	told    time.Time // when state.json last said what is under way
	ended   bool      // the last state is recorded
	stopped bool      // ctx was done when the work ended, before the engine did
}

// begin records that this process executes the run.
func (x *execution) begin() error {
	if previous, err := readState(x.dir); err == nil {
		x.state = previous
		if previous.Finished.IsZero() {
			previous.Finished = lastSign(x.dir)
		}
		x.state.Seconds += previous.latest(x.began).Seconds()
	}
	x.state.Status, x.state.PID, x.state.Host = Running, os.Getpid(), hostname()
	x.state.Started, x.state.Finished, x.state.Doing, x.state.Error = x.began, time.Time{}, "", ""
	x.state.Asked, x.state.Computed = time.Time{}, 0
	sweepHalves(x.dir)
	f, err := os.OpenFile(filepath.Join(x.dir, logFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	x.logFile = f
	x.log.SetOutput(f)
	if err := reserve(x.dir); err != nil {
		return err
	}
	return x.record(x.state)
}

// work computes what is missing.
func (x *execution) work(ctx context.Context, open engine.Opener) (err error) {
	defer func() {
		if p := recover(); p != nil {
			x.log.Printf("%s", debug.Stack())
			err = fmt.Errorf("the engine panicked: %v (stack in %s)", p, logFile)
		}
	}()
	if x.task, err = x.spec.Task.Load(); err != nil {
		return err
	}
	x.log.Printf("task %s: %d samples", x.task.Name, len(x.task.Questions))
	if err := checkPatch(x.dir, x.spec); err != nil {
		return err
	}
	gpus, err := x.occupy(ctx)
	if err != nil {
		return err
	}
	defer gpus.Release()
	if err := x.identifyCheckpoint(ctx); err != nil {
		return err
	}
	site := engine.Site{Dir: x.dir, Devices: gpus.VisibleDevices(), Log: x.log.Printf, Doing: x.tell}
	opened, err := open(ctx, x.spec.deployment(x.dir), site)
	if err != nil {
		return err
	}
	x.engine = opened
	defer func() {
		// Whoever cancels while the engine ends has not ended the work.
		x.stopped = ctx.Err() != nil
		err = errors.Join(err, x.close())
	}()
	if err := x.prepare(ctx); err != nil {
		return err
	}
	requests, finish := x.missing(), x.finish
	x.log.Printf("%d samples to compute, %d are there", len(x.prompts)-len(x.done), len(x.done))
	if x.ranking != nil {
		requests, finish = x.ranking.requests(), x.finishStep
	}
	if len(requests) == 0 {
		return nil
	}
	x.mu.Lock()
	x.state.Asked = time.Now()
	x.mu.Unlock()
	err = x.engine.Generate(ctx, requests, finish)
	if timed, ok := x.engine.(engine.Timed); ok {
		x.mu.Lock()
		x.state.Computed = timed.Computed().Seconds()
		x.mu.Unlock()
	}
	if err != nil {
		return err
	}
	if len(x.done) < len(x.prompts) {
		return fmt.Errorf("the engine ended without an error and without answers to %d of %d samples", len(x.prompts)-len(x.done), len(x.prompts))
	}
	return nil
}

// close makes what was computed durable while the engine ends: a process that
// holds a model takes a while for that.
func (x *execution) close() error {
	ended := make(chan error, 1)
	go func() { ended <- x.engine.Close() }()
	var err error
	if x.store != nil {
		err = x.store.Close()
	}
	return errors.Join(err, <-ended)
}

// prepare encodes the prompts, makes sure that task and engine are those that
// the run began with, and opens the store.
func (x *execution) prepare(ctx context.Context) (err error) {
	texts, special, err := PromptTexts(x.task, x.spec.tokenizerDir(), x.spec.Created)
	if err != nil {
		return err
	}
	if x.prompts, err = encodePrompts(ctx, x.engine, x.task, texts, special); err != nil {
		return err
	}
	if err := x.identify(ctx); err != nil {
		return err
	}
	turns := x.task.Chat != nil
	if c, ok := x.engine.(engine.Conversational); ok {
		turns = turns || c.InTurns()
	}
	x.spelling = letterSpelling(turns)
	if x.letters, err = letterTokens(x.engine, offered(x.task), turns); err != nil {
		x.log.Printf("no logits of the answers' letters: %v", err)
	}
	store, whole, err := openStore(x.dir, x.engine.Info().Vocab, x.prompts, x.log.Printf)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.store, x.done = store, map[int]bool{}
	for index := range whole {
		x.done[index] = true
	}
	x.state.Resumed, x.state.Done, x.state.Total = len(whole), len(whole), len(x.prompts)
	if x.task.Ranked() {
		x.ranking, err = newRanking(ctx, x.engine, x.task, x.prompts, texts, special, func(i int) bool { return !x.done[i] })
		if err != nil {
			return err
		}
	}
	return x.record(x.state)
}

func (x *execution) missing() []engine.Request {
	var requests []engine.Request
	for i, p := range x.prompts {
		if !x.done[i] {
			requests = append(requests, engine.Request{ID: i, Tokens: p.ids, Text: p.text, Messages: x.messages(i, p), MaxTokens: x.task.MaxTokens, StopTexts: x.task.Stop, Logits: true})
		}
	}
	return requests
}

// messages are the turns of a chat; nil where the prompt is not all of them.
func (x *execution) messages(i int, p prompt) []engine.Message {
	if x.task.Chat == nil || p.text == "" {
		return nil
	}
	var out []engine.Message
	for _, m := range x.task.Questions[i].Messages {
		out = append(out, engine.Message{Role: m.Role, Content: m.Content})
	}
	return out
}

// tellEvery bounds how often state.json says what is under way.
const tellEvery = 200 * time.Millisecond

// tell stores what is under way, for those who watch the run.
func (x *execution) tell(what string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended || what == x.state.Doing || (what != "" && time.Since(x.told) < tellEvery) {
		return
	}
	x.state.Doing, x.told = what, time.Now()
	if err := x.record(x.state); err != nil {
		x.log.Printf("%s: %v", stateFile, err)
	}
}

// finish stores one response.
func (x *execution) finish(response engine.Response) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	i := response.ID
	if i < 0 || i >= len(x.prompts) || x.done[i] {
		return fmt.Errorf("the engine answered request %d, which is not open", i)
	}
	q := x.task.Questions[i]
	sample := Sample{
		Output: response.Text, Finish: response.Finish, Tokens: response.Tokens, Margin: float32(math.NaN()),
		Correct: x.task.Score(q, response.Text), Verdicts: x.task.Verdicts(q, response.Text),
	}
	if response.Logits == nil {
		sample.LogProbs = response.LogProbs
	}
	return x.keep(i, sample, response.Logits, x.letters[:min(q.Letters, len(x.letters))])
}

// finishStep takes the logits of one position of a ranking, and stores the
// question when they were the last that it lacked.
func (x *execution) finishStep(response engine.Response) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	i, state, err := x.ranking.add(response.ID, response.Logits, x.prompts)
	if err != nil || state == nil {
		return err
	}
	return x.keep(i, state.sample(x.task, x.task.Questions[i]), state.row, nil)
}

// keep fills in what a sample's record says of its question and its logits,
// and stores it.
func (x *execution) keep(i int, sample Sample, row []float32, letters []int32) error {
	q, p := x.task.Questions[i], x.prompts[i]
	sample.Index, sample.Subject, sample.Question, sample.Ref = i, q.Subject, q.Index, q.Ref
	sample.PromptAt, sample.PromptTokens, sample.PromptSHA256 = p.at, len(p.ids), p.sha256
	if x.spec.Task.Scorer != nil {
		sample.Correct, sample.Verdicts, sample.Unjudged = false, nil, NotJudged
	}
	sample.settle()
	if row != nil {
		sample.measure(row, letters, x.engine)
	} else if sample.LogProbs != nil {
		sample.measureLogProbs(sample.LogProbs, letters, x.spelling)
	}
	if err := x.store.add(sample, row); err != nil {
		return err
	}
	x.done[i] = true
	return nil
}

// unjudged is how many samples have no verdict when the execution ends: those
// that were not answered, or all where a function judges, since those who read
// the run let it.
func (x *execution) unjudged() int {
	if x.spec.Task.Scorer != nil {
		return len(x.done)
	}
	return x.store.unanswered
}

// end records how the execution ended. failure is work's error.
func (x *execution) end(ctx context.Context, failure error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended = true // an engine may go on telling
	stopped := x.stopped || x.engine == nil && ctx.Err() != nil
	state := x.state
	state.Finished, state.PID, state.Host, state.Doing = time.Now(), 0, "", ""
	if x.store != nil {
		state.Done, state.Correct, state.Unjudged = len(x.done), x.store.correct, x.unjudged()
	}
	switch {
	case failure == nil:
		state.Status = Done
	case stopped && inJob(x.dir, x.spec):
		// Slurm stops jobs for several reasons, and starts preempted ones again:
		// those who watch the run ask it which it was.
		state.Status, state.Doing = Queued, stoppedBySlurm(x.dir)
		failure = fmt.Errorf("run %s: stopped by Slurm: %w", filepath.Base(x.dir), context.Cause(ctx))
	case stopped:
		state.Status = Cancelled
		failure = fmt.Errorf("run %s: cancelled: %w", filepath.Base(x.dir), context.Cause(ctx))
	default:
		state.Status = Failed
		if errors.Is(failure, syscall.ENOSPC) {
			failure = fmt.Errorf("the disk is full: %w; %d finished samples are kept: free some space and resume", failure, state.Done)
		}
		failure = fmt.Errorf("run %s: %w", filepath.Base(x.dir), failure)
		state.Error = strings.TrimSpace(failure.Error())
	}
	// Whoever waits for the state reads the log then.
	if failure != nil {
		x.log.Printf("%s: %v", state.Status, failure)
	} else {
		x.log.Printf("done: %d samples", len(x.done))
		if n := x.store.unanswered; n > 0 {
			x.log.Printf("%d of them without an answer of the model: resume the run to ask again", n)
		}
	}
	err := x.owns()
	if err == nil {
		err = writeLastState(x.dir, state)
	}
	if err != nil {
		x.log.Printf("%v", err)
		failure = errors.Join(failure, err)
	}
	return failure
}
