package layout

import "go/types"

// Name is a type as reflect and Go's run-time errors write it.
func Name(t types.Type) string { return types.TypeString(t, qualify) }

// qualify names packages as compiled programs do: cells are package main.
func qualify(p *types.Package) string {
	if p.Path() == "main" {
		return "main"
	}
	return p.Name()
}
