"""The plug-in in a real darktable: merges, maps and exports, and what is left when things go wrong."""

import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pyexiv2
import pytest
import tifffile
from commands import COMMAND, ENVIRONMENT, exposures, radiance, write_bracket, write_frame, write_odd_bracket
from darktable_host import NAMES, TIMEOUT, Darktable, contents, cropped
from host_root import REPOSITORY, german, install, missing
from residents import wait_until
from synthetic import dng, tag

from libhdrnet.io.likeness import likeness_of
from libhdrnet.io.passengers import GAIN_MAP, passengers
from libhdrnet.io.read import read_photo

BOTH = pytest.mark.parametrize("darktable", ["trixie", "bookworm"], indirect=True)
"""darktable 5.0 and 4.2."""
SIZE = (96, 144)


@pytest.fixture
def darktable(request, tmp_path):
    """A fresh darktable (5.0, or that of the test's suite); nothing may be left in its temporary folder."""
    suite = getattr(request, "param", "trixie")
    if missing(suite):
        pytest.skip(missing(suite))
    place = request.getfixturevalue("place")
    host = Darktable(tmp_path, place, suite)
    before = place.leftovers()
    yield host
    assert list(host.temporary.iterdir()) == []
    assert wait_until(lambda: place.leftovers() == before)


def pixels_of(path):
    return read_photo(path).pixels


def profile_of(path):
    """The ICC profile without the moment at which darktable made it."""
    with pyexiv2.Image(str(path)) as image:
        profile = image.read_icc()
    return profile[:24] + profile[36:]


def record_of(path):
    with pyexiv2.Image(str(path)) as image:
        text = image.read_xmp().get("Xmp.hdrnet.record")
    return json.loads(text) if text else None


def without_moment(data):
    """A sidecar file without the moment of its import."""
    return re.sub(rb'import_timestamp="\d+"', b"", data)


def hdrnet(place, *words):
    """Run the command here, with the same server."""
    subprocess.run(
        [*COMMAND, *map(str, words), "--resident"], check=True, timeout=TIMEOUT, capture_output=True,
        env={**ENVIRONMENT, **os.environ, **place.environment},
    )  # fmt: skip


IMPORT = """
local images = {}
for _, name in ipairs({%s}) do images[#images + 1] = dt.database.import(folder .. "/" .. name) end
local function never() return false end
local function merge(should_stop, report)
  local summary, merged = plugin.merge(images, report or function() end, should_stop or never)
  for _, line in ipairs(summary) do tell("summary", line) end
  local outputs = {}
  for index, made in ipairs(merged) do outputs[index] = made.path .. "/" .. made.filename end
  return outputs
end
"""
FRAMES = "a.jpg – c.jpg"


def importing(names):
    return IMPORT % ", ".join(json.dumps(name, ensure_ascii=False) for name in names)


@BOTH
def test_several_brackets_are_merged_beside_their_originals(darktable):
    folder = darktable.pictures
    names = []
    for suffix, minute in ((".jpg", 1), (".tif", 2), (".dng", 3)):
        for index, path in enumerate(write_bracket(folder, suffix if suffix != ".dng" else ".tif", size=SIZE)):
            new = path.with_name(f"{NAMES} {suffix[1:]}-{index}{suffix}")
            path.rename(new)
            if suffix == ".dng":
                linear = exposures(size=SIZE)[index]
                mosaic = np.empty(SIZE, np.float32)
                for row, column, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
                    mosaic[row::2, column::2] = linear[row::2, column::2, channel]
                dng(new, mosaic=np.round(512 + mosaic * (16383 - 512)).astype(np.uint16))
            tag(new, {"Exif.Photo.DateTimeOriginal": f"2024:05:06 07:0{minute}:0{index}",
                      "Exif.Photo.ExposureTime": ("1/60", "1/15", "1/4")[index]})  # fmt: skip
            names.append(new.name)
    bad = folder / names[4]
    bad.write_bytes(bad.read_bytes()[:3000])
    alone = write_frame(folder / "alone.jpg", exposures(size=SIZE)[1], "1/15")
    tag(alone, {"Exif.Photo.DateTimeOriginal": "2024:05:07 07:00:00"})
    names.append(alone.name)
    (folder / f"{NAMES} jpg-0_hdr.exr").write_bytes(b"somebody's")
    for name in names:
        shutil.copy(REPOSITORY / "plugins/darktable/hdrnet/neutral.xmp", folder / f"{name}.xmp")
    before = contents(folder)
    edited = (
        importing(names)
        + """
      dt.tags.attach(dt.tags.create("place|Köln"), images[2])
      images[1].title, images[2].rating, images[3].red = "Ein Titel", 4, true
      images[2]:group_with(images[10])
    """
    )
    darktable.play(edited + "images[3]:group_with(images[1])", plugin="")
    without = contents(folder)
    if darktable.suite == "bookworm":  # darktable 4.2 by itself writes the sidecar file of what it imports or groups
        assert all(without[f"{name}.xmp"] != before[f"{name}.xmp"] for name in names if name != bad.name)
    else:
        assert without == before

    told = darktable.play(edited + """
      local steps, last = 0, 0
      local function count(fraction)
        assert(fraction >= last)
        steps, last = steps + 1, fraction
      end
      for _, path in ipairs(merge(never, count)) do tell("output", path) end
      tell("steps", steps > 6, last)
      for _, image in ipairs(dt.database) do
        local tags = {}
        for _, tag in ipairs(dt.tags.get_tags(image)) do tags[#tags + 1] = tag.name end
        table.sort(tags)
        tell("image", image.filename, image.group_leader.filename, image.rating, image.title, image.red,
          image.exif_datetime_taken, table.concat(tags, ", "))
      end
    """)  # fmt: skip
    outputs = [Path(row[0]) for row in told["output"]]
    assert [path.name for path in outputs] == [f"{NAMES} jpg-0_hdr_01.exr", f"{NAMES} dng-0_hdr.exr"]
    assert all(path.parent == folder for path in outputs)
    summary = [row[0] for row in told["summary"]]
    assert len(summary) == 4
    assert summary[0].endswith("merged as " + outputs[0].name)
    assert summary[1] == "alone.jpg: belongs to no bracket, left out"
    assert "could not be exported" in summary[2] and bad.name in summary[2]
    assert told["steps"] == [["true", "1.0"]]
    now = contents(folder)
    assert {name: without_moment(now[name]) for name in before} == {
        name: without_moment(data) for name, data in without.items()
    }
    if darktable.suite == "trixie":
        assert {name: now[name] for name in before} == before

    images = {row[0]: row[1:] for row in told["image"]}
    for first, output in ((0, outputs[0]), (6, outputs[1])):
        assert {images[name][0] for name in [*names[first : first + 3], output.name]} == {output.name}
        assert "darktable|hdrnet|merged" in images[output.name][5]
        expected = radiance(*SIZE)
        merged = pixels_of(output)
        inner = (slice(8, -8), slice(8, -8))
        assert merged.shape == expected.shape
        assert merged.max() > 1.5
        assert np.median(np.abs(merged - expected)[inner] / expected[inner]) < 0.02
    assert images[outputs[0].name][1:5] == ["4", "Ein Titel", "true", "2024:05:06 07:01:00"]
    assert "place|Köln" in images[outputs[0].name][5]
    assert "place|Köln" not in images[outputs[1].name][5]
    assert images[alone.name][0] == outputs[0].name  # it was grouped with a frame before
    assert images[names[4]][0] == names[4]


@BOTH
@pytest.mark.parametrize("frames", ["linear exports", "original files"])
def test_a_merge_is_what_the_library_makes_of_the_same_files(darktable, frames, tmp_path):
    paths = write_bracket(darktable.pictures, size=SIZE)
    before = contents(darktable.pictures)
    results = tmp_path / "results 'ä'"
    results.mkdir()
    told = darktable.play(
        importing(path.name for path in paths) + 'for _, path in ipairs(merge()) do tell("output", path) end',
        frames=frames, format="TIFF, 32 bit", folder=results, keep="TRUE",
    )  # fmt: skip
    (kept,) = darktable.temporary.iterdir()
    assert told["summary"][1][0].endswith(str(kept))
    exported = sorted(kept.glob("*.tif"))
    if frames == "linear exports":
        for path, linear in zip(exported, exposures(size=SIZE), strict=True):
            found = tifffile.imread(path)
            assert found.dtype == np.float32
            np.testing.assert_allclose(np.median(found / np.maximum(linear, 1e-3)), 1, atol=0.01)
        inputs = exported
    else:
        assert exported == []
        inputs = paths
    ours = tmp_path / "ours.tif"
    hdrnet(darktable.place, "merge", *inputs, "-o", ours, "--model", "classical")
    output = results / "a_hdr.tif"
    assert told["output"] == [[str(output)]]
    np.testing.assert_allclose(pixels_of(output), pixels_of(ours), rtol=1e-5)
    assert {name: data for name, data in contents(darktable.pictures).items() if name in before} == before
    shutil.rmtree(kept)


@BOTH
@pytest.mark.parametrize(("name", "suffix"), [("DNG", ".dng"), ("JPEG with a gain map", ".jpg")])
def test_a_merge_may_be_a_dng_or_a_jpeg_with_a_gain_map(darktable, name, suffix):
    paths = write_bracket(darktable.pictures, size=SIZE)
    told = darktable.play(
        importing(path.name for path in paths)
        + 'for _, path in ipairs(merge()) do tell("output", path) end tell("count", #dt.database)',
        frames="original files", format=name,
    )  # fmt: skip
    output = darktable.pictures / f"a_hdr{suffix}"
    assert told["output"] == [[str(output)]] and told["count"] == [["4"]]
    assert passengers(output) == ([GAIN_MAP] if suffix == ".jpg" else [])
    if suffix == ".dng":  # darktable develops it, as it does any RAW file
        darktable.export(output, darktable.pictures / "developed.tif", hook=False)
        developed = read_photo(darktable.pictures / "developed.tif").pixels
        assert 0.02 < developed.mean() / 65535 < 0.98 and developed.std() > 1000


MERGE_AND_LOOK = """
local summary, made = plugin.merge(images, function() end, never)
tell("summary", table.concat(summary, "; "))
dt.styles.create(made[1], "look", "")
local mine = {}
for _, style in ipairs(dt.styles) do
  assert(not style.name:find("hdrnet"))
  if style.name == "look" then dt.styles.export(style, folder, true) end
  if style.name:find("look$") then mine[#mine + 1] = style end
end
for _, style in ipairs(mine) do dt.styles.delete(style) end -- the next darktable has this one's presets
"""
"""darktable tells how a picture is developed as a style (without its window in 5.0 only: 4.2 crashes, 5.4 hangs)."""


def steps_of(folder):
    """Steps of MERGE_AND_LOOK's style that are on, and their parameters."""
    path = folder / "look.dtstyle"
    plugins = re.findall(r"<plugin>(.*?)</plugin>", path.read_text(), re.DOTALL)
    path.unlink()
    fields = [dict(re.findall(r"<(\w+)>(.*?)</", plugin)) for plugin in plugins]
    return {field["operation"]: field["op_params"] for field in fields if field["enabled"] == "1"}


def test_a_merged_picture_opens_with_a_tone_mapper_and_without_the_frames_edits(darktable):
    paths = write_bracket(darktable.pictures, size=SIZE)
    cropped(paths[1])
    before = contents(darktable.pictures)
    told = darktable.play(importing(path.name for path in paths) + MERGE_AND_LOOK, frames="original files")
    assert told["summary"] == [[f"{FRAMES}: merged as a_hdr.exr; {FRAMES}: your edits of the frames are not in it"]]
    steps = steps_of(darktable.pictures)
    assert "sigmoid" in steps and "crop" not in steps
    now = contents(darktable.pictures)
    assert all(now[path.name] == before[path.name] for path in paths)


@pytest.mark.parametrize("darktable", ["trixie", "bookworm", "trixie-backports"], indirect=True)
def test_without_the_window_a_style_is_not_applied_and_that_is_said(darktable):
    paths = write_bracket(darktable.pictures, size=SIZE)
    told = darktable.play(importing(path.name for path in paths) + "merge()", frames="original files", style="my look")
    assert told["summary"] == [
        [f"{FRAMES}: merged as a_hdr.exr"], [f"{FRAMES}: the style 'my look' is applied in darktable's window alone"]
    ]  # fmt: skip


def test_reference_alignment_and_tone_are_handed_over(darktable):
    paths = write_bracket(darktable.pictures, size=SIZE)
    darktable.command = darktable.script("echo", """printf '%s\\n' "$*" >>"$(dirname "$0")/words"; exit 2""")
    darktable.play(importing(path.name for path in paths) + "merge()", frames="original files", reference="2",
                   align="no", tone="fusion", format="JPEG with a gain map", model="auto", deghost="0.7")  # fmt: skip
    words = (darktable.folder / "words").read_text()
    assert all(part in words for part in ("--reference 2 ", "--no-align ", "--tone fusion ", "--gain-map ",
                                          "--deghost 0.7 "))  # fmt: skip


def test_a_review_in_which_nothing_was_merged_says_so(darktable):
    paths = write_bracket(darktable.pictures, size=SIZE)
    darktable.command = darktable.script("closed", """echo '{"event": "done", "message": "at"}'""")
    told = darktable.play(
        importing(path.name for path in paths)
        + """
      tell("summary", plugin.review(images, function() end, never)[1])
    """,
        frames="original files",
    )
    assert told["summary"] == [["a.jpg – c.jpg: nothing was merged in the review"]]


@BOTH
def test_nothing_changes_when_hdrnet_is_missing_or_fails(darktable):
    paths = write_bracket(darktable.pictures, size=SIZE)
    failing = darktable.script("failing", """echo '{"event": "error", "message": "the disk is full"}'; exit 2""")
    before = contents(darktable.pictures)
    report = """
      merge()
      for _, line in ipairs((plugin.defocus({ images[1] }, function() end, never))) do tell("summary", line) end
      tell("count", #dt.database)
      for _, image in ipairs(images) do tell("leader", image.group_leader.filename) end
    """
    scenario = importing(path.name for path in paths) + report
    for command, reason in (("/nowhere/hdrnet", "'/nowhere/hdrnet' was not found"), (failing, "the disk is full")):
        told = darktable.play(scenario, command=command, frames="original files")
        assert len(told["summary"]) == 2
        assert all(reason in row[0] for row in told["summary"])
        assert told["count"] == [["3"]]
        assert told["leader"] == [[path.name] for path in paths]
    told = darktable.play(scenario, darktable_cli="/nowhere/darktable-cli", command=failing)
    assert "'/nowhere/darktable-cli' was not found" in told["summary"][0][0]
    now = contents(darktable.pictures)
    assert {name: now[name] for name in before} == before
    assert all(name in before or name.endswith(".xmp") for name in now)


@contextmanager
def small_disk(folder, kilobytes):
    """A disk of so many kilobytes at `folder`."""
    folder.mkdir(exist_ok=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "hdrnet-test", folder], check=True, timeout=TIMEOUT
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True, timeout=TIMEOUT)


@pytest.mark.parametrize("full", ["temporary", "results"])
def test_a_full_disk_stops_a_merge_with_one_sentence(darktable, full):
    paths = write_bracket(darktable.pictures, size=(240, 320))
    before = contents(darktable.pictures)
    with small_disk(darktable.folder / full, 200) as folder:
        told = darktable.play(
            importing(path.name for path in paths) + 'merge(); tell("count", #dt.database)',
            format="TIFF, 32 bit", folder=darktable.folder / "results" if full == "results" else "",
            frames="linear exports" if full == "temporary" else "original files",
        )  # fmt: skip
        assert list(folder.iterdir()) == []
    assert told["count"] == [["3"]]
    ((sentence,),) = told["summary"]
    assert "free some space" in sentence
    now = contents(darktable.pictures)
    assert {name: now[name] for name in before} == before
    assert now.keys() - before.keys() <= {f"{name}.xmp" for name in before}


def test_a_full_disk_leaves_darktable_s_own_export(darktable):
    source = write_frame(darktable.pictures / "a.jpg", exposures(size=SIZE)[1], "1/15")
    plain = darktable.folder / "plain.tif"
    darktable.export(source, plain, hook=False)
    with small_disk(darktable.folder / "small", plain.stat().st_size // 1024 + 12) as folder:
        said = darktable.export(source, folder / "out.tif", deblur_exports="TRUE")
        assert [path.name for path in folder.iterdir()] == ["out.tif"]
        exported = tifffile.imread(folder / "out.tif")
    assert "out.tif was exported without deblurring: " in said and "o space left" in said
    np.testing.assert_array_equal(exported, tifffile.imread(plain))


@BOTH
def test_cancel_stops_the_server_s_job(darktable):
    paths = write_bracket(darktable.pictures, size=(1200, 1600))
    told = darktable.play(importing(path.name for path in paths) + """
      local stage = ""
      merge(function() return stage == "merging with the network" end, function(_, now) stage = now end)
      tell("stage", stage)
    """, model="psfnet", frames="original files")  # fmt: skip
    assert told["stage"] == [["merging with the network"]]
    assert told["summary"][0][0].endswith(": cancelled")
    wire = darktable.place.wire()
    wire.hello()
    wait_until(lambda: wire.ask("status")["result"]["jobs"] == [], seconds=20)
    wire.close()
    assert sorted(path.name for path in darktable.pictures.glob("*_hdr*")) == []


@BOTH
def test_nothing_is_left_when_darktable_is_killed_in_mid_merge(darktable):
    paths = write_bracket(darktable.pictures, size=(1200, 1600))
    before = contents(darktable.pictures)
    # what darktable leaves running lives on in the root until the command ends
    survivor = """"$@"; for i in $(seq 100); do rmdir "$0" 2>/dev/null && exec mkdir "$0"; sleep 0.2; done"""
    told = darktable.play(importing(path.name for path in paths) + """
      merge(never, function(_, now)
        if now ~= "merging with the network" then return end
        tell("at", now)
        os.execute("kill -9 $PPID")
      end)
    """, prefix=["bash", "-c", survivor, darktable.temporary], model="psfnet", frames="original files")  # fmt: skip
    assert told == {"at": [["merging with the network"]]}
    assert list(darktable.temporary.iterdir()) == []
    wire = darktable.place.wire()
    wire.hello()
    assert wait_until(lambda: wire.ask("status")["result"]["jobs"] == [], seconds=20)
    wire.close()
    now = contents(darktable.pictures)
    assert {name: now[name] for name in before} == before
    assert {name for name in now if not name.endswith(".xmp")} == before.keys()


@BOTH
def test_a_defocus_map_is_grouped_with_its_picture(darktable, tmp_path):
    (path, *_) = write_bracket(darktable.pictures, size=SIZE)
    told = darktable.play(importing([path.name]) + """
      local summary, maps = plugin.defocus(images, function() end, never)
      tell("summary", summary[1])
      tell("output", maps[1].path .. "/" .. maps[1].filename)
      for _, image in ipairs(dt.database) do
        tell("image", image.filename, image.group_leader.filename, image.width, image.height)
      end
    """)  # fmt: skip
    output = darktable.pictures / "a_defocus.png"
    assert told["output"] == [[str(output)]]
    assert [row[:2] for row in told["image"]] == [["a.jpg", "a.jpg"], ["a_defocus.png", "a.jpg"]]
    hdrnet(darktable.place, "defocus", path, "-o", tmp_path / "ours.tif")
    radii = tifffile.imread(tmp_path / "ours.tif")
    white = int(re.search(r"white a blur of (\d+) pixels", told["summary"][0][0])[1])
    assert radii.max() <= white
    found = cv2.imread(str(output), cv2.IMREAD_UNCHANGED)
    assert found.shape == SIZE and found.dtype == np.uint16
    np.testing.assert_allclose(found / 65535 * white, radii, atol=white / 65535)


@BOTH
@pytest.mark.parametrize("suffix", [".tif", ".jpg"])
def test_an_export_is_deblurred_in_place(darktable, tmp_path, suffix):
    source = write_frame(darktable.pictures / "ü 'x\" $y.jpg", exposures(size=SIZE)[1], "1/15")
    before = contents(darktable.pictures)
    plain, sharp = tmp_path / f"plain{suffix}", tmp_path / f"ö'\" sharp{suffix}"
    darktable.export(source, plain, deblur_exports="TRUE", strength=0.75, hook=False)
    said = darktable.export(source, sharp, deblur_exports="TRUE", deblur_masks="TRUE", strength=0.75)
    assert "without deblurring" not in said
    ours, recovered = tmp_path / f"ours{suffix}", tmp_path / "recovered.png"
    hdrnet(darktable.place, "deblur", plain, "-o", ours, "--strength", "0.75", "--mask", recovered)
    masks = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in (tmp_path / "ö'\" sharp_recovered.png", recovered)]
    np.testing.assert_array_equal(*masks)
    assert masks[0].max() > 0
    exported, deblurred = read_photo(plain), read_photo(sharp)
    np.testing.assert_array_equal(deblurred.pixels, pixels_of(ours))
    assert deblurred.pixels.dtype == exported.pixels.dtype
    assert not np.array_equal(deblurred.pixels, exported.pixels)
    profiles = [profile_of(path) for path in (sharp, plain)]
    assert profiles[0] == profiles[1] != b""
    assert deblurred.metadata.exif["Exif.Photo.ExposureTime"] == "1/15"
    kept, stored = likeness_of(sharp), likeness_of(plain)
    assert (kept.quality, kept.subsampling, kept.resolution) == (stored.quality, stored.subsampling, stored.resolution)
    assert stored.resolution == (300, 300, 2)
    history = {name: value for name, value in exported.metadata.xmp.items() if name.startswith("Xmp.darktable.")}
    assert history and history.items() <= deblurred.metadata.xmp.items()
    assert contents(darktable.pictures) == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_an_export_to_a_relative_name_is_deblurred_there(darktable, tmp_path):
    write_frame(tmp_path / "a.jpg", exposures(size=SIZE)[1], "1/15")
    said = darktable.export("a.jpg", "b.tif", within=tmp_path, deblur_exports="TRUE")
    assert "without deblurring" not in said
    assert record_of(tmp_path / "b.tif")["operation"] == "deblur"
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["a.jpg", "b.tif"]


@BOTH
def test_the_tag_asks_for_deblurring_where_the_preference_does_not(darktable, tmp_path):
    for name in ("tagged", "other"):
        path = write_frame(darktable.pictures / f"{name}.jpg", exposures(size=SIZE)[1], "1/15")
        if name == "tagged":
            tag(path, xmp={"Xmp.lr.hierarchicalSubject": ["hdrnet|deblur"]})
        darktable.export(path, tmp_path / f"{name}.tif")
    tagged, other = (read_photo(tmp_path / f"{name}.tif") for name in ("tagged", "other"))
    assert not np.array_equal(tagged.pixels, other.pixels)
    assert record_of(tmp_path / "tagged.tif")["operation"] == "deblur"
    assert record_of(tmp_path / "other.tif") is None


@pytest.mark.parametrize("command", ["missing", "failing", "dying"])
def test_a_failure_leaves_darktable_s_own_export(darktable, tmp_path, command):
    source = write_frame(darktable.pictures / "a.jpg", exposures(size=SIZE)[1], "1/15")
    commands = {
        "missing": ("/nowhere/hdrnet", "'/nowhere/hdrnet' was not found"),
        "failing": (darktable.script("failing", """echo '{"event": "error", "message": "no space left"}'; exit 2"""),
                    "no space left"),
        "dying": (darktable.script("dying", 'for word; do case $word in *.tif) out=$word;; *.png) mask=$word;; '
                                   'esac; done\n' 'echo half | tee "$out" "$mask"; kill -9 $$'), "ended with code 137"),
    }  # fmt: skip
    path, reason = commands[command]
    said = darktable.export(source, tmp_path / "out.tif", deblur_exports="TRUE", deblur_masks="TRUE", command=path)
    assert "hdrnet: out.tif was exported without deblurring: " in said and reason in said
    darktable.export(source, tmp_path / "plain.tif", hook=False)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), tifffile.imread(tmp_path / "plain.tif"))
    assert sorted(path.name for path in tmp_path.glob("*.tif")) == ["out.tif", "plain.tif"]
    assert not list(tmp_path.glob(".out*")) + list(tmp_path.glob("*.png"))


def test_a_format_that_hdrnet_does_not_write_is_left_alone(darktable, tmp_path):
    source = write_frame(darktable.pictures / "a.jpg", exposures(size=SIZE)[1], "1/15")
    said = darktable.export(source, tmp_path / "out.webp", "--out-ext", ".webp", deblur_exports="TRUE")
    assert ".webp files cannot be deblurred" in said
    assert cv2.imread(str(tmp_path / "out.webp")).shape == (*SIZE, 3)


@BOTH
def test_what_is_told_is_told_in_german(darktable):
    paths = write_bracket(darktable.pictures, size=SIZE)
    install("darktable", darktable.folder / "lua")
    darktable.environment.update(german(darktable.folder))
    told = darktable.play(
        importing(path.name for path in paths) + 'merge(never, function(_, stage) tell("stage", stage) end)',
        plugin=darktable.folder / "lua/hdrnet.lua", frames="original files",
    )  # fmt: skip
    assert told["summary"] == [[f"{FRAMES}: zusammengeführt als a_hdr.exr"]]
    stages = {stage.partition(", noch etwa ")[0] for (stage,) in told["stage"]}
    assert "Zusammenführen der Aufnahmen" in stages


@BOTH
def test_what_is_wrong_with_a_bracket_is_said_in_german(darktable):
    paths = write_bracket(darktable.pictures, size=SIZE)
    install("darktable", darktable.folder / "lua")
    darktable.environment.update(german(darktable.folder))
    scenario = (
        importing(path.name for path in paths)
        + """
for _, spoil in ipairs({ spoil_1, spoil_2 }) do spoil() merge() end"""
    )
    spoiling = """
local function write(name, from)
  local source, target = assert(io.open(folder .. "/" .. from, "rb")), nil
  local data = source:read("a")
  source:close()
  target = assert(io.open(folder .. "/" .. name, "wb"))
  target:write(data)
  target:close()
end
local function spoil_1() write("c.jpg", "small.jpg") end
local function spoil_2() os.remove(folder .. "/c.jpg") end
"""
    cv2.imwrite(str(darktable.pictures / "small.jpg"), np.zeros((30, 40, 3), np.uint8))
    told = darktable.play(spoiling + scenario, plugin=darktable.folder / "lua/hdrnet.lua", frames="original files")
    folder = darktable.pictures
    assert told["summary"] == [
        [f"{FRAMES}: {folder}/c.jpg hat 40x30 Pixel und {folder}/a.jpg hat {SIZE[1]}x{SIZE[0]}; Aufnahmen gleicher "
         "Größe aus einer Kamera wählen."],
        [f"{FRAMES}: „{folder}/c.jpg“ gibt es nicht: Namen prüfen."],
    ]  # fmt: skip


KEYWORDS = ["Seerose", "Weiher im Mai"]
TOLD_KEYWORDS = """
local outputs = merge()
for _, image in ipairs(dt.database) do
  if image.path .. "/" .. image.filename == outputs[1] then
    for _, tag in ipairs(dt.tags.get_tags(image)) do tell("tag", tag.name) end
  end
end
"""


@BOTH
@pytest.mark.parametrize("frames", ["linear exports", "original files"])
def test_keywords_of_the_frames_arrive_in_the_merged_picture(darktable, frames):
    paths = write_bracket(darktable.pictures, size=SIZE)
    for path in paths:
        tag(path, xmp={"Xmp.dc.subject": KEYWORDS})
    told = darktable.play(importing(path.name for path in paths) + TOLD_KEYWORDS, frames=frames)
    assert told["summary"] == [[f"{FRAMES}: merged as a_hdr.exr"]]
    subjects = read_photo(darktable.pictures / "a_hdr.exr").metadata.xmp["Xmp.dc.subject"]
    assert set(subjects) == set(KEYWORDS)
    tags = [row[0] for row in told["tag"]]
    assert set(KEYWORDS) <= set(tags)
    assert [name for name in tags if name not in KEYWORDS and not name.startswith("darktable|")] == []


def test_what_is_odd_about_each_frame_is_told_once_for_the_bracket(darktable):
    paths = write_odd_bracket(darktable.pictures)
    told = darktable.play(importing(path.name for path in paths) + "merge()", frames="original files")
    frames = "a.tif – c.tif"
    assert told["summary"] == [
        [f"{frames}: merged as a_hdr.exr"],
        [f"{frames}: '{paths[0]}' has 2 channels beside its colours: one is read as alpha, the others are left out. "
         "(and 2 more like this)"],
    ]  # fmt: skip
