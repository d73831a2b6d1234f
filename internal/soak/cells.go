package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-zeromq/zmq4"
)

// output prints a gigabyte, beside a subscriber that never reads.
func output(s *soak) (measures []measure, err error) {
	err = s.with(func(k *kernel) error {
		stalled, err := k.dial(k.connection.IOPubPort, zmq4.Sub)
		if err != nil {
			return err
		}
		if err := stalled.SendMsg(zmq4.NewMsg([]byte{1})); err != nil {
			return err
		}
		if _, err := k.value("import (\"bytes\"; \"os\")"); err != nil {
			return err
		}
		pid := k.process.Process.Pid
		if err := resetPeak(pid); err != nil {
			return err
		}
		megabytes := s.times(1024)
		r, err := k.run(fmt.Sprintf("line := bytes.Repeat([]byte(\"0123456789abcde\\n\"), 1<<16); for i := 0; i < %d; i++ { os.Stdout.Write(line) }", megabytes))
		if err != nil {
			return err
		}
		most, err := peak(pid)
		if err != nil {
			return err
		}
		if r.Status != "ok" {
			return fmt.Errorf("%s: %s", r.Name, r.Value)
		}
		measures = append(measures,
			measure{fmt.Sprintf("peak memory of the kernel while a cell prints %d MiB", megabytes), float64(most) / (1 << 20), 256, "MiB"},
			measure{"text that front ends are sent", float64(r.bytes) / (1 << 20), 17, "MiB"})
		for range 20 { // fill the queue of the one that does not read
			if _, err := k.value("for i := 0; i < 15; i++ { os.Stdout.Write(line) }"); err != nil {
				return err
			}
		}
		most, err = peak(pid)
		measures = append(measures, measure{"peak memory with a subscriber that never reads", float64(most) / (1 << 20), 384, "MiB"})
		return err
	})
	return measures, err
}

// kills kills the worker at random moments: idle, at the start of a cell, in
// its midst, while it prints, and beside a completion.
func kills(s *soak) (measures []measure, err error) {
	var slowest time.Duration
	var before, after int
	err = s.with(func(k *kernel) error {
		random := rand.New(rand.NewPCG(3, 4))
		if _, err := k.value("import \"os\"\nfunc seven() int { return 7 }\ntype T struct{ X int }"); err != nil {
			return err
		}
		if before, err = descriptors(k.process.Process.Pid); err != nil {
			return err
		}
		for round := range s.times(200) {
			text, err := k.value("os.Getpid()")
			if err != nil {
				return fmt.Errorf("round %d: %w", round, err)
			}
			worker, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil {
				return fmt.Errorf("round %d: %q is no process", round, text)
			}
			killed := make(chan error, 1)
			wait := time.Duration(random.IntN(20_000)) * time.Microsecond
			go func() {
				time.Sleep(wait)
				killed <- syscall.Kill(worker, syscall.SIGKILL)
			}()
			code := []string{
				"for {}",
				"import \"fmt\"; for { fmt.Println(\"text\") }",
				"for i := 0; i < 100; i++ { seven() }",
				"!sleep 10",
			}[round%4]
			if round%5 == 0 { // idle
				if err := <-killed; err != nil {
					return err
				}
				killed <- nil
			}
			if round%5 != 0 || round%4 == 2 {
				// A cell that had not begun when its worker was killed runs on
				// the next one, which nobody kills.
				if r, err := k.runFor(2*time.Second, code); err != nil {
					return fmt.Errorf("round %d: %w", round, err)
				} else if r.Status == "error" && r.Name != "WorkerDied" && r.Name != "KeyboardInterrupt" {
					return fmt.Errorf("round %d: %s: %s", round, r.Name, r.Value)
				}
			}
			if err := <-killed; err != nil && err != syscall.ESRCH {
				return err
			}
			began := time.Now()
			r, err := k.run("T{seven()}.X")
			if err == nil && r.Name == "WorkerDied" { // the cell was sent before the kernel knew
				r, err = k.run("T{seven()}.X")
			}
			if err != nil || r.Status != "ok" {
				return fmt.Errorf("round %d, what was declared: %w %s: %s", round, err, r.Name, r.Value)
			}
			if text := strings.TrimSpace(r.text.String()); !strings.HasSuffix(text, "7") {
				return fmt.Errorf("round %d: %q, not 7", round, text)
			}
			slowest = max(slowest, time.Since(began))
		}
		after, err = descriptors(k.process.Process.Pid)
		return err
	})
	return []measure{
		{fmt.Sprintf("slowest restart with its replay in %d rounds", s.times(200)), float64(slowest.Milliseconds()), 5000, "ms"},
		{"descriptors more than before", float64(after - before), 2, ""},
	}, err
}

// displays shows a thousand displays and updates each.
func displays(s *soak) (measures []measure, err error) {
	err = s.with(func(k *kernel) error {
		before, err := memory(k.process.Process.Pid)
		if err != nil {
			return err
		}
		n := s.times(1000)
		for i := range n {
			if _, err := k.value(fmt.Sprintf("h := NewDisplay(%d); h.Update(%d)", i, i+1)); err != nil {
				return err
			}
		}
		after, err := memory(k.process.Process.Pid)
		measures = append(measures, measure{fmt.Sprintf("growth of the kernel by %d displays and updates", n), float64(after-before) / (1 << 20), 24, "MiB"})
		return err
	})
	return measures, err
}
