// Package sourcedir finds Go packages in folders of source code, for an
// evaluator that has no Go toolchain: modules with their vendor folders, vendor
// folders alone, and workspaces of the kind that GOPATH names. It reads files
// and knows nothing of what is done with them.
package sourcedir

import (
	"bufio"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// A Root is a folder of source code.
type Root struct {
	Dir      string
	Module   string   // path of the module in it; empty when there is none
	Packages []string // import paths of what is in it, sorted

	bases []base
}

// A base is a folder below which packages lie as their import paths say.
type base struct {
	dir     string
	prefix  string            // of the import paths
	version string            // of the language, as go.mod writes it; empty: the latest
	of      map[string]string // the same by module, in a vendor folder
}

// maxFolders is how many are looked into.
const maxFolders = 50_000

// Open finds the packages below dir. It is an error when there are none.
func Open(dir string) (*Root, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	r := &Root{Dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	switch {
	case err == nil:
		mod, err := modfile.ParseLax(filepath.Join(dir, "go.mod"), text, nil)
		if err != nil {
			return nil, err
		}
		if mod.Module == nil {
			return nil, fmt.Errorf("%s names no module", filepath.Join(dir, "go.mod"))
		}
		r.Module = mod.Module.Mod.Path
		r.bases = append(r.bases, base{dir: dir, prefix: r.Module, version: languageOf(mod)})
		if isFolder(filepath.Join(dir, "vendor")) {
			r.bases = append(r.bases, vendorBase(filepath.Join(dir, "vendor")))
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case isFolder(filepath.Join(dir, "src")):
		r.bases = append(r.bases, base{dir: filepath.Join(dir, "src")})
	default:
		r.bases = append(r.bases, vendorBase(dir))
	}
	for _, b := range r.bases {
		if err := r.walk(b); err != nil {
			return nil, err
		}
	}
	if len(r.Packages) == 0 {
		return nil, fmt.Errorf("there is no Go package below %s: it should be a module with its go.mod, a vendor folder, or hold folders named as import paths are", dir)
	}
	slices.Sort(r.Packages)
	r.Packages = slices.Compact(r.Packages)
	return r, nil
}

// languageOf is the language version of a module. One without says 1.16.
func languageOf(mod *modfile.File) string {
	if mod.Go == nil {
		return "1.16"
	}
	return mod.Go.Version
}

// vendorBase reads which language versions the modules in a vendor folder have.
func vendorBase(dir string) base {
	b := base{dir: dir, of: map[string]string{}}
	f, err := os.Open(filepath.Join(dir, "modules.txt"))
	if err != nil {
		return b
	}
	defer f.Close()
	module := ""
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if rest, ok := strings.CutPrefix(line, "# "); ok {
			module, _, _ = strings.Cut(rest, " ")
			b.of[module] = "1.16"
		}
		if rest, ok := strings.CutPrefix(line, "## "); ok && module != "" {
			for word := range strings.SplitSeq(rest, ";") {
				if version, ok := strings.CutPrefix(strings.TrimSpace(word), "go "); ok {
					b.of[module] = version
				}
			}
		}
	}
	return b
}

func isFolder(dir string) bool {
	st, err := os.Stat(dir)
	return err == nil && st.IsDir()
}

// walk lists the packages of a base.
func (r *Root) walk(b base) error {
	folders := 0
	return filepath.WalkDir(b.dir, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && file == b.dir:
			return err
		case err != nil: // a folder that is somebody else's
			return nil
		case !d.IsDir():
			at := b.pathOf(filepath.Dir(file))
			if isSource(d.Name()) && at != "" && (len(r.Packages) == 0 || r.Packages[len(r.Packages)-1] != at) {
				r.Packages = append(r.Packages, at)
			}
			return nil
		}
		if folders++; folders > maxFolders {
			return fmt.Errorf("%s has more than %d folders: name the one that is meant", b.dir, maxFolders)
		}
		if file != b.dir && (!holdsPackages(d.Name()) || b.prefix != "" && d.Name() == "vendor" || isModule(file)) {
			return filepath.SkipDir
		}
		return nil
	})
}

func isSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name[0] != '_' && name[0] != '.'
}

func holdsPackages(name string) bool {
	return name != "testdata" && name != "node_modules" && name[0] != '.' && name[0] != '_'
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// pathOf is the import path of a folder; empty for the base of all.
func (b base) pathOf(dir string) string {
	rel, err := filepath.Rel(b.dir, dir)
	if err != nil {
		return ""
	}
	if rel == "." {
		return b.prefix
	}
	return path.Join(b.prefix, filepath.ToSlash(rel))
}

// A Package is the source of one, for the platform on which this runs, without
// cgo and without assembly.
type Package struct {
	Path    string
	Files   []string // absolute names, sorted
	Version string   // of the language, such as 1.21; empty: the latest
	LeftOut []string // names of files that need cgo
}

// ErrNotFound says that a root has no such package.
var ErrNotFound = errors.New("no such package")

// Read returns a package of the root. Other errors than ErrNotFound say why it
// cannot be had.
func (r *Root) Read(importPath string) (*Package, error) {
	for _, b := range r.bases {
		dir, ok := b.folderOf(importPath)
		if !ok {
			continue
		}
		p, err := read(dir)
		if err != nil {
			return nil, fmt.Errorf("package %s in %s: %w", importPath, dir, err)
		}
		p.Path, p.Version = importPath, b.versionOf(importPath)
		return p, nil
	}
	return nil, ErrNotFound
}

// folderOf is where a package lies, if it does.
func (b base) folderOf(importPath string) (dir string, ok bool) {
	if !fs.ValidPath(importPath) {
		return "", false
	}
	rest := importPath
	if b.prefix != "" {
		if rest, ok = strings.CutPrefix(importPath, b.prefix); !ok || rest != "" && rest[0] != '/' {
			return "", false
		}
	}
	dir = filepath.Join(b.dir, filepath.FromSlash(rest))
	entries, err := os.ReadDir(dir)
	return dir, err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isSource(e.Name()) })
}

func (b base) versionOf(importPath string) string {
	if b.of == nil {
		return b.version
	}
	for at := importPath; at != "."; at = path.Dir(at) {
		if v, ok := b.of[at]; ok {
			return v
		}
	}
	return ""
}

// read chooses files as the go command does. The build tags are those by which
// packages offer Go in place of assembly.
func read(dir string) (*Package, error) {
	context := build.Default
	context.CgoEnabled = false
	context.GOROOT = "" // there is none to ask
	context.BuildTags = []string{"purego", "noasm", "appengine"}
	context.ToolTags = nil
	found, err := context.ImportDir(dir, 0)
	var none *build.NoGoError
	switch {
	case errors.As(err, &none):
		if cgo := usingCgo(dir, found.IgnoredGoFiles); len(cgo) > 0 {
			return nil, fmt.Errorf("it needs cgo (%s), which cells do not have", strings.Join(cgo, ", "))
		}
		return nil, fmt.Errorf("none of its files is for %s/%s", context.GOOS, context.GOARCH)
	case err != nil:
		return nil, err
	case found.Name == "main":
		return nil, errors.New("it is a program, not a package to import")
	case len(found.EmbedPatterns) > 0:
		return nil, fmt.Errorf("it embeds files (%s), which only the Go toolchain does", strings.Join(found.EmbedPatterns, ", "))
	}
	p := &Package{LeftOut: usingCgo(dir, found.IgnoredGoFiles)}
	for _, name := range found.GoFiles {
		p.Files = append(p.Files, filepath.Join(dir, name))
	}
	return p, nil
}

// usingCgo are the files among names that import C.
func usingCgo(dir string, names []string) (cgo []string) {
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ImportsOnly)
		if err == nil && slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"C"` }) {
			cgo = append(cgo, name)
		}
	}
	return cgo
}
