module peers/gophernotes

// What it evaluates with cannot read the standard library of Go 1.22 and later.
go 1.20

require github.com/gopherdata/gophernotes v0.7.5
