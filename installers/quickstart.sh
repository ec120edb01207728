#!/usr/bin/env bash
# Tries libhdrnet in a virtual environment inside this checkout, and touches nothing outside of it: install.sh with
# --env .venv. Options are those of install.sh, for example -o DIR, --no-demo, --develop; run it again at any time.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
exec "$here/install.sh" --env "$(dirname "$here")/.venv" "$@"
