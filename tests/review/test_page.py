"""The page of `hdrnet review` in a real browser: headless Chromium, with strokes of the mouse and by keys."""

import time

import numpy as np
import pytest
from commands import TIMEOUT, start, write_bracket
from PIL import Image
from reviews import ENGINE, reviewing

from libhdrnet.io import read_photo, read_record
from libhdrnet.io.choices import read_choices

selenium = pytest.importorskip("selenium.webdriver", reason="needs selenium (libhdrnet[test])")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

DESKTOP, SMALL = (1280, 800), (800, 900)


@pytest.fixture
def bracket(tmp_path):
    return write_bracket(tmp_path, size=(240, 320))


def resize(browser, size):
    facts = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", facts)


def wait(condition, what):
    until = time.monotonic() + 60
    while not (value := condition()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.05)
    return value


def script(browser, code):
    return browser.execute_script(f"return {code}")


def visit(browser, review, size=DESKTOP):
    resize(browser, size)
    browser.get(review.url)
    settle(browser)


def settle(browser):
    """Wait until the preview shows all that was painted and set."""
    ready = "view !== null && !asking && !outdated && !resting && strokes.dirty === null && !$('merge').disabled"
    wait(lambda: script(browser, ready), "the preview")


def element(browser, name):
    return browser.find_element(By.ID, name)


def press(browser, *keys):
    selenium.ActionChains(browser).send_keys(*keys).perform()


def control(browser, key):
    selenium.ActionChains(browser).key_down(Keys.CONTROL).send_keys(key).key_up(Keys.CONTROL).perform()


def stroke(browser, start, *moves):
    """Paint from a place, in shares of the picture, by moves in pixels of the display."""
    left, top, scale, width, height = script(browser, "[view.left, view.top, view.scale, view.width, view.height]")
    canvas = element(browser, "picture")
    middle = canvas.size["width"] / 2, canvas.size["height"] / 2
    x, y = left + start[0] * width * scale - middle[0], top + start[1] * height * scale - middle[1]
    chain = selenium.ActionChains(browser, duration=20).move_to_element_with_offset(canvas, round(x), round(y))
    chain = chain.click_and_hold()
    for move in moves:
        chain = chain.move_by_offset(*move)
    chain.release().perform()


def labels(browser):
    flat, width, height = script(browser, "[Array.from(strokes.map), strokes.width, strokes.height]")
    return np.uint8(flat).reshape(height, width)


def shown(browser):
    """The picture as the canvas has it, without what lies over it."""
    code = "Array.from(view.picture.getContext('2d').getImageData(0, 0, view.width, view.height).data)"
    width, height = script(browser, "[view.width, view.height]")
    return np.uint8(script(browser, code)).reshape(height, width, 4)[..., :3].astype(int)


def test_strokes_of_the_mouse_change_the_preview_and_the_merge(bracket, browser, tmp_path):
    with reviewing(*bracket, "-o", tmp_path / "out.exr") as review:
        visit(browser, review)
        before = shown(browser)
        press(browser, "1")
        stroke(browser, (0.3, 0.3), (60, 0), (0, 60))
        settle(browser)
        painted = labels(browser)
        assert set(np.unique(painted)) == {0, 1} and 0.01 < (painted == 1).mean() < 0.3
        press(browser, "n", "]", "]")
        stroke(browser, (0.7, 0.6), (40, 10))
        settle(browser)
        painted = labels(browser)
        assert set(np.unique(painted)) == {0, 1, 255}
        assert review.ask("GET", "labels", headers={"X-Page": script(browser, "server.page")})[2] == painted.tobytes()
        after = shown(browser)
        far = np.abs(after - before).max(-1)
        assert far[painted > 0].mean() > far[painted == 0].mean()

        element(browser, "merge").click()
        wait(lambda: "Wrote" in element(browser, "told").text, "the merge")
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
        asked = [e["message"] for e in browser.get_log("performance") if '"Network.requestWillBeSent"' in e["message"]]
        assert asked and all(f"http://{review.address}/" in text for text in asked)
    assert np.array_equal(read_choices(tmp_path / "out-choices.png"), np.where(painted == 255, -1, np.int16(painted)))
    assert read_record(tmp_path / "out.exr")["choices"] == "out-choices.png"


def test_all_can_be_done_by_keys(bracket, browser, tmp_path):
    with reviewing(*bracket, "-o", tmp_path / "out.exr") as review:
        visit(browser, review)
        for _ in range(60):
            if script(browser, "document.activeElement.id") == "picture":
                break
            press(browser, Keys.TAB)
        press(browser, "3", Keys.ENTER, *[Keys.ARROW_RIGHT] * 4, *[Keys.ARROW_DOWN] * 2, Keys.ENTER)
        settle(browser)
        first = labels(browser)
        assert set(np.unique(first)) == {0, 3} and first[120, 160] == 3
        press(browser, "e", Keys.ENTER, Keys.ARROW_LEFT, Keys.ENTER)
        settle(browser)
        assert 0 < (labels(browser) == 3).sum() < (first == 3).sum()
        control(browser, "z")
        settle(browser)
        assert np.array_equal(labels(browser), first)
        control(browser, "z")
        assert not labels(browser).any()
        control(browser, "y")
        settle(browser)
        assert np.array_equal(labels(browser), first)
        press(browser, "1", Keys.ENTER, Keys.ARROW_UP, Keys.ESCAPE)
        settle(browser)
        assert np.array_equal(labels(browser), first)

        scale = script(browser, "view.scale")
        press(browser, "+")
        assert script(browser, "view.scale") > scale
        press(browser, "f", "c", "m")
        assert script(browser, "view.scale") == scale
        assert not element(browser, "outlines").is_selected() and element(browser, "marks").is_selected()
        settle(browser)
        assert element(browser, "legend").text
        for _ in range(60):
            if script(browser, "document.activeElement.id") == "merge":
                break
            press(browser, Keys.TAB)
        press(browser, Keys.ENTER)
        wait(lambda: "Wrote" in element(browser, "told").text, "the merge")
    assert read_record(tmp_path / "out.exr")["chosen"].keys() == {"3"}


def test_settings_change_the_preview_and_go_into_the_merge(bracket, browser, tmp_path):
    with reviewing(*bracket, "-o", tmp_path / "out.png", "--deghost", 0.3) as review:
        visit(browser, review)
        before = shown(browser)
        element(browser, "exposure").send_keys(Keys.ARROW_RIGHT * 10)
        settle(browser)
        assert shown(browser).mean() > before.mean() + 5
        assert browser.find_element(By.CSS_SELECTOR, "output[for=exposure]").text == "+1.0 EV"
        browser.find_elements(By.CSS_SELECTOR, ".reference")[0].click()
        settle(browser)
        assert browser.find_elements(By.CSS_SELECTOR, ".reference")[0].text == "★ Reference"
        element(browser, "merge").click()
        wait(lambda: "Wrote" in element(browser, "told").text, "the merge")
    record = read_record(tmp_path / "out.png")
    assert record["reference"] == 1 and record["tone_map"]["exposure"] == 1.0
    assert not (tmp_path / "out-choices.png").exists()


def test_a_stroke_outside_changes_nothing_and_says_so(bracket, browser):
    with reviewing(*bracket) as review:
        visit(browser, review)
        press(browser, "-", "-", "-", "-", "-", "-")
        stroke(browser, (-0.4, 0.5), (-5, 30))
        assert element(browser, "status").text == "That stroke lay outside the picture: nothing was changed."
        assert not labels(browser).any() and not element(browser, "undo").is_enabled()
        stroke(browser, (-0.4, 0.5), (60, 0), (60, 0), (60, 0))
        settle(browser)
        assert labels(browser).any() and element(browser, "status").text == ""


def test_a_second_tab_takes_over_and_gives_back(bracket, browser):
    with reviewing(*bracket) as review:
        visit(browser, review)
        press(browser, "1")
        stroke(browser, (0.5, 0.5), (30, 0))
        settle(browser)
        painted, first = labels(browser), browser.current_window_handle
        browser.switch_to.new_window("tab")
        visit(browser, review)
        assert np.array_equal(labels(browser), painted)
        browser.switch_to.window(first)
        wait(lambda: "another tab" in element(browser, "trouble").text, "what is said of the other tab")
        browser.find_element(By.CSS_SELECTOR, "#trouble button").click()
        wait(lambda: not element(browser, "trouble").is_displayed(), "this tab")
        settle(browser)
        assert np.array_equal(labels(browser), painted)


def test_strokes_can_be_undone_after_the_page_was_loaded_anew(bracket, browser):
    kept = "server.json('strokes').then((kept) => (kept.done ?? []).length)"
    with reviewing(*bracket) as review:
        visit(browser, review)
        maps = [labels(browser)]
        for count, place in enumerate(((0.3, 0.3), (0.7, 0.6)), 1):
            press(browser, str(count))
            stroke(browser, place, (30, 0))
            settle(browser)
            maps.append(labels(browser))
        wait(lambda: script(browser, kept) == 2, "the strokes to be kept")
        browser.refresh()
        settle(browser)
        for count in (1, 0):
            assert np.array_equal(labels(browser), maps[count + 1])
            control(browser, "z")
            settle(browser)
        assert not labels(browser).any() and len(np.unique(maps[2])) == 3
        wait(lambda: script(browser, kept) == 0, "the strokes to be kept")
        browser.refresh()
        settle(browser)
        control(browser, "y")
        settle(browser)
        assert np.array_equal(labels(browser), maps[1])


def test_when_the_server_is_killed_what_was_painted_can_be_saved_and_merged(bracket, browser, tmp_path):
    with reviewing(*bracket, "-o", tmp_path / "out.exr") as review:
        visit(browser, review)
        press(browser, "1")
        stroke(browser, (0.5, 0.5), (30, 0))
        settle(browser)
        review.process.kill()
        wait(lambda: element(browser, "trouble").is_displayed(), "what is said of the server")
        stroke(browser, (0.2, 0.2), (0, 30))
        assert "What you painted is still here" in element(browser, "trouble").text
        painted = labels(browser)
        command = browser.find_element(By.CSS_SELECTOR, "#trouble pre").text
        browser.find_element(By.CSS_SELECTOR, "#trouble button").click()
        saved = tmp_path / "saved" / "out-choices.png"
        wait(saved.exists, "the file")
    assert np.array_equal(read_choices(saved), painted)
    words = command.split()
    assert words[:2] == ["hdrnet", "merge"] and words[-2:] == ["--choices", "out-choices.png"]
    assert start(*words[1:-1], saved, *ENGINE).wait(TIMEOUT) == 0
    assert read_photo(tmp_path / "out.exr").pixels.shape == (240, 320, 3)


def test_a_frame_that_cannot_be_read_is_told_in_the_page_and_can_be_left_out(bracket, browser, tmp_path):
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\xff torn")
    with reviewing(*bracket, "-o", tmp_path / "out.exr") as review:
        browser.get(review.url)
        wait(lambda: "b.jpg" in element(browser, "trouble").text, "what is said of the frame")
        browser.find_element(By.CSS_SELECTOR, "#trouble button").click()
        settle(browser)
        names = [frame.text for frame in browser.find_elements(By.CSS_SELECTOR, ".frame b")]
        assert names[:2] == ["a.jpg", "c.jpg"]
        element(browser, "merge").click()
        wait(lambda: "Wrote" in element(browser, "told").text, "the merge")


@pytest.mark.parametrize("size", [DESKTOP, SMALL])
def test_nothing_is_cut_off(bracket, browser, size, tmp_path):
    noise = np.random.default_rng(5).integers(0, 255, (5, 7, 3), np.uint8)
    Image.fromarray(noise).resize((320, 240)).save(tmp_path / "other.jpg", exif=Image.open(bracket[0]).getexif())
    with reviewing(*bracket, tmp_path / "other.jpg") as review:
        visit(browser, review, size)
        notes = [note.text for note in browser.find_elements(By.CSS_SELECTOR, ".notes") if note.text]
        assert f"{tmp_path}/other.jpg shows another scene" in notes[-1]
        assert script(browser, "document.documentElement.scrollWidth - window.innerWidth") <= 0
        wide = "[...document.querySelectorAll('body *')].filter((e) => getComputedStyle(e).overflowX !== 'visible')"
        assert script(browser, f"{wide}.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.outerHTML)") == []
        texts = "[...document.querySelectorAll('button, label, h1, h2, p')]"
        cut = f"{texts}.filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML)"
        assert script(browser, cut) == []
