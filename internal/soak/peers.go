package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"github.com/go-zeromq/zmq4"

	"adkernel/kernel/wire"
)

// malformed sends what is no message, on every channel, and messages that are
// signed wrongly, cut, or sent again.
func malformed(s *soak) (measures []measure, err error) {
	err = s.with(func(k *kernel) error {
		random := rand.New(rand.NewPCG(1, 2))
		pid := k.process.Process.Pid
		ports := []wire.Port{k.connection.ShellPort, k.connection.ControlPort, k.connection.StdinPort}
		var peers []client
		for _, port := range ports {
			c, err := k.dial(port, zmq4.Dealer)
			if err != nil {
				return err
			}
			peers = append(peers, c)
		}
		if err := resetPeak(pid); err != nil {
			return err
		}
		n := s.times(1_000_000)
		for i := range n {
			frames, err := k.codec.Encode(raw{"kernel_info_request", []byte("{}")}, nil)
			if err != nil {
				return err
			}
			if err := peers[i%len(peers)].SendMsg(zmq4.NewMsgFrom(spoil(random, frames)...)); err != nil {
				return fmt.Errorf("message %d: %w", i, err)
			}
		}
		if err := garbage(k, random, s.times(2000)); err != nil {
			return err
		}
		if _, err := k.value("1 + 1"); err != nil {
			return fmt.Errorf("after %d malformed messages: %w", n, err)
		}
		most, err := peak(pid)
		if err != nil {
			return err
		}
		log, err := k.log.Stat()
		if err != nil {
			return err
		}
		measures = append(measures,
			measure{fmt.Sprintf("peak memory of the kernel under %d malformed messages", n), float64(most) / (1 << 20), 256, "MiB"},
			measure{"the kernel's log", float64(log.Size()) / (1 << 10), 1024, "KiB"})
		return nil
	})
	return measures, err
}

// spoil makes a message malformed in one of many ways.
func spoil(random *rand.Rand, frames [][]byte) [][]byte {
	frames = append([][]byte{}, frames...)
	which := random.IntN(len(frames))
	switch random.IntN(6) {
	case 0: // cut
		return frames[:max(1, which)]
	case 1: // one frame changed
		changed := append([]byte{}, frames[which]...)
		if len(changed) == 0 {
			changed = []byte{0}
		}
		changed[random.IntN(len(changed))] ^= byte(1 + random.IntN(255))
		frames[which] = changed
	case 2: // another signature
		frames[1] = fmt.Appendf(nil, "%064x", random.Uint64())
	case 3: // no JSON
		frames[2+random.IntN(4)] = []byte("{\"a\": [[[[")
	case 4: // in another order
		random.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		frames[0] = []byte("x")
	default: // bytes
		for range random.IntN(4) {
			frames = append(frames, []byte{byte(random.IntN(256))})
		}
		frames[0] = []byte("<IDS|MSH>")
	}
	return frames
}

// garbage connects and writes bytes that are no ZMTP.
func garbage(k *kernel, random *rand.Rand, n int) error {
	for i := range n {
		at := k.connection.Endpoint([]wire.Port{k.connection.ShellPort, k.connection.IOPubPort, k.connection.HeartbeatPort}[i%3])
		c, err := net.Dial(at.Network, at.Address)
		if err != nil {
			return err
		}
		bytes := make([]byte, random.IntN(200))
		for i := range bytes {
			bytes[i] = byte(random.IntN(256))
		}
		_, _ = c.Write(bytes) // the kernel may have hung up
		c.Close()
	}
	return nil
}

// connections opens ten thousand that say nothing, and one that does.
func connections(s *soak) (measures []measure, err error) {
	err = s.with(func(k *kernel) error {
		pid := k.process.Process.Pid
		before, err := descriptors(pid)
		if err != nil {
			return err
		}
		n, most := s.times(10_000), 0
		var open []net.Conn
		defer func() {
			for _, c := range open {
				c.Close()
			}
		}()
		for i := range n {
			at := k.connection.Endpoint([]wire.Port{k.connection.ShellPort, k.connection.ControlPort, k.connection.IOPubPort, k.connection.StdinPort, k.connection.HeartbeatPort}[i%5])
			c, err := net.Dial(at.Network, at.Address)
			if err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
			open = append(open, c)
			if len(open) > 500 { // this process has few descriptors, too
				open[0].Close()
				open = open[1:]
			}
			if i%100 == 0 {
				held, err := descriptors(pid)
				if err != nil {
					return err
				}
				most = max(most, held)
			}
		}
		late, err := k.dial(k.connection.ShellPort, zmq4.Dealer)
		if err != nil {
			return err
		}
		began := time.Now()
		if _, err := k.send(late, "kernel_info_request", map[string]any{}); err != nil {
			return err
		}
		if _, err := k.next(late); err != nil {
			return fmt.Errorf("behind %d silent connections: %w", n, err)
		}
		took := time.Since(began)
		for _, c := range open {
			c.Close()
		}
		open = nil
		time.Sleep(time.Second)
		after, err := descriptors(pid)
		if err != nil {
			return err
		}
		measures = append(measures,
			measure{fmt.Sprintf("descriptors of the kernel under %d silent connections", n), float64(most), 1000, ""},
			measure{"answer to one that speaks", float64(took.Milliseconds()), 2000, "ms"},
			measure{"descriptors more than before", float64(after - before), 5, ""})
		return nil
	})
	return measures, err
}
