package diagnose

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	"adkernel/builtins/cluster"
	"adkernel/builtins/engine"
)

// load opens the engine of a deployment for a probe, on GPUs that it has for
// itself where its runs have. The tested deployment must be what its run
// recorded: logits of another device or another version would speak for or
// against kernels that did not compute its answers.
func (p *prober) load(ctx context.Context, d engine.Deployment) (engine.Engine, error) {
	site, err := p.site(ctx, d)
	if err != nil {
		return nil, err
	}
	p.loads++
	e, err := p.open(ctx, d, site)
	if err != nil || !reflect.DeepEqual(d, p.test) {
		return e, err
	}
	if err := asRecorded(e.Info(), p.recorded); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// site is where d's engine is loaded. GPUs stay reserved from one engine to the
// next of the same place, and are given back before others are asked for, so
// that nobody who waits holds what another one waits for.
func (p *prober) site(ctx context.Context, d engine.Deployment) (engine.Site, error) {
	switch on := d.On.(type) {
	case cluster.SSH, *cluster.SSH:
		if here, err := os.Hostname(); err != nil || p.machine != here {
			return engine.Site{}, fmt.Errorf("runs of %s execute elsewhere (%s) and probes in this process, which is on %s: diagnose there, by adkernel diagnose with the same run directories", d.Label(), on, here)
		}
	case cluster.Slurm, *cluster.Slurm:
		if !cluster.InJob() {
			return engine.Site{}, fmt.Errorf("runs of %s execute elsewhere (%s) and probes in this process, which is no job of Slurm: diagnose inside a job of that kind, such as with srun in front of adkernel diagnose", d.Label(), d.On)
		}
	}
	if p.gpus == nil || !reflect.DeepEqual(d.On, p.on) {
		p.leave()
		began := time.Now()
		gpus, err := cluster.Reserve(ctx, d.On, fmt.Sprintf("a diagnosis of %s (process %d)", p.test.Label(), os.Getpid()), p.tell)
		p.waited += time.Since(began)
		if err != nil {
			return engine.Site{}, err
		}
		p.gpus, p.on = gpus, d.On
	}
	return engine.Site{Devices: p.gpus.VisibleDevices()}, nil
}

// leave gives back the GPUs that are reserved.
func (p *prober) leave() {
	p.gpus.Release()
	p.gpus = nil
}

// asRecorded is an error where an engine is not the one that the run recorded.
// What a run does not say, such as one of an older version, is not compared.
func asRecorded(here engine.Info, run *engine.Info) error {
	if run == nil {
		return nil
	}
	for _, part := range []struct{ name, here, run string }{
		{"version", here.Version, run.Version},
		{"device", here.Settings["device"], run.Settings["device"]},
		{"activations", here.DType, run.DType},
		{"quantization", here.Quant, run.Quant},
	} {
		if part.run != "" && part.here != part.run {
			return fmt.Errorf("it is not what the run recorded (%s: %q here, %q in the run): diagnose where the run was computed, or compute it anew here", part.name, part.here, part.run)
		}
	}
	return nil
}
