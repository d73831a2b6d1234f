package native

import (
	"archive/zip"
	_ "embed"
	"encoding/json"
	"sync"
)

// docsZip is the doc comments of the standard library and of package builtin,
// one entry a package, and Go's licence: a JSON object whose keys are "" (the
// package), "Name", "Type.Method" and "Type.Field". The comments of what is
// predeclared begin with its declaration.
//
//go:embed docs.zip
var docsZip []byte

var docs = sync.OnceValue(func() map[string]*zip.File {
	files, err := archive("doc comments", docsZip)
	if err != nil {
		panic(err) // the program was built with a broken file
	}
	return files
})

// lastDocs are the comments of the packages asked for last: who asks once asks
// again.
var lastDocs struct {
	sync.Mutex
	paths [4]string
	texts [4]map[string]string
	next  int
}

// Doc returns the doc comment of a package's name, or of the package (""); ""
// when there is none.
func Doc(path, name string) string {
	l := &lastDocs
	l.Lock()
	defer l.Unlock()
	for i, p := range l.paths {
		if p == path {
			return l.texts[i][name]
		}
	}
	f := docs()[path]
	if f == nil || path == docsLicense {
		return ""
	}
	data, err := contents(f)
	if err != nil {
		return ""
	}
	var texts map[string]string
	if err := json.Unmarshal(data, &texts); err != nil {
		return ""
	}
	l.paths[l.next], l.texts[l.next] = path, texts
	l.next = (l.next + 1) % len(l.paths)
	return texts[name]
}

// docsLicense is the entry with the licence of the comments.
const docsLicense = "LICENSE"
