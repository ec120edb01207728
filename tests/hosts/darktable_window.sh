#!/bin/sh
# Runs inside a root: darktable_window.sh FOLDER WORD… starts an X server of 1400 × 900 (its number goes to
# FOLDER/display), a window manager and darktable with the given words; ends all of them when darktable ends.
folder=$1
shift
Xvfb -displayfd 3 -screen 0 1400x900x24 -nolisten tcp 3>"$folder/display.part" 2>/dev/null &
server=$!
until [ -s "$folder/display.part" ]; do
  kill -0 "$server" || exit 1
  sleep 0.1
done
mv "$folder/display.part" "$folder/display"
DISPLAY=:$(cat "$folder/display")
export DISPLAY
openbox 2>/dev/null &
manager=$!
darktable "$@" >"$folder/darktable.log" 2>&1
kill "$manager" "$server"
