package generate

func goroutines(g *generator) {
	t := g.integer()
	i := g.local("i")
	var value string
	g.apart([]variable{{name: i, t: intType}}, func() { g.risk = 0; value = g.expr(t, 2) })
	switch g.rand.IntN(3) {
	case 0:
		g.write(`var mu sync.Mutex
var wg sync.WaitGroup
var sum %[1]s
for %[2]s := range %[3]d {
	_ = %[2]s
	wg.Go(func() {
		mu.Lock()
		defer mu.Unlock()
		sum += %[4]s
	})
}
wg.Wait()
fmt.Println(sum)`, t.name, i, g.between(2, 6), value)
	case 1:
		g.write(`out := make([]%s, %d)
var wg sync.WaitGroup
for %s := range out {
	wg.Add(1)
	go func(n int) {
		defer wg.Done()
		defer func() { recover() }()
		out[n] = %s
		_ = out[n+%d]
		out[n]++
	}(%s)
}
wg.Wait()
fmt.Println(out)`, t.name, g.between(2, 5), i, value, 10, i)
	default:
		g.write(`done := make(chan string)
go func() {
	defer close(done)
	defer func() { done <- describe(recover()) }()
	%s
	done <- "fine"
}()
for s := range done { fmt.Println(s) }`, g.panicking())
	}
}

func channels(g *generator) {
	g.risk = 0 // nobody recovers in the goroutine
	t := g.typ(1)
	g.write(`c := make(chan %s, %d)
go func() {
	defer close(c)
	for _, x := range []%s{%s} { c <- x }
}()
for x := range c { fmt.Println(x) }
x, ok := <-c
fmt.Println(x, ok, len(c), cap(c))`, t.name, g.rand.IntN(3), t.name, g.list(g.between(1, 3), t, 1))
	if g.chance(40) {
		g.write(`func() {
	defer func() { fmt.Println(describe(recover())) }()
	d := make(chan int, 1)
	close(d)
	%s
}()`, pick(g, "close(d)", "d <- 1", "var e chan int; close(e)"))
	}
}

func selects(g *generator) {
	t := g.basic()
	g.write(`a, b := make(chan %s, 1), make(chan bool)
var never chan int
a <- %s
for range 3 {
	select {
	case x := <-a:
		fmt.Printf("%%v %%T\n", x, x)
	case x := <-never:
		fmt.Println(x)
	case b <- true:
		fmt.Println("sent")
	default:
		fmt.Println("default")
	}
}
close(b)
select {
case x, ok := <-b:
	fmt.Println(x, ok)
case never <- 1:
}`, t.name, g.expr(t, 1))
}

func selectLoop(g *generator) {
	l := g.local("L")
	g.write(`in, done := make(chan int), make(chan bool)
go func() {
	for i := range %d { in <- i }
	close(done)
}()
sum := 0
%s:
for {
	select {
	case v := <-in:
		if v%%2 == 1 { continue %s }
		sum += v
	case <-done:
		break %s
	}
	sum *= 2
}
fmt.Println(sum)`, g.between(2, 6), l, l, l)
}

func channelsOfFunctions(g *generator) {
	g.write(`type request struct { n int; reply chan<- string }
work, quit := make(chan request), make(chan struct{})
go func() {
	defer close(quit)
	served := 0
	for r := range work {
		served++
		r.reply <- strings.Repeat("x", r.n) + fmt.Sprint(served)
	}
}()
reply := make(chan string, 1)
for i := range %d {
	work <- request{i * %d, reply}
	fmt.Print(<-reply, " ")
}
close(work)
<-quit
calls := make(chan func() int, 3)
for i := range cap(calls) { calls <- func() int { i *= 10; return i } }
close(calls)
for f := range calls { fmt.Print(f(), f(), " ") }
fmt.Println()`, g.between(1, 4), g.between(1, 3))
}
