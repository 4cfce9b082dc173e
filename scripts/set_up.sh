#!/usr/bin/env bash
# Bring .venv to what the locks say. Usage: set_up.sh run|dev
#
# run: what Wattgate needs, and .venv/bin/wattgate; dev: the tools of the checks as well.
# Done before, here and with the same locks: nothing happens.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:?usage: set_up.sh run|dev}
locks=("requirements/$kind.txt" requirements/build.txt)
stamp=.venv/.set-up-$kind
place=.venv/.place # a virtual environment does not survive being moved
wanted=$(cat "${locks[@]}" pyproject.toml | sha256sum | cut -d' ' -f1)

same() { # same FILE TEXT
    [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

if same "$place" "$PWD" && .venv/bin/python -c 'import pip' 2>/dev/null; then
    same "$stamp" "$wanted" && exit 0
else
    python=$(scripts/find_python.sh)
    echo "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
    echo "$PWD" >"$place"
fi

echo "installing what requirements/$kind.txt says"
pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet)
# A lock names everything: there is nothing to resolve, and pip, which would look for the newest
# version of a dependency with extras before it sees the pin, is not asked to.
for lock in "${locks[@]}"; do
    "${pip[@]}" install --no-deps --require-hashes --requirement "$lock"
done
"${pip[@]}" install --no-deps --no-build-isolation --editable .
"${pip[@]}" check
echo "$wanted" >"$stamp"
