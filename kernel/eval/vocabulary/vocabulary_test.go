package vocabulary

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADamagedArchiveIsAnError(t *testing.T) {
	_, err := Open([]byte("not a zip"), nil)
	require.ErrorContains(t, err, "vocabulary: ")
}
