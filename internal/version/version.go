// Package version holds this program's version, for the command line and for
// what it writes.
package version

// Number is the version.
const Number = "0.1.0"
