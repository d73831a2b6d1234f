package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecretsAreToldByTheirNames(t *testing.T) {
	for _, name := range []string{"key", "API_KEY", "apikey", "api-key", "x-api-key", "OPENAI_KEY", "access_key", "token", "HF_TOKEN", "Authorization", "password", "credentials"} {
		require.True(t, SecretSetting(name), name)
	}
	for _, name := range []string{"tokenizer", "max_num_tokens", "tokens_per_block", "api_key_env", "monkey", "num_key_value_heads", "token_ids"} {
		require.False(t, SecretSetting(name), name)
	}
}

// The error leads to the secret, however deep it is.
func TestASecretOfAServerIsNamedByItsPath(t *testing.T) {
	const secret = "hunter2"
	served := Deployment{Model: "m", URL: "http://127.0.0.1:8000/v1"}
	for path, settings := range map[string]map[string]any{
		"api_key":               {"api_key": secret, "concurrency": 4},
		"headers.Authorization": {"headers": map[string]any{"Accept": "*/*", "Authorization": "Bearer " + secret}},
		"proxies.key":           {"proxies": []any{"none", map[string]any{"key": secret}}},
		"tokenizer.token":       {"tokenizer": map[string]any{"token": secret}},
	} {
		for _, d := range []Deployment{served, {Model: "m", Backend: "openai"}} {
			err := d.CheckSecrets(settings)
			require.ErrorContains(t, err, path+": it would be written into the run")
			require.NotContains(t, err.Error(), secret)
		}
	}
	require.ErrorContains(t, served.CheckSecrets(map[string]any{"concurency": 4}), `has no setting concurency; did you mean "concurrency"?`)
	require.NoError(t, served.CheckSecrets(map[string]any{"api_key_env": "MY_KEY", "retries": 3}))
	require.NoError(t, Deployment{Model: "m"}.CheckSecrets(map[string]any{"attn_backend": "torch"}), "another engine's settings are that engine's to know")
}
