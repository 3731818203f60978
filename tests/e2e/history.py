"""Clients whose calls are recorded, for `tests.linearizability`: directories that come, go, move and carry values.

A key is a directory `/h/<key>` with the places x and y. Whatever stands at a place carries a number that no other call
ever wrote (its time to live, decades away), so that a status tells which change it saw.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyalluxio.client import AsyncFileSystem
from pyalluxio.errors import AlluxioError, Status
from pyalluxio.wire.channel import Channel
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.methods import method
from tests.linearizability import Call, State
from tests.waiting import pace

TOP = "/h"
PLACES = ("x", "y")
NOTHING: tuple[int | None, ...] = (None, None)
OK, ABSENT, EXISTS = "ok", "absent", "exists"
# Milliseconds: thirty years and more, so that nothing expires. The official client's values begin at twice that.
VALUE_MIN = 10**12
# Without a fault a call takes some milliseconds; with one, at least as long as an election.
REPEATED_AFTER_NS = 150_000_000
KINDS = ("create", "delete", "rename", "set", "status")
WEIGHTS = (5, 3, 3, 3, 6)
CALL_PAUSE_S = 0.02
DIRECT_PAUSE_S = 0.03
DIRECT_TIMEOUT_S = 60.0
# What a refusal means here; any other error of an answered call is none that a correct cluster gives.
REFUSALS = {Status.NOT_FOUND: ABSENT, Status.ALREADY_EXISTS: EXISTS}
_STATUS = method("alluxio.grpc.file.FileSystemMasterClientService", "GetStatus")


def step(state: State, call: Call) -> State | None:
    """Return what stands at x and y after a call, None when it cannot have ended so (see `linearizability.Step`)."""
    assert isinstance(state, tuple)
    place = PLACES.index(call.arguments[0])
    here = state[place]
    result = OK if call.ended_ns is None else call.result
    if call.kind == "status":
        return state if call.ended_ns is None or (ABSENT if here is None else here) == result else None
    if call.kind == "create":
        if result == EXISTS:
            return state if here is not None else None
        return _with(state, place, call.arguments[1]) if here is None and result == OK else None
    if call.kind == "rename":
        target = PLACES.index(call.arguments[1])
        if result == ABSENT:
            return state if here is None else None
        if result == EXISTS:
            return state if state[target] is not None else None
        is_possible = here is not None and state[target] is None and result == OK
        return _with(_with(state, place, None), target, here) if is_possible else None
    assert call.kind in ("delete", "set"), call
    if result == ABSENT:
        return state if here is None else None
    if here is None or result != OK:
        return None
    return _with(state, place, call.arguments[1] if call.kind == "set" else None)


def first_attempts(calls: Iterable[Call]) -> list[Call]:
    """Return what may have happened before the answers of slow calls that change attributes.

    The protocol repeats such a call after a fail-over without saying so: the first attempt may have taken effect, its
    answer lost, and the answer that came may be the second one's, by when the path was gone or somebody else's value
    was there. Creating, deleting and renaming are told apart by their operation ids and need no such excuse.
    """
    return [
        replace(call, result=None, ended_ns=None, until_ns=call.ended_ns)
        for call in calls
        if call.kind == "set" and call.ended_ns is not None and call.ended_ns - call.began_ns > REPEATED_AFTER_NS
    ]


def _with(state: tuple[Any, ...], place: int, value: int | None) -> tuple[Any, ...]:
    return tuple(value if number == place else other for number, other in enumerate(state))


class History:
    """What all clients saw, on one clock: the machine's monotonic one, which Java's `nanoTime` reads as well."""

    def __init__(self, keys: int) -> None:
        self.keys = [f"k{number}" for number in range(keys)]
        self.calls: list[Call] = []
        self._values = itertools.count(VALUE_MIN)

    def new_value(self) -> int:
        return next(self._values)

    async def prepare(self, fs: AsyncFileSystem) -> None:
        for key in self.keys:
            await fs.create_directory(f"{TOP}/{key}", recursive=True, allow_exists=True, write_type="MUST_CACHE")

    async def record(
        self, client: str, key: str, kind: str, arguments: tuple[Any, ...], call: Callable[[], Awaitable[Any]]
    ) -> None:
        """Make a call and keep it.

        Raises:   AlluxioError: an answer that a correct cluster does not give.
        """
        began_ns = time.monotonic_ns()
        try:
            result = await call()
        except AlluxioError as error:
            refusal = REFUSALS.get(error.status)
            if refusal is None:
                raise
            result = refusal
        except asyncio.CancelledError:
            self.calls.append(Call(client, key, kind, arguments, None, began_ns, None))
            raise
        self.calls.append(Call(client, key, kind, arguments, result, began_ns, time.monotonic_ns()))

    def read(self, file: Path) -> int:
        """Add what another program recorded; return how many calls that were.

        A line is `client key kind arguments result began ended`, its arguments joined by commas. An end of 0 means that
        the call was not answered.
        """
        count = 0
        for line in file.read_text().splitlines():
            client, key, kind, words, result, began, ended = line.split(" ")
            arguments = tuple(int(word) if word.isdigit() else word for word in words.split(","))
            answer: Any = int(result) if result.isdigit() else result
            self.calls.append(Call(client, key, kind, arguments, answer, int(began), int(ended) or None))
            count += 1
        return count


class RecordedClient:
    """Makes calls by chance through the Python client, which finds the leader and repeats what was not answered."""

    def __init__(self, history: History, fs: AsyncFileSystem, name: str, rng: random.Random) -> None:
        self._history = history
        self._fs = fs
        self._name = name
        self._rng = rng

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.step()
            await pace(CALL_PAUSE_S)

    async def step(self) -> None:
        rng, fs = self._rng, self._fs
        key = rng.choice(self._history.keys)
        kind = rng.choices(KINDS, WEIGHTS)[0]
        place, other = rng.sample(PLACES, 2)
        path = f"{TOP}/{key}/{place}"
        arguments: tuple[Any, ...] = (place,)
        value = self._history.new_value()
        if kind in ("create", "set"):
            arguments = (place, value)
        elif kind == "rename":
            arguments = (place, other)

        async def call() -> Any:
            if kind == "create":
                await fs.create_directory(path, write_type="MUST_CACHE", ttl_ms=value)
            elif kind == "set":
                await fs.set_attribute(path, ttl_ms=value)
            elif kind == "delete":
                await fs.delete(path)
            elif kind == "rename":
                await fs.rename(path, f"{TOP}/{key}/{other}")
            else:
                return (await fs.get_status(path)).ttl_ms
            return OK

        await self._history.record(self._name, key, kind, arguments, call)


async def ask_directly(
    history: History, channel: Channel, name: str, rng: random.Random, stop: asyncio.Event, at_once: int = 3
) -> None:
    """Ask one master, leader or not, for statuses; what it answers is part of the history, that it refuses is not.

    Questions to one that is paused wait in its sockets, and are the first thing that it sees when it wakes. What was
    asked before the pause began could be answered with what was true then; so new ones follow while it lasts.
    """

    async def ask() -> None:
        key, place = rng.choice(history.keys), rng.choice(PLACES)
        began_ns = time.monotonic_ns()
        options = messages.GetStatusPOptions(loadMetadataType=messages.NEVER)
        request = messages.GetStatusPRequest(path=f"{TOP}/{key}/{place}", options=options)
        result: Any
        try:
            result = (await channel.unary(_STATUS, request, DIRECT_TIMEOUT_S)).fileInfo.ttl
        except AlluxioError as error:
            if error.status is not Status.NOT_FOUND:
                return
            result = ABSENT
        history.calls.append(Call(name, key, "status", (place,), result, began_ns, time.monotonic_ns()))

    asked: set[asyncio.Task[None]] = set()
    quiet_s = 0.0
    while not stop.is_set():
        # One more every quarter of a second while nothing is answered, `at_once` otherwise.
        if len(asked) < at_once or (time.monotonic() > quiet_s and len(asked) < 100):
            task = asyncio.create_task(ask())
            asked.add(task)
            task.add_done_callback(asked.discard)
            quiet_s = time.monotonic() + 0.25
        await pace(DIRECT_PAUSE_S)
    await _finished(asked)


async def _finished(tasks: Iterable[asyncio.Task[None]]) -> None:
    waiting = list(tasks)
    if waiting:
        _, late = await asyncio.wait(waiting, timeout=5.0)
        for task in late:
            task.cancel()
        for task in waiting:
            with contextlib.suppress(asyncio.CancelledError):
                await task
