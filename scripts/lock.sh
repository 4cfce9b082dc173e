#!/usr/bin/env bash
# Write requirements/*.txt anew: every package pinned and hashed, and nothing about where they
# were fetched from. The versions are the newest that pyproject.toml allows.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PIP_FIND_LINKS

compile() { # compile OUTPUT ARGUMENT...
    local output=$1
    shift
    .venv/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
        --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
        --no-emit-options --output-file "$output" "$@"
}

compile requirements/run.txt pyproject.toml
compile requirements/dev.txt --extra dev --constraint requirements/run.txt pyproject.toml
compile requirements/build.txt --constraint requirements/dev.txt requirements/build.in
