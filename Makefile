# The targets are the steps of .ci/run, in its order; `make ci` runs all of them.

GO          ?= go
STATICCHECK ?= $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 30s

# The assembly generators are modules of their own.
asm_modules := internal/bench/_asm internal/gemm/_asm internal/kernel/_asm internal/vec/_asm
# What runs on several goroutines. Tests that take minutes under the race detector
# stay out of it: they start no goroutine that the others do not.
concurrent  := . ./internal/bench ./internal/par ./internal/durable ./internal/gemm ./internal/nn ./lm ./measure ./model ./tokenizer ./train ./cmd/xent
race_skip   := ^Test(OpenMemory|Resume|Elsewhere|InterruptedEvaluation|KilledWhileMeasuring|FilesOfOtherRuns|MovedCorpus|FewBytesOfWeights|LearnsTheSource|TrainSource|Documents|EveryShape|Killed|EveryFault|LargeCorpus|Faults|FullDisk|Readme(Start|Opticks|InFull))$$
platforms   := linux/arm64 darwin/arm64 windows/amd64 linux/386

steps := test vet lint fmt backends race cross bench-once readme
.PHONY: ci $(steps) fuzz asm

ci:
	bash .ci/run

# The README's test command.
test:
	$(GO) test ./...

vet:
	$(GO) vet ./...
	$(GO) vet -tags purego ./...
	set -e; for d in $(asm_modules); do $(GO) -C $$d vet ./...; done

lint:
	$(STATICCHECK) ./...
	$(STATICCHECK) -tags purego ./...
	set -e; for d in $(asm_modules); do (cd $$d && $(STATICCHECK) ./...); done

fmt:
	@files=$$(gofmt -l .) && test -z "$$files" || { echo "gofmt -w these files:"; echo "$$files"; exit 1; }

# Every back end, and generic Go again where the CPU, not the build, asks for it.
backends:
	bash .ci/backend avx512 ''
	bash .ci/backend avx2 cpu.avx512f=off
	bash .ci/backend generic '' -tags purego
	XENT_WANT_BACKEND=generic GODEBUG=cpu.avx2=off $(GO) test ./internal/gemm ./internal/kernel ./internal/vec

race:
	$(GO) test -race -skip '$(race_skip)' $(concurrent)

# Vet builds the tests too, on one platform of 64 bits and one of 32.
cross:
	set -e; export CGO_ENABLED=0; for p in $(platforms); do \
		echo build $$p; GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build ./...; \
	done; for p in linux/arm64 linux/386; do \
		echo vet $$p; GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) vet ./...; \
	done

bench-once:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...

# What README.md shows is what its first command prints, to the last digit.
readme:
	README_IN_FULL=1 $(GO) test -count=1 -timeout 20m -run '^TestReadmeInFull$$' -v ./cmd/xent

# Every fuzz target for FUZZTIME each. CI runs only their seeds, as tests.
fuzz:
	set -e; for pkg in $$($(GO) list ./...); do \
		list=$$($(GO) test -list '^Fuzz' $$pkg); \
		for f in $$(echo "$$list" | grep '^Fuzz'); do \
			echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 2s $$pkg; \
		done; \
	done

# Prints the assembly again from _asm.
asm:
	$(GO) generate ./internal/bench ./internal/gemm ./internal/kernel ./internal/vec
