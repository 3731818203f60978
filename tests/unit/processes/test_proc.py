"""What `/proc` and a bind tell about processes and ports."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from pyalluxio.processes import proc


@pytest.fixture
def listener() -> socket.socket:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_held_port_is_not_free_and_its_holder_is_named(listener: socket.socket) -> None:
    """`port in use` without a name sends people to lsof, which is often not installed."""
    port = listener.getsockname()[1]
    assert not proc.is_free("127.0.0.1", port)
    assert proc.holder_of(port) == f"process {os.getpid()} ({proc.name_of(os.getpid())})"


def test_a_port_held_on_one_address_is_held_on_all(listener: socket.socket) -> None:
    """Servers bind 0.0.0.0 by default."""
    assert not proc.is_free("0.0.0.0", listener.getsockname()[1])


def test_a_port_is_free_once_its_listener_is_gone(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    assert proc.is_free("127.0.0.1", port)


def test_a_process_that_ended_and_was_not_waited_for_is_not_alive() -> None:
    """A zombie keeps its id: without this, `process stop` would wait for it forever."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        ticks = proc.start_ticks(child.pid)
        assert ticks is not None
        identity = proc.Identity(child.pid, ticks)
        assert identity.is_alive()
        assert child.stdin is not None
        child.stdin.close()
        assert identity.wait(10)
        assert not identity.is_alive()
        assert not identity.signal(proc.signal.SIGTERM)


def test_a_name_with_parentheses_and_blanks_confuses_nobody(tmp_path) -> None:
    """/proc/<pid>/stat puts the name in parentheses, unescaped."""
    program = tmp_path / "a) S 1 (b"
    program.symlink_to(sys.executable)
    with subprocess.Popen([str(program), "-c", "input()"], stdin=subprocess.PIPE) as child:
        ticks = proc.start_ticks(child.pid)
        assert ticks is not None
        assert ticks >= proc.current().start_ticks
        child.kill()


def test_since_is_close_to_now() -> None:
    """`already running since` must not be off by the boot time or a factor of 100."""
    import time

    age_ms = time.time() * 1000 - proc.current().since_ms()
    assert -2_000 < age_ms < 24 * 3600 * 1000
