package reproducer

import (
	"fmt"
	"slices"
	"strings"

	"adkernel/builtins/engine"
	"adkernel/internal/pattern"
	"adkernel/kernel/host"
)

// withoutSecrets returns the settings with the values of secrets left out.
func withoutSecrets(settings map[string]any) map[string]any {
	out := make(map[string]any, len(settings))
	for key, value := range settings {
		nested, ok := value.(map[string]any)
		switch {
		case ok:
			out[key] = withoutSecrets(nested)
		case engine.SecretSetting(key):
			out[key] = leftOut
		default:
			out[key] = value
		}
	}
	return out
}

const leftOut = "(left out)"

// secrets lists the values that withoutSecrets leaves out.
func secrets(settings map[string]any) []string {
	var out []string
	for key, value := range settings {
		switch value := value.(type) {
		case map[string]any:
			out = append(out, secrets(value)...)
		case string:
			if engine.SecretSetting(key) && value != "" {
				out = append(out, value)
			}
		}
	}
	return out
}

// keyText matches the keys of services that serve models, by their prefixes.
var keyText = pattern.New(`\b(sk-[\w-]{16,}|hf_\w{20,}|nvapi-[\w-]{20,}|gh[pousr]_\w{20,})`)

// checkSecrets refuses cells that hold a secret of either deployment, or what
// looks like a key: a reproducer is made to be handed on.
func checkSecrets(cells []host.Cell, settings ...map[string]any) error {
	for _, c := range cells {
		found := keyText().MatchString(c.Source)
		for _, s := range settings {
			found = found || slices.ContainsFunc(secrets(s), func(secret string) bool { return strings.Contains(c.Source, secret) })
		}
		if found {
			return fmt.Errorf("cell In[%d] holds a key or password, which would be saved with it: read it with os.Getenv instead", c.N)
		}
	}
	return nil
}
