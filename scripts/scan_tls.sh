#!/usr/bin/env bash
# Scan what both ports of a fresh manager say about their TLS, as docs/reference/tls-scan.md tells.
#
# Needs `make install`. sslyze is fetched into a folder that is removed at the end; testssl, a
# Debian package, is used as well where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
ocpp_port=${1:-23519}
http_port=${2:-23521}
folder=$(mktemp -d)
manager=
tidy_up() {
    [ -z "$manager" ] || kill "$manager" 2>/dev/null || true
    rm -rf "$folder"
}
trap tidy_up EXIT

cat >"$folder/site.toml" <<'SITE'
[site]
max_current_a = 32
house_load_a = 0

[ocpp_server]
host = "127.0.0.1"
tls = "on"

[[evse]]
id = "one"
address = "CP1"
SITE

"$(scripts/find_python.sh)" -m venv "$folder/tools"
"$folder/tools/bin/pip" install --quiet sslyze

WATTGATE_ADMIN_PASSWORD=$(head -c 18 /dev/urandom | base64) .venv/bin/wattgate run \
    --data "$folder/data" --site "$folder/site.toml" \
    --ocpp-port "$ocpp_port" --http-port "$http_port" >"$folder/log" 2>&1 &
manager=$!
until grep -q '^API on' "$folder/log"; do
    kill -0 "$manager" 2>/dev/null || { cat "$folder/log"; exit 1; }
    sleep 0.2
done

for port in "$ocpp_port" "$http_port"; do
    # It ends with 1 where the configuration of Mozilla asks for more; the report says why.
    "$folder/tools/bin/sslyze" --mozilla_config intermediate "127.0.0.1:$port" || true
    if command -v testssl >/dev/null; then
        testssl --color 0 --warnings off --nodns none -p -s -P -U -c "127.0.0.1:$port" || true
    fi
done
