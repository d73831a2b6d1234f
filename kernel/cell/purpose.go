package cell

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"

	"adkernel/kernel/eval"
)

// purpose is the doc comment of the field that a string is for, and whether the
// field or the parameter holds a path.
func (d *draft) purpose() (doc string, isPath bool) {
	for up := len(d.path) - 2; up > 0; up-- {
		here, ok := d.path[up+1].(ast.Expr)
		if !ok {
			return "", false
		}
		switch p := d.path[up].(type) {
		case *ast.ParenExpr, *ast.CompositeLit:
			continue
		case *ast.KeyValueExpr:
			lit, ok := d.path[up-1].(*ast.CompositeLit)
			if !ok || here == p.Key {
				return "", false
			}
			if st := structOf(d.typeOf(lit)); st != nil {
				if f := fieldOf(st, p.Key); f != nil {
					doc = about(d.s.fieldDoc(d.typeOf(lit), f), f.Name())
					return doc, isPathName(f.Name()) || saysPath.MatchString(doc)
				}
			}
			return "", false
		case *ast.CallExpr:
			sig, i := d.signature(p), slices.Index(p.Args, here)
			if sig == nil || i < 0 {
				return "", false
			}
			v := parameter(sig, i)
			if v == nil {
				return "", false
			}
			called := d.called(p)
			return "", isPathName(v.Name()) || strings.HasPrefix(called, "os.") && (v.Name() == "name" || strings.HasSuffix(v.Name(), "name"))
		default:
			return "", false
		}
	}
	return "", false
}

// about is what a comment that several fields share says of one: from its name.
func about(doc, name string) string {
	for i := 0; ; {
		j := strings.Index(doc[i:], name)
		if j < 0 {
			return doc
		}
		i += j
		if identStart(doc, i) == i && identEnd(doc, i) == i+len(name) {
			return doc[i:]
		}
		i += len(name)
	}
}

var (
	saysPath  = regexp.MustCompile(`(?i)\b(director(y|ies)|folders?|files?|paths?)\b`)
	pathNames = regexp.MustCompile(`(?i)^(path|paths|dir|dirs|file|files|folder|folders|root|\w*(filename|path|dir|file|folder))$`)
)

func isPathName(name string) bool { return pathNames.MatchString(name) }

var quotedWord = regexp.MustCompile(`"([^"\s]+)"`)

// listedValues are the words that a doc comment quotes, where it lists some:
// `"strict-match" or "flexible-extract" (default)`.
func listedValues(doc string) []eval.Item {
	words := quotedWord.FindAllStringSubmatch(doc, -1)
	if len(words) < 2 {
		return nil
	}
	var out []eval.Item
	for _, w := range words {
		out = append(out, eval.Item{Text: w[1], Kind: "value"})
	}
	return out
}
