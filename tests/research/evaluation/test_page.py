"""The report of `hdrnet eval` in a real browser: headless Chromium, by mouse and by keys, wide and narrow."""

import pytest

from libhdrnet.cli import main

selenium = pytest.importorskip("selenium.webdriver", reason="needs selenium (libhdrnet[test])")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

DESKTOP, PHONE = (1280, 900), (390, 844)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The report of the built-in set, as a URL."""
    folder = tmp_path_factory.mktemp("eval")
    words = ("--methods", "reference,debevec", "--limit", "1", "--device", "cpu")
    assert main(["eval", "synthetic", "-o", str(folder / "run"), "--report", str(folder / "report.html"), *words]) == 0
    return (folder / "report.html").as_uri()


def resize(browser, size):
    """Give the page that many pixels, whatever a window's smallest size is."""
    width, height = size
    facts = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", facts)


def overflow(browser):
    return browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")


def test_the_page_answers_to_mouse_and_keys_without_network_or_error(page, browser):
    resize(browser, DESKTOP)
    browser.get(page)
    viewer = browser.find_element(By.CSS_SELECTOR, ".viewer")
    divider, over = (viewer.find_element(By.CSS_SELECTOR, name) for name in (".divider", ".over"))
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", divider)
    assert over.get_attribute("naturalWidth") != "0"
    assert over.value_of_css_property("clip-path") == "inset(0px 0px 0px 50%)"

    divider.send_keys(Keys.ARROW_RIGHT)
    assert divider.get_attribute("value") == "51"
    assert over.value_of_css_property("clip-path") == "inset(0px 0px 0px 51%)"

    quarter = -divider.size["width"] // 4
    selenium.ActionChains(browser).move_to_element(divider).move_by_offset(quarter, 0).click().perform()
    assert 20 <= int(divider.get_attribute("value")) <= 30
    assert over.value_of_css_property("clip-path") == f"inset(0px 0px 0px {divider.get_attribute('value')}%)"

    exposure, before = viewer.find_element(By.CSS_SELECTOR, ".exposure"), over.get_attribute("src")
    exposure.send_keys(Keys.ARROW_RIGHT)
    assert over.get_attribute("src") not in (before, "")
    told = viewer.find_element(By.TAG_NAME, "output").text
    assert told and exposure.get_attribute("aria-valuetext") == told

    before = over.get_attribute("src")
    viewer.find_element(By.CSS_SELECTOR, ".detail").click()
    assert over.get_attribute("src") != before
    assert browser.get_log("browser") == []
    asked = [entry["message"] for entry in browser.get_log("performance") if "requestWillBeSent" in entry["message"]]
    assert asked and not any('"url":"http' in message for message in asked)


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_nothing_is_cut_off(page, browser, size, tmp_path):
    resize(browser, size)
    browser.get(page)
    assert overflow(browser) <= 0
    narrow = [
        element.tag_name
        for element in browser.find_elements(By.CSS_SELECTOR, "h1, h2, h3, p, summary, label, figcaption")
        if element.is_displayed() and element.rect["x"] + element.rect["width"] > size[0] + 0.5
    ]
    assert narrow == []
    browser.save_screenshot(str(tmp_path / "page.png"))
