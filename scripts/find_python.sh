#!/usr/bin/env bash
# Print the first Python that runs, is new enough and can make a virtual environment.
set -euo pipefail

for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
        >/dev/null 2>&1; then
        echo "$candidate"
        exit 0
    fi
done

echo "wattgate: needs Python 3.11 or newer with venv; tried ${PYTHON:-} python3.11 python3.12" \
    "python3.13 python3. On Debian and Ubuntu install python3-venv, or name a Python:" \
    "make install PYTHON=/path/to/python3" >&2
exit 1
