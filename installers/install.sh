#!/usr/bin/env bash
# Installs libhdrnet for this user on Linux and macOS; see --help. Runs with bash 3.2 (macOS) and newer.
# The variable PYTHON chooses the interpreter, for example PYTHON=python3.12.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

die() {
  printf 'install: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

find_python() {
  local candidate found=
  # the one that was asked for, or none
  if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11 python3.14; fi
  for candidate in "$@"; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    found="$candidate is $("$candidate" -V 2>&1 || true)"
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      python=$candidate
      return
    fi
  done
  die "Python 3.11 or newer is needed; ${found:-no python3 was found}." \
    "Debian, Ubuntu: apt install python3 python3-venv" \
    "Fedora: dnf install python3    macOS: brew install python" \
    "Or name another interpreter: PYTHON=/path/to/python3 $0"
}

find_python
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  die "$python cannot make virtual environments: the modules venv and ensurepip are not there." \
    "Debian, Ubuntu: apt install python3-venv    (as root, or with sudo)"
exec "$python" "$here/install.py" "$@"
