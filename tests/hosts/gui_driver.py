"""Runs inside a root with the hosts: gui_driver.py FOLDER COMMAND… starts an X server, a window manager and the
command, then the steps in FOLDER/steps.py; what they tell is left in FOLDER/told.json, screenshots beside it.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import traceback

FOLDER, COMMAND = sys.argv[1], sys.argv[2:]
SECONDS = 100
told = {}


def run(*words):
    return subprocess.run([*map(str, words)], capture_output=True, timeout=30).stdout


def wait_for(condition, what):
    until = time.monotonic() + SECONDS
    while not (value := condition()):
        if time.monotonic() > until:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.2)
    return value


def window(title):
    """Wait for a window and let it draw; gives its number."""
    found = wait_for(lambda: run("xdotool", "search", "--onlyvisible", "--name", title), title).split()[-1].decode()
    time.sleep(1)
    return found


def key(*keys):
    for one in keys:
        run("xdotool", "key", "--clearmodifiers", one)
        time.sleep(0.3)


def accept(title):
    """Press Return in a dialog until it is gone: a key that comes before it has the focus is lost."""
    number = window(title)

    def answered():
        run("xdotool", "windowactivate", "--sync", number)
        key("Return")
        until = time.monotonic() + 2
        while shown := run("xdotool", "search", "--onlyvisible", "--name", title):
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        return not shown

    wait_for(answered, f"the end of {title}")


def point(x, y):
    """Move the pointer there and let the brush's outline, which follows it on the picture, vanish."""
    run("xdotool", "mousemove", x, y)
    time.sleep(1)


def menu(letter, from_below):
    """Choose from Filters, HDR Merge, which lies so far above the end of the menu."""
    key("alt+r")
    time.sleep(0.3)
    key(*["Up"] * from_below, "Right")
    shot(f"menu-{letter}")
    key(letter)


def seen(crop):
    """What is shown in a part of the screen, as bytes."""
    return run("import", "-window", "root", "-crop", crop, "-depth", "8", "rgb:-")


def still(crop):
    """The same, once it has held still for a second and a half."""
    last = [b"", b"1", b"2"]
    while len(set(last)) > 1:
        time.sleep(0.5)
        last = [*last[1:], seen(crop)]
    return last[0]


def same(one, other):
    """Whether two parts of the screen show the same; GIMP 2.10 rounds a reduced picture differently when drawn anew."""
    return one == other or len(one) == len(other) and all(abs(a - b) <= 1 for a, b in zip(one, other, strict=True))


def shot(name):
    run("import", "-window", "root", f"{FOLDER}/{name}.png")


def managed(process):
    """Wait for the window manager to take over the screen; false if it ended instead."""
    while process.poll() is None:
        if b"window id" in run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"):
            return True
        time.sleep(0.2)
    return False


def main():
    with contextlib.ExitStack() as started:

        def start(words, **options):
            process = subprocess.Popen(words, **options)
            started.callback(process.wait, 10)
            started.callback(process.kill)  # told to end, GIMP salvages images and asks about them the next time
            return process

        # a number that is free on the whole machine: the root shares its network, and X listens there, too
        told_number, number = os.pipe()
        screen = ["-screen", "0", "1400x900x24", "-nolisten", "tcp"]
        start(["Xvfb", "-displayfd", str(number), *screen], stderr=subprocess.DEVNULL, pass_fds=[number])
        os.environ["DISPLAY"] = f":{os.read(told_number, 16).decode().strip()}"
        # at times it ends at once: without it no window gets the keys
        wait_for(lambda: managed(start(["openbox"], stderr=subprocess.DEVNULL)), "the window manager")
        with open(f"{FOLDER}/host.log", "w") as log:
            start(COMMAND, stdout=log, stderr=log)
        run("xdotool", "mousemove", 1399, 899)
        try:
            with open(f"{FOLDER}/steps.py") as file:
                exec(compile(file.read(), "steps.py", "exec"), globals())
            told["ended"] = True
        except BaseException:
            told["traceback"] = traceback.format_exc()
            shot("failure")
        with open(f"{FOLDER}/told.json", "w") as file:
            json.dump(told, file)


main()
