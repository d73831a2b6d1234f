package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"adkernel/builtins/cluster"
)

// deploymentFields are a Deployment without its methods.
type deploymentFields Deployment

// deploymentFile is a Deployment as files hold it.
type deploymentFile struct {
	deploymentFields
	On *cluster.Document `json:"on,omitempty"`
}

// deploymentYAML is the same for YAML, whose decoder wants exported names.
type deploymentYAML struct {
	Fields deploymentFields  `yaml:",inline"`
	On     *cluster.Document `yaml:"on,omitempty"`
}

// placed is d with the place that a document says.
func (d Deployment) placed(on *cluster.Document) (Deployment, error) {
	var err error
	if d.On, err = on.Place(); err == nil && d.On != nil {
		err = d.On.Check()
	}
	return d, err
}

// MarshalJSON writes d with its place as {"on": {"slurm": {...}}}.
func (d Deployment) MarshalJSON() ([]byte, error) {
	on, err := cluster.DocumentOf(d.On)
	if err != nil {
		return nil, err
	}
	return json.Marshal(deploymentFile{deploymentFields(d), on})
}

// UnmarshalJSON reads what MarshalJSON writes, strictly. Numbers of Args stay
// json.Number.
func (d *Deployment) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	var f deploymentFile
	if err := decoder.Decode(&f); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("text after the deployment")
	}
	var err error
	*d, err = Deployment(f.deploymentFields).placed(f.On)
	return err
}

// UnmarshalYAML reads a deployment with its place as "on: {slurm: {...}}".
func (d *Deployment) UnmarshalYAML(decode func(any) error) error {
	var f deploymentYAML
	if err := decode(&f); err != nil {
		return err
	}
	var err error
	*d, err = Deployment(f.Fields).placed(f.On)
	return err
}
