#!/usr/bin/env bash
# Run all tests on two cores, several jobs at a time: what starts processes mostly waits for them.
#
# One job holds all that stays in one process, and keeps a core busy; each file of process tests
# is a job of its own. The core has to be covered by its own tests alone, every branch of it; the
# rest together to a floor. What a job says is shown when it is done.
set -uo pipefail
cd "$(dirname "$0")/.."
at_once=3
floor=95
export pytest=.venv/bin/pytest
said=$(mktemp -d)
export said
trap 'rm -rf "$said"' EXIT

inside() {
    COVERAGE_FILE=.coverage.core $pytest -q tests/core \
        --cov=src/wattgate/core --cov-branch --cov-report=term --cov-fail-under=100 || return 1
    local others="--ignore=tests/core --ignore=tests/cli --ignore=tests/e2e"
    # Counting lines takes several times as long as the long stories themselves.
    $pytest -q tests $others -m story || return 1
    COVERAGE_FILE=.coverage.inside $pytest -q tests $others -m "not story" \
        --cov --cov-branch --cov-report=
}

processes() {
    COVERAGE_FILE=.coverage.${1//\//.} $pytest -q "$1" --cov --cov-branch --cov-report=
}

job() {
    local says=$said/${1//\//.} failed
    if [ "$1" = inside ]; then inside; else processes "$1"; fi >"$says" 2>&1
    failed=$?
    flock "$said" sh -c 'printf "== %s\n" "$1" && cat "$2"' show "$1" "$says"
    return $failed
}
export -f inside processes job

rm -f .coverage .coverage.*
# Longer files mostly take longer, and the last job to begin should be a short one.
printf '%s\n' inside tests/cli $(ls -S tests/e2e/test_*.py) |
    xargs -P "$at_once" -I {} bash -c 'job {}' || exit 1
.venv/bin/coverage combine -q
.venv/bin/coverage report --fail-under="$floor" | tail -n 4
exit "${PIPESTATUS[0]}"
