// Package wire is Jupyter's messaging protocol as bytes: the connection file,
// messages with their signatures, the sockets that carry them, and one Go type
// for the content of each message. The listing of the folder is the protocol.
//
// The package knows who may talk to whom and in which shape. It does not know
// what a kernel answers, nor in which order. The protocol is described at
// https://jupyter-client.readthedocs.io/en/stable/messaging.html.
package wire

// Version is the messaging protocol that the headers announce.
const Version = "5.4"

// A Content is the content of a message, as JSON.
type Content interface {
	// MessageType is what the header calls it: "execute_reply".
	MessageType() string
}

// Statuses of a reply.
const (
	StatusOK      = "ok"
	StatusError   = "error"
	StatusAborted = "aborted"
)

// A Failure is what replies with StatusError add, and the content of error.
type Failure struct {
	Name      string   `json:"ename"`
	Value     string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}
