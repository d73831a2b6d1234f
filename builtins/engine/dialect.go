package engine

// Settings are in AutoDeploy's words, which most engines share. What follows
// are the words of an engine that has its own: TensorRT-LLM's PyTorch backend.
const ownWords = "pytorch"

// dtypeSetting is the setting that DType stands for.
func (d Deployment) dtypeSetting() []string {
	if d.Backend == ownWords {
		return []string{"dtype"}
	}
	return []string{"model_kwargs", "torch_dtype"}
}

// PlainAttention is the attn_backend that computes attention by its formula,
// one step after the other.
//
// The PyTorch backend's is VANILLA; what it does not know it takes for TRTLLM
// (get_attention_backend in tensorrt_llm/_torch/attention_backend/utils.py).
func (d Deployment) PlainAttention() string {
	if d.Backend == ownWords {
		return "VANILLA"
	}
	return "torch"
}

// HasTransforms reports whether settings switch the engine's passes on and off
// by name (transforms.NAME.enabled). Without them nothing puts fake
// quantization in the place of low-precision kernels.
func (d Deployment) HasTransforms() bool {
	return d.Backend != ownWords && d.Backend != "openai"
}

// TunedByDefault reports whether what a deployment leaves out is chosen for
// speed, by the installed version and the model: TensorRT-LLM captures graphs,
// overlaps steps, fuses. What is in force there its engine's record says
// (Info.Settings). Other engines are plain unless they are told otherwise.
func (d Deployment) TunedByDefault() bool {
	return d.Backend == "autodeploy" || d.Backend == ownWords
}
