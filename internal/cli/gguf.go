package cli

import (
	"fmt"

	"adkernel/builtins/gguf"
)

type importGGUFCommand struct {
	File string `arg:"" type:"existingfile" help:"GGUF file of a llama model."`
	Out  string `short:"o" required:"" placeholder:"DIR" help:"Directory to make."`
}

// Run writes the model as a Hugging Face checkpoint.
func (c importGGUFCommand) Run() error {
	if err := gguf.Import(c.File, c.Out); err != nil {
		return err
	}
	fmt.Println("wrote", c.Out)
	return nil
}
