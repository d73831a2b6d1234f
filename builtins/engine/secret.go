package engine

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"adkernel/internal/pattern"
	"adkernel/internal/suggest"
)

var (
	secretName   = pattern.New(`(?i)(^|[-_])((api|access)?[-_]?key|token|secret|password|authorization|credentials?)$`)
	variableName = pattern.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// serverSettings are what a deployment on a server can set. Nobody knows what
// another name holds, so that nothing of that name is written down.
var serverSettings = []string{
	"api_key_env", "concurrency", "logprobs", "max_batch_size", "retries", "served_model_name", "timeout", "tokenizer",
}

// SecretSetting reports whether a setting's value is by its name nobody else's
// business.
func SecretSetting(name string) bool { return secretName().MatchString(name) }

// CheckSecrets refuses a deployment on a server with settings that hold a
// password or an API key, or that no server's deployment has: runs, logs and
// notebooks keep what they are given. The error does not repeat it.
func (d Deployment) CheckSecrets(settings map[string]any) error {
	if d.URL == "" && d.Backend != "openai" {
		return nil
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return errors.New("URL: not a URL such as http://127.0.0.1:8000/v1") // the parser's error repeats it
	}
	if u.User != nil || u.RawQuery != "" {
		return errors.New("URL: a password or a query would be written into the run: set the API key in the environment instead")
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if at := secretIn(name, settings[name]); at != "" {
			return fmt.Errorf("%s: it would be written into the run: set the API key in the environment instead, as OPENAI_API_KEY or the variable that api_key_env names", at)
		}
		if !slices.Contains(serverSettings, name) {
			return fmt.Errorf("the openai engine has no setting %s%s", name, suggest.Clause(name, serverSettings))
		}
	}
	if name, given := settings["api_key_env"]; given && !variableName().MatchString(fmt.Sprint(name)) {
		return errors.New("api_key_env: want the name of an environment variable, not a key") // it may be one
	}
	return nil
}

// secretIn is the name of a secret in a setting, nested ones joined with dots;
// "" if there is none.
func secretIn(name string, value any) string {
	if SecretSetting(name[strings.LastIndexByte(name, '.')+1:]) {
		return name
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if at := secretIn(name+"."+key, value[key]); at != "" {
				return at
			}
		}
	case []any:
		for _, element := range value {
			if at := secretIn(name, element); at != "" {
				return at
			}
		}
	}
	return ""
}
