#!/usr/bin/env bash
# Run all tests on two cores, several jobs at a time: what starts processes mostly waits for them.
#
# The tests that stay in one process are four jobs, each of which keeps a core busy; each file of
# process tests is a job of its own. The core has to be covered by its own tests alone, every branch
# of it; the rest together to a floor, and counting lines of the core there as well would take
# several times as long. What a job says is shown when it is done.
set -uo pipefail
cd "$(dirname "$0")/.."
at_once=3
floor=95
export pytest=.venv/bin/pytest
said=$(mktemp -d)
export said
export rest="--cov=src/wattgate/adapters --cov=src/wattgate/cli --cov=src/wattgate/ports
    --cov=src/wattgate/runtime --cov=wattgate.app --cov-branch --cov-report="
trap 'rm -rf "$said"' EXIT

core() {
    COVERAGE_FILE=.coverage.core $pytest -q tests/core \
        --cov=src/wattgate/core --cov-branch --cov-report=term --cov-fail-under=100
}

runtime() {
    COVERAGE_FILE=.coverage.runtime $pytest -q tests $(all_but core adapters cli e2e) \
        -m "not story" $rest
}

stories() {
    # They tell nothing about lines that the others do not, and counting would slow them down.
    $pytest -q tests $(all_but core adapters cli e2e) -m story
}

adapters() {
    COVERAGE_FILE=.coverage.adapters $pytest -q tests/adapters $rest
}

all_but() {
    printf -- '--ignore=tests/%s ' "$@"
}

cli() {
    COVERAGE_FILE=.coverage.cli $pytest -q tests/cli $rest
}

job() {
    local says=$said/${1//\//.} failed
    case $1 in
    *.py) $pytest -q "$1" ;; # nothing is counted in the processes that it starts
    *) "$1" ;;
    esac >"$says" 2>&1
    failed=$?
    flock "$said" sh -c 'printf "== %s\n" "$1" && cat "$2"' show "$1" "$says"
    return $failed
}
export -f core runtime stories adapters cli all_but job

rm -f .coverage .coverage.*
# Longer files mostly take longer, and the last job to begin should be a short one. Two that keep a
# core busy begin together with one that waits, so that no process starves.
printf '%s\n' runtime cli core adapters stories $(ls -S tests/e2e/test_*.py) |
    xargs -P "$at_once" -I {} bash -c 'job {}' || exit 1
.venv/bin/coverage combine -q
.venv/bin/coverage report --fail-under="$floor" | tail -n 4
exit "${PIPESTATUS[0]}"
