PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
PULL ?=
SECONDS ?= 900
DATA ?=
LOOKS ?= looks
VERSION ?=
END_TO_END := e2e edge keys audit hostile oauth shapes
APART := $(END_TO_END) console nodes bulk/commands examples pages faults install
FAST := core ports unit fuzz bulk/test_sources.py client/test_retries.py console/test_words.py \
	contract/test_curl_examples.py contract/test_error_codes.py keys/test_providers.py searchface/test_error_codes.py
NO_SERVER := $(FAST) storage vision evaluation openapi/test_documents.py
FAST_OPTIONS := -n 2 -p no:schemathesis -m "not slow" --hypothesis-profile fast
COVERED ?= core ports unit fuzz storage vision workers evaluation contract searchface openapi admin client bulk $(END_TO_END)
COVERAGE_CORE = $(shell $(BIN)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')
BENCHMARKS ?= search scale pipeline bulk http load
PEERS := deepface face-recognition insightface

.DEFAULT_GOAL := help
.PHONY: help install serve demo test-fast test-lowest coverage coverage-page test test-e2e test-console \
	test-nodes test-bulk test-faults test-install crash soak bench peers measure shortcuts fit fuzz mutate lint docs draw site site-version sync test-pages dist release release-files audit sbom lock clean

help: ## show this list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

serve: .venv/runtime ## set everything up and start the server on 127.0.0.1:8000 (ARGS="--port 9000", PULL=--without-optional)
	@$(BIN)/visavis models pull $(PULL)
	@exec $(BIN)/visavis serve $(ARGS)

demo: install ## register ten people, recognise them in other pictures, draw visavis-demo.png
	@$(BIN)/python -m demo

install: .venv/dev ## .venv with everything for development, and the model weights
	@$(BIN)/visavis models pull $(PULL)

test-fast: install ## before every commit, about a minute on two cores: core, its ports, tables and words
	$(BIN)/pytest $(FAST_OPTIONS) $(FAST:%=tests/%) $(ARGS)

test-lowest: .venv-lowest/ready ## all that needs neither server nor PostgreSQL, and the client, with the oldest packages that pyproject.toml allows (Python 3.11)
	.venv-lowest/bin/pytest -W ignore $(FAST_OPTIONS) $(NO_SERVER:%=tests/%) $(ARGS)
	.venv-lowest/bin/pytest -W ignore tests/client

coverage: install ## which lines run in the tests of COVERED, into docs/code-coverage.md
	rm -rf .coverage
	COVERAGE_CORE=$(COVERAGE_CORE) $(BIN)/coverage run -m pytest -n 2 $(COVERED:%=tests/%) $(ARGS)
	$(MAKE) --no-print-directory coverage-page

coverage-page:
	$(BIN)/coverage combine -q
	$(BIN)/coverage json -q -o .coverage/report.json
	$(BIN)/python docs/code_coverage.py .coverage/report.json $(COVERED:%=tests/%)

test: install ## every test that has no target of its own below
	$(BIN)/pytest -n 2 $(patsubst %,--ignore=tests/%,$(APART)) $(ARGS)

test-e2e: install ## servers and commands as processes: starts, stops, logs, keys, the edge, hostile pictures
	$(BIN)/pytest -n 2 $(END_TO_END:%=tests/%) $(ARGS)

test-console: install ## the web console in a real browser (needs chromium)
	$(BIN)/pytest -n 2 tests/console $(ARGS)

test-nodes: install ## several servers on a PostgreSQL, killed and cut off (needs nginx; haproxy, pgbouncer)
	$(BIN)/pytest tests/nodes $(ARGS)

test-bulk: install ## imports that are killed, archives that move, and the examples (needs chromium)
	$(BIN)/pytest -n 2 tests/bulk/commands tests/examples $(ARGS)

test-faults: install ## kills, broken disks, backups under load, a minute of everything (as root it mounts small disks)
	$(BIN)/pytest tests/faults $(ARGS)

test-install: install .venv/install/ready ## the wheel by pip, pipx and uvx, the files of deploy/, the image (needs buildah, debootstrap and root)
	$(BIN)/pytest tests/install $(ARGS)

crash: install ## 760 kills of processes that write, everything checked after each (ARGS="--kills 20 --servers 2")
	$(BIN)/python -m benchmarks.crash $(ARGS)

soak: install ## an hour of mixed load: memory, descriptors, latency (ARGS="--minutes 10 --write")
	$(BIN)/python -m benchmarks.soak $(ARGS)

bench: .venv/bench ## measure everything the documents quote, up to ten minutes each (ARGS=--quick: 50 s)
	@$(BIN)/visavis models pull $(PULL)
	@for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks $$name --write $(ARGS) || exit 1; done

peers: install $(PEERS:%=.venv-peers/%/ready) ## measure Visavis beside InsightFace, deepface, face_recognition, OpenCV (DATA=folder of sets)
	$(BIN)/python -m benchmarks peers --write $(if $(DATA),--data "$(DATA)") $(ARGS)

measure: install ## error rates of groups of people, and of poor pictures (DATA=folder of sets that are not in here)
	@test -d "$(DATA)/lfw-dev" || { echo "DATA names the folder that has lfw-dev, ea-dev, aaf-dev and utk-dev" >&2; exit 1; }
	$(BIN)/python training/similarity/parts.py lfw $(DATA)/lfw-dev ea $(DATA)/ea-dev aaf $(DATA)/aaf-dev \
		utk $(DATA)/utk-dev > .venv/held.json
	$(BIN)/python training/fairness/measure.py --people .venv/held.json --folder LFW $(DATA)/lfw-dev \
		--folder "East Asian public figures" $(DATA)/ea-dev --aaf $(DATA)/aaf-dev --utk $(DATA)/utk-dev $(ARGS)
	$(BIN)/python training/robustness/measure.py $(DATA)/lfw-dev --part held

shortcuts: install ## what searches by one view and coarse first looks decide otherwise (DATA=folder of sets)
	@test -d "$(DATA)/ea-dev" || { echo "DATA names the folder that has lfw-dev, ea-dev, aaf-dev and utk-dev" >&2; exit 1; }
	$(BIN)/python training/similarity/views.py $(foreach set,lfw ea aaf utk,$(set)=$(DATA)/$(set)-dev) --masked ea $(ARGS)
	$(BIN)/python training/robustness/scans.py $(wildcard $(DATA)/*-dev) --heads $(DATA)/ea-dev --every 5

fit: install ## mean, centres, scales and limits anew, into the package (DATA=folder, LOOKS=folder for what is seen)
	@test -d "$(DATA)/lfw-dev" || { echo "DATA names the folder that has lfw-dev, ea-dev, aaf-dev and utk-dev" >&2; exit 1; }
	for set in lfw ea aaf utk; do \
		$(BIN)/python training/similarity/look.py $$set $(DATA)/$$set-dev $(LOOKS) || exit 1; \
		$(BIN)/python training/similarity/look.py $$set $(DATA)/$$set-dev $(LOOKS) \
			--worse $$([ $$set = ea ] && echo 2 || echo 8) || exit 1; \
	done
	$(BIN)/python training/comparability/fit.py $(LOOKS) --write
	$(BIN)/python training/comparability/poorness.py $(LOOKS) --write
	$(BIN)/python training/similarity/fit.py $(LOOKS) --model sface-fr-2 --write
	$(BIN)/python training/similarity/fit.py $(LOOKS) --model sface-2 --write
	$(BIN)/python training/similarity/parts.py lfw $(DATA)/lfw-dev ea $(DATA)/ea-dev aaf $(DATA)/aaf-dev > .venv/held.json
	$(BIN)/python training/mask/unmasking.py ea=$(DATA)/ea-dev lfw=$(DATA)/lfw-dev aaf=$(DATA)/aaf-dev \
		--people .venv/held.json --write
	$(BIN)/python training/liveness/fit.py --attacks $(DATA)/replay-dev $(DATA)/spoof-dev --living $(DATA)/lfw-dev \
		$(DATA)/ea-dev $(DATA)/aaf-dev $(DATA)/mask-dev/unmasked --write

fuzz: .venv/fuzz ## feed the decoders' front whatever covers more of it (SECONDS=900, all targets together)
	$(BIN)/python -m tests.fuzz $(SECONDS)
	VISAVIS_TEST_EXAMPLES=100 $(BIN)/pytest tests/openapi/test_any_request.py

mutate: .venv/mutate ## change core in some 4,150 ways and see which changes no test of tests/core notices (ARGS=visavis.core.faces*)
	$(BIN)/mutmut run $(ARGS) > .venv/mutate.log || { tail -n 20 .venv/mutate.log; exit 1; }
	$(BIN)/python -m tests.mutation

lint: .venv/dev ## style, types, import rules, one source for both clients
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python clients/python/sync.py --check

sync: .venv/dev ## write the synchronous Python client anew from the asynchronous one
	$(BIN)/python clients/python/sync.py

docs: .venv/dev ## write the generated pages of docs/ anew
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/coverage.py
	$(BIN)/python docs/performance.py
	$(BIN)/python docs/reliability.py

draw: .venv/draw/ready ## draw docs/images/*.svg from their sources beside them
	for source in docs/images/*.d2; do \
		.venv/draw/bin/d2 --layout elk --theme 0 --pad 20 $$source $${source%.d2}.svg 2> /dev/null || exit 1; done

site: .venv/dev draw ## write the documentation as a site to site/; a link that leads nowhere stops it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

site-version: .venv/dev draw ## write the documentation of this version to sites/, beside those of others
	$(BIN)/python -m harness.site_versions

test-pages: install site sbom ## look the site through, and run what its guides print
	$(BIN)/pytest tests/pages $(ARGS)

dist: .venv/dev ## both wheels, in dist/
	rm -rf dist
	$(BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w dist . ./clients/python

release-files: dist ## check both wheels, write their check sums and the notes from CHANGELOG.md beside them
	$(BIN)/python -m harness.release files

release: .venv/dev ## everything of a release but the tag (VERSION=0.2.0): versions, changelog, checks, wheels, notes
	@test -n "$(VERSION)" || { echo 'VERSION names the release: make release VERSION=0.2.0' >&2; exit 1; }
	$(BIN)/python -m harness.release prepare $(VERSION)
	$(MAKE) --no-print-directory lint test-fast release-files
	@echo "Read dist/NOTES.md, then: git commit -am 'Release $(VERSION)' && git tag -a v$(VERSION) -F dist/NOTES.md"

audit: .venv/audit/ready ## ask a public service for known weaknesses of the packages that servers consist of
	.venv/audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/tracing.txt

sbom: .venv/audit/ready ## list those packages in visavis.cdx.json (CycloneDX)
	.venv/audit/bin/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
		--of JSON -o visavis.cdx.json requirements/tracing.txt

lock: ## pin the newest versions of all dependencies by hash (needs uv)
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		pyproject.toml -o requirements/runtime.txt
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--group build -c requirements/runtime.txt -o requirements/build.txt
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		pyproject.toml --extra tracing --group dev -c requirements/runtime.txt -o requirements/dev.txt
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		pyproject.toml --extra tracing -c requirements/dev.txt -o requirements/tracing.txt
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--group bench -c requirements/dev.txt -o requirements/bench.txt
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--group fuzz -o requirements/fuzz.txt
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--group mutate -c requirements/dev.txt -o requirements/mutate.txt
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--group audit -o requirements/audit.txt
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--group draw -o requirements/draw.txt
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--group install -o requirements/install.txt
	for name in build deepface insightface "face-recognition --no-deps"; do \
		uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
			--group peers-$$name -o requirements/peers-$${name% *}.txt || exit 1; done
	uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
		--resolution lowest-direct pyproject.toml clients/python/pyproject.toml --all-extras --group test \
		-c requirements/build.txt -o requirements/lowest.txt

clean: ## remove .venv and caches, never data
	rm -rf .venv .venv-lowest .venv-peers mutants .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Visavis needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/runtime: requirements/runtime.txt pyproject.toml | .venv/bin/python
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements/dev.txt .venv/runtime
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.venv/audit/ready: requirements/audit.txt | .venv/bin/python
	$(BIN)/python -m venv .venv/audit
	.venv/audit/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

.venv/draw/ready: requirements/draw.txt | .venv/bin/python
	$(BIN)/python -m venv .venv/draw
	.venv/draw/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/draw.txt
	@touch $@

.venv/install/ready: requirements/install.txt | .venv/bin/python
	$(BIN)/python -m venv .venv/install
	.venv/install/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/install.txt
	@touch $@

.venv-lowest/ready: requirements/build.txt requirements/lowest.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "The oldest packages are for Python 3.11; try: make test-lowest PYTHON=python3.11")'
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt -r requirements/lowest.txt
	.venv-lowest/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/bench: requirements/bench.txt .venv/dev
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

.venv-peers/%/ready: requirements/peers-build.txt requirements/peers-%.txt
	$(PYTHON) -m venv .venv-peers/$*
	.venv-peers/$*/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/peers-build.txt
	.venv-peers/$*/bin/pip install -q --disable-pip-version-check --require-hashes --no-deps --no-build-isolation \
		-r requirements/peers-$*.txt
	@touch $@

.venv/mutate: requirements/mutate.txt .venv/dev
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/mutate.txt
	@touch $@

.venv/fuzz: requirements/fuzz.txt .venv/dev
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	@touch $@
