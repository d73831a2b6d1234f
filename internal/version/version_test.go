package version

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/semver"
)

// What is built before a release must not pass for the one before.
func TestTheVersionIsAboveTheNewestReleaseWhileThereAreChanges(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "CHANGELOG.md"))
	require.NoError(t, err)
	sections := strings.Split(string(text), "\n## ")[1:]
	unreleased, changes, _ := strings.Cut(sections[0], "\n")
	newest := sections[0]
	if unreleased == "Unreleased" {
		newest = sections[1]
	}
	newest, _, _ = strings.Cut(newest, "\n")
	require.Regexp(t, regexp.MustCompile(`^\d+\.\d+\.\d+$`), newest)
	require.True(t, semver.IsValid("v"+Number), Number)
	if unreleased == "Unreleased" && strings.TrimSpace(changes) != "" {
		require.Positive(t, semver.Compare("v"+Number, "v"+newest), "%s is not above %s", Number, newest)
		require.NotEmpty(t, semver.Prerelease("v"+Number), "%s is not released yet", Number)
		return
	}
	require.Zero(t, semver.Compare("v"+release, "v"+newest), "%s is released", newest)
}

func TestTheVersionNamesItsCommit(t *testing.T) {
	const revision = "ee02e5fc5919f9bd535d12cf0f73624082dd9f5b"
	settings := func(pairs ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{}
		for i := 0; i < len(pairs); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return info
	}
	require.Equal(t, "+ee02e5fc5919", commit(settings("vcs", "git", "vcs.revision", revision, "vcs.modified", "false"), true))
	require.Equal(t, "+ee02e5fc5919.modified", commit(settings("vcs.modified", "true", "vcs.revision", revision), true))
	require.Equal(t, "+12ab", commit(settings("vcs.revision", "12ab"), true))
	require.Empty(t, commit(settings("-trimpath", "true", "vcs.modified", "true"), true))
	require.Empty(t, commit(nil, false))
	require.True(t, semver.IsValid("v"+release+commit(settings("vcs.revision", revision, "vcs.modified", "true"), true)))
}
