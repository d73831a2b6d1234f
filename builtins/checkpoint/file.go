package checkpoint

import "errors"

// OpenFile opens one safetensors file that need not be a model's: tensors that
// some program saved. What Checkpoint says of a model's quantization is empty.
func OpenFile(path string) (*Checkpoint, error) {
	c := &Checkpoint{dir: path, tensors: map[string]Tensor{}}
	if err := c.addShard(shard{path: path}); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}
