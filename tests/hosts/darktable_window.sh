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
# at times it ends at once: without it no window gets the keys
until xprop -root _NET_SUPPORTING_WM_CHECK 2>/dev/null | grep -q 'window id'; do
  sleep 0.2
  kill -0 "$manager" 2>/dev/null && continue
  kill -0 "$server" || exit 1
  openbox 2>/dev/null &
  manager=$!
done
# darktable's own luarc asks GTK for something: before the main loop runs, both wait for each other, for ever
data="$folder/darktable-data"
if [ ! -e "$data" ]; then
  cp -rs /usr/share/darktable "$data"
  rm "$data/luarc"
  { echo 'require("darktable").control.sleep(2000)'; cat /usr/share/darktable/luarc; } >"$data/luarc"
fi
darktable --datadir "$data" "$@" >"$folder/darktable.log" 2>&1
kill "$manager" "$server"
