#!/usr/bin/env bash
# The test command: format, lint, types, layers, then pytest with branch coverage.
# Arguments go to pytest (./tests/run.sh -k merge); coverage is measured and demanded only without any.
# The environment is built once, outside the checkout, and again when what it is made of changes.
set -uo pipefail

coverage_threshold=${HDRNET_COVERAGE:-90} # percent, lines and branches

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
root=$PWD
cache=${HDRNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/libhdrnet}
environment=$cache/test-environment
stamp=$environment/.built-from
python=${PYTHON:-python3}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# Debian splits venv off from Python; everything else comes in wheels that need nothing of the system.
install_system_packages() {
  "$python" -c 'import ensurepip, venv' 2>/dev/null && return
  echo "$python has no venv module: installing Debian's packages python3-venv and python3-pip."
  as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends python3-venv python3-pip
}

# A browser for the page that `hdrnet eval` writes and for HDR pictures, a RAW developer for DNGs; where they cannot be
# had their tests are skipped.
install_programs() {
  command -v chromium >/dev/null && command -v chromedriver >/dev/null && command -v rawtherapee-cli >/dev/null && return
  command -v apt-get >/dev/null || return
  as_root apt-get update -qq &&
    as_root apt-get install -y -qq --no-install-recommends chromium chromium-driver rawtherapee
}

# What the environment is made of: the interpreter, what the project declares, and the versions.
fingerprint() {
  "$python" - pyproject.toml installers/constraints.txt <<'PYTHON'
import hashlib, json, pathlib, sys, tomllib

project = tomllib.loads(pathlib.Path(sys.argv[1]).read_text())
parts = [sys.version, sys.prefix, project["build-system"], project["project"], pathlib.Path(sys.argv[2]).read_text()]
print(hashlib.sha256(json.dumps(parts).encode()).hexdigest())
PYTHON
}

build_environment() {
  local wanted
  wanted=$(fingerprint) || return
  mkdir -p "$cache" || return
  if command -v flock >/dev/null; then
    exec 9>"$cache/test-environment.lock" && flock 9
  fi
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted $root" ]; then
    # the stamp comes last: without it, what is there may be half an environment
    case "$(cat "$stamp" 2>/dev/null)" in "$wanted "*) ;; *) rm -rf "$environment" ;; esac
    rm -f "$stamp"
    PYTHON=$python installers/quickstart.sh --develop --env "$environment" || return
    printf '%s %s\n' "$wanted" "$root" >"$stamp"
  fi
  exec 9>&-
}

if ! { install_system_packages && build_environment; }; then
  echo "tests/run.sh: the test environment could not be built; the lines above say why (Python 3.11 or newer is needed)." >&2
  exit 1
fi

install_programs >/dev/null 2>&1 || echo "== tests in Chromium or RawTherapee will be skipped: chromium, chromium-driver or rawtherapee cannot be had here"

export PATH="$environment/bin:$PATH" PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}" # of processes there are enough
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-PASSIVE}" # threads that wait must not keep a core from the others
unset PYTHONDONTWRITEBYTECODE # hundreds of processes import torch: 3.5 s each unless what is compiled is kept, then 1.5

failed=()
check() {
  echo "== $*"
  "$@" || failed+=("$*")
}
check ruff format --check .
check ruff check .
check mypy
check lint-imports --no-logo
if [ ${#failed[@]} -gt 0 ]; then
  printf '== FAILED: %s\n' "${failed[@]}"
else
  echo "== these passed; now pytest"
fi

# GIMP, three versions, darktable, three, and two bare systems for the installer, once; where they cannot be had, their tests are skipped and say why
for suite in trixie bookworm trixie-backports forky bare-trixie bare-bookworm; do
  tests/hosts/root.sh build "$suite" || echo "== the tests in the hosts of $suite will be skipped; the line above says why"
done

if [ $# -eq 0 ]; then
  # more than cores: what runs in GIMP and darktable waits half of the time
  set -- --numprocesses=4 --dist=loadscope --no-loadscope-reorder --durations=15 --cov=libhdrnet --cov-branch --cov-report=term:skip-covered --cov-fail-under="$coverage_threshold"
fi
python -m pytest "$@"
result=$?
[ "$result" -ne 0 ] || [ ${#failed[@]} -eq 0 ] || result=1
exit "$result"
