"""Starting without ever doing it twice, and without leaving half of it behind.

Healthy is "already running"; dead is started; unhealthy is an error that names the reason. Nothing that ran before is
ever stopped here. When the starter is interrupted, what it started itself is stopped again.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import FrameType
from typing import Any

from pyalluxio.errors import AlluxioError
from pyalluxio.processes import proc
from pyalluxio.processes.local_process import HEALTH_TIMEOUT_S, LocalProcess, StartFailed
from pyalluxio.processes.proc import Identity

UNDO_TIMEOUT_S = 10.0
# A younger process may be starting: that it answers on its port does not yet mean that it serves. An older one does,
# though the file in which it said so may be gone.
STARTING_S = 10.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a process is going to listen on, and what sets it."""

    host: str
    number: int
    key: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `start` came to: the process, and whether it ran before."""

    process: LocalProcess
    identity: Identity
    ran_before: bool
    facts: dict[str, Any] = field(default_factory=dict)

    def since(self) -> str:
        """Return when the process started, for people."""
        return datetime.fromtimestamp(self.identity.since_ms() / 1000).strftime("%Y-%m-%d %H:%M:%S")


class Interrupted(KeyboardInterrupt):
    """SIGTERM or SIGHUP reached the starter, which is to it what Ctrl-C is."""


def start(process: LocalProcess, ports: Sequence[Port], started: list[Outcome], timeout_s: float) -> Outcome:
    """Start `process` unless it runs, and wait until it serves; with `timeout_s` 0 do not wait.

    `started` gets the outcome as soon as the process exists, so that an interrupted starter knows what to undo.

    Raises:  StartFailed: it runs and is unhealthy, a port is held, it ended, or it does not serve in time.
    """
    identity = process.running()
    if identity is not None:
        return _found(process, identity, timeout_s)
    for port in ports:
        try:
            is_free = proc.is_free(port.host, port.number)
        except OSError as error:
            # A port below 1024, or a bind host that is none of this machine's addresses.
            raise StartFailed(
                f"Nobody can listen on {port.host}:{port.number} ({port.key}) as this user: {error.strerror}."
            ) from error
        if not is_free:
            raise StartFailed(
                f"Port {port.number} ({port.key}) is held by {proc.holder_of(port.number)}: stop that, or set "
                f"{port.key} to a free port."
            )
    with _interruptions_later():
        identity = process.start()
        started.append(Outcome(process, identity, False))
    if timeout_s <= 0:
        return started[-1]
    facts = process.wait_until_ready(identity, timeout_s)
    return Outcome(process, identity, False, facts)


def _found(process: LocalProcess, identity: Identity, timeout_s: float) -> Outcome:
    """Return the outcome for a process that runs; one that is still starting is waited for."""
    facts = process.facts(identity)
    starting_s = STARTING_S - identity.age_s()
    if facts is None and starting_s > 0:
        if timeout_s <= 0:
            return Outcome(process, identity, True)
        try:
            facts = process.wait_until_ready(identity, min(timeout_s, starting_s))
        except StartFailed:
            if not identity.is_alive():
                raise
    reason = process.why_unhealthy(identity, min(timeout_s, HEALTH_TIMEOUT_S) if timeout_s > 0 else HEALTH_TIMEOUT_S)
    if reason is not None and facts is None and timeout_s > 0:
        facts = process.wait_until_ready(identity, timeout_s)
    elif reason is not None:
        raise StartFailed(
            f"The {process.name} process runs (pid {identity.pid}) but is unhealthy: {reason}. It is left as it "
            f"is; `{process.stopping}` stops it."
        )
    return Outcome(process, identity, True, facts or {})


def finish(outcome: Outcome, timeout_s: float) -> Outcome:
    """Wait until a process that `start` did not wait for serves; with `timeout_s` 0 do not wait.

    Raises:  StartFailed: it ended, or does not serve in time.
    """
    if timeout_s <= 0:
        return outcome
    if outcome.ran_before:
        return outcome if outcome.facts else _found(outcome.process, outcome.identity, timeout_s)
    facts = outcome.process.wait_until_ready(outcome.identity, timeout_s)
    return Outcome(outcome.process, outcome.identity, False, facts)


@contextlib.contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Make SIGTERM and SIGHUP what Ctrl-C is, so that what is half-made is taken away again."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted(signal.Signals(number).name)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def undone_when_interrupted(tell: Tell) -> Iterator[list[Outcome]]:
    """Stop the processes appended to the yielded list when the block is interrupted, then go on failing.

    A process that only takes long (a journal to replay, a master that is not there yet) is not stopped for that.
    """

    started: list[Outcome] = []
    with interrupted_by_signals():
        try:
            yield started
        except KeyboardInterrupt:
            # A second Ctrl-C must not leave half of the undoing undone.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            for outcome in reversed(started):
                tell(f"stopping {outcome.process.name} (pid {outcome.identity.pid}) again ...")
                with contextlib.suppress(AlluxioError):
                    outcome.process.stop(timeout_s=UNDO_TIMEOUT_S)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            raise


@contextlib.contextmanager
def _interruptions_later() -> Iterator[None]:
    """Keep signals back until the block is done: a process that was just made must first be known to the undoing."""
    pending: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda number, frame: pending.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if pending:
            signal.raise_signal(signal.Signals(pending[0]))
