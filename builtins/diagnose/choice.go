package diagnose

// letters lists the letters with which the questions are answered; nil where
// one of them is answered otherwise, and without pairs.
func letters(pairs []answered) []string {
	most := 0
	for _, p := range pairs {
		if p.offered == 0 || place(p.base.Ref) < 0 || p.base.Choices != nil {
			return nil
		}
		most = max(most, p.offered)
	}
	var list []string
	for i := range most {
		list = append(list, string(rune('A'+i)))
	}
	return list
}

// place is that of a letter in the alphabet, -1 for other answers.
func place(ref string) int {
	if len(ref) != 1 || ref[0] < 'A' || ref[0] > 'Z' {
		return -1
	}
	return int(ref[0] - 'A')
}
