"""The plug-ins in German and GIMP's Help, before the eyes of a person; screenshots lie in pytest's temporary folder."""

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
time.sleep(5)
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
