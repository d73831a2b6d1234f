package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"adkernel/builtins/casebook"
	"adkernel/builtins/engine"
	"adkernel/builtins/engine/embedded"
	"adkernel/builtins/tokenizer"
	"adkernel/builtins/tokenizer/chat"
	"adkernel/internal/serve"
	"adkernel/internal/yamltext"
)

// keyVariable holds the key that clients of serve must present.
const keyVariable = "ADKERNEL_SERVE_KEY"

type serveCommand struct {
	Model    string            `arg:"" optional:"" type:"existingdir" help:"Checkpoint; default: the demo's dense one."`
	Name     string            `placeholder:"NAME" help:"What clients call the model; default: the folder's name."`
	Host     string            `default:"127.0.0.1" help:"Address to listen on."`
	Port     int               `short:"p" default:"8000" help:"Port to listen on; 0 takes a free one."`
	Config   string            `type:"existingfile" help:"YAML file of AutoDeploy settings."`
	Set      map[string]string `short:"s" placeholder:"KEY=VALUE" help:"A setting, nested with dots: attn_backend=paged."`
	Template string            `type:"existingfile" placeholder:"FILE" help:"Jinja chat template; default: the checkpoint's."`
}

// Help says what is not in the flags.
func (serveCommand) Help() string {
	return "Where " + keyVariable + " is set, clients must present its value as their API key."
}

// Run serves until it is interrupted. Its first line on standard output says
// where.
func (c serveCommand) Run(ctx context.Context) error {
	d, err := c.deployment(ctx)
	if err != nil {
		return err
	}
	opened, err := embedded.Open(ctx, d)
	if err != nil {
		return err
	}
	defer opened.Close()
	o := serve.Options{Engine: opened.(engine.Steerable), Name: c.Name, APIKey: os.Getenv(keyVariable), Log: logToStderr}
	if o.Name == "" {
		o.Name = filepath.Base(d.Model)
	}
	if o.Tokenizer, err = tokenizer.Load(d.Model); err != nil {
		return err
	}
	if o.Template, err = c.template(d.Model); err != nil {
		return err
	}
	s := serve.New(o)
	defer s.Close()
	return s.ListenAndServe(ctx, net.JoinHostPort(c.Host, fmt.Sprint(c.Port)), func(at net.Addr) {
		fmt.Printf("serving %s at http://%s/v1\n", o.Name, at)
	})
}

func (c serveCommand) deployment(ctx context.Context) (engine.Deployment, error) {
	if c.Model == "" {
		demo, err := casebook.Open(ctx)
		if err != nil {
			return engine.Deployment{}, err
		}
		c.Model = demo.BF16.Model
	}
	model, err := filepath.Abs(c.Model)
	if err != nil {
		return engine.Deployment{}, err
	}
	d := engine.Deployment{Model: model, Config: c.Config}
	for key, text := range c.Set {
		var value any
		if err := yamltext.Decode([]byte(text), &value); err != nil {
			return engine.Deployment{}, fmt.Errorf("setting %s: %w", key, err)
		}
		path := strings.Split(key, ".")
		d = d.With(value, path[0], path[1:]...)
	}
	return d, nil
}

// template is the one that was named, or the checkpoint's; nil if it has none.
func (c serveCommand) template(model string) (*chat.Template, error) {
	if c.Template != "" {
		return chat.LoadFile(c.Template, model)
	}
	own, err := chat.Load(model)
	if errors.Is(err, chat.ErrNone) {
		return nil, nil
	}
	return own, err
}

func logToStderr(format string, a ...any) { fmt.Fprintf(os.Stderr, "adkernel: "+format+"\n", a...) }
