package checkpoint

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

const (
	singleFile = "model.safetensors"
	indexFile  = "model.safetensors.index.json"
)

// A shard is one safetensors file of a checkpoint.
type shard struct {
	path     string
	expected []string // tensors that the index says are in it; nil without an index
	names    []string // tensors that are in it, sorted; known when it has been read
}

// findShards lists the safetensors files of the checkpoint in dir. Like
// transformers it prefers the single file where both layouts are present.
func findShards(dir string) ([]shard, error) {
	if st, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	} else if !st.IsDir() {
		return nil, fmt.Errorf("checkpoint %s: not a directory; name the folder that holds config.json and the weights", dir)
	}
	if path := filepath.Join(dir, singleFile); exists(path) {
		return []shard{{path: path}}, nil
	}
	index := filepath.Join(dir, indexFile)
	if !exists(index) {
		return nil, fmt.Errorf("checkpoint %s: neither %s nor %s is there; weights in other formats (pytorch_model.bin, GGUF) must be converted to safetensors first",
			dir, singleFile, indexFile)
	}
	return readIndex(index)
}

// readIndex reads model.safetensors.index.json, whose weight_map names the
// shard of each tensor.
func readIndex(path string) ([]shard, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(index.WeightMap) == 0 {
		return nil, fmt.Errorf("%s: no weight_map, so no shard is known", path)
	}
	byFile := map[string][]string{}
	for tensor, file := range index.WeightMap {
		if !filepath.IsLocal(file) {
			return nil, fmt.Errorf("%s: tensor %s: shard %q is outside of the checkpoint's folder", path, tensor, file)
		}
		byFile[file] = append(byFile[file], tensor)
	}
	var shards []shard
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		slices.Sort(byFile[file])
		shards = append(shards, shard{path: filepath.Join(filepath.Dir(path), file), expected: byFile[file]})
	}
	return shards, nil
}
