package engine

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
)

var (
	secretName   = regexp.MustCompile(`(?i)(^|[-_])(api[-_]?key|access[-_]?key|token|secret|password|authorization|credentials?)$`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// SecretSetting reports whether a setting's value is by its name nobody else's
// business.
func SecretSetting(name string) bool { return secretName.MatchString(name) }

// CheckSecrets refuses a deployment on a server with settings that hold a
// password or an API key: runs, logs and notebooks keep what they are given. The
// error does not repeat it.
func (d Deployment) CheckSecrets(settings map[string]any) error {
	if d.URL == "" {
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
		if SecretSetting(name) {
			return fmt.Errorf("%s: it would be written into the run: set the API key in the environment instead, as OPENAI_API_KEY or the variable that api_key_env names", name)
		}
	}
	if name, given := settings["api_key_env"]; given && !variableName.MatchString(fmt.Sprint(name)) {
		return errors.New("api_key_env: want the name of an environment variable, not a key") // it may be one
	}
	return nil
}
