package engine

// A Site is where an engine is loaded: the directory for the files that it
// needs and leaves, the GPUs that it may use, and who hears how far it is. In
// the zero Site files are temporary, the GPUs are those that this process sees,
// and nobody listens.
type Site struct {
	// Dir is the run directory. An engine keeps its own files in Dir/engine:
	// what was started, with which specification, and what it wrote. "" is a
	// temporary directory that goes with the engine.
	Dir string

	// Devices names the GPUs that the engine may use, as CUDA_VISIBLE_DEVICES
	// does; "" leaves it those of this process.
	Devices string

	Log   func(format string, args ...any) // a line for the run's log
	Doing func(what string)                // what is under way: "loading weights: 40 %"; "" when nothing to tell
}

// Logf logs a line, if anybody listens.
func (s Site) Logf(format string, args ...any) {
	if s.Log != nil {
		s.Log(format, args...)
	}
}

// Tell says what is under way, if anybody listens.
func (s Site) Tell(what string) {
	if s.Doing != nil {
		s.Doing(what)
	}
}
