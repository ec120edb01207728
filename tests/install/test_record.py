import json

from libhdrnet.client.hdrnet_client import locked
from libhdrnet.install import record as module
from libhdrnet.install.record import Record, alone


def test_a_folder_that_the_server_makes_again_goes_with_the_record(tmp_path):
    record, log = Record(tmp_path / "share/libhdrnet"), tmp_path / "state/libhdrnet/log"
    record.make_folder(record.path.parent)
    record.make_folder(log)
    record.remove_made_folders()
    assert not log.exists()
    log.mkdir(parents=True)  # by the server
    record.forget_if_empty()
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_of_the_record_goes(machine):
    machine.data.mkdir(parents=True)
    (machine.data / ".hdrnet-0a1b.json").write_text("{")
    with alone(machine, lambda _: None):
        pass
    assert not machine.data.exists() or list(machine.data.iterdir()) == []


def test_nothing_is_written_before_the_lock_is_held(machine, monkeypatch):
    """Who holds it removes half-written files."""
    seen = []

    def watched(path, seconds=0.0):
        seen.append(list(machine.data.iterdir()))
        return locked(path, seconds)

    monkeypatch.setattr(module, "locked", watched)
    with alone(machine, lambda _: None):
        assert str(machine.data) in json.loads(Record(machine.data).path.read_text("utf-8"))["made"]
    assert seen == [[]]
