#!/usr/bin/env bash
# Run all tests on two cores: what stays in one process beside what starts processes of its own.
#
# The core has to be covered by its own tests alone, every branch of it; the rest together to a
# floor. Everything that a lane says is shown when it is done.
set -uo pipefail
cd "$(dirname "$0")/.."
pytest=.venv/bin/pytest
floor=95
said=$(mktemp -d)
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
    COVERAGE_FILE=.coverage.processes $pytest -q tests/cli tests/e2e --cov --cov-branch --cov-report=
}

rm -f .coverage .coverage.*
processes >"$said/processes" 2>&1 &
lane=$!
inside
inside_failed=$?
wait "$lane"
processes_failed=$?
cat "$said/processes"
[ $((inside_failed + processes_failed)) -eq 0 ] || exit 1
.venv/bin/coverage combine -q
.venv/bin/coverage report --fail-under="$floor" | tail -n 4
exit "${PIPESTATUS[0]}"
