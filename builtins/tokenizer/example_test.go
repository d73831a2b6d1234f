package tokenizer_test

import (
	"fmt"

	"adkernel/builtins/tokenizer"
)

func ExampleTokenizer_Encode() {
	tok, err := tokenizer.Load("testdata/llama3.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	ids := tok.Encode("Answer: B", true)
	fmt.Println(ids)
	fmt.Printf("%q\n", tok.Decode(ids, false))
	fmt.Printf("%q\n", tok.Decode(ids, true))
	// Output:
	// [0 380 28 530]
	// "<s>Answer: B"
	// "Answer: B"
}
