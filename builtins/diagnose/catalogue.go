package diagnose

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"sync"

	"adkernel/internal/pattern"
	"adkernel/internal/yamltext"
)

//go:embed catalogue/*.yaml
var catalogueFiles embed.FS

// commonFile holds rules that several suspects use by name.
const commonFile = "common.yaml"

// An entry is one suspect of the catalogue: a file.
type entry struct {
	Name    string `yaml:"name"`
	Title   string `yaml:"title"`
	Class   string `yaml:"class"` // groups suspects for the reader
	Applies string `yaml:"applies"`
	Symptom string `yaml:"symptom"`

	// Legitimate marks what costs accuracy without being a fault.
	Legitimate bool `yaml:"legitimate"`

	// Prior and the rules' weights are in bits: 1 says that what is seen is
	// twice as likely with this cause than with the others, 3 eight times;
	// 10 and more is kept for a mechanism that was shown.
	Prior float64 `yaml:"prior"`
	Rules []rule  `yaml:"rules"`

	Probe      string   `yaml:"probe"`  // a line for a cell
	Served     string   `yaml:"served"` // how a server is started for the same, which no deployment with its URL changes
	Fix        string   `yaml:"fix"`
	References []string `yaml:"references"`

	applies *condition
}

// A rule turns facts into evidence: for the suspect where its weight is
// positive, against it where negative.
type rule struct {
	Use    string  `yaml:"use"` // a common rule; only Weight is then given here
	When   string  `yaml:"when"`
	Unless string  `yaml:"unless"` // makes an exception of When; beside Use, one more than the common rule's
	Weight float64 `yaml:"weight"`
	Say    string  `yaml:"say"` // a sentence; {fact} stands for its value

	// Unspecific marks what losses of most causes look like. It orders suspects,
	// and accuses none.
	Unspecific bool `yaml:"unspecific"`

	when   *condition
	unless []*condition
}

// holds reports whether r speaks: its condition is true, and no exception is.
func (r rule) holds(facts Facts) bool {
	return r.when.root.eval(facts) == yes &&
		!slices.ContainsFunc(r.unless, func(c *condition) bool { return c.root.eval(facts) == yes })
}

// catalogue returns the entries that come with the program, read once.
var catalogue = sync.OnceValues(func() ([]entry, error) {
	sub, err := fs.Sub(catalogueFiles, "catalogue")
	if err != nil {
		return nil, err
	}
	return readCatalogue(sub)
})

// readCatalogue reads every file of a folder and reports all that is wrong.
func readCatalogue(folder fs.FS) ([]entry, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(folder, commonFile)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	common, err := parseCommon(text)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %s: %w", commonFile, err)
	}
	var entries []entry
	var problems []error
	for _, name := range names {
		if name == commonFile {
			continue
		}
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
		e, err := parseEntry(text, common)
		if err == nil && e.Name+".yaml" != path.Base(name) {
			err = fmt.Errorf("name %q is not the file's", e.Name)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("catalogue: %s: %w", name, err))
			continue
		}
		entries = append(entries, e)
	}
	return entries, errors.Join(problems...)
}

func parseCommon(text []byte) (map[string]rule, error) {
	common := map[string]rule{}
	if err := yamltext.DecodeStrict(text, &common); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(common)) {
		r := common[name]
		if r.Weight != 0 || r.Use != "" {
			return nil, fmt.Errorf("rule %s: a weight is given where the rule is used", name)
		}
		if err := r.compile(); err != nil {
			return nil, fmt.Errorf("rule %s: %w", name, err)
		}
		common[name] = r
	}
	return common, nil
}

// parseEntry reads one suspect and checks everything that can be checked
// without facts.
func parseEntry(text []byte, common map[string]rule) (entry, error) {
	var e entry
	if err := yamltext.DecodeStrict(text, &e); err != nil {
		return entry{}, err
	}
	for field, value := range map[string]string{"name": e.Name, "title": e.Title, "class": e.Class, "symptom": e.Symptom, "probe": e.Probe, "fix": e.Fix} {
		if strings.TrimSpace(value) == "" {
			return entry{}, fmt.Errorf("%s is missing", field)
		}
	}
	if !(math.Abs(e.Prior) <= maxPrior) {
		return entry{}, fmt.Errorf("prior %g: want at most %d bits either way", e.Prior, maxPrior)
	}
	if e.Applies != "" {
		var err error
		if e.applies, err = parseCondition(e.Applies); err != nil {
			return entry{}, fmt.Errorf("applies: %w", err)
		}
	}
	if len(e.Rules) == 0 {
		return entry{}, errors.New("no rules: nothing could be said for or against it")
	}
	for i := range e.Rules {
		if err := e.Rules[i].resolve(common); err != nil {
			return entry{}, fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	return e, nil
}

const (
	maxPrior  = 4
	maxWeight = 16
)

func (r *rule) resolve(common map[string]rule) error {
	if r.Weight == 0 || !(math.Abs(r.Weight) <= maxWeight) {
		return fmt.Errorf("weight %g: want bits other than 0, at most %d either way", r.Weight, maxWeight)
	}
	if r.Use == "" {
		return r.compile()
	}
	shared, ok := common[r.Use]
	if !ok || r.When != "" {
		return fmt.Errorf("use %q: want a rule of %s, and no condition beside it", r.Use, commonFile)
	}
	if err := r.compileException(); err != nil {
		return err
	}
	r.Unspecific = r.Unspecific || shared.Unspecific
	r.when, r.unless = shared.when, append(slices.Clip(shared.unless), r.unless...)
	if r.Say == "" {
		r.Say = shared.Say
	}
	return r.checkSentence()
}

func (r *rule) compile() (err error) {
	if r.when, err = parseCondition(r.When); err != nil {
		return err
	}
	if err := r.compileException(); err != nil {
		return err
	}
	return r.checkSentence()
}

func (r *rule) compileException() error {
	if r.Unless == "" {
		return nil
	}
	unless, err := parseCondition(r.Unless)
	if err != nil {
		return fmt.Errorf("unless: %w", err)
	}
	r.unless = []*condition{unless}
	return nil
}

var placeholder = pattern.New(`\{([^{}]*)\}`)

func (r *rule) checkSentence() error {
	if r.Say == "" {
		return errors.New("say is missing")
	}
	for _, m := range placeholder().FindAllStringSubmatch(r.Say, -1) {
		if _, ok := definitions[m[1]]; !ok {
			return fmt.Errorf("say: {%s} is not a fact", m[1])
		}
	}
	return nil
}

// fill replaces the placeholders of a sentence by the facts' values.
func fill(sentence string, facts Facts) string {
	return placeholder().ReplaceAllStringFunc(sentence, func(m string) string {
		return facts[m[1:len(m)-1]].words()
	})
}
