"""The plug-in before the eyes of a person, in GIMP 3 under Xvfb; screenshots lie in pytest's temporary folder."""

from commands import write_bracket
from gimp_hosts import InMidJob

STEPS = """
window("imported")
opened = canvas()
menu("d")
window("^Deblur Defocus")
shot("deblur-dialog")
key("Return")
gone("^Deblur Defocus")
deblurred = wait_for(lambda: (now := canvas()) != opened and now, "the deblurred picture")
shot("deblurred")
key("ctrl+z")
wait_for(lambda: canvas() == opened, "the picture as it was, after one undo")
shot("undone")
menu("m")
window("^Merge Exposures")
shot("merge-dialog")
key("Return")
window("Untitled.*32-bit linear floating point.*2 layers")
shot("merged")
told["merged"] = canvas() not in (opened, deblurred)
"""
CANCEL = """
window("imported")
opened = canvas()
menu("d")
window("^Deblur Defocus")
key("Return")
wait_for(lambda: os.path.exists(f"{FOLDER}/at-work"), "the server's job")
shot("working")
run("xdotool", "mousemove", 923, 750, "click", 1)  # Cancel in the status bar
wait_for(lambda: os.path.exists(f"{FOLDER}/stopped"), "the end of the server's job")
shot("cancelled")
told["unchanged"] = canvas() == opened
"""


def test_menu_dialog_merge_deblur_and_undo(gimp3):
    paths = write_bracket(gimp3.folder, size=(400, 600))
    assert gimp3.show(STEPS, *paths)["merged"]


def test_the_cancel_button_stops_the_server_s_job_and_leaves_the_picture(gimp3):
    (path, *_) = write_bracket(gimp3.folder, size=(1200, 1600))
    begun, ended = gimp3.folder / "at-work", gimp3.folder / "stopped"
    act = InMidJob(gimp3.place, begun.touch, ended.touch, stage="estimating the defocus")
    assert gimp3.show(CANCEL, path)["unchanged"]
    assert act.stopped()
