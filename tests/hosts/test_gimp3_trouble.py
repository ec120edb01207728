"""The plug-in in a real GIMP 3 when things go wrong: each is told in a sentence, and the image is as it was."""

import os
import signal

import numpy as np
import pytest
from commands import exposures, write_bracket
from gimp_hosts import InMidJob, plug_in_process

SIZE = (1200, 1600)
SCENARIO = f"""
image = new_image({SIZE[1]}, {SIZE[0]})
for name in "abc":
    layer = add_layer(image, name, ({SIZE[1]}, {SIZE[0]}))
image.clean_all()
call("hdrnet-merge", image=image, source="layers", exposures="-2,0,2", model="psfnet", align=False)
told["images"] = len(Gimp.get_images())
if {{deblur}}:
    call("hdrnet-deblur", image=image, drawables=[layer])
told["dirty"] = image.is_dirty()
dump(layer, "after")
"""


@pytest.fixture
def frames(gimp3):
    frames = dict(zip("abc", exposures(size=SIZE), strict=True))
    gimp3.give(**frames)
    return frames


def test_without_a_server_the_way_to_install_it_is_told(gimp3, frames, own_home):
    told = gimp3.play(SCENARIO.format(deblur=True), place=own_home, HDRNET_ENVIRONMENT="/nowhere/environment.json")
    assert len(told["errors"]) == 2
    for error in told["errors"]:
        assert "libhdrnet is not installed for this user" in error and "./installers/install.sh" in error
    assert told["images"] == 1 and not told["dirty"]
    assert np.array_equal(gimp3.take("after", *SIZE, 3), frames["c"])


def test_a_server_killed_in_mid_job_is_told(gimp3, frames, own_home):
    server = own_home.serve()
    InMidJob(own_home, lambda: (server.kill(), server.wait()))
    told = gimp3.play(SCENARIO.format(deblur=True), place=own_home)
    assert len(told["errors"]) == 2 and all("the server does not start" in error for error in told["errors"])
    assert told["images"] == 1 and not told["dirty"]
    assert np.array_equal(gimp3.take("after", *SIZE, 3), frames["c"])


def test_cancel_which_ends_the_plug_in_stops_the_server_s_job(gimp3, frames):
    act = InMidJob(gimp3.place, lambda: os.kill(plug_in_process(gimp3), signal.SIGKILL))
    told = gimp3.play(SCENARIO.format(deblur=False))
    assert act.stopped()
    assert told["images"] == 1 and not told["dirty"]
    assert np.array_equal(gimp3.take("after", *SIZE, 3), frames["c"])


def test_files_and_exposures_that_cannot_be_used_are_named(gimp3):
    folder = gimp3.folder / "damaged"
    folder.mkdir()
    paths = [str(path) for path in write_bracket(folder)]
    (folder / "cut.jpg").write_bytes((folder / "b.jpg").read_bytes()[:500])
    told = gimp3.play(f"""
paths = {paths}
for values in (
    {{"files": [paths[0], "{folder}/cut.jpg"]}},
    {{"files": [paths[0], "{folder}/missing.jpg"]}},
    {{"files": paths[:1]}},
    {{"files": paths, "exposures": "-2, 0"}},
    {{"files": paths, "exposures": "dark, middle, bright"}},
    {{"files": paths, "reference": 5}},
    {{"source": "layers"}},
):
    call("hdrnet-merge", **values)
told["images"] = len(Gimp.get_images())
""")
    said = ["cut.jpg", "missing.jpg", "choose two or more files", "2 exposures are given for 3 pictures",
            "“dark, middle, bright” is no list", "reference 5 is not one of the 3", "there is no image"]  # fmt: skip
    assert len(told["errors"]) == len(said)
    for part, error in zip(said, told["errors"], strict=True):
        assert part in error
    assert told["images"] == 0
