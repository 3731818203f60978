"""Starting twice, into a held port, and being interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyalluxio.processes import health, starting
from pyalluxio.processes.local_process import StartFailed
from pyalluxio.processes.starting import Interrupted, Port
from tests.unit.processes.conftest import MakeProcess
from tests.waiting import wait_until

TIMEOUT_S = 20.0


def test_a_second_start_finds_the_first_process(make_process: MakeProcess) -> None:
    """Two masters on one journal would be the end of it."""
    first = starting.start(make_process(), [], [], TIMEOUT_S)
    second = starting.start(make_process(), [], [], TIMEOUT_S)
    assert not first.ran_before
    assert second.ran_before
    assert second.identity == first.identity


def test_one_that_is_still_starting_is_waited_for(make_process: MakeProcess) -> None:
    """Two people, or a script run twice, start the same master at once: neither did anything wrong."""
    slow = make_process("slow")
    identity = slow.start()
    wait_until(slow.ready_file.with_name("master.ready.begun").exists, TIMEOUT_S, "the process")
    with ThreadPoolExecutor() as other:
        second = other.submit(starting.start, make_process(), [], [], TIMEOUT_S)
        assert not second.done()
        at_once = starting.start(make_process(), [], [], 0.0)
        assert (at_once.ran_before, at_once.identity) == (True, identity)
        identity.signal(signal.SIGUSR1)
        outcome = second.result(TIMEOUT_S)
    assert (outcome.ran_before, outcome.identity) == (True, identity)
    assert outcome.facts["rpc"] == "127.0.0.1:1"


def test_one_that_ends_while_it_is_waited_for(make_process: MakeProcess) -> None:
    slow = make_process("slow")
    identity = slow.start()
    wait_until(slow.ready_file.with_name("master.ready.begun").exists, TIMEOUT_S, "the process")
    with ThreadPoolExecutor() as other:
        second = other.submit(starting.start, make_process(), [], [], TIMEOUT_S)
        identity.signal(signal.SIGKILL)
        with pytest.raises(StartFailed, match="ended"):
            second.result(TIMEOUT_S)


def test_a_process_that_answers_is_healthy_without_its_files(
    make_process: MakeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody tidies up and removes `run/`: the master serves as before, and must not be called unhealthy."""
    process = make_process("listens")
    first = starting.start(process, [], [], TIMEOUT_S)
    shutil.rmtree(process.run)
    assert process.why_unhealthy(first.identity) is not None, "nobody said where it answers"
    process.rpc = first.facts["web"]
    monkeypatch.setattr(starting, "STARTING_S", 0.0)
    second = starting.start(process, [], [], TIMEOUT_S)
    assert (second.ran_before, second.identity) == (True, first.identity)
    with socket.create_server(("127.0.0.1", 0)) as somebody_else:
        process.rpc = f"127.0.0.1:{somebody_else.getsockname()[1]}"
        assert "has not come to serve" in str(process.why_unhealthy(first.identity))


def test_an_unhealthy_process_is_an_error_and_left_alone(
    make_process: MakeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killing it would destroy the evidence, or somebody's slow but living master."""
    process = make_process()
    starting.start(process, [], [], TIMEOUT_S)
    monkeypatch.setattr(health, "why_unhealthy", lambda role, address, timeout_s: "no answer")
    with pytest.raises(StartFailed, match="unhealthy: no answer.*`process stop master` stops it"):
        starting.start(process, [], [], TIMEOUT_S)
    assert process.running() is not None


def test_health_is_asked_for_as_long_as_the_user_waits(
    make_process: MakeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--timeout 2` that comes back after 5 s with "within 5 s" is ignored advice."""
    process = make_process()
    starting.start(process, [], [], TIMEOUT_S)
    asked: list[float] = []
    monkeypatch.setattr(health, "why_unhealthy", lambda role, address, timeout_s: asked.append(timeout_s))
    for timeout_s in (2.0, 60.0, 0.0):
        starting.start(process, [], [], timeout_s)
    assert asked == [2.0, 5.0, 5.0]


def test_a_held_port_is_told_before_anything_starts(make_process: MakeProcess) -> None:
    process = make_process()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        key = "alluxio.master.rpc.port"
        with pytest.raises(StartFailed, match=rf"Port {port} \({key}\) is held by process {os.getpid()} .* set {key}"):
            starting.start(process, [Port("127.0.0.1", port, key)], [], TIMEOUT_S)
    assert process.running() is None


def test_a_port_that_this_user_may_not_open(make_process: MakeProcess) -> None:
    """An address of another machine as bind host, or port 80: the kernel's word alone names neither."""
    key = "alluxio.master.rpc.port"
    with pytest.raises(StartFailed, match=rf"listen on 203\.0\.113\.7:19998 \({key}\) .*: Cannot assign"):
        starting.start(make_process(), [Port("203.0.113.7", 19998, key)], [], TIMEOUT_S)


def test_an_interrupted_starter_leaves_nothing_behind(make_process: MakeProcess) -> None:
    """Ctrl-C between master and worker: a master nobody asked for would hold the ports."""
    process = make_process()
    told: list[str] = []

    def interrupted() -> None:
        with starting.undone_when_interrupted(told.append) as started:
            starting.start(process, [], started, TIMEOUT_S)
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted):
        interrupted()
    assert process.running() is None
    assert told
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_signal_in_the_moment_of_the_fork_is_not_lost(make_process: MakeProcess, monkeypatch) -> None:
    """The process exists and is not yet in the list of what is undone."""
    process = make_process()
    start = type(process).start

    def start_and_be_hit(self):
        identity = start(self)
        signal.raise_signal(signal.SIGINT)
        return identity

    monkeypatch.setattr(type(process), "start", start_and_be_hit)

    def interrupted() -> None:
        with starting.undone_when_interrupted(lambda text: None) as started:
            starting.start(process, [], started, TIMEOUT_S)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert process.running() is None


def test_what_ran_before_survives_an_interruption(make_process: MakeProcess) -> None:
    process = make_process()
    starting.start(process, [], [], TIMEOUT_S)

    def interrupted() -> None:
        with starting.undone_when_interrupted(lambda text: None) as started:
            starting.start(process, [], started, TIMEOUT_S)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert process.running() is not None


def test_one_that_takes_long_is_left_running(make_process: MakeProcess) -> None:
    """A master that replays a long journal must not be killed for it, again and again."""
    process = make_process("silent")

    def start() -> None:
        with starting.undone_when_interrupted(lambda text: None) as started:
            starting.start(process, [], started, 0.1)

    with pytest.raises(StartFailed, match="left running"):
        start()
    assert process.running() is not None
