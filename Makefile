# DataSud: `make demo` shows it, `make test` proves it.
SHELL := /bin/bash
TARGET := $(or $(CARGO_TARGET_DIR),target)
TOOLS := $(abspath $(TARGET))/test-tools
# The runner of the official suites is a package of its own; it shares the build folder.
OGC := cd ogc-conformance && CARGO_TARGET_DIR=$(abspath $(TARGET))

# Random tests take the same values each time here, so that a failure is one of the change at hand; `cargo test` alone, or
# another seed, looks for new ones.
SEED ?= 20261126

.PHONY: demo test lint bench cite setup test-tools

## Installs what is missing, builds, loads a small invented region, serves on 127.0.0.1:8080.
demo: setup
	cargo build --release --locked
	DATASUD_DATA=$${DATASUD_DATA:-$$(scripts/demo-data)} $(TARGET)/release/datasud demo

## Everything that guards the project: formatting, lints, documentation, tests with real clients.
test: setup test-tools lint
	PROPTEST_RNG_SEED=$(SEED) DATASUD_PYTHON=$(TOOLS)/venv/bin/python cargo test --locked
	$(OGC) cargo test --locked

## Formatting, clippy and documentation; a warning is an error.
lint:
	cargo fmt --check
	$(OGC) cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	$(OGC) cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

## Ratios against peers, in one run; benches/README.md says what they need.
bench: setup
	cargo build --release --locked
	benches/run

## The OGC's official test suites, offline; ogc-conformance/README.md says what they need.
cite: setup
	ogc-conformance/run

## The Debian packages that building and running need.
setup:
	scripts/setup

## The client library that the tests run, from its public package.
test-tools:
	scripts/test-tools $(TOOLS)
