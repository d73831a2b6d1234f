package cli

import (
	"fmt"
	"os"

	"adkernel/builtins/engine/backend"
	"adkernel/internal/doctor"
	"adkernel/internal/version"
)

type doctorCommand struct{ output }

// Help says how the verb ends.
func (doctorCommand) Help() string {
	return `Exit status: 0 when all that is there works, whatever is missing; 1 when something that is there does not work.`
}

// Run ends as Help says.
func (c doctorCommand) Run() error {
	report, err := examineMachine()
	if err != nil {
		return err
	}
	if err := c.show(os.Stdout, report); err != nil {
		return err
	}
	if report.Broken() {
		return status(exitNo)
	}
	return nil
}

func examineMachine() (doctor.Report, error) {
	self, err := os.Executable()
	if err != nil {
		return doctor.Report{}, fmt.Errorf("the program does not know where it is: %w", err)
	}
	return doctor.Examine(doctor.Facts{
		Version:    version.Number,
		Executable: self,
		Evaluators: []string{"exact", "yaegi"},
		Backends:   backend.Names(),
	}), nil
}

// examine is %doctor.
func examine() any {
	report, err := examineMachine()
	if err != nil {
		return err
	}
	return report
}
