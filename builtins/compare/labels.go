package compare

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// labels name the two runs. Deployments of one name, such as one that was
// changed by With, are told apart by the settings in which they differ.
func (c *Comparison) labels() (test, base string) {
	test, base = c.Test.Label(), c.Base.Label()
	if test != base {
		return test, base
	}
	testSettings, baseSettings := c.Test.Spec().Settings, c.Base.Spec().Settings
	return test + differences(testSettings, baseSettings), base + differences(baseSettings, testSettings)
}

// differences lists the settings that another configuration does not have, or
// has with another value.
func differences(settings, other map[string]any) string {
	words := ""
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if !reflect.DeepEqual(settings[key], other[key]) {
			words += fmt.Sprintf(", %s %v", key, settings[key])
		}
	}
	return words
}
