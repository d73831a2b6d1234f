package generate

import (
	"fmt"
	"strings"
)

// scenario writes one of the shapes that random statements do not reach.
func (g *generator) scenario() {
	list := []func(*generator){
		deferRecover, namedResult, rePanic, closureCounter, loopClosures, evaluationOrder, genericFunction, genericType,
		goroutines, channels, selects, labels, gotoLoop, rangeFunc, rangeFuncEscapes, methodValues, interfaces, embedding,
		aliasing, arrayValues, pointers, structPointers, conversions, constantGroups, shifts, stringBytes, mapWork, clearAndCopy,
		deferOrder, runtimePanics, errorsWrapped, multipleAssignment, recursion, variadics, functionTypes, comparisons, linkedList,
		switchOnTypes, complexNumbers, floatRounding, closuresOverParameters, sortedValues, structCopies, genericConstraints,
		packageVariables, anonymousStructs, shadowing, genericAlias, pulledIterators, operatorAssignments, methodsOfCollections,
		forwardedResults, channelsOfFunctions, genericNumbers, invalidText, selectLoop, nilValues, embeddedInterfaces, mutualTypes, callsThatAssign,
	}
	g.line("{")
	g.scoped(func() { list[g.rand.IntN(len(list))](g) })
	g.line("}")
}

// write is line for templates: $name stands for a name of the scenario's own,
// and %s for what is generated.
func (g *generator) write(template string, args ...any) {
	g.line("%s", g.fill(template, args...))
}

// toplevel writes declarations.
func (g *generator) toplevel(template string, args ...any) {
	g.top.WriteString(g.fill(template, args...) + "\n\n")
}

func (g *generator) fill(template string, args ...any) string {
	return fmt.Sprintf(strings.TrimSpace(template), args...)
}

// argument is a basic value for a parameter that is an interface.
func (g *generator) argument() string {
	t := g.basic()
	return g.typed(t, g.expr(t, 1))
}

// small is a small number, not constant.
func (g *generator) small(high int) string { return fmt.Sprintf("id(%d)", g.rand.IntN(high+1)) }

// panicking is a statement that may panic, by what it is given.
func (g *generator) panicking() string { return "{\n" + g.maybePanic() + "\n}" }

func (g *generator) maybePanic() string {
	switch g.rand.IntN(9) {
	case 0:
		return fmt.Sprintf("panic(%s)", g.argument())
	case 1:
		return fmt.Sprintf("panic(fmt.Errorf(\"e%%d\", %s))", g.small(9))
	case 2:
		return fmt.Sprintf("_ = 10 / %s", g.small(1))
	case 3:
		return fmt.Sprintf("_ = []int{1, 2}[%s]", g.small(3))
	case 4:
		return fmt.Sprintf("var m map[string]int\nif %s { m = map[string]int{} }\nm[\"a\"] = 1", g.operand(boolType, 1))
	case 5:
		return fmt.Sprintf("var p *struct{ x int }\nif %s { p = &struct{ x int }{1} }\np.x++", g.operand(boolType, 1))
	case 6:
		return fmt.Sprintf("var a any = %s\n_ = a.(%s)", g.argument(), g.basic().name)
	case 7:
		return fmt.Sprintf("s := make([]int, 2, 4)\n_ = s[%s:%s]", g.small(3), g.small(5))
	default:
		return fmt.Sprintf("panic(%s)", g.expr(stringType, 1))
	}
}
