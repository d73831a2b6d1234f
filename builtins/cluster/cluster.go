// Package cluster knows where runs execute: on this machine, with GPUs of
// their own, as jobs of Slurm, or on another machine that ssh reaches. It
// reserves, submits, asks and cancels.
//
// It knows commands and what becomes of them. It does not know what a run is:
// the directory on a shared file system is the contract, and the package that
// owns it (package run) reads there how far it is.
package cluster

import (
	"errors"
	"fmt"
	"strings"
)

// A Place is where a deployment's runs execute: Local, Slurm or SSH. It does
// not change what they compute.
type Place interface {
	// Check refuses what cannot be asked for.
	Check() error
	String() string
}

// Local is this machine.
//
//	Deployment{..., On: Local{GPUs: 2}}
type Local struct {
	// GPUs is how many GPUs a run has for itself: others that ask for some wait
	// in the order in which they came. 0 reserves none, and a run sees them all.
	GPUs int `json:"gpus,omitempty" yaml:"gpus,omitempty"`

	// Devices names them instead, as CUDA_VISIBLE_DEVICES does: by index ("0")
	// or by the beginning of a UUID ("GPU-1a2b").
	Devices []string `json:"devices,omitempty" yaml:"devices,omitempty"`
}

// Check implements Place.
func (l Local) Check() error {
	if err := l.check(); err != nil {
		return fmt.Errorf("on: local: %w", err)
	}
	return nil
}

func (l Local) check() error {
	if l.GPUs < 0 {
		return fmt.Errorf("gpus %d: want 1 or more, or 0 to reserve none", l.GPUs)
	}
	if len(l.Devices) > 0 && l.GPUs > 0 && l.GPUs != len(l.Devices) {
		return fmt.Errorf("%d gpus and %d devices: give one of the two", l.GPUs, len(l.Devices))
	}
	return nil
}

func (l Local) String() string {
	switch {
	case len(l.Devices) > 0:
		return "this machine, GPU " + strings.Join(l.Devices, ", ")
	case l.GPUs > 0:
		return fmt.Sprintf("this machine, %d GPUs", l.GPUs)
	}
	return "this machine"
}

// Slurm is a cluster: each run is a job. The run directory, the model, the
// data set and this program must have the same paths on the nodes.
//
//	Deployment{..., On: Slurm{Partition: "gpu", GPUs: 2, Time: "1:00:00"}}
type Slurm struct {
	Partition string `json:"partition,omitempty" yaml:"partition,omitempty"`
	Nodes     int    `json:"nodes,omitempty" yaml:"nodes,omitempty"`   // 0 is 1; the run starts on the first
	GPUs      int    `json:"gpus,omitempty" yaml:"gpus,omitempty"`     // of each node (--gres=gpu:N)
	CPUs      int    `json:"cpus,omitempty" yaml:"cpus,omitempty"`     // of each node (--cpus-per-task)
	Memory    string `json:"memory,omitempty" yaml:"memory,omitempty"` // of each node (--mem): "64G"
	Time      string `json:"time,omitempty" yaml:"time,omitempty"`     // limit (--time): "30", "1:00:00", "2-00:00:00"
	Account   string `json:"account,omitempty" yaml:"account,omitempty"`
	QOS       string `json:"qos,omitempty" yaml:"qos,omitempty"`

	// Extra are more options of sbatch: "--constraint=h100".
	Extra []string `json:"extra,omitempty" yaml:"extra,omitempty"`

	// Modules are loaded (module load) before the run starts, then the lines of
	// Prelude are executed: shell, such as "source /opt/venv/bin/activate". The
	// job ends where one of them fails.
	Modules []string `json:"modules,omitempty" yaml:"modules,omitempty"`
	Prelude []string `json:"prelude,omitempty" yaml:"prelude,omitempty"`

	// Container is a command in front of the run's, which executes it in a
	// container: {"apptainer", "exec", "--nv", "/images/trtllm.sif"}, or
	// {"srun", "--container-image=..."}.
	Container []string `json:"container,omitempty" yaml:"container,omitempty"`

	// AtOnce bounds how many of an array's tasks run at the same time; 0 leaves
	// it to Slurm.
	AtOnce int `json:"at_once,omitempty" yaml:"at_once,omitempty"`
}

// Check implements Place.
func (s Slurm) Check() error {
	for _, n := range []struct {
		name  string
		value int
	}{{"nodes", s.Nodes}, {"gpus", s.GPUs}, {"cpus", s.CPUs}, {"at_once", s.AtOnce}} {
		if n.value < 0 {
			return fmt.Errorf("on: slurm: %s %d: want 1 or more, or 0 for the cluster's default", n.name, n.value)
		}
	}
	for _, v := range []struct{ name, value string }{
		{"partition", s.Partition}, {"memory", s.Memory}, {"time", s.Time}, {"account", s.Account}, {"qos", s.QOS},
	} {
		if strings.ContainsAny(v.value, " \t\n") {
			return fmt.Errorf("on: slurm: %s %q: want one word", v.name, v.value)
		}
	}
	for _, option := range s.Extra {
		if !strings.HasPrefix(option, "-") || strings.Contains(option, "\n") {
			return fmt.Errorf("on: slurm: extra %q: want an option of sbatch, such as --constraint=h100", option)
		}
	}
	return nil
}

func (s Slurm) String() string {
	words := []string{"Slurm"}
	if s.Partition != "" {
		words = append(words, "partition "+s.Partition)
	}
	if s.Nodes > 1 {
		words = append(words, fmt.Sprintf("%d nodes", s.Nodes))
	}
	if s.GPUs > 0 {
		words = append(words, fmt.Sprintf("%d GPUs a node", s.GPUs))
	}
	return strings.Join(words, ", ")
}

// AtOnce reports whether runs on p are to be handed over all at the same time,
// since it is decided there when each starts: by Slurm, or by the queue for the
// GPUs of another machine.
func AtOnce(p Place) bool {
	switch p := p.(type) {
	case Slurm, *Slurm:
		return true
	case SSH:
		return p.local().count() > 0
	case *SSH:
		return p.local().count() > 0
	}
	return false
}

// A Document is a Place as files hold it: {"slurm": {"partition": "gpu"}}.
type Document struct {
	Local *Local `json:"local,omitempty" yaml:"local,omitempty"`
	Slurm *Slurm `json:"slurm,omitempty" yaml:"slurm,omitempty"`
	SSH   *SSH   `json:"ssh,omitempty" yaml:"ssh,omitempty"`
}

// DocumentOf is the document of a place, nil for none.
func DocumentOf(p Place) (*Document, error) {
	switch p := p.(type) {
	case nil:
		return nil, nil
	case Local:
		return &Document{Local: &p}, nil
	case Slurm:
		return &Document{Slurm: &p}, nil
	case SSH:
		return &Document{SSH: &p}, nil
	case *Local:
		return &Document{Local: p}, nil
	case *Slurm:
		return &Document{Slurm: p}, nil
	case *SSH:
		return &Document{SSH: p}, nil
	}
	return nil, fmt.Errorf("on: %T: want Local, Slurm or SSH", p)
}

// Place is what the document says; a nil document says nothing.
func (d *Document) Place() (Place, error) {
	if d == nil {
		return nil, nil
	}
	var named []string
	var place Place
	if d.Local != nil {
		named, place = append(named, "local"), *d.Local
	}
	if d.Slurm != nil {
		named, place = append(named, "slurm"), *d.Slurm
	}
	if d.SSH != nil {
		named, place = append(named, "ssh"), *d.SSH
	}
	switch len(named) {
	case 0:
		return nil, errors.New("on: want local, slurm or ssh")
	case 1:
		return place, nil
	}
	return nil, fmt.Errorf("on: %s: want one of them", strings.Join(named, " and "))
}
