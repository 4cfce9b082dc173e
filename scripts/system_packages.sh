#!/usr/bin/env bash
# See to it that the operating system has what we need. Usage: system_packages.sh checks|bench
#
# What is missing is installed when we are root on Debian or Ubuntu; otherwise one message names it.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

missing=()
case ${1:?usage: system_packages.sh checks|bench} in
    checks)
        scripts/find_python.sh >/dev/null 2>&1 || missing+=(python3-venv)
        command -v mbpoll >/dev/null || missing+=(mbpoll) # an independent Modbus master
        command -v curl >/dev/null || missing+=(curl)     # an independent client of HTTP
        command -v socat >/dev/null || missing+=(socat)   # pairs of serial lines
        ;;
    bench) command -v nginx >/dev/null || missing+=(nginx-light) ;;
    *) echo "system_packages.sh: knows checks and bench, not '$1'" >&2; exit 2 ;;
esac
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null
    apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
else
    echo "wattgate: these packages are missing, and only root can install them: ${missing[*]}" >&2
    exit 1
fi
