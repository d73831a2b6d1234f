package checkpoint_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"adkernel/builtins/checkpoint"
)

func ExampleOpen() {
	c, err := checkpoint.Open("testdata/modelopt/fp8")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	l, err := c.Linear("model.layers.0.self_attn.k_proj")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Quantization().Algorithm, l.Format, l.N, l.K)
	fmt.Printf("W[0,0] = %.6f\n", l.Dequantize()[0])
	// Output:
	// FP8 fp8 128 256
	// W[0,0] = -0.022914
}

func ExampleAudit() {
	dir, err := os.MkdirTemp("", "quantized-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	dst := filepath.Join(dir, "fp8-block")
	if err := checkpoint.Quantize("testdata/modelopt/bf16", checkpoint.FP8Block, dst, checkpoint.QuantizeOptions{}); err != nil {
		log.Fatal(err)
	}
	report, err := checkpoint.Audit(dst, "testdata/modelopt/bf16")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(report.MimeBundle().Plain())
	// Output:
	// Audit of fp8-block (FP8_BLOCK_SCALES) against bf16
	// Weights and their scales of all 4 layers are right.
	//   projection  format     layers  SQNR, dB  expected    gain  zero codes  saturated  NaN
	//   down_proj   fp8-block       1      31.5    ≥ 30.0  0.9990      0.00 %     0.01 %    0
	//   k_proj      fp8-block       1      31.5    ≥ 30.0  0.9987      0.00 %     0.01 %    0
	//   q_proj      fp8-block       1      31.5    ≥ 30.0  0.9982      0.00 %     0.01 %    0
	//   v_proj      fp8-block       1      31.7    ≥ 30.0  0.9992      0.00 %     0.01 %    0
	// Files do not show whether the scales of activations and of the KV cache suit the inputs, how an engine reads the weights, or what is wrong in the reference too.
}
