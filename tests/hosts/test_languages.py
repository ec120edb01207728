"""The plug-ins in German and GIMP's Help, before the eyes of a person; screenshots lie in pytest's temporary folder."""

import cv2
import numpy as np
import pytest
from commands import write_bracket
from host_root import german

BROWSER = """[Desktop Entry]
Type=Application
Name=Browser
Exec=sh -c 'echo "$1" >>"$HOME/opened"' sh %u
"""
SHOWN = r"""
window(r"\[c\] .imported")
menu("z", PLACE)
window("^Belichtungsreihe zusammenführen")
key("alt+h")
told["opened"] = wait_for(lambda: os.path.exists(f"{FOLDER}/opened") and open(f"{FOLDER}/opened").read(), "the help")
time.sleep(2)
shot("merge")
key("alt+w")
shot("marks")
accept("^Belichtungsreihe zusammenführen")
window("hdr.*2 layers")
shot("merged")
menu("u", PLACE)
window("^Unschärfe mindern")
shot("deblur")
"""


CALLS = {
    "gimp3": 'for files in {sets}: call("hdrnet-merge", files=files)',
    "gimp2": """
settings = "", 0, "auto", "auto", 0.5, True, True, "natural", 0.0, 0.5, 1.0, False, "auto"
for files in {sets}: call("hdrnet-merge", None, None, "files", files, *settings)
""",
}


@pytest.mark.parametrize(("host", "at"), [("gimp3", 1), ("gimp2", 3)])
def test_gimp_speaks_german_and_its_help_opens_the_plugin_s_page(host, at, request):
    gimp = request.getfixturevalue(host)
    gimp.play("")  # it has kept the English words
    applications = gimp.folder / ".local/share/applications"
    applications.mkdir(parents=True)
    (applications / "browser.desktop").write_text(BROWSER)
    (applications / "mimeapps.list").write_text("[Default Applications]\ntext/html=browser.desktop\n")
    with (gimp.folder / "settings/gimprc").open("a") as file:
        file.write("(help-browser web-browser)\n")
    paths = write_bracket(gimp.folder, size=(400, 600))
    told = gimp.show(f"PLACE = {at}\n" + SHOWN, *paths, **german(gimp.folder))
    page = gimp.folder / "plug-ins/hdrnet/help/de/index.html"
    assert page.exists()
    assert told["opened"] == f"{page.as_uri()}#merge\n"


@pytest.mark.parametrize("host", ["gimp3", "gimp2"])
def test_what_is_wrong_with_a_bracket_is_said_in_german(host, request):
    gimp = request.getfixturevalue(host)
    folder = gimp.folder / "spoilt"
    folder.mkdir()
    paths = [str(path) for path in write_bracket(folder)]
    (folder / "cut.jpg").write_bytes((folder / "b.jpg").read_bytes()[:500])
    cv2.imwrite(str(folder / "small.jpg"), np.zeros((30, 40, 3), np.uint8))
    for name, light in (("black", 0), ("white", 255)):
        cv2.imwrite(str(folder / f"{name}.png"), np.full((24, 32, 3), light, np.uint8))
    sets = [[paths[0], f"{folder}/{name}"] for name in ("cut.jpg", "missing.jpg", "small.jpg")]
    sets.append([f"{folder}/black.png", f"{folder}/white.png"])
    told = gimp.play(CALLS[host].format(sets=sets), **german(gimp.folder))
    assert len(told["errors"]) == len(sets)
    for part, error in zip(("ist beschädigt oder unvollständig (", "missing.jpg“ gibt es nicht: Namen prüfen.",
                            f"{folder}/small.jpg hat 40x30 Pixel und {paths[0]} hat 32x24",
                            "Keine Aufnahme nennt ihre Belichtung"), told["errors"], strict=True):  # fmt: skip
        assert part in error
