package wire

import (
	"log/slog"
	"strings"
	"sync"

	"github.com/go-zeromq/zmq4"
)

// A subscriber has so many topics at most, each so long; Jupyter's have one,
// the empty one.
const (
	maxSubscriptions = 64
	maxTopic         = 1 << 10
)

// A Publisher sends each message to all peers that subscribed to its topic:
// the iopub channel.
type Publisher struct {
	*socket
	welcome    func(topic string) [][]byte
	subscribed chan struct{} // closed by the first subscription
	first      sync.Once
}

// ListenPublisher starts to listen at the endpoint. What welcome returns, if
// anything, is sent to each new subscription, before anything else.
func ListenPublisher(at Endpoint, log *slog.Logger, welcome func(topic string) [][]byte) (*Publisher, error) {
	s, err := listen(zmq4.XPub, maxSignal, at, log)
	if err != nil {
		return nil, err
	}
	p := &Publisher{socket: s, welcome: welcome, subscribed: make(chan struct{})}
	s.receive = p.subscription
	go s.accept()
	return p, nil
}

// Subscribed is closed once there has been a subscriber.
func (p *Publisher) Subscribed() <-chan struct{} { return p.subscribed }

// subscription reads what a subscriber sends: 1 and a topic, or 0 and a topic.
// What is more than a subscriber may have is ignored.
func (p *Publisher) subscription(from *peer, frames [][]byte) {
	if len(frames) != 1 || len(frames[0]) == 0 || len(frames[0]) > 1+maxTopic || frames[0][0] > 1 {
		return
	}
	topic := string(frames[0][1:])
	subscribe := frames[0][0] == 1
	p.mu.Lock()
	defer p.mu.Unlock()
	if subscribe {
		if from.subscriptions[topic] == 0 && len(from.subscriptions) >= maxSubscriptions {
			return
		}
		from.subscriptions[topic]++
	} else if from.subscriptions[topic]--; from.subscriptions[topic] <= 0 {
		delete(from.subscriptions, topic)
	}
	if subscribe {
		p.first.Do(func() { close(p.subscribed) })
		if message := p.welcome(topic); message != nil {
			from.send(append([][]byte{[]byte(topic)}, message...))
		}
	}
}

// Publish sends a message to the subscribers of topic. One that does not read
// misses what does not fit into its queue.
func (p *Publisher) Publish(topic string, frames [][]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	message := append([][]byte{[]byte(topic)}, frames...)
	for peer := range p.peers {
		if peer.subscribed(topic) && !peer.send(message) && peer.fellBehind() {
			p.log.Warn("a subscriber does not read: messages are dropped", "topic", topic)
		}
	}
}

func (p *peer) subscribed(topic string) bool {
	for prefix := range p.subscriptions {
		if strings.HasPrefix(topic, prefix) {
			return true
		}
	}
	return false
}
