package generate

func stringBytes(g *generator) {
	g.write(`s := %s
b, r := []byte(s), []rune(s)
if len(b) > 0 { b[0] = 'X' }
if len(r) > 1 { r[1] = 'é' }
fmt.Printf("%%q %%q %%q %%d %%d\n", s, b, string(r), len(s), len(r))
for i, c := range s { fmt.Print(i, ":", c, " ") }
for i := range len(s) { fmt.Print(s[i], " ") }
fmt.Println(strings.Repeat(s, 2), s < "h", s+s == strings.Repeat(s, 2), append([]byte("x"), s...))
switch s {
case "a", "b":
	fmt.Println("short")
case "":
	fmt.Println("none")
}`, g.typed(stringType, g.operand(stringType, 3)))
}

func invalidText(g *generator) {
	g.write(`s := "a\xffb\xc3" + %s
n := 0
for i, r := range s { n += i * int(r); if r == 0xFFFD { fmt.Print(i, " ") } }
r := []rune(s)
b := []byte(string(r))
fmt.Printf("%%d %%d %%d %%q %%+q %%x\n", n, len(r), len(b), s, string(r), s)
fmt.Println(string(rune(%s)), s[1] == 0xff, s == string([]byte(s)), strings.ToUpper(s) == s)
switch c := s[%s]; {
case c >= 'a' && c <= 'z', c == 0xff:
	fmt.Println("low", c)
case c < 0x80:
	fmt.Println("ascii", string(c))
}`, g.typed(stringType, g.expr(stringType, 1)), g.operand(runeType, 1), g.small(3))
}
