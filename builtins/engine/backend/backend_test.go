package backend

import (
	"testing"

	"github.com/stretchr/testify/require"

	"adkernel/builtins/engine"
)

func TestWhatAnEngineWouldIgnoreIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		d    engine.Deployment
		want string
	}{
		"unknown backend": {engine.Deployment{Model: "/m", Backend: "embeded"}, `backend "embeded" is not one that this program can run; did you mean "embedded"?`},
		"a server":        {engine.Deployment{Model: "/m", Backend: "vLLM"}, `backend "vLLM" is not one that this program can run; start the server yourself, and ask it by backend openai`},
		"patch":           {engine.Deployment{Model: "/m", Patch: "fix.py"}, "Patch is set, which the embedded engine has no use for: leave it out"},
		"python":          {engine.Deployment{Model: "/m", Python: "python3"}, "Python is set, which the embedded engine has no use for"},
		"url":             {engine.Deployment{Model: "/m", URL: "http://127.0.0.1:8000"}, "URL is set, which the embedded engine has no use for"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.d, engine.Site{})
			require.ErrorContains(t, err, "deployment m: "+c.want)
		})
	}
}
