package stats

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARankCorrelationWithoutClustersIsSpearmans(t *testing.T) {
	want := readReference(t).Ranks
	got, err := ClusteredSpearman(want.X, want.Y, slices.Repeat([]string{"all"}, len(want.X)), 1)
	require.NoError(t, err)
	require.InDelta(t, want.Spearman, got.Statistic, 1e-12)
	require.Less(t, got.P, 1e-4)
}

// What four clusters have in common, one of 24 arrangements has by chance, and as
// many the other way round, however many samples each of them holds.
func TestFewClustersAreLittleEvidence(t *testing.T) {
	var x, y []float64
	var cluster []string
	for c := range 4 {
		for range 100 {
			x, y, cluster = append(x, float64(c)), append(y, float64(c)), append(cluster, string(rune('a'+c)))
		}
	}
	got, err := ClusteredSpearman(x, y, cluster, 1)
	require.NoError(t, err)
	require.InDelta(t, 1, got.Statistic, 1e-12)
	require.InDelta(t, 2./24, got.P, 1e-12)

	for i := range x { // and within each, y rises with x
		x[i] += float64(i%100) / 1000
		y[i] += float64(i%100) / 1000
	}
	got, err = ClusteredSpearman(x, y, cluster, 1)
	require.NoError(t, err)
	require.Less(t, got.P, 1e-12)
	again, err := ClusteredSpearman(x, y, cluster, 1)
	require.NoError(t, err)
	require.Equal(t, got, again)

	slices.Reverse(y) // and clusters of higher y have lower x
	got, err = ClusteredSpearman(x, y, cluster, 1)
	require.NoError(t, err)
	require.InDelta(t, -1, got.Statistic, 1e-12)
	require.Less(t, got.P, 1e-12)
}

// Where x varies in one subject and y in another, and both have one mean, nothing
// tells for or against a connection.
func TestClusteredSpearmanWithNothingToTell(t *testing.T) {
	got, err := ClusteredSpearman([]float64{1, 2, 3, 3}, []float64{5, 5, 4, 6}, []string{"a", "a", "b", "b"}, 1)
	require.NoError(t, err)
	require.Equal(t, 1.0, got.P)
}

// The sums of products of these thirds are 0, as are those of some of the other
// arrangements: 56 of 120 are at least that.
func TestArrangementsThatTieCountAlike(t *testing.T) {
	sums, means := []float64{0, -2, 1, 0, 1}, []float64{-17. / 3, 8. / 3, 5, -7. / 3, 1. / 3}
	require.InDelta(t, 56./120, exchanged(sums, means, 1, nil), 1e-12)
}
