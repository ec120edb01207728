"""The plug-in in darktable's window: what a person clicks, and what then comes; with screenshots."""

import json
import sys

import pytest
from commands import write_bracket
from darktable_host import CROP, Darktable, contents, cropped
from darktable_window import CANCEL, GROUPING, MERGE_BUTTON, MERGE_KEY, REVIEW_BUTTON, STORAGE, Window
from host_root import REPOSITORY, german, install, missing
from residents import wait_until
from reviews import Page, until

from libhdrnet.io import read_record

LONG = 180
"""Seconds for torch in a root."""
STYLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<darktable_style version="1.0"><info><name>my look</name><description></description></info><style><plugin>
<num>0</num><module>1</module><operation>crop</operation><op_params>{CROP}</op_params><enabled>1</enabled>
<blendop_params></blendop_params><blendop_version>1</blendop_version><multi_priority>0</multi_priority>
<multi_name></multi_name></plugin></style></darktable_style>
"""


@pytest.fixture(scope="module", params=["trixie", "bookworm", "trixie-backports"])
def configuration(request, tmp_path_factory):
    """A folder of settings of darktable 5.0, 4.2 and 5.4; the first start fills it, which takes seconds."""
    if missing(request.param):
        pytest.skip(missing(request.param))
    return tmp_path_factory.mktemp(request.param)


@pytest.fixture
def host(request, tmp_path, configuration):
    return Darktable(tmp_path, request.getfixturevalue("place"), configuration.name.rstrip("0123456789"))


def test_button_shortcut_and_storage_merge_what_is_selected_and_the_result_leads_its_group(host, configuration):
    frames = [path.name for path in write_bracket(host.pictures, size=(600, 800))]
    before = contents(host.pictures)
    with Window(host, configuration, *STORAGE, model="classical") as window:
        results = []
        for name, ask in (
            ("a_hdr.exr", lambda: window.click(MERGE_BUTTON[host.suite])),
            ("a_hdr_01.exr", lambda: window.press(MERGE_KEY)),
            ("a_hdr_02.exr", lambda: window.press("ctrl+e")),
        ):
            window.select_all(3 + len(results))
            ask()
            results.append(name)
            expected = sorted([picture, name] for picture in [*frames, *results])
            wait_until(lambda expected=expected: sorted(window.state("image")) == expected)
            wait_until(lambda expected=expected: window.shown() == [row[0] for row in expected])
            wait_until(lambda: not any(host.temporary.iterdir()))
            wait_until(lambda: window.state("selected") == [["1"]])
            window.shot(name)
        window.click(GROUPING[host.suite])
        wait_until(lambda: window.shown() == ["a_hdr_02.exr"])
        window.shot("folded")
    now = contents(host.pictures)
    assert {name: data for name, data in now.items() if name in before} == before
    assert sorted(now) == sorted([*frames, *results])


def test_the_merged_picture_has_a_tone_mapper_and_on_request_its_frame_s_crop(host, configuration):
    frames = write_bracket(host.pictures, size=(600, 800))
    cropped(frames[1])
    with Window(
        host, configuration, "--conf", "write_sidecar_files=on import", model="classical", shape="yes"
    ) as window:
        window.select_all(3)
        window.click(MERGE_BUTTON[host.suite])
        wait_until(lambda: len(window.state("image")) == 4)
        sidecar = host.pictures / "a_hdr.exr.xmp"
        steps = wait_until(lambda: sidecar.exists() and (text := sidecar.read_text()).endswith("xmpmeta>\n") and text)
        window.shot("cropped")
    assert 'operation="sigmoid"' in steps and 'operation="crop"' in steps and CROP[:32] in steps


def test_a_style_of_the_user_s_is_applied_instead_of_the_tone_mapper(host, configuration):
    write_bracket(host.pictures, size=(600, 800))
    (host.folder / "my look.dtstyle").write_text(STYLE)
    window = Window(host, configuration, "--conf", "write_sidecar_files=on import", model="classical", style="my look")
    with (configuration / "luarc").open("a") as luarc:
        luarc.write(f'require("darktable").styles.import("{host.folder}/my look.dtstyle")\n')
    with window:
        window.select_all(3)
        window.click(MERGE_BUTTON[host.suite])
        sidecar = host.pictures / "a_hdr.exr.xmp"
        steps = wait_until(lambda: sidecar.exists() and (text := sidecar.read_text()).count('"crop"') and text, LONG)
        window.shot("styled")
    assert CROP[:32] in steps and "sigmoid" not in steps


def test_a_bracket_is_reviewed_in_the_browser_and_what_was_merged_there_is_imported(host, configuration):
    if sys.base_prefix == "/usr":
        pytest.skip("needs a Python outside of /usr, which can be lent to a root")
    frames = [path.name for path in write_bracket(host.pictures, size=(240, 320))]
    opened, browser = host.folder / "opened", host.folder / "browser"
    browser.write_text(f"""#!/bin/sh\nprintf '%s' "$1" >'{opened}.part' && mv '{opened}.part' '{opened}'\n""")
    browser.chmod(0o700)
    words = f'PYTHONPATH="{REPOSITORY}" BROWSER="{browser} %s" exec "{sys.executable}" -m libhdrnet.cli "$@"'
    host.command = host.script("review", words)
    host.folders = [sys.prefix, sys.base_prefix]  # the real one needs what the root has not: numpy and torch
    with Window(host, configuration) as window:
        window.select_all(3)
        window.click(REVIEW_BUTTON[host.suite])
        wait_until(opened.exists, LONG)
        window.shot("reviewing")
        page = Page(opened.read_text())
        facts, events = page.opened()
        assert [frame["name"] for frame in facts["frames"]] == frames
        labels = bytes([2]) * (facts["width"] * facts["height"])
        assert page.ask("POST", "merge", labels, settings=json.dumps(facts["settings"]))[0] == 200
        assert not until(events, "merged")["failed"]
        assert page.ask("POST", "leave", '{"for_good": true}')[0] == 200
        expected = sorted([name, "a_hdr.exr"] for name in [*frames, "a_hdr.exr"])
        wait_until(lambda: sorted(window.state("image")) == expected, LONG)
        wait_until(lambda: not any(host.temporary.iterdir()))
        window.shot("reviewed")
    assert set(read_record(host.pictures / "a_hdr.exr")["chosen"]) == {"2"}


def test_cancel_in_the_progress_bar_stops_the_server_s_job(host, configuration):
    write_bracket(host.pictures, size=(1600, 2400))  # to be merged for longer than a screenshot takes
    before = contents(host.pictures)
    with Window(host, configuration, model="psfnet") as window:
        window.select_all(3)
        window.click(MERGE_BUTTON[host.suite])
        wait_until(lambda: "merging with the network" in window.stages())
        window.shot("merging")
        window.click(CANCEL[host.suite])
        wait_until(lambda: not window.stages() and not any(host.temporary.iterdir()))
        window.shot("cancelled")
        assert len(window.state("image")) == 3
    assert contents(host.pictures) == before


def test_the_module_speaks_german_and_its_words_leave_every_control_in_its_place(host, configuration):
    write_bracket(host.pictures, size=(600, 800))
    install("darktable", host.folder / "lua")
    host.environment.update(german(host.folder))
    with Window(host, configuration, plugin=host.folder / "lua/hdrnet.lua", model="classical") as window:
        window.select_all(3)
        window.shot("german")
        window.click(MERGE_BUTTON[host.suite])
        wait_until(lambda: len(window.state("image")) == 4)
        wait_until(lambda: not any(host.temporary.iterdir()))
        window.shot("german-merged")
    assert "a_hdr.exr" in contents(host.pictures)
