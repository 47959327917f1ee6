# Two commands, each doing all its own set-up:  make shot   make test
# Everything comes by pip into .venv; nothing here needs root unless python3-venv is missing.

VENV   := .venv
BIN    := $(VENV)/bin
PROMPT := A 1 kg steel ball flies at 8 m/s into a 1 m glass pane and shatters it. Concrete floor, \
low warm sun from camera left, 35 mm lens, slow push in. 3 seconds.

.PHONY: shot test unit lint format docs bench clean

shot: $(VENV)/.installed
	$(BIN)/kinema shoot "$(PROMPT)" --size 854x480 -o out/glass.take

test: $(VENV)/.installed-dev lint
	$(BIN)/python -m pytest

unit: $(VENV)/.installed-dev
	$(BIN)/python -m pytest tests/unit tests/contract -m "not slow"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.installed-dev
	for claim in physics preview pathtrace cost_growth diffusion watermark fingerprint policy; do $(BIN)/python benchmarks/$$claim.py || missed=1; done; \
	$(BIN)/python benchmarks/page.py; exit $${missed:-0}

clean:
	rm -rf $(VENV) out .pytest_cache .ruff_cache

$(VENV)/bin/python:
	scripts/make-venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@ $(VENV)/.installed
