"""A preview shows what the merge makes, and says of each frame what is to be known of it."""

import numpy as np
import pytest
from skimage import data

from libhdrnet import tone_map
from libhdrnet.errors import InputError
from libhdrnet.io import write_display
from libhdrnet.merge.pipeline import merge
from libhdrnet.preview import MARKS, Preview, View, marked
from libhdrnet.preview.session import PIXELS
from libhdrnet.radiometry import encode_srgb
from libhdrnet.tonemap import Tone

TIMES = (0.25, 1.0, 4.0)


def scene(height=240, width=320, seed=0):
    import cv2

    rng = np.random.default_rng(seed)
    light = sum(
        weight * cv2.resize(rng.random((cells, cells, 3), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        for cells, weight in ((4, 0.5), (16, 0.3), (60, 0.2))
    )
    return np.clip(light, 0.01, 1).astype(np.float32) ** 2


def shots(light):
    rng = np.random.default_rng(1)
    noisy = [light * time * 0.25 + rng.normal(0, 2e-3, light.shape) for time in TIMES]
    return [np.round(encode_srgb(np.clip(frame, 0, 1)) * 255).astype(np.uint8) for frame in noisy]


@pytest.fixture(scope="module")
def moving():
    """Three exposures of a scene in which a patch is somewhere else in each, and where it is in the middle one."""
    frames = []
    for index, left in enumerate((40, 140, 240)):
        light = scene()
        light[100:150, left : left + 50] = (0.4, 0.02, 0.02)
        frames.append(shots(light)[index])
    return frames, (slice(100, 150), slice(140, 190))


@pytest.fixture(scope="module")
def preview(moving):
    return Preview(moving[0], TIMES)


def test_a_still_bracket_looks_like_its_merge_and_nothing_is_marked():
    frames = shots(scene())
    shown = Preview(frames, TIMES).render(View())
    expected = tone_map(merge(frames, TIMES).radiance) * 255
    assert np.abs(shown.picture - expected).mean() < 1
    assert (shown.labels == 0).mean() > 0.99
    assert shown.reference == 1 and np.allclose(shown.stops, (-2, 0, 2), atol=0.1)
    assert shown.warnings == () and shown.frame_warnings == ((), (), ())


def test_files_that_end_below_full_scale_look_like_their_merge():
    frames = [np.round(0.85 * frame).astype(np.uint8) for frame in shots(20 * scene())]
    merged = merge(frames, TIMES)
    assert merged.peaks[0] < 0.8
    assert np.abs(Preview(frames, TIMES).render(View()).picture - tone_map(merged.radiance) * 255).mean() < 2


def test_what_moved_is_marked_and_looks_like_the_merge(preview, moving):
    frames, patch = moving
    shown = preview.render(View())
    expected = tone_map(merge(frames, TIMES).radiance) * 255
    assert np.abs(shown.picture - expected).mean() < 2
    there = shown.labels[patch][10:-10, 10:-10]
    assert (there > 0).mean() > 0.7 > 0.02 > (shown.labels[180:] > 0).mean()
    tinted = marked(shown.picture, shown.labels)
    assert np.array_equal(tinted[shown.labels == 0], shown.picture[shown.labels == 0])
    assert set(np.unique(shown.labels)) <= set(range(len(MARKS)))


def test_a_frame_whose_exposure_is_told_wrong_has_not_moved():
    shown = Preview(shots(scene()), (0.25, 1.0, 8.0)).render(View())
    assert (shown.labels == 0).mean() > 0.98


def test_what_is_shown_depends_on_the_view_alone_and_not_on_what_was_shown_before(preview, moving):
    views = [View(deghost=0.8), View(reference=0), View(model="classical"), View(tone=Tone(exposure=1.0)),
             View(exposure_times=(0.5, 1.0, 4.0)), View(align=False), View()]  # fmt: skip
    for view in views:
        before = preview.render(view)
        fresh = Preview(moving[0], TIMES).render(view)
        assert np.array_equal(before.picture, fresh.picture) and np.array_equal(before.labels, fresh.labels)
        assert before.reference == fresh.reference


def test_choices_take_a_place_from_a_frame_and_a_quick_picture_is_the_whole_one_there(preview, moving):
    plain = preview.render(View()).picture
    choices = np.zeros(preview.size, np.int16)
    choices[90:160, 230:300] = 3  # where the patch is in the third frame
    quick = preview.render(View(choices=choices), quick=True)
    rows, columns = quick.box
    outside = np.ones(preview.size, bool)
    outside[rows, columns] = False
    assert np.array_equal(quick.picture[outside], plain[outside])
    assert rows.start <= 90 and rows.stop >= 160 and (rows.stop - rows.start) * (columns.stop - columns.start) < 20000
    whole = preview.render(View(choices=choices)).picture
    assert np.abs(quick.picture.astype(int) - whole)[100:150, 240:290].mean() < 3
    red = whole[110:140, 250:280].astype(int)
    assert (red[..., 0] - red[..., 1]).mean() > (plain[110:140, 250:280].astype(int) @ (1, -1, 0)).mean() + 20


def test_the_network_makes_what_no_frame_shows_when_it_is_asked_to(preview):
    choices = np.zeros(preview.size, np.int16)
    choices[20:60, 20:60] = -1
    only_marked = preview.render(View(choices=choices))
    assert (only_marked.labels[30:50, 30:50] == 2).all() and 0.01 < only_marked.unknown < 0.2
    made = preview.render(View(choices=choices, rebuild=True))
    assert not np.array_equal(made.picture[30:50, 30:50], only_marked.picture[30:50, 30:50])
    assert np.abs(made.picture.astype(int) - only_marked.picture)[150:].mean() < 1


def test_large_files_are_opened_small_and_look_like_their_merge(tmp_path):
    frames = shots(scene(1600, 2400))
    paths = [tmp_path / f"{index}.jpg" for index in range(3)]
    for path, frame in zip(paths, frames, strict=True):
        write_display(path, frame)
    preview = Preview(paths, TIMES)
    assert preview.full_size == (1600, 2400)
    assert preview.size == (816, 1225) and abs(np.prod(preview.size) / PIXELS - 1) < 0.01
    assert [frame.thumbnail.shape for frame in preview.frames] == [(107, 160, 3)] * 3
    assert [frame.name for frame in preview.frames] == [str(path) for path in paths]
    import cv2

    expected = cv2.resize(tone_map(merge(frames, TIMES).radiance), preview.size[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(preview.render(View()).picture - 255 * expected).mean() < 3


def test_what_concerns_one_frame_is_said_beside_it():
    shown = Preview(shots(scene()), (0.25, 1.0, 16.0)).render(View())
    assert [len(texts) for texts in shown.frame_warnings] == [0, 0, 1]
    assert "claims +4.0 EV" in shown.frame_warnings[2][0]


def test_a_soft_frame_is_told_beside_the_one_that_stands_in_for_it():
    import cv2

    frames = shots((data.astronaut().astype(np.float32) / 255).clip(0.01, 1) ** 2.2)
    preview = Preview([frames[0], cv2.blur(frames[1], (5, 5)), frames[2]], TIMES, names=["1.jpg", "2.jpg", "3.jpg"])
    shown = preview.render(View())
    told = ["2.jpg is less sharp than" in " ".join(texts) for texts in shown.frame_warnings]
    assert shown.reference != 1 and told[1] and told[shown.reference] and sum(told) == 2
    assert not any(map(bool, preview.render(View(reference=1)).frame_warnings))


def test_a_frame_of_another_scene_is_told():
    frames = [*shots(scene())[:2], shots(scene(seed=9))[2]]
    shown = Preview(frames, TIMES).render(View())
    assert any("another scene" in text for text in shown.frame_warnings[2])
    assert not any("another scene" in text for text in (*shown.frame_warnings[0], *shown.frame_warnings[1]))


def test_a_frame_of_a_scene_that_is_lit_alike_is_told_by_its_structure_and_a_dark_one_is_not():
    alike = [scene(seed=seed) * np.linspace(1, 0.3, 240, dtype=np.float32)[:, None, None] for seed in (0, 9)]
    frames = [*shots(alike[0])[:2], shots(alike[1])[2]]
    told = ["another scene" in " ".join(texts) for texts in Preview(frames, TIMES).render(View()).frame_warnings]
    assert told == [False, False, True]
    dark = shots(scene() * 0.01)[0]
    shown = Preview([dark, *shots(scene())[1:]], TIMES).render(View())
    assert not any("another scene" in text for texts in shown.frame_warnings for text in texts)


def test_what_is_no_bracket_is_refused(tmp_path):
    frames = shots(scene())
    path = tmp_path / "a.png"
    write_display(path, frames[0])
    with pytest.raises(InputError, match=r"1 image\(s\) given; give two or more"):
        Preview([path])
    write_display(tmp_path / "b.png", frames[1][:200])
    with pytest.raises(InputError, match=r"b.png is 320x200 pixels and .*a.png is 320x240"):
        Preview([path, tmp_path / "b.png"], TIMES[:2])
    with pytest.raises(InputError, match="does not exist"):
        Preview([path, tmp_path / "c.png"], TIMES[:2])
    with pytest.raises(InputError, match="320x200"):
        Preview([frames[0], frames[1][:200]], TIMES[:2])
    with pytest.raises(InputError, match="choices are"):
        Preview(frames, TIMES).render(View(choices=np.zeros((4, 4), np.int16)))
