package cluster

import (
	"fmt"
	"path/filepath"
	"strings"
)

// SSH is another machine, on which runs are started over ssh: the system's own
// command, with its configuration, keys, agent and shared connections. It never
// asks for a password. The run directory, the model, the data set and this
// program must have the same paths there. A run goes on when the connection
// does not.
//
//	Deployment{..., On: SSH{Host: "gpu1", GPUs: 2}}
type SSH struct {
	// Host names the machine as ssh does: by a name of ~/.ssh/config, or
	// "user@host". It must be one machine, not several behind one name.
	Host string `json:"host" yaml:"host"`

	// GPUs and Devices are those that a run has for itself there, as Local has
	// them here: runs that ask for some wait for each other, whoever started them.
	GPUs    int      `json:"gpus,omitempty" yaml:"gpus,omitempty"`
	Devices []string `json:"devices,omitempty" yaml:"devices,omitempty"`

	// Program is adkernel there: a path, or a name on the PATH. "" is the path of
	// this program.
	Program string `json:"program,omitempty" yaml:"program,omitempty"`

	// Modules are loaded (module load) before the run starts, then the lines of
	// Prelude are executed by a login shell (bash): "source /opt/venv/bin/activate",
	// "export LLM_MODELS_ROOT=/models". The run is not started where one fails.
	Modules []string `json:"modules,omitempty" yaml:"modules,omitempty"`
	Prelude []string `json:"prelude,omitempty" yaml:"prelude,omitempty"`

	// Extra are more options of ssh, each in one word: "-p2222", "-oProxyJump=login".
	Extra []string `json:"extra,omitempty" yaml:"extra,omitempty"`
}

// Check implements Place.
func (s SSH) Check() error {
	if s.Host == "" {
		return fmt.Errorf("on: ssh: host is missing: want a name of ~/.ssh/config, or user@host")
	}
	if strings.HasPrefix(s.Host, "-") || strings.ContainsAny(s.Host, " \t\n") {
		return fmt.Errorf("on: ssh: host %q: want a name of ~/.ssh/config, or user@host", s.Host)
	}
	if strings.ContainsRune(s.Program, filepath.Separator) && !filepath.IsAbs(s.Program) {
		return fmt.Errorf("on: ssh: program %q: want an absolute path, or a name on the PATH there", s.Program)
	}
	for _, option := range s.Extra {
		if !strings.HasPrefix(option, "-") || strings.ContainsAny(option, "\n\x00") {
			return fmt.Errorf("on: ssh: extra %q: want an option of ssh in one word, such as -p2222 or -oProxyJump=login", option)
		}
	}
	if err := s.local().check(); err != nil {
		return fmt.Errorf("on: ssh: %w", err)
	}
	return nil
}

// local is what a run has of the machine, seen from there.
func (s SSH) local() Local { return Local{GPUs: s.GPUs, Devices: s.Devices} }

func (s SSH) String() string {
	switch {
	case len(s.Devices) > 0:
		return s.Host + " over ssh, GPU " + strings.Join(s.Devices, ", ")
	case s.GPUs > 0:
		return s.Host + " over ssh, " + count(s.GPUs, "GPU")
	}
	return s.Host + " over ssh"
}
