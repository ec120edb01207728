#!/usr/bin/env bash
# Small Debians with the real hosts for the tests in this folder: trixie (Debian 13) has GIMP 3.0 and darktable 5.0,
# bookworm (Debian 12) has GIMP 2.10 and darktable 4.2, trixie-backports has darktable 5.4, forky (testing) GIMP 3.2;
# bare-trixie and bare-bookworm have nothing but Python, for what installs libhdrnet.
#
#   root.sh build SUITE                    build it, once; it lies in ~/.cache/libhdrnet/hosts (or $HDRNET_CACHE/hosts)
#   root.sh path SUITE                     print its folder if it is there and of this list of packages; else fail
#   root.sh run SUITE [FOLDER…] -- CMD…    run CMD in it with the named folders at their own paths; /tmp is empty and private
set -uo pipefail

mirror=${HDRNET_MIRROR:-http://deb.debian.org/debian}
hosts=${HDRNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/libhdrnet}/hosts
# one root of a suite for both hosts; sorted
packages=(
  darktable exiv2 gimp imagemagick libtiff-tools lua5.4 openbox python3 x11-apps x11-utils xauth xdotool xvfb
)

fail() {
  echo "tests/hosts/root.sh: $*" >&2
  exit 1
}

choose() {
  suite=${1:-}
  case $suite in
    trixie) packages+=(gir1.2-gimp-3.0 lua-check lua5.3 python3-gi python3-gi-cairo) ;;
    bookworm) packages+=(libgimp2.0) ;;
    trixie-backports) packages=(darktable lua5.4 imagemagick openbox x11-apps x11-utils xauth xdotool xvfb) ;;
    forky) packages=(gimp gir1.2-gimp-3.0 imagemagick openbox python3 python3-gi python3-gi-cairo x11-apps x11-utils xauth xdotool xvfb) ;;
    bare-trixie | bare-bookworm) packages=(ca-certificates passwd python3 python3-venv) ;;
    *) fail "name a suite: trixie, bookworm, trixie-backports, forky, bare-trixie or bare-bookworm." ;;
  esac
  root=$hosts/$suite
  stamp=$root/.built-from
  wanted="$suite ${packages[*]}"
}

is_built() { [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; }

build() {
  is_built && return
  [ "$(uname -s)" = Linux ] || fail "the hosts' root is a Debian: it can only be built on Linux."
  [ "$(id -u)" = 0 ] || fail "the hosts' root is built and entered by the superuser only."
  mkdir -p "$hosts" || exit
  exec 9>"$hosts/$suite.lock" && flock 9
  is_built && return
  command -v mmdebstrap >/dev/null || {
    apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
  } || fail "mmdebstrap is missing and could not be installed (no network?)."
  rm -rf --one-file-system "$root"
  local signed=/usr/share/keyrings/debian-archive-keyring.gpg name=${suite#bare-}
  local release=${name%-backports} sources=()
  for part in $(printf '%s\n' "$release" "$name" | uniq); do
    sources+=("deb [signed-by=$signed] $mirror $part main")
  done
  # between two releases the list of testing is signed for a week at a time, and a mirror may lag behind
  TMPDIR=$hosts mmdebstrap --quiet --variant=apt --mode=root --aptopt='APT::Install-Recommends "0"' \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt="APT::Default-Release \"$name\"" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --include="${packages[*]}" \
    "$release" "$root" "${sources[@]}" ||
    fail "mmdebstrap could not build the root of $mirror."
  printf '%s\n' "$wanted" >"$stamp" # last: without it, what is there may be half a root
}

# Run "$@" after the folders before "--", in the root, with mounts that vanish with the process.
run() {
  is_built || fail "the root is not built; run tests/hosts/root.sh build $suite."
  exec unshare --mount --pid --fork --kill-child --propagation private bash -c '
    root=$1; shift
    mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/tmp" || exit 125
    while [ "$1" != -- ]; do
      mkdir -p "$root$1" && mount --rbind "$1" "$root$1" || exit 125
      shift
    done
    shift
    chroot "$root" "$@" # no exec: as process 1 it would miss signals (xvfb-run waits for one for ever)
    exit $?' bash "$root" "$@"
}

case ${1:-} in
  build) choose "${2:-}" && build ;;
  path) choose "${2:-}" && is_built && printf '%s\n' "$root" ;;
  run) choose "${2:-}" && shift 2 && run "$@" ;;
  *) fail "say build SUITE, path SUITE, or run SUITE [FOLDER…] -- CMD…" ;;
esac
