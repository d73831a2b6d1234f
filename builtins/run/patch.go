package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// patchFile is the run's copy of the deployment's Patch.
const patchFile = "patch.py"

// readPatch reads the patch that a run is launched with, and notes its hash.
// It is nil when the deployment has none.
func readPatch(spec *Spec) ([]byte, error) {
	if spec.Deployment.Patch == "" {
		return nil, nil
	}
	text, err := os.ReadFile(spec.Deployment.Patch)
	if err != nil {
		return nil, fmt.Errorf("deployment %s: patch: %w", spec.Deployment.Label(), err)
	}
	spec.PatchSHA256 = hash(text)
	return text, nil
}

// checkPatch makes sure that the run's patch is the one it was launched with.
func checkPatch(dir string, spec Spec) error {
	if spec.PatchSHA256 == "" {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(dir, patchFile))
	if err != nil {
		return fmt.Errorf("the run's patch: %w", err)
	}
	if hash(text) != spec.PatchSHA256 {
		return fmt.Errorf("%s is not the patch that the run began with: launch a new run", filepath.Join(dir, patchFile))
	}
	return nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
