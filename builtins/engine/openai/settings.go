package openai

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are the deployment's Args.
type settings struct {
	model       string        // served_model_name: what the server calls the model; "" asks it
	tokenizer   string        // directory or tokenizer.json; "" is the deployment's Model, or the server's own
	keyVariable string        // api_key_env: name of the variable that holds the API key
	concurrency int           // requests at the same time
	retries     int           // of one request, after the first attempt
	logprobs    int           // likeliest first tokens that are asked for; 0: none
	timeout     time.Duration // of one attempt
	key         string
}

// readSettings reads what Deployment.CheckSecrets let through.
func readSettings(given map[string]any) (settings, error) {
	s := settings{keyVariable: "OPENAI_API_KEY", concurrency: 16, retries: 5, logprobs: 20, timeout: 10 * time.Minute}
	seconds := 0
	texts := map[string]*string{"served_model_name": &s.model, "tokenizer": &s.tokenizer, "api_key_env": &s.keyVariable}
	numbers := map[string]struct {
		to    *int
		least int
	}{"concurrency": {&s.concurrency, 1}, "max_batch_size": {&s.concurrency, 1}, "retries": {&s.retries, 0}, "logprobs": {&s.logprobs, 0}, "timeout": {&seconds, 1}}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		value := given[key]
		if to, ok := texts[key]; ok {
			if *to, ok = value.(string); !ok {
				return s, fmt.Errorf("%s: %v: want a text", key, value)
			}
			continue
		}
		number, ok := numbers[key]
		if !ok {
			return s, fmt.Errorf("the openai engine has no setting %s", key)
		}
		n, err := strconv.Atoi(fmt.Sprint(value))
		if err != nil || n < number.least || n > 100000 {
			return s, fmt.Errorf("%s: %v: want a whole number from %d to 100000", key, value, number.least)
		}
		*number.to = n
	}
	if seconds > 0 {
		s.timeout = time.Duration(seconds) * time.Second
	}
	s.key = strings.TrimSpace(os.Getenv(s.keyVariable))
	return s, nil
}

// inForce are the settings for the record of a run: the key's variable, never
// the key.
func (s settings) inForce() map[string]string {
	return map[string]string{
		"api_key_env": s.keyVariable, "concurrency": strconv.Itoa(s.concurrency),
		"logprobs": strconv.Itoa(s.logprobs), "retries": strconv.Itoa(s.retries), "timeout": s.timeout.String(),
	}
}
