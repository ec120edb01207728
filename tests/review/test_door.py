"""Who may ask `hdrnet review`, and what it answers: by plain HTTP to the running command."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from commands import TIMEOUT, start, wait_for, write_bracket
from reviews import ENGINE, Page, Review, reviewing, until

import libhdrnet

PAGE = Path(libhdrnet.__file__).parent / "review" / "page"
SETTINGS = json.dumps({"reference": 2, "deghost": 0.5})


@pytest.fixture(scope="module")
def bracket(tmp_path_factory):
    return write_bracket(tmp_path_factory.mktemp("bracket"), size=(96, 128))


@pytest.fixture(scope="module")
def review(bracket):
    with reviewing(*bracket) as running:
        yield running


def test_the_page_comes_without_a_token_and_may_load_nothing_from_elsewhere(review):
    for path in ("", *(path.name for path in PAGE.iterdir())):
        status, headers, body = review.ask("GET", path, headers={"X-Token": None})
        assert status == 200 and body
        assert "default-src 'none'" in headers["Content-Security-Policy"] and headers["Cache-Control"] == "no-store"
        assert b"http://" not in body and b"https://" not in body and review.token.encode() not in body


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "events"),
        ("GET", "labels"),
        ("GET", "thumbnail"),
        ("POST", "picture"),
        ("POST", "merge"),
        ("GET", "none"),
    ],
)
def test_all_else_needs_the_token(review, method, path, token):
    token = token if token is None else token.encode().decode("latin-1")
    status, _, body = review.ask(method, path, headers={"X-Token": token})
    assert status == 403 and b"needs the token" in body


def test_the_browser_s_command_line_opens_the_page_once_and_does_not_tell_the_token(bracket, tmp_path):
    program = tmp_path / "browser"
    program.write_text(
        f"""#!/bin/sh\nprintf '%s' "$1" >'{tmp_path}/part' && mv '{tmp_path}/part' '{tmp_path}/opened'"""
    )
    program.chmod(0o700)
    shown = {"BROWSER": f"{program} %s", "DISPLAY": ":0"}
    process = start("review", *bracket, *ENGINE, "--json", env=shown, stdout=subprocess.PIPE)
    try:
        review = Review(process)
        wait_for(tmp_path, "opened", process)
        url = (tmp_path / "opened").read_text()
        assert "#once=" in url and review.token not in url
        once = url.split("=")[1]
        for wrong in ("", "wrong", "é", review.token):
            assert review.ask("POST", "enter", wrong.encode(), headers={"X-Token": None})[0] == 403
        assert review.ask("POST", "enter", once, headers={"Origin": "http://evil.example"})[0] == 403
        assert Page(url).token == review.token
        status, _, body = review.ask("POST", "enter", once)
        assert status == 403 and b"good once" in body
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT)


@pytest.mark.parametrize("path", ["", "labels"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_other_sites_are_refused_even_with_the_token(review, path, headers, status):
    assert review.ask("GET", path, headers=headers)[0] == status


def test_other_machines_do_not_reach_it(review):
    port = int(review.address.rsplit(":")[-1])
    with socket.socket() as sock, pytest.raises(OSError):
        sock.connect((socket.gethostbyname(socket.gethostname()), port))
        if sock.getpeername()[0] == "127.0.0.1":
            raise OSError("this machine's name is that of the loopback")


def test_what_makes_no_sense_is_refused_in_a_sentence(review):
    facts, _ = review.opened()
    width, height = facts["width"], facts["height"]

    def told(path, body=b"", **query):
        status, _, text = review.ask("POST", path, body, **query)
        assert status == 400
        return text.decode()

    assert "does not lie in the preview" in told("picture", b"\1", settings=SETTINGS, box=f"{width},0,1,1")
    assert "does not lie in the preview" in told("picture", b"", settings=SETTINGS, box="3,3,0,0")
    assert "2 labels came for 1 × 1" in told("picture", b"\1\1", settings=SETTINGS, box="0,0,1,1")
    assert "label 4 is no frame" in told("picture", b"\4", settings=SETTINGS, box="0,0,1,1")
    assert "0 labels came" in told("merge", settings=SETTINGS)
    assert "'deghost' is 'x'" in told("picture", settings=json.dumps({"reference": 1, "deghost": "x"}))
    assert "unknown" in told("picture", settings=json.dumps({"reference": 1, "deghost": 0, "output": "/tmp/x"}))
    for text in ("[]", "{", "é"):
        assert "no JSON object" in told("picture", settings=text)
    assert review.ask("POST", "picture", b"x", headers={"Content-Length": str(10**9)})[0] == 413
    assert review.ask("GET", "thumbnail", n="7")[0] == 400 and review.ask("GET", "thumbnail", n="x")[0] == 400
    assert review.ask("GET", "../run.py")[0] == 404 and review.ask("GET", "none")[0] == 404
    assert review.ask("GET", "labels")[2] == bytes(width * height)


def test_a_second_page_takes_over_and_the_first_is_told(review):
    _, first = review.opened()
    other = object.__new__(Review)
    vars(other).update({**vars(review), "page": "two"})
    _, second = other.opened()
    assert until(first, "elsewhere") and list(first) == []
    assert review.ask("GET", "labels")[0] == 409
    assert other.ask("GET", "labels")[0] == 200
    second.close()


def test_it_ends_when_the_page_was_closed(bracket):
    with reviewing(*bracket) as review:
        _, events = review.opened()
        assert review.ask("POST", "leave")[0] == 200
        events.close()
        assert review.process.wait(TIMEOUT) == 0


def test_it_ends_at_once_when_the_review_is_done_or_interrupted(bracket):
    with reviewing(*bracket) as review:
        _, events = review.opened()
        assert review.ask("POST", "leave", json.dumps({"for_good": True}))[0] == 200
        assert until(events, "ended") and review.process.wait(TIMEOUT) == 0
    with reviewing(*bracket) as review:
        review.process.send_signal(signal.SIGINT)
        assert review.process.wait(TIMEOUT) == 0
