package exact

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// A method that cellType does not have itself tells of the reflect type that is
// only laid out alike: right for sizes, wrong for whatever has names.
func TestCellTypesAnswerForThemselves(t *testing.T) {
	ofLayout := map[string]bool{
		"Align": true, "FieldAlign": true, "Size": true, "Bits": true,
		"OverflowComplex": true, "OverflowFloat": true, "OverflowInt": true, "OverflowUint": true,
		"common": true, "uncommon": true, // only package reflect can call them
	}
	// What both embedded structs promote from reflect.Type is ambiguous, and no method.
	type other struct{ reflect.Type }
	own := reflect.TypeFor[struct {
		*cellType
		other
	}]()
	for m := range reflect.TypeFor[reflect.Type]().Methods() {
		_, ok := own.MethodByName(m.Name)
		require.True(t, ok != ofLayout[m.Name], "cellType.%s", m.Name)
	}
}
