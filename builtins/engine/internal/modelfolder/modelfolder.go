// Package modelfolder tells whether a deployment's model is where engines look for
// it: in a local folder, as a checkpoint in Hugging Face layout.
package modelfolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"adkernel/internal/pattern"
)

// hubName is how the Hugging Face hub names a model: "owner/name".
var hubName = pattern.New(`^[\w.-]+/[\w.-]+$`)

// Check says what is wrong with the folder of a checkpoint before anything is
// read of it or started for it. Nothing is ever downloaded: a model must be here.
func Check(model string) error {
	info, err := os.Stat(model)
	switch {
	case errors.Is(err, fs.ErrNotExist) && hubName().MatchString(model):
		return fmt.Errorf("model %q is not a folder here: it looks like a name on the Hugging Face hub, and engines load local folders and never download. Fetch it yourself (hf download %s --local-dir DIR) and name the folder", model, model)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("model folder %s does not exist", model)
	case err != nil:
		return fmt.Errorf("model folder: %w", err)
	case !info.IsDir() && strings.EqualFold(filepath.Ext(model), ".gguf"):
		return fmt.Errorf("model %s is a file of llama.cpp: import it first, by ImportGGUF in a cell or by adkernel import-gguf, and name the folder that this gives", model)
	case !info.IsDir():
		return fmt.Errorf("model %s is a file: want the folder of a checkpoint in Hugging Face layout", model)
	}
	if _, err := os.Stat(filepath.Join(model, "config.json")); err != nil {
		return fmt.Errorf("model folder %s is not a checkpoint in Hugging Face layout: %w", model, err)
	}
	return nil
}
