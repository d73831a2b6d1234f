package checkpoint

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	configFile   = "config.json"
	modeloptFile = "hf_quant_config.json"
)

// Quantization is what a checkpoint declares about itself, in
// hf_quant_config.json (nvidia-modelopt) or in config.json's
// quantization_config. The zero value is an unquantized checkpoint.
type Quantization struct {
	Algorithm string   // as written: "FP8", "NVFP4", "fp8_pb_wo", "MIXED_PRECISION"; "" when unquantized
	Format    Format   // of the linear layers; "" when unquantized or mixed
	KVCache   string   // "FP8", or "" when the KV cache keeps its type
	Producer  string   // "modelopt 0.47.0", when written
	Exclude   []string // modules kept in high precision: names, or patterns with * and ?
}

// Excludes reports whether module is kept in high precision: it, or a module
// that contains it, matches an entry of Exclude.
func (q Quantization) Excludes(module string) bool {
	for _, pattern := range q.Exclude {
		for name := module; name != ""; name = parentModule(name) {
			if ok, _ := path.Match(pattern, name); ok {
				return true
			}
		}
	}
	return false
}

func parentModule(module string) string {
	return module[:max(0, strings.LastIndexByte(module, '.'))]
}

// algorithms maps the names of nvidia-modelopt, in lower case, to formats.
var algorithms = map[string]Format{
	"fp8":       FP8,
	"fp8_pb_wo": FP8Block,
	deepSeek:    FP8Block,
	"nvfp4":     NVFP4,
}

// deepSeek is the algorithm that quant_method fp8 stands for.
const deepSeek = "fp8_block_scales"

const mixedPrecision = "mixed_precision"

// readQuantization reads the declaration of the checkpoint in dir.
// hf_quant_config.json wins over config.json, as in TensorRT-LLM.
func readQuantization(dir string) (Quantization, error) {
	var modelopt struct {
		Producer     producer `json:"producer"`
		Quantization *struct {
			Algorithm string                    `json:"quant_algo"`
			KVCache   string                    `json:"kv_cache_quant_algo"`
			Exclude   []string                  `json:"exclude_modules"`
			Layers    map[string]quantizedLayer `json:"quantized_layers"`
		} `json:"quantization"`
	}
	file := filepath.Join(dir, modeloptFile)
	if found, err := readJSON(file, &modelopt); err != nil {
		return Quantization{}, err
	} else if found && modelopt.Quantization != nil {
		m := modelopt.Quantization
		q := Quantization{Algorithm: m.Algorithm, KVCache: m.KVCache, Producer: modelopt.Producer.String(), Exclude: m.Exclude}
		return q.resolve(file, m.Layers)
	}

	q, _, err := declaredInConfig(dir)
	return q, err
}

// declaredInConfig reads quantization_config of config.json, and reports
// whether there is one.
func declaredInConfig(dir string) (q Quantization, found bool, err error) {
	var config struct {
		Quantization *hfQuantization `json:"quantization_config"`
	}
	file := filepath.Join(dir, configFile)
	if _, err := readJSON(file, &config); err != nil {
		return Quantization{}, false, err
	}
	if config.Quantization == nil {
		return Quantization{}, false, nil
	}
	q, err = config.Quantization.read(file)
	return q, true, err
}

// hfQuantization is quantization_config of config.json.
type hfQuantization struct {
	Method          string                    `json:"quant_method"`
	Algorithm       string                    `json:"quant_algo"`
	Producer        producer                  `json:"producer"`
	Ignore          []string                  `json:"ignore"`
	NotConverted    []string                  `json:"modules_to_not_convert"`
	WeightBlockSize []int                     `json:"weight_block_size"`
	KVCache         *struct{}                 `json:"kv_cache_scheme"`
	Layers          map[string]quantizedLayer `json:"quantized_layers"`
}

func (h hfQuantization) read(file string) (Quantization, error) {
	q := Quantization{Algorithm: h.Algorithm, Producer: h.Producer.String(), Exclude: slices.Concat(h.Ignore, h.NotConverted)}
	if h.KVCache != nil {
		q.KVCache = "FP8"
	}
	switch h.Method {
	case "modelopt":
		return q.resolve(file, h.Layers)
	case "fp8":
		if !slices.Equal(h.WeightBlockSize, []int{blockSize, blockSize}) {
			return Quantization{}, fmt.Errorf("%s: quant_method fp8 with weight_block_size %v is not supported: want [%d, %d]",
				file, h.WeightBlockSize, blockSize, blockSize)
		}
		q.Algorithm = deepSeek
		return q.resolve(file, nil)
	}
	return Quantization{}, fmt.Errorf("%s: quant_method %q is not supported: want modelopt, or fp8 with weight_block_size", file, h.Method)
}

// resolve fills Format from Algorithm and refuses what cannot be read.
func (q Quantization) resolve(file string, layers map[string]quantizedLayer) (Quantization, error) {
	for _, pattern := range q.Exclude {
		if _, err := path.Match(pattern, ""); err != nil {
			return Quantization{}, fmt.Errorf("%s: excluded module %q: %w", file, pattern, err)
		}
	}
	if q.Algorithm == "" && q.KVCache != "" {
		return q, nil // only the KV cache is quantized
	}
	if strings.EqualFold(q.Algorithm, mixedPrecision) {
		for _, name := range slices.Sorted(maps.Keys(layers)) {
			if _, ok := algorithms[strings.ToLower(layers[name].Algorithm)]; !ok {
				return Quantization{}, fmt.Errorf("%s: layer %s: quant_algo %q is not supported: want one of %s",
					file, name, layers[name].Algorithm, algorithmNames())
			}
		}
		return q, nil
	}
	format, ok := algorithms[strings.ToLower(q.Algorithm)]
	if !ok {
		return Quantization{}, fmt.Errorf("%s: quant_algo %q is not supported: want one of %s", file, q.Algorithm, algorithmNames())
	}
	q.Format = format
	return q, nil
}

func algorithmNames() string {
	return strings.Join(slices.Sorted(maps.Keys(algorithms)), ", ")
}

// quantizedLayer is one entry of quantized_layers in a mixed-precision export.
type quantizedLayer struct {
	Algorithm string `json:"quant_algo"`
}

type producer struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func (p producer) String() string { return strings.TrimSpace(p.Name + " " + p.Version) }

// readJSON decodes file into v and reports whether it is there.
func readJSON(file string, v any) (bool, error) {
	if !exists(file) {
		return false, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return false, fmt.Errorf("%s: %w", file, err)
	}
	return true, nil
}
