package cli

import (
	"os"

	"adkernel/builtins/engine/backend"
	"adkernel/internal/doctor"
	"adkernel/internal/version"
)

type doctorCommand struct{ output }

// Run exits with 1 when something that is there does not work.
func (c doctorCommand) Run() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	report := doctor.Examine(doctor.Facts{
		Version:    version.Number,
		Executable: self,
		Evaluators: []string{"exact", "yaegi"},
		Backends:   backend.Names(),
	})
	if err := c.show(os.Stdout, report); err != nil {
		return err
	}
	if report.Broken() {
		return status(exitNo)
	}
	return nil
}
