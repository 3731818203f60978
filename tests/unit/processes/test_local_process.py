"""Starting, knowing again and stopping real processes."""

from __future__ import annotations

import json
import os
import signal
import stat
from pathlib import Path

import pytest

from pyalluxio.errors import Unavailable
from pyalluxio.processes import health
from pyalluxio.processes.local_process import LocalProcess, StartFailed
from tests.unit.processes.conftest import MakeProcess

TIMEOUT_S = 20.0


def started(process: LocalProcess) -> LocalProcess:
    process.wait_until_ready(process.start(), TIMEOUT_S)
    return process


def test_a_started_process_serves_and_is_known_again(make_process: MakeProcess) -> None:
    """The second `process start` is another program: all it has is the folder."""
    process = make_process()
    identity = process.start()
    assert process.wait_until_ready(identity, TIMEOUT_S)["rpc"] == "127.0.0.1:1"
    assert make_process().running() == identity
    assert make_process().why_unhealthy(identity) is None
    assert process.output.read_text() == "this is the output\n"


def test_it_is_known_again_without_its_pid_file(make_process: MakeProcess, tmp_path: Path) -> None:
    """A crash between the fork and the writing of the file must not lead to a second master on one journal."""
    process = started(make_process())
    identity = process.running()
    (tmp_path / "run" / "master.pid").unlink()
    assert make_process().running() == identity


def test_a_pid_used_again_by_somebody_else_is_not_ours(make_process: MakeProcess, tmp_path: Path) -> None:
    """After a reboot the number in the file belongs to a stranger, who must not be taken for the master, or killed."""
    process = make_process()
    process.run.mkdir()
    (tmp_path / "run" / "master.pid").write_text(json.dumps({"pid": os.getpid(), "start_ticks": 1}))
    assert process.running() is None
    assert process.stop() is None


def test_a_process_of_another_folder_is_not_ours(make_process: MakeProcess, tmp_path: Path) -> None:
    """Two clusters of one user on one host run the same command lines."""
    started(make_process())
    other = LocalProcess("master", "master", run=tmp_path / "other", logs=tmp_path / "logs")
    assert other.running() is None


def test_a_ready_file_of_an_earlier_process_counts_for_nothing(make_process: MakeProcess) -> None:
    """The file survives a kill -9; the next process is not ready because its forerunner was."""
    process = started(make_process())
    identity = process.running()
    assert identity is not None
    identity.signal(signal.SIGKILL)
    assert identity.wait(TIMEOUT_S)
    silent = make_process("silent")
    following = silent.start()
    assert silent.facts(following) is None
    assert silent.why_unhealthy(following) is not None


def test_the_reason_of_the_process_reaches_the_starter(make_process: MakeProcess) -> None:
    """Otherwise people read `exit code 1` and have to find the log."""
    process = make_process("fails")
    with pytest.raises(StartFailed, match="init format"):
        process.wait_until_ready(process.start(), TIMEOUT_S)


def test_a_process_that_breaks_without_a_reason_shows_its_last_line(make_process: MakeProcess) -> None:
    """A missing library kills the process before it can say anything by itself."""
    process = make_process("breaks")
    with pytest.raises(StartFailed, match="no module named luck.*output is in"):
        process.wait_until_ready(process.start(), TIMEOUT_S)


def test_one_that_never_serves_is_not_waited_for_forever(make_process: MakeProcess) -> None:
    process = make_process("silent")
    with pytest.raises(StartFailed, match="does not serve after 0 s"):
        process.wait_until_ready(process.start(), 0.1)


def test_stop_is_friendly_first(make_process: MakeProcess) -> None:
    process = started(make_process())
    identity = process.stop(timeout_s=TIMEOUT_S)
    assert identity is not None
    assert not identity.is_alive()
    assert process.running() is None
    assert process.stop() is None


def test_stop_is_firm_after_its_bound(make_process: MakeProcess) -> None:
    """A hung process must not hang the operator."""
    process = started(make_process("stubborn"))
    identity = process.stop(timeout_s=0.2)
    assert identity is not None
    assert not identity.is_alive()


def test_soft_stop_never_kills(make_process: MakeProcess) -> None:
    process = started(make_process("stubborn"))
    with pytest.raises(Unavailable, match="without --soft"):
        process.stop(soft=True, timeout_s=0.2)
    assert process.running() is not None


def test_unhealthy_has_a_reason(make_process: MakeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process exists but its port does not answer: `already running` would be a lie."""
    process = started(make_process())
    identity = process.running()
    assert identity is not None
    monkeypatch.setattr(health, "why_unhealthy", lambda role, address, timeout_s: f"no answer from {address}")
    assert process.why_unhealthy(identity) == "no answer from 127.0.0.1:1"


def test_properties_are_on_no_command_line(make_process: MakeProcess) -> None:
    """Every user of the host can read command lines, and values may be credentials."""
    process = make_process(**{"s3a.secretKey": "hidden-value-42"})
    identity = process.start()
    process.wait_until_ready(identity, TIMEOUT_S)
    assert b"hidden-value-42" not in Path(f"/proc/{identity.pid}/cmdline").read_bytes()
    assert b"hidden-value-42" in Path(f"/proc/{identity.pid}/environ").read_bytes()


def test_folders_are_private(make_process: MakeProcess) -> None:
    """Logs tell names of files, which are nobody else's business."""
    process = started(make_process())
    assert stat.S_IMODE(process.logs.stat().st_mode) == 0o750
    assert stat.S_IMODE(process.run.stat().st_mode) == 0o750
