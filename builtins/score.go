package builtins

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"sync"

	"adkernel/builtins/task"
	"adkernel/kernel/host"
)

// A Question is what one sample was asked: Prompt, the right answer Ref,
// Subject and Index, and of your own questions all Fields of its line.
type Question = task.Question

// Score judges the answers by a function of yours. The answer is the output as
// the model wrote it, blanks and line breaks at its ends included. The function
// is called once for each, when the run is looked at; the run keeps its verdicts
// and its text.
// An answer on which it panics has no verdict: comparisons name it and leave it
// out.
//
//	task := Questions("my.jsonl", Score(func(answer string, q Question) bool {
//		return strings.Contains(strings.ToLower(answer), q.Ref)
//	}))
func Score(judge func(answer string, q Question) bool) TaskOption {
	scorer := task.NewScorer(scorerSource("Score"), judge)
	return func(t *Task) { t.Scorer = scorer }
}

// Rescore judges the finished answers of a run by another function, without
// asking the model again, and keeps its verdicts in the run. With nil the
// answers count again as the run's task says.
//
//	Rescore(test, func(answer string, q Question) bool { return strings.Contains(answer, q.Ref) })
func Rescore(e *Evaluation, judge func(answer string, q Question) bool) *Evaluation {
	var scorer *task.Scorer
	if judge != nil {
		scorer = task.NewScorer(scorerSource("Rescore"), judge)
	}
	check(e.Run.Rescore(scorer))
	return e
}

// By is the run as one of its task's filters judges it: GSM8K has
// "strict-match" and "flexible-extract".
//
//	Compare(test.By("strict-match"), base.By("strict-match"))
func (e *Evaluation) By(filter string) *Evaluation {
	r, err := e.Run.By(filter)
	check(err)
	return &Evaluation{r}
}

// Metric decides which choice is the answer where Logged samples rank choices by
// their likelihood: "acc", the likeliest, "acc_norm", the likeliest for its length
// in characters, or "acc_bytes", in bytes.
func Metric(name string) TaskOption { return func(t *Task) { t.Metric = name } }

// MaxTokens is how many tokens an answer to your own questions may have.
func MaxTokens(n int) TaskOption { return func(t *Task) { t.MaxTokens = n } }

// StopAt are texts that end an answer to your own questions.
func StopAt(texts ...string) TaskOption { return func(t *Task) { t.Stop = texts } }

// scorers counts the functions that a cell made of one text: in a loop, they
// may differ by the variables that they capture.
var scorers struct {
	sync.Mutex
	cell int
	made map[string]int
}

// scorerSource is the text of the function that the running cell hands to the
// vocabulary's function named caller: the argument, with the cells before it
// that define what it mentions. The whole cell, where it does not say.
func scorerSource(caller string) string {
	h := host.Current()
	running := h.Running()
	text := textOf(h, running.Source, caller)
	scorers.Lock()
	defer scorers.Unlock()
	if scorers.cell != running.N || scorers.made == nil {
		scorers.cell, scorers.made = running.N, map[string]int{}
	}
	scorers.made[text]++
	if n := scorers.made[text]; n > 1 {
		text += fmt.Sprintf("\n// function %d of this text in its cell", n)
	}
	return text
}

func textOf(h host.Host, source, caller string) string {
	here, names := argumentOf(source, caller)
	var parts []string
	for _, c := range definitions(h.Cells(), names) {
		parts = append(parts, strings.TrimSpace(c.Source))
	}
	return strings.Join(append(parts, strings.TrimSpace(here)), "\n\n")
}

// argumentOf is the last argument of the only call of caller in a cell, behind
// the statements of the cell that it needs, and the names that these mention.
// Of a cell with several calls or none, or with functions beside statements, it
// is all.
func argumentOf(source, caller string) (text string, names []string) {
	const head = "package cell\nfunc _() {\n"
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "", head+source+"\n}", parser.SkipObjectResolution)
	if err != nil || len(f.Decls) != 1 {
		return source, nil
	}
	textOf := func(n ast.Node) string {
		return source[files.Position(n.Pos()).Offset-len(head) : files.Position(n.End()).Offset-len(head)]
	}
	var arguments []ast.Expr
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 0 {
			if name, ok := call.Fun.(*ast.Ident); ok && name.Name == caller {
				arguments = append(arguments, call.Args[len(call.Args)-1])
			}
		}
		return true
	})
	statements := f.Decls[0].(*ast.FuncDecl).Body.List
	if len(arguments) != 1 {
		return source, mentioned(f)
	}
	text, names = textOf(arguments[0]), mentioned(arguments[0])
	for _, s := range slices.Backward(statements) {
		if slices.ContainsFunc(declared(s), func(name string) bool { return slices.Contains(names, name) }) {
			text = textOf(s) + "\n" + text
			names = append(names, mentioned(s)...)
		}
	}
	return text, names
}

// declared lists the names that a statement declares for those behind it.
func declared(s ast.Stmt) []string {
	var names []string
	note := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
			names = append(names, id.Name)
		}
	}
	switch s := s.(type) {
	case *ast.AssignStmt: // also where it assigns: the value is another then
		for _, left := range s.Lhs {
			note(left)
		}
	case *ast.DeclStmt:
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					note(name)
				}
			case *ast.TypeSpec:
				note(spec.Name)
			}
		}
	}
	return names
}

// mentioned lists the identifiers of a piece of source.
func mentioned(of ast.Node) []string {
	var names []string
	ast.Inspect(of, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			names = append(names, id.Name)
		}
		return true
	})
	return names
}

// definitions are the cells that define names, and what these use, oldest
// first.
func definitions(cells []host.Cell, names []string) []host.Cell {
	needed := make([]bool, len(cells))
	for i, c := range slices.Backward(cells) {
		if slices.ContainsFunc(c.Defines, func(d string) bool { return slices.Contains(names, d) }) {
			needed[i] = true
			names = append(names, c.Uses...)
			names = slices.DeleteFunc(names, func(n string) bool { return slices.Contains(c.Defines, n) && !slices.Contains(c.Uses, n) })
		}
	}
	var out []host.Cell
	for i, c := range cells {
		if needed[i] {
			out = append(out, c)
		}
	}
	return out
}
