"""What the tests of `hdrnet review` share: the command as a process, and its page's questions by plain HTTP."""

import http.client
import json
import subprocess
import threading
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

from commands import MEASURED, TIMEOUT, start

ENGINE = ("--device", "cpu", "--precision", "fp32")


class Page:
    """The page of a running review at an address; `page` is the name under which it is asked."""

    def __init__(self, url, page="one"):
        self.url, self.page = url, page
        parts = urlsplit(url)
        self.address, self.token = parts.netloc, parts.fragment
        if self.token.startswith("once="):
            self.token = self.ask("POST", "enter", self.token.removeprefix("once="))[2].decode()

    def ask(self, method, path, body=None, *, headers=None, **query):
        """Ask, and return status, headers and what is answered."""
        given = {"X-Token": self.token, "X-Page": self.page, **(headers or {})}
        connection = http.client.HTTPConnection(self.address, timeout=TIMEOUT)
        try:
            connection.request(method, f"/{path}?{urlencode(query)}" if query else f"/{path}", body,
                               {name: value for name, value in given.items() if value is not None})  # fmt: skip
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def events(self):
        """Be the page from now on: yield what it is told."""
        connection = http.client.HTTPConnection(self.address, timeout=TIMEOUT)
        connection.request("GET", "/events", headers={"X-Token": self.token, "X-Page": self.page})
        answer = connection.getresponse()
        for line in answer:
            if line.strip():
                yield json.loads(line)

    def opened(self):
        """Be the page until the preview is there; return its facts and what else is told."""
        events = self.events()
        return until(events, "opened", "failed"), events


class Review(Page):
    """A running `hdrnet review` and its page."""

    def __init__(self, process, page="one"):
        self.process = process
        super().__init__(json.loads(process.stdout.readline())["url"], page)

    def read(self):
        """Return the next thing that the command says."""
        return json.loads(self.process.stdout.readline())


def until(events, *names):
    """Return the next event of one of these names."""
    return next(event for event in events if event["event"] in names)


@contextmanager
def reviewing(*words):
    """Run the command while inside."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = start("review", *words, *ENGINE, "--no-browser", "--json", env=MEASURED, **pipes)
    guard = threading.Timer(TIMEOUT, process.kill)
    guard.start()
    try:
        yield Review(process)
    finally:
        guard.cancel()
        process.kill()
        process.communicate(timeout=TIMEOUT)
