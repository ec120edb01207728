#!/usr/bin/env bash
# Installs libhdrnet from this checkout into a virtual environment of its own and merges a bracket with it.
# Runs with bash 3.2 (macOS) and newer.
set -euo pipefail

cpu_index=https://download.pytorch.org/whl/cpu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
constraints=$root/installers/constraints.txt
environment=$root/.venv
output=hdrnet-demo
develop=
demo=yes
source=

usage() {
  cat <<'TEXT'
Usage: installers/quickstart.sh [options]

Makes a virtual environment, installs libhdrnet into it and merges a demo bracket.
Nothing outside the environment and the demo's folder is touched; run it again at any time.

  --env DIR      the virtual environment (default: .venv in the checkout)
  -o, --output DIR
                 where the demo writes its pictures (default: ./hdrnet-demo)
  --no-demo      only install
  --develop      for work on libhdrnet itself: editable, with the tools of the tests, without the demo
  -h, --help     show this help

The variable PYTHON chooses the interpreter, for example PYTHON=python3.12.
TEXT
}

say() { printf '%s\n' "$*"; }

die() {
  printf 'quickstart: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      --env | -o | --output)
        if [ -z "${2:-}" ]; then die "$1 needs the name of a folder."; fi
        if [ "$1" = --env ]; then environment=$2; else output=$2; fi
        shift
        ;;
      --no-demo) demo= ;;
      --develop) develop=yes demo= ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) die "unknown option $1; see --help." ;;
    esac
    shift
  done
  case $environment in /*) ;; *) environment=$PWD/$environment ;; esac
}

find_python() {
  local candidate found=
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.14; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    found="$candidate is $("$candidate" -V 2>&1 || true)"
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      python=$candidate
      return
    fi
    # the one that was asked for, or none
    [ -z "${PYTHON:-}" ] || break
  done
  die "Python 3.11 or newer is needed; ${found:-no python3 was found}." \
    "Debian, Ubuntu: apt install python3 python3-venv python3-pip" \
    "Fedora: dnf install python3    macOS: brew install python" \
    "Or name another interpreter: PYTHON=/path/to/python3 installers/quickstart.sh"
}

check_venv_module() {
  "$python" -c 'import ensurepip, venv' 2>/dev/null && return
  die "$python cannot make virtual environments: the modules venv and ensurepip are not there." \
    "Debian, Ubuntu: apt install python3-venv    (as root, or with sudo)"
}

# The first folder on the way up that is there already.
existing_parent() {
  local folder=$1
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  printf '%s\n' "$folder"
}

check_space() {
  local needed_mb=$1 parent free_mb
  parent=$(existing_parent "$environment")
  [ -w "$parent" ] || die "$parent cannot be written to; choose another folder with --env DIR."
  # the column before the percentage: names with spaces shift the others
  free_mb=$(df -Pk "$parent" | awk 'END { for (i = 4; i <= NF; i++) if ($i ~ /%$/) { print int($(i - 1) / 1024); exit } }')
  [ "${free_mb:-0}" -ge "$needed_mb" ] ||
    die "not enough disk space in $parent: $free_mb MB are free, about $needed_mb MB are needed." \
      "Choose another disk with --env DIR."
}

make_environment() {
  if [ -x "$environment/bin/python" ] && "$environment/bin/python" -m pip --version >/dev/null 2>&1; then
    say "The virtual environment $environment is there already."
    return
  fi
  if [ -e "$environment" ] && [ ! -e "$environment/pyvenv.cfg" ] && [ -n "$(ls -A "$environment")" ]; then
    die "$environment is there and is no virtual environment; choose another folder with --env DIR."
  fi
  say "Making the virtual environment $environment."
  "$python" -m venv --clear "$environment" ||
    die "the virtual environment could not be made; the lines above say why."
}

pip() { "$environment/bin/python" -m pip --disable-pip-version-check "$@"; }

pip_install() {
  pip install --quiet --constraint "$constraints" "$@" && return
  die "pip could not install what is needed; its own words are above." \
    "Without a network connection nothing can be downloaded: connect, and run this again." \
    "Behind a proxy, set HTTPS_PROXY first."
}

has_nvidia() { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -q GPU; }

# Linux wheels on the ordinary index bring CUDA with them; those without it have an index of their own.
install_torch() {
  local version
  version=$(awk '/^torch==/' "$constraints")
  if pip show --quiet torch 2>/dev/null && pip install --quiet --no-index --no-deps "$version" >/dev/null 2>&1; then
    say "PyTorch is there already."
    return
  fi
  if [ "$(uname -s)" = Linux ] && ! has_nvidia; then
    say "Installing PyTorch for the CPU (about 200 MB to download, 1 GB on disk)."
    if pip install --quiet --retries 1 --timeout 15 --constraint "$constraints" \
      --index-url "$cpu_index" "$version" >/dev/null 2>&1; then
      return
    fi
    say "PyTorch's index of CPU builds did not answer; taking the ordinary one (this may be a download of 3 GB)."
  else
    say "Installing PyTorch (up to 3 GB to download with CUDA, 100 MB on a Mac)."
  fi
  pip_install "$version"
}

install_package() {
  say "Installing libhdrnet and what it needs (about 200 MB)."
  if [ -n "$develop" ]; then
    pip_install 'setuptools>=77'
    pip_install --no-build-isolation --editable "${root}[test]"
    return
  fi
  # from a copy, so that no build files are left in the checkout
  source=$(mktemp -d)
  trap 'rm -rf "$source"' EXIT
  cp -R "$root/pyproject.toml" "$root/README.md" "$root/LICENSE" "$root/libhdrnet" "$source/"
  pip_install "$source"
  pip_install --no-deps --force-reinstall "$source"
}

run_demo() {
  say "Merging the demo's bracket into $output."
  "$environment/bin/hdrnet" demo -o "$output" ||
    die "libhdrnet is installed, but the demo failed; the lines above say why."
}

parse "$@"
find_python
check_venv_module
if [ ! -x "$environment/bin/python" ]; then
  if [ "$(uname -s)" = Linux ] && has_nvidia; then check_space 9000; else check_space 3000; fi
fi
make_environment
install_torch
install_package
say "Installed: $("$environment/bin/python" -I -c 'import libhdrnet, sys; sys.stdout.write(libhdrnet.__version__)')" \
  "in $environment ($(du -sh "$environment" | awk '{ print $1 }'))."
if [ -n "$demo" ]; then run_demo; fi
if [ -n "$develop" ]; then exit 0; fi
say
say "To merge your own pictures:"
say "  \"$environment/bin/hdrnet\" merge DARK.jpg MIDDLE.jpg BRIGHT.jpg -o merged.exr"
