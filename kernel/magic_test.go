package kernel

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// printed runs a cell and returns what it printed.
func (f *front) printed(code string) string {
	f.t.Helper()
	reply, shown := f.run(code)
	require.Equal(f.t, "ok", reply["status"], "%v", reply["evalue"])
	var text strings.Builder
	for _, m := range shown {
		if m.Header.Type == "stream" {
			text.WriteString(contentOf(f.t, m)["text"].(string))
		}
	}
	return text.String()
}

func TestAProgramIsShownWhileItRunsAndEndsWithTheInterrupt(t *testing.T) {
	f := startKernel(t, Options{})
	f.run(`state := "kept"`)
	for _, code := range []string{
		"!echo started; sleep 1000",
		"%%bash\ntrap '' INT\necho started\nsleep 1000 & wait; sleep 1000",
		"%%time\n!echo started; sleep 1000",
	} {
		id := f.execute(code)
		f.waitForText("started")
		f.send(f.control, "interrupt_request", "{}")
		require.Equal(t, "KeyboardInterrupt", f.reply(f.shell, id)["ename"])
	}
	require.Equal(t, "kept\n", f.printed("!echo {state}"), "the worker was killed")
}

// A shell that becomes its command forgets a signal which it has caught just then.
// This one ignores it for longer, as no test can hit that moment.
func TestAProgramThatMissesTheInterruptAtItsStartEndsSoon(t *testing.T) {
	f := startKernel(t, Options{})
	for range 5 { // on a busy machine it may have started too long ago, or may not be done yet
		id := f.execute("!trap '' INT; echo started; sleep 0.1; trap - INT; exec sleep 1000")
		f.waitForText("started")
		began := time.Now()
		f.send(f.control, "interrupt_request", "{}")
		require.Equal(t, "KeyboardInterrupt", f.reply(f.shell, id)["ename"])
		if time.Since(began) < time.Second { // it is killed after two
			return
		}
	}
	require.Fail(t, "the program was killed, not interrupted")
}

func TestAProgramThatStaysInTheBackgroundKeepsNobodyWaiting(t *testing.T) {
	f := startKernel(t, Options{})
	began := time.Now()
	require.Equal(t, "in front\n", f.printed("!sleep 30 & echo in front"))
	require.Less(t, time.Since(began), 10*time.Second)
}

func TestTheFolderAndTheEnvironmentOutliveTheWorker(t *testing.T) {
	f := startKernel(t, Options{})
	folder := filepath.Join(t.TempDir(), "with 'blank")
	require.NoError(t, os.Mkdir(folder, 0o755))
	f.run(`%cd "` + folder + `"`)
	f.run(`%env QUOTED = it's "so"`)
	f.run("import \"os\"; p, _ := os.FindProcess(os.Getpid()); p.Kill(); select {}")
	require.Equal(t, folder+"\nit's \"so\"\n", f.printed(`!pwd; echo "$QUOTED"`))
}

func TestASettingThatCannotBeBroughtBackCostsNoOther(t *testing.T) {
	f := startKernel(t, Options{})
	folder := filepath.Join(t.TempDir(), "gone")
	require.NoError(t, os.Mkdir(folder, 0o755))
	f.run("%cd " + folder)
	f.run("%env KEPT=yes")
	require.NoError(t, os.Remove(folder))
	require.Equal(t, "not brought back: chdir "+folder+": no such file or directory\n", f.printed("%reset -f"))
	require.Equal(t, "yes\n", f.printed("!echo $KEPT"))

	require.NoError(t, os.Mkdir(folder, 0o755))
	f.run("%cd " + folder)
	require.NoError(t, os.Remove(folder))
	reply, _ := f.run("import \"os\"; p, _ := os.FindProcess(os.Getpid()); p.Kill(); select {}")
	require.Contains(t, reply["evalue"], "\nnot brought back: chdir "+folder)
	require.Equal(t, "yes\n", f.printed("!echo $KEPT"))
}

func TestAValueOfSeveralLinesIsRefused(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("lines := \"a\\nb\"")
	reply, _ := f.run("%env LINES={lines}")
	require.Contains(t, reply["evalue"], "%env sets no value of several lines, as LINES would be: os.Setenv does")
}

func TestSecretsOfTheEnvironmentAreNotShown(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("secret := \"hf_abc\"")
	require.Equal(t, "env: HF_TOKEN=<hidden>\n", f.printed("%env HF_TOKEN={secret}"))
	require.Equal(t, map[string]any{"text/plain": "<hidden>"}, f.result("%env HF_TOKEN"))
	require.Contains(t, f.printed("%env"), "HF_TOKEN=<hidden>\n")
	require.Equal(t, "hf_abc\n", f.printed("!echo $HF_TOKEN"))
	require.Equal(t, "env: PLAIN=x\n", f.printed("%env PLAIN x"))
	require.Equal(t, map[string]any{"text/plain": "x"}, f.result("%env PLAIN"))
}

func TestPackagesFromSourceCodeOutliveTheWorker(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("%cd " + t.TempDir())
	f.run("!mkdir -p vendor/example.org/pear")
	f.run("%%writefile vendor/example.org/pear/pear.go\npackage pear\n\ntype Pear struct{ Grams int }\n\nfunc New() Pear { return Pear{150} }\n")
	require.Regexp(t, `^packages below .*/vendor can be imported\n$`, f.printed("%gopath vendor\nimport \"example.org/pear\"\nfunc two() int { return 2 * pear.New().Grams }"))
	require.Regexp(t, `^/.*/vendor\n$`, f.printed("%gopath"))
	f.run("%cd /")
	_, shown := f.run("import \"os\"; p, _ := os.FindProcess(os.Getpid()); p.Kill(); select {}")
	for _, m := range shown {
		require.NotEqual(t, "stream", m.Header.Type, "what is brought back says nothing")
	}
	require.Equal(t, "300 {150}\n", f.printed("import \"fmt\"\nfmt.Println(two(), pear.New())"))

	reply, _ := f.run("%gopath vendor")
	require.Contains(t, reply["evalue"], "/vendor: no such file or directory")
	reply, _ = f.run("%gopath " + t.TempDir() + "\nimport \"example.org/plum\"")
	require.Contains(t, reply["evalue"], "there is no Go package below ")
	reply, _ = f.run("import \"example.org/plum\"")
	require.Contains(t, reply["evalue"], "package example.org/plum is not available in cells: it is not below ")
}

// Cells read standard input from the front end that sent them.
func TestCellsReadStandardInput(t *testing.T) {
	f := startKernel(t, Options{})
	id := f.execute("import (\"bufio\"; \"fmt\"; \"os\")\nvar n int\nfmt.Scan(&n)\nline, err := bufio.NewReader(os.Stdin).ReadString('\\n')\nfmt.Printf(\"%d %q %v\\n\", n, line, err)")
	for _, line := range []string{"42", "some words"} {
		question := contentOf(t, f.next(f.stdin))
		require.Equal(t, map[string]any{"prompt": "", "password": false}, question)
		f.send(f.stdin, "input_reply", `{"value": "`+line+`"}`)
	}
	var text strings.Builder
	for _, m := range f.shown(id) {
		if m.Header.Type == "stream" {
			text.WriteString(contentOf(t, m)["text"].(string))
		}
	}
	require.Equal(t, "42 \"some words\\n\" <nil>\n", text.String())
	require.Equal(t, "ok", f.reply(f.shell, id)["status"])

	id = f.execute("fmt.Scan(&n)")
	f.next(f.stdin)
	f.send(f.control, "interrupt_request", "{}")
	f.shown(id)
	require.Equal(t, "KeyboardInterrupt", f.reply(f.shell, id)["ename"])
	id = f.send(f.shell, "execute_request", `{"code": "fmt.Scan(&n)", "allow_stdin": false}`)
	f.shown(id)
	require.Contains(t, f.reply(f.shell, id)["evalue"], "os.Stdin cannot be read: nobody can be asked")
}

func TestCodeIsTimed(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("func sum(n int) int { s := 0; for i := 0; i < n; i++ { s += i }; return s }\nx := 3")
	require.Regexp(t, `^\S+ [nµm]?s ± \S+ [nµm]?s per loop \(mean ± std\. dev\. of 2 runs, 100 loops each\)\n$`, f.printed("%timeit -n 100 -r 2 sum(10)"))
	require.Regexp(t, `of 2 runs, [\d,]+ loops each`, f.printed("%timeit -r 2 x + 1"))
	require.Regexp(t, `^(less than )?[1-9]\S* [nµm]?s`, f.printed("%timeit -n 1 -r 2 x + 1"), "never no time at all")
	for _, value := range []string{"len(\"ab\")", "float64(x)", "[]byte(\"a\")", "time.Duration(x)", "(func() int { return 1 })()"} {
		require.Regexp(t, `per loop.* 3 loops`, f.printed("%timeit -n3 -r1 "+value), value)
	}
	require.Regexp(t, `of 1 run, 10 loops each`, f.printed("%%timeit -n10 -r1 y := 5\nfor i := 0; i < y; i++ {\n\tsum(i)\n}"))
	reply, shown := f.run("%time sum(4)")
	require.Equal(t, "ok", reply["status"])
	require.Regexp(t, `(?s)^CPU times: user .*, sys: .*, total: .*\nWall time: \S+ [nµm]?s\n$`, contentOf(t, shown[1])["text"])
	require.Equal(t, map[string]any{"text/plain": "6"}, contentOf(t, shown[2])["data"])

	reply, _ = f.run("z := 0\n%timeit -n 1 -r 1   sum(10) / z")
	require.Equal(t, "Panic", reply["ename"])
	require.Contains(t, strings.Join(textsOf(reply["traceback"]), "\n"), "]:2:")
	reply, _ = f.run("%timeit -n 10 undefinedName + 1")
	require.Contains(t, reply["evalue"], ":1:15: undefined: undefinedName")
	id := f.execute("%timeit for {}")
	require.Equal(t, "busy", contentOf(t, f.next(f.iopub))["execution_state"])
	time.Sleep(100 * time.Millisecond)
	f.send(f.control, "interrupt_request", "{}")
	require.Equal(t, "KeyboardInterrupt", f.reply(f.shell, id)["ename"])
}

func textsOf(v any) []string {
	var out []string
	for _, x := range v.([]any) {
		out = append(out, x.(string))
	}
	return out
}

func TestFilesAreWrittenRunSavedAndLoaded(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("%cd " + t.TempDir())
	require.Equal(t, "Writing lib.go\n", f.printed("%%writefile lib.go\nfunc triple(n int) int { return 3 * n }"))
	require.Equal(t, "Overwriting lib.go\n", f.printed("%%writefile lib.go\nfunc triple(n int) int { return 3 * n }\n"))
	require.Equal(t, "Appending to lib.go\n", f.printed("%%writefile -a lib.go\nvar ran = true"))
	require.Empty(t, f.printed("%run lib.go"))
	_, shown := f.run("triple(14)")
	require.Equal(t, map[string]any{"text/plain": "42"}, contentOf(t, shown[1])["data"])

	f.run("%%writefile wrong.go\nfunc f() {\n\treturn 1\n}\n")
	reply, _ := f.run("// line one\n%run wrong.go")
	require.Contains(t, reply["evalue"], "wrong.go:2:9: too many return values")

	require.Equal(t, "1 cell written to saved.go\n", f.printed("%save saved 6"))
	reply, _ = f.run("%save saved 6")
	require.Contains(t, reply["evalue"], "file exists: -f overwrites it, -a appends")
	require.Equal(t, "1 cell written to saved.go\n", f.printed("%save -a saved.go 6"))
	for _, flag := range []string{"", "-a ", "-f "} {
		reply, _ = f.run("%save " + flag + ".")
		require.Equal(t, "open .: is a directory", reply["evalue"])
	}
	reply, _ = f.run("%save saved 99")
	require.Contains(t, reply["evalue"], "no cell from 99 to 99 ran")
	reply, _ = f.run("%load saved.go")
	require.Equal(t, "// %load saved.go\ntriple(14)\ntriple(14)\n", reply["payload"].([]any)[0].(map[string]any)["text"])
}

func TestResetAsksFirst(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("x := 1")
	f.answerReset("n")
	reply, _ := f.run("x")
	require.Equal(t, "ok", reply["status"])
	f.answerReset("y")
	reply, _ = f.run("x")
	require.Equal(t, "error", reply["status"])

	f.run("%cd /")
	f.run("%env KEPT=yes")
	f.run("%reset -f")
	require.Equal(t, "/\nyes\n", f.printed("!pwd; echo $KEPT"), "as in IPython")
	f.run("import \"os\"; p, _ := os.FindProcess(os.Getpid()); p.Kill(); select {}")
	require.Equal(t, "/\nyes\n", f.printed("!pwd; echo $KEPT"))
}

func (f *front) answerReset(line string) {
	f.t.Helper()
	id := f.execute("%reset")
	require.Contains(f.t, contentOf(f.t, f.next(f.stdin))["prompt"], "(y/[n])")
	f.send(f.stdin, "input_reply", `{"value": "`+line+`"}`)
	f.shown(id)
	f.reply(f.shell, id)
}

func TestBracesHoldExpressionsOfTheCells(t *testing.T) {
	f := startKernel(t, Options{})
	f.run(`type day int
func (d day) String() string { return "Tue" }
type place struct{ Dir string }
n, xs, d, p, name := 7, []int{1, 2}, day(1), place{"/tmp"}, "a  b"
const limit = "const"
twice := func(n int) int { return 2 * n }`)
	for command, want := range map[string]string{
		`!echo {n} {n+1} {xs} {xs[1]} {len(xs)} {d} {p.Dir}/x {limit} {twice(4)}{n}`: "7 8 [1 2] 2 2 Tue /tmp/x const 87\n",
		`!echo "{name}"`:           "a  b\n",
		`!echo '{"n": {n}}'`:       "{\"n\": 7}\n",
		`!echo {"a}b" + name[:1]}`: "a}ba\n",
		// {{ and }} stand for braces, as in IPython, around what would be replaced.
		`!echo {{n}} {{n+1}} {{.Names}}`: "{n} {n+1} {{.Names}}\n",
		// Everything else is the shell's.
		`!echo {nope} {nope+1} {a,b} {} {3} {1..3} { n }`: "{nope} {nope+1} {a,b} {} {3} {1..3} { n }\n",
		`!n=shell; echo ${n} "${n:-x}" $n`:                "shell shell shell\n",
		`!awk 'BEGIN {print 1}'; { echo grouped; }`:       "1\ngrouped\n",
		"%cd {p.Dir}":       "/tmp\n",
		`%env X={twice(n)}`: "env: X=14\n",
	} {
		require.Equal(t, want, f.printed(command), command)
	}
	reply, _ := f.run("!echo ran {xs[9]}")
	require.Equal(t, "Panic", reply["ename"])
	require.Contains(t, reply["evalue"], "index out of range [9] with length 2")
}

func TestErrorsInLinesThatLookLikeMagicsSayWhereThoseStand(t *testing.T) {
	f := startKernel(t, Options{})
	for cell, want := range map[string]string{
		"for i := range 2 {\n\t%pwd\n}":       "In[1]:2:2: %pwd stands between statements, and not within braces",
		"%pwd\nif true {\n\t%time 1+1\n}":     "In[1]:3:2: %time stands between statements, and not within braces",
		"for i := range 2 {\n\t!echo {i}\n}":  "In[1]:2:3: a command of the shell stands between statements, and not within braces",
		"func f() {\n\t!git status\n}":        "In[1]:2:7: a command of the shell stands between statements, and not within braces",
		"func f() {\n\t%%bash\n\tls\n}":       "In[1]:2:2: %%bash stands in the first line of a cell",
		"x := 1\n%%writefile a.txt\ntext":     "In[1]:2:1: %%writefile stands in the first line of a cell",
		"ls -la":                              "In[1]:1:1: undefined: ls (!ls runs what is called so beside Go)",
		"x := 1\nsort -u names.txt":           "In[1]:2:9: expected ';', found names (!sort runs what is called so beside Go)",
		"cat /etc/hostname":                   "In[1]:1:1: undefined: cat (!cat runs what is called so beside Go)",
		"cd data":                             "In[1]:1:4: expected ';', found data (%cd runs what is called so beside Go)",
		"for {\n\tcat file\n}":                "In[1]:2:6: expected ';', found file (!cat runs what is called so beside Go)",
		"cat := 1; cat file":                  "In[1]:1:15: expected ';', found file",
		"nosuchprogram file":                  "In[1]:1:15: expected ';', found file",
		"xx := cat":                           "In[1]:1:7: undefined: cat",
		"bs := []bool{\n\t!nope,\n\ttrue,\n}": "In[1]:2:3: undefined: nope",
		"func f() {\n\t%nope\n}":              "In[1]:2:2: expected statement, found '%'",
	} {
		reply, _ := f.run(cell)
		text, _, _ := strings.Cut(reply["evalue"].(string), "\n")
		require.Equal(t, want, inCell(text), cell)
	}
}

// inCell makes positions those of the first cell.
func inCell(text string) string { return anyCell.ReplaceAllString(text, "In[1]") }

var anyCell = regexp.MustCompile(`In\[\d+\]`)

func TestAQuestionIsAnsweredWithTheValue(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("name, xs := \"a  b\", []string{\"x\", \"y\"}\nmany := make([]int, 1000)")
	for question, want := range map[string]string{
		"name?": "= \"a  b\"\n", "xs?": "= [x y]\n", "many?": "= len 1000\n", "%cd?": "%cd [FOLDER | -]\n", "%%bash?": "%%bash [",
	} {
		reply, _ := f.run(question)
		pages := reply["payload"].([]any)
		require.Len(t, pages, 1, question)
		text := pages[0].(map[string]any)["data"].(map[string]any)["text/plain"].(string)
		require.Contains(t, text+"\n", want, question)
	}
}

func TestWhatProgramsLeaveBehindIsShownWhenItComes(t *testing.T) {
	f := startKernel(t, Options{})
	for _, cell := range []string{"%%bash\n(sleep 1; echo much later) &\necho in time", "!(sleep 1; echo much later) & echo in time"} {
		require.Equal(t, "in time\n", f.printed(cell))
		f.waitForText("much later")
	}
	require.Equal(t, map[string]any{"text/plain": "[\"in time\"]"}, f.result("!!(sleep 1; echo much later) & echo in time"))
}

func TestCellsThatRunFilesMentionWhatTheyBring(t *testing.T) {
	f := startKernel(t, Options{})
	file := filepath.Join(t.TempDir(), "brings.go")
	require.NoError(t, os.WriteFile(file, []byte("package brings\n\nfunc Seven() int { return 7 }\n"), 0o600))
	require.Equal(t, map[string]any{"text/plain": "14"}, f.result("x := 2\n%run "+file+"\nx * Seven()"))
	reply, _ := f.run("y := nope\n%run " + file)
	require.Equal(t, "In[2]:1:6: undefined: nope", reply["evalue"])
	reply, _ = f.run("%run " + file + "\nSeven() + nope")
	require.Equal(t, "In[3]:2:11: undefined: nope", reply["evalue"])
}

func TestNothingFollowsAReset(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("x := 8")
	reply, _ := f.run("%reset -f\nx")
	require.Contains(t, reply["evalue"], "In[2]:1:1: %reset comes last in a cell")
	require.Equal(t, map[string]any{"text/plain": "8"}, f.result("x"))
}

func TestACellMagicThatIsLoadedComesFirst(t *testing.T) {
	f := startKernel(t, Options{})
	f.run("%%bash\necho x")
	f.run("x := 1")
	next := func(cell string) any {
		reply, _ := f.run(cell)
		return reply["payload"].([]any)[0].(map[string]any)["text"]
	}
	require.Equal(t, "%%bash\necho x", next("%load 1"))
	require.Equal(t, "// %load 2\nx := 1", next("%load 2"))
}
