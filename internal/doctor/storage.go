package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"adkernel/builtins/run"
)

// modelsRoot names the folder of models and data sets, as TensorRT-LLM's own
// tests do.
const modelsRoot = "LLM_MODELS_ROOT"

// mmlu looks for the data set below the models' root.
func mmlu() Finding {
	f := Finding{
		What: modelsRoot, State: Missing,
		Gives: "MMLU() without naming a folder; the demo brings its own questions",
		Fix:   "export " + modelsRoot + "=DIR, where DIR/datasets/mmlu holds MMLU's dev/ and test/",
	}
	root := os.Getenv(modelsRoot)
	if root == "" {
		f.Detail = "not set"
		return f
	}
	dataset := filepath.Join(root, "datasets", "mmlu")
	files, err := filepath.Glob(filepath.Join(dataset, "test", "*_test.csv"))
	if err != nil || len(files) == 0 {
		f.Detail = dataset + " has no test/*_test.csv"
		return f
	}
	return Finding{What: f.What, State: OK, Detail: fmt.Sprintf("%s, subjects: %d", dataset, len(files))}
}

// runs looks at the folder of the run directories.
func runs() Finding {
	const what = "runs"
	root, err := run.Root()
	if err != nil {
		return Finding{What: what, State: Broken, Detail: err.Error(), Gives: "results are kept", Fix: "export ADKERNEL_RUNS=DIR"}
	}
	kept, unreadable := run.List(root)
	detail := fmt.Sprintf("%s, %d kept", root, len(kept))
	if unreadable != nil && !errors.Is(unreadable, fs.ErrNotExist) {
		detail += ", others cannot be read (adkernel runs lists them)"
	}
	return folder(what, root, detail, "results are kept", "ADKERNEL_RUNS")
}

func cache() Finding {
	const what, gives = "cache", "the demo is unpacked and quantized once"
	dir, err := cacheDir()
	if err != nil {
		return Finding{What: what, State: Broken, Detail: err.Error(), Gives: gives, Fix: "export ADKERNEL_CACHE=DIR"}
	}
	return folder(what, dir, dir, gives, "ADKERNEL_CACHE")
}

func cacheDir() (string, error) {
	if dir := os.Getenv("ADKERNEL_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "adkernel"), err
}

// demo says where the demo's files are.
func demo() Finding {
	const what = "demo"
	dir, err := cacheDir()
	if err != nil {
		return Finding{What: what, State: OK, Detail: "in the program"} // cache says what is wrong
	}
	unpacked, err := filepath.Glob(filepath.Join(dir, "demo-*", "dense", "config.json"))
	if err != nil || len(unpacked) == 0 {
		return Finding{What: what, State: OK, Detail: "in the program, unpacked at first use"}
	}
	return Finding{What: what, State: OK, Detail: "unpacked to " + filepath.Dir(filepath.Dir(unpacked[len(unpacked)-1]))}
}

// lowDisk is little for the logits of a few runs.
const lowDisk = 1 << 30 // bytes

// folder says whether dir, which is made when it is needed, can be written and
// how much room there is.
func folder(what, dir, detail, gives, variable string) Finding {
	f := Finding{What: what, Gives: gives, Fix: "export " + variable + "=DIR, a folder that can be written and has room"}
	existing := nearestExisting(dir)
	if err := unix.Access(existing, unix.W_OK|unix.X_OK); err != nil {
		f.State, f.Detail = Broken, fmt.Sprintf("%s; %s cannot be written: %v", detail, existing, err)
		return f
	}
	var st unix.Statfs_t
	if err := unix.Statfs(existing, &st); err != nil {
		f.State, f.Detail = Broken, fmt.Sprintf("%s; %s: %v", detail, existing, err)
		return f
	}
	free := uint64(st.Bavail) * uint64(st.Bsize)
	detail += fmt.Sprintf(", %.1f GiB free", float64(free)/(1<<30))
	if free < lowDisk {
		f.State, f.Detail = Broken, detail+", which is less than 1 GiB"
		return f
	}
	return Finding{What: what, State: OK, Detail: detail}
}

func nearestExisting(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
