package run

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"adkernel/kernel/host"
)

const redrawEvery = 200 * time.Millisecond

// Follow shows the run's progress on h until the run has ended, then one line
// in its place, and returns as Wait does. When h's context is done, because
// the user interrupted the cell, the run is cancelled. The first sample is
// waited for, and shown at once; later ones are joined.
func (r *Run) Follow(h host.Host) error {
	var handle host.Handle
	show := func(b host.Bundle) {
		if handle == nil {
			handle = h.Display(b)
		} else {
			handle.Update(b)
		}
	}
	ctx := h.Context()
	var shown Progress
	var drawn time.Time
	err := r.poll(ctx, pollEvery, func() {
		if shown.Done > 0 && time.Since(drawn) < redrawEvery {
			return
		}
		p, err := r.Progress()
		if err != nil {
			return // what ends the run says it as well
		}
		if handle == nil || p.Done != shown.Done || p.Total != shown.Total || p.Doing != shown.Doing {
			shown, drawn = p, time.Now()
			show(progressBundle(r.Label(), p))
		}
	})
	if ctx.Err() != nil {
		if cancelErr := r.Cancel(); cancelErr != nil {
			err = errors.Join(err, cancelErr)
		}
	}
	show(r.MimeBundle())
	return err
}

const barCells = 30

// progressBundle draws a run that is under way.
func progressBundle(label string, p Progress) host.Bundle {
	share := 0.0
	if p.Total > 0 {
		share = float64(p.Done) / float64(p.Total)
	}
	if p.Total == 0 {
		doing := cmp.Or(p.Doing, "loading")
		return host.Bundle{Data: map[string]any{
			"text/plain": label + ": " + doing,
			"text/html": fmt.Sprintf(`<div style="font-family:sans-serif;font-size:13px">%s: <span style="opacity:.7">%s</span></div>`,
				html.EscapeString(label), html.EscapeString(doing)),
		}}
	}
	facts := fmt.Sprintf("%d/%d", p.Done, p.Total)
	if p.Rate > 0 {
		facts += fmt.Sprintf(", %.1f samples/s, accuracy %s, %s left", p.Rate, p.accuracy(), duration(max(p.Left, time.Second).Round(time.Second)))
	}
	full := int(share*barCells + 0.5)
	if p.Doing != "" {
		facts += ", " + p.Doing
	}
	text := fmt.Sprintf("%s [%s%s] %s", label, strings.Repeat("#", full), strings.Repeat(".", barCells-full), facts)
	return host.Bundle{Data: map[string]any{
		"text/plain": text,
		"text/html": fmt.Sprintf(`<div style="font-family:sans-serif;font-size:13px;max-width:44em">`+
			`<div>%s <span style="opacity:.7">%s</span></div>`+
			`<div style="height:6px;margin-top:4px;border-radius:3px;background:rgba(128,128,128,.25)">`+
			`<div style="height:6px;border-radius:3px;width:%.1f%%;background:#3b82c4"></div></div></div>`,
			html.EscapeString(label), html.EscapeString(facts), 100*share),
	}}
}

// MimeBundle shows the run in one line: label, status, accuracy with its
// interval, n, duration, directory.
func (r *Run) MimeBundle() host.Bundle {
	p, err := r.Progress()
	if err != nil {
		return host.Text(err.Error())
	}
	facts := []string{p.accuracy()}
	if p.Done == p.Total && p.Total > 0 {
		facts = append(facts, fmt.Sprintf("n = %d", p.Done))
	} else if p.Total > 0 {
		facts = append(facts, fmt.Sprintf("%d of %d samples", p.Done, p.Total))
	}
	if p.Elapsed > 0 {
		facts = append(facts, duration(p.Elapsed))
	}
	status := ""
	if p.Status != Done {
		status = string(p.Status) + ", "
	}
	line := status + strings.Join(facts, ", ")
	return host.Bundle{Data: map[string]any{
		"text/plain": fmt.Sprintf("%s: %s (%s)", r.Label(), line, r.dir),
		"text/html": fmt.Sprintf(`<div style="font-family:sans-serif;font-size:13px"><b>%s</b>: %s <code style="opacity:.7;font-size:85%%">%s</code></div>`,
			html.EscapeString(r.Label()), html.EscapeString(line), html.EscapeString(r.dir)),
	}}
}
