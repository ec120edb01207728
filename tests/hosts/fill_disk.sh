#!/usr/bin/env bash
# Run in a bare Debian with a small disk as the data folder: install the old version, then the new one, and fill the
# disk as soon as it says that it installs. Arguments: the trees of both.
set -uo pipefail
data=$HOME/.local/share

"$1/installers/install.sh" --wheels "$1/wheels" --no-demo || exit
"$2/installers/install.sh" --wheels "$2/wheels" --no-demo 2>&1 | while IFS= read -r line; do
  printf '%s\n' "$line"
  case $line in "Making an environment"*) head -c 1G /dev/zero >"$data/filler" 2>/dev/null ;; esac
done
rm "$data/filler"
"$HOME/.local/bin/hdrnet" --version
printf '%s version\n' "$(ls "$data/libhdrnet/versions" | wc -l)"
