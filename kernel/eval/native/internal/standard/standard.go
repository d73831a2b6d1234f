// Package standard says which packages of the standard library cells see, for
// the program that generates their symbols and for the lookups at run time.
package standard

// Excluded are the importable packages that cells do not see, each with why.
var Excluded = map[string]string{
	"plugin":             "it loads shared objects, which needs a program linked with cgo",
	"runtime/cgo":        "it belongs to cgo, which cells do not have",
	"runtime/coverage":   "it needs a program built with -cover",
	"runtime/race":       "it holds the race detector's run time, and no Go names",
	"simd/archsimd":      "its functions are instructions, of an experiment of the toolchain",
	"testing/cryptotest": "it changes the random numbers of a running test",
	"testing/synctest":   "its clock holds for goroutines of one compiled test",
	"time/tzdata":        "time zones come from the system",
	"weak":               "weak pointers observe the garbage collector",
}

// Platform are the packages whose API differs by platform, with the build
// constraint under which the generated symbols are right. Elsewhere cells do
// not see them.
var Platform = map[string]string{
	"log/syslog": "!windows && !plan9",
	"syscall":    "linux && amd64",
}

// Environment is what the toolchain runs with when it lists the library:
// generated files do not depend on who generates them.
func Environment() []string {
	return []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}
}

// Constants are the packages with constants that differ by platform. Their
// values are the running platform's, not those of the generated export data.
var Constants = map[string]bool{"os": true, "path/filepath": true, "runtime": true}
