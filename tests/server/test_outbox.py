"""Messages that wait for a client: who waits for room is woken, and no work waits."""

import socket
import threading

import pytest

from libhdrnet.server.outbox import LIMIT, Outbox

LARGE = bytes(1 << 20)
"""More than a socket holds: the writer waits for the client with it."""
PATIENCE = 60


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def full(sock):
    outbox = Outbox(sock)
    for _ in range(LIMIT + 1):
        outbox.put(LARGE)
    return outbox


def waiting_for(outbox):
    thread = threading.Thread(target=outbox.wait_for_room, daemon=True)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    return thread


def read(sock, count):
    while count and (block := sock.recv(min(count, 1 << 20))):
        count -= len(block)


def test_who_waits_for_room_goes_on_when_the_client_reads(ends):
    waiting = waiting_for(full(ends[0]))
    read(ends[1], 2 * len(LARGE))
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_who_waits_for_room_goes_on_when_the_client_is_gone(ends):
    waiting = waiting_for(full(ends[0]))
    ends[1].close()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_who_waits_for_room_sleeps(ends, monkeypatch):
    """Nothing is looked at while nothing changes."""
    outbox, woken = full(ends[0]), []
    monkeypatch.setattr("time.sleep", lambda seconds: woken.append(seconds) or threading.Event().wait(seconds))
    waiting_for(outbox)
    assert not woken


def test_of_a_full_outbox_progress_is_dropped_and_an_answer_is_sent(ends):
    outbox = full(ends[0])
    outbox.put(b"progress\n", may_drop=True)
    outbox.put(b"answer\n")
    read(ends[1], (LIMIT + 1) * len(LARGE))
    assert ends[1].recv(100) == b"answer\n"


def test_what_waits_leaves_before_the_end(ends):
    outbox = Outbox(ends[0])
    outbox.put(b"the last\n")
    outbox.close()
    outbox.put(b"too late\n")
    ends[0].close()
    assert ends[1].makefile("rb").read() == b"the last\n"
