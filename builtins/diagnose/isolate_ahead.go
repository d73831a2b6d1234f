package diagnose

import (
	"sync"

	"adkernel/builtins/cluster"
	"adkernel/builtins/engine"
	"adkernel/builtins/run"
)

// stripped lists the deployments of the first runs, under the names of their
// steps: as deployed, then one component less at a time.
func stripped(d engine.Deployment, axes []axis) []engine.Deployment {
	d.Name = "as deployed"
	all := []engine.Deployment{d}
	for _, a := range axes {
		d = a.strip(d)
		d.Name = stripTo(a)
		all = append(all, d)
	}
	return all
}

// stripTo names the step that strips a, with those before it.
func stripTo(a axis) string { return "strip to " + a.off }

// launchAhead launches runs whose configurations do not depend on what the
// others show, where they can go on at the same time: on Slurm, as an array,
// and on another machine where each has GPUs of its own.
func (i *isolator) launchAhead(all []engine.Deployment) error {
	if len(all) == 0 {
		return nil
	}
	if !cluster.AtOnce(all[0].On) {
		return nil
	}
	if i.ahead == nil {
		i.ahead = map[string]*run.Run{}
	}
	var specs []run.Spec
	for _, d := range all {
		if r := i.left(d); r != nil {
			i.ahead[d.Name] = r
			continue
		}
		specs = append(specs, run.Spec{Deployment: d, Task: i.task})
	}
	runs, err := run.LaunchAll(i.board.Context(), specs, i.options)
	for at, r := range runs {
		i.mark(r)
		i.ahead[specs[at].Deployment.Name] = r
	}
	return err
}

// cancelAhead ends the runs whose turn did not come, all at the same time: each
// is waited for.
func (i *isolator) cancelAhead() {
	var cancelling sync.WaitGroup
	for _, r := range i.ahead {
		cancelling.Go(func() { r.Cancel() }) // it is not needed; how it ends is in its directory
	}
	cancelling.Wait()
}
