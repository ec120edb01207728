"""The plug-in before the eyes of a person, under Xvfb; screenshots lie in pytest's temporary folder."""

import shutil

import pytest
from commands import write_bracket
from gimp_hosts import InMidJob
from rendering import write_bracket as write_demo

LAYOUT = {
    "gimp3": "PLACE, CROP, BUTTON = 1, '400x300+250+170', (1036, 814)\n",
    "gimp32": "PLACE, CROP, BUTTON = 1, '400x300+250+170', (1036, 814)\n",
    "gimp2": "PLACE, CROP, BUTTON = 3, '400x250+430+350', (1155, 875)\n",
}
"""Where HDR Merge is in the menu, a part of the picture, and Cancel in the status bar beside a picture of 1400x1000."""
STEPS = r"""
window(r"\[c\] .imported")
point(*BUTTON)
opened = still(CROP)
menu("d", PLACE)
window("^Deblur Defocus")
shot("deblur-dialog")
accept("^Deblur Defocus")
point(*BUTTON)
deblurred = wait_for(lambda: not same(now := still(CROP), opened) and now, "the deblurred picture")
shot("deblurred")
key("ctrl+z")
wait_for(lambda: same(still(CROP), opened), "the picture as it was, after one undo")
shot("undone")
menu("m", PLACE)
window("^Merge Exposures")
shot("merge-dialog")
accept("^Merge Exposures")
window("hdr.*32-bit linear floating point.*2 layers")
shot("merged")
told["merged"] = not any(same(still(CROP), other) for other in (opened, deblurred))
"""
CANCEL = """
window("imported")
point(*BUTTON)
opened = still(CROP)
menu("d", PLACE)
accept("^Deblur Defocus")
wait_for(lambda: os.path.exists(f"{FOLDER}/at-work"), "the server's job")
shot("working")
run("xdotool", "mousemove", *BUTTON, "click", 1)
wait_for(lambda: os.path.exists(f"{FOLDER}/stopped"), "the end of the server's job")
shot("cancelled")
told["unchanged"] = wait_for(lambda: same(still(CROP), opened), "the picture as it was")
"""


TYPED = r"""
window(r"\[c\] .imported")
menu("m", 1)
window("^Merge Exposures")
key("alt+x", "ctrl+a")
run("xdotool", "type", "--", "-2, 0, +2")
shot("typed")
accept("^Merge Exposures")
window("hdr.*32-bit linear floating point.*2 layers")
"""
OTHERS = r"""
window(r"\[other-b\] .imported")
menu("m", 1)
window("^Merge Exposures")
shot("others")
accept("^Merge Exposures")
window("hdr.*32-bit linear floating point.*2 layers")
told["merged"] = True
"""


def test_exposures_that_were_typed_stay_with_their_bracket(gimp3):
    assert gimp3.show(TYPED, *write_bracket(gimp3.folder, size=(200, 300)))["ended"]
    kept = [path for path in (gimp3.folder / "settings").rglob("*") if path.is_file() and "hdrnet" in path.name]
    assert any("-2, 0, +2" in path.read_text(errors="replace") for path in kept), kept
    others = [
        path.rename(path.with_name(f"other-{path.name}")) for path in write_bracket(gimp3.folder, size=(200, 300))
    ]
    assert gimp3.show(OTHERS, *others[:2])["merged"]


@pytest.mark.parametrize("host", ["gimp3", "gimp32", "gimp2"])
def test_menu_dialog_merge_deblur_and_undo(host, request):
    gimp = request.getfixturevalue(host)
    paths = write_bracket(gimp.folder, size=(400, 600))
    assert gimp.show(LAYOUT[host] + STEPS, *paths)["merged"]


@pytest.mark.parametrize("host", ["gimp3", "gimp2"])
def test_the_cancel_button_stops_the_server_s_job_and_leaves_the_picture(host, request):
    gimp = request.getfixturevalue(host)
    (path, *_) = write_bracket(gimp.folder, size=(1000, 1400))
    begun, ended = gimp.folder / "at-work", gimp.folder / "stopped"
    act = InMidJob(gimp.place, begun.touch, ended.touch, stage="estimating the defocus")
    assert gimp.show(LAYOUT[host] + CANCEL, path)["unchanged"]
    assert act.stopped()


PREVIEW = {
    "gimp3": "PLACE, PICTURE, BRIGHTER = 1, '560x330+220+90', ['ctrl+a', '2', 'Tab']\n",
    "gimp32": "PLACE, PICTURE, BRIGHTER = 1, '560x330+220+90', ['ctrl+a', '2', 'Tab']\n",
    "gimp2": "PLACE, PICTURE, BRIGHTER = 3, '560x330+160+150', ['Page_Down', 'Page_Down']\n",
}
"""Where HDR Merge is in the menu, a part of the preview, and what makes it brighter in that field."""
PREVIEWED = r"""
window(r"\[DEMO_03\] .imported")
menu("m", PLACE)
window("^Merge Exposures")
picture = PICTURE
empty = seen(picture)
wait_for(lambda: not same(still(picture), empty), "the preview")
time.sleep(4)  # then the network has made what no frame shows
first = still(picture)
shot("previewed")
key("alt+w")
marked = wait_for(lambda: not same(now := still(picture), first) and now, "what moved")
shot("marked")
told["blue"] = sum(after > before + 40 for before, after in zip(first[2::3], marked[2::3])) / (len(first) / 3)
key("alt+w")
wait_for(lambda: same(still(picture), first), "the picture without what moved")
key("alt+b", *BRIGHTER)
brighter = wait_for(lambda: not same(now := still(picture), first) and now, "the brighter preview")
shot("brighter")
told["brighter"] = sum(brighter) - sum(first)
accept("^Merge Exposures")
window("hdr.*32-bit linear floating point.*2 layers")
shot("merged-after-preview")
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo's bracket, small."""
    return write_demo(tmp_path_factory.mktemp("demo"), height=400, width=600)


@pytest.mark.parametrize("host", ["gimp3", "gimp32", "gimp2"])
def test_the_dialog_shows_the_merge_and_what_moved_and_follows_the_settings(host, trained, demo, request):
    gimp = request.getfixturevalue(host)
    paths = [shutil.copy(path, gimp.folder) for path in demo]
    told = gimp.show(PREVIEW[host] + PREVIEWED, *paths, place=trained)
    assert told["brighter"] > 0
    assert 0.005 < told["blue"] < 0.3  # the figure that walks by, and not the room
    log = (gimp.folder / "host.log").read_text(errors="replace")
    assert [line for line in log.splitlines() if "mnemonic" in line] == []


MAKE_LAYERS = """
image = load(f"{FOLDER}/DEMO_01.jpg")
for number in (2, 3):
    file = Gio.File.new_for_path(f"{FOLDER}/DEMO_0{number}.jpg")
    layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, file)
    image.insert_layer(layer, None, 0)
for layer, stops in zip(image.get_layers(), (2, 0, -2)):
    layer.set_name(f"{stops:+d} EV")
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(f"{FOLDER}/layers.xcf"), None)
"""
LAYERS_PREVIEWED = r"""
window(r"\[?layers\]?.*3 layers")
menu("m", 1)
window("^Merge Exposures")
picture = "560x360+210+50"
empty = seen(picture)
first = wait_for(lambda: not same(now := still(picture), empty) and now, "the preview")
shot("layers-previewed")
key("alt+x")
run("xdotool", "type", "--", "-2, 2")
key("Tab")
time.sleep(3)
shot("layers-told")
told["kept"] = same(still(picture), first)
key("alt+x", "ctrl+a", "BackSpace")
time.sleep(2)
accept("^Merge Exposures")
window("hdr.*32-bit linear floating point.*2 layers")
"""


def test_layers_are_previewed_and_what_is_wrong_is_said_below_the_picture(gimp3, trained):
    write_demo(gimp3.folder, height=850, width=1275)
    gimp3.play(MAKE_LAYERS)
    assert gimp3.show(LAYERS_PREVIEWED, gimp3.folder / "layers.xcf", place=trained)["kept"]


GREYED = r"""
window(r"\[?layers\]?.*3 layers")
menu("m", 1)
window("^Merge Exposures")
def chooser():
    run("xdotool", "mousemove", 831, 231, "click", 1)  # adds files to the list
    time.sleep(3)
    return bool(run("xdotool", "search", "--onlyvisible", "--name", "^Files$"))
told["layers"] = chooser()
shot("layers")
key("alt+p", "Up")
told["files"] = chooser()
shot("files")
"""


@pytest.mark.parametrize("host", ["gimp3", "gimp32"])
def test_files_are_not_asked_for_while_layers_are_merged(host, demo, request):
    gimp = request.getfixturevalue(host)
    for path in demo:
        shutil.copy(path, gimp.folder)
    gimp.play(MAKE_LAYERS)
    told = gimp.show(GREYED, gimp.folder / "layers.xcf")
    assert (told["layers"], told["files"]) == (False, True)
