# `make help` lists what there is.

ARGS ?=
SOURCES = Package.swift Sources Tests sql

.DEFAULT_GOAL := help
.PHONY: setup build demo test lint format clean help

setup: ## install what is missing (Debian packages), check Swift
	@.ci/setup

build: setup ## build the program
	@swift build --product clearway

demo: build ## the whole product with faults, from nothing to a verdict (ARGS="--orders 2000")
	@"$$(swift build --show-bin-path)/clearway" demo $(ARGS)

test: setup ## every test, against its own PostgreSQL (ARGS="--filter PostgresTests")
	@.ci/test $(ARGS)

lint: ## check the format
	@swift format lint --strict --parallel --recursive $(SOURCES)

format: ## format in place
	@swift format --in-place --parallel --recursive $(SOURCES)

clean: ## remove what was built
	@swift package clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | \
		awk -F '\t' '{ printf "make %-8s %s\n", $$1, $$2 }'
