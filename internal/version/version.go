// Package version holds this program's version, for the command line and for
// what it writes.
package version

import "runtime/debug"

// release is the newest heading of the changelog, or the one to come with -dev.
const release = "0.2.0-dev"

// Number is the version as semver.org spells it, with the commit that the
// program was built from: 0.2.0-dev+ee02e5fc5919, and .modified where the
// sources had changed since. Builds without a repository, or with
// -buildvcs=false, do not know it.
var Number = release + commit(debug.ReadBuildInfo())

// commit is the build metadata of a version; "" where it is not known.
func commit(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return ""
	}
	var revision, modified string
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			revision = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			modified = ".modified"
		}
	}
	if revision == "" {
		return ""
	}
	return "+" + revision[:min(12, len(revision))] + modified
}
