"""Clients: one call at a time each, repeated with the same operation id on other masters until one answers."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyalluxio.errors import (
    AlluxioError,
    DirectoryNotEmpty,
    FileAlreadyExists,
    FileDoesNotExist,
    InvalidPath,
    NotLeader,
)
from pyalluxio.journal.entries import OperationId
from pyalluxio.raft.messages import PeerId
from tests.sim.checker import check

if TYPE_CHECKING:
    from tests.sim.member import Member
    from tests.sim.simulation import Simulation

DIRECTORIES = ("/a", "/b")
FILES = tuple(f"{directory}/{name}" for directory in DIRECTORIES for name in ("x", "y", "z"))
WATCHED = (*DIRECTORIES, *FILES, "/b/a", "/b/a/x", "/b/a/y", "/b/a/z")
CALL_TIMEOUT_S = 0.4
PATIENCE_S = 3.0
DEFINITE = (FileAlreadyExists, FileDoesNotExist, DirectoryNotEmpty, InvalidPath)


@dataclass
class ClientCall:
    """One call as the client means it, whatever it takes to have it done."""

    client: str
    kind: str
    arguments: tuple[Any, ...]
    operation_id: OperationId | None
    floor: int  # what was finished before it was asked for
    index: int = -1

    def __str__(self) -> str:
        return f"{self.client} {self.kind}{self.arguments}"


class Client:
    """Chooses calls by chance, and tells the checker what came of them."""

    def __init__(self, sim: Simulation, name: str, rng: random.Random) -> None:
        self.sim = sim
        self.name = name
        self.rng = rng
        self.leader: PeerId | None = None
        self._number = 0
        self._pause_s = rng.choice([0.0, 0.005, 0.03])

    async def run(self) -> None:
        """Make calls until the simulation says that it is enough."""
        while not self.sim.is_calm:
            await self.make(self._choose())
            await asyncio.sleep(self._pause_s * self.rng.random() + 0.001)

    async def make(self, call: ClientCall) -> bool:
        """Make a call; returns whether it was answered."""
        sim = self.sim
        until_s = sim.now_s + PATIENCE_S
        while sim.now_s < until_s:
            target = self._target()
            try:
                result = await self._attempt(target, call)
            except TimeoutError:
                self.leader = None
                continue
            except DEFINITE as error:
                sim.trace(self.name, f"{call} -> {type(error).__name__}")
                self.leader = target.id
                sim.checker.answered(call, None, error)
                return True
            except AlluxioError as error:
                assert not isinstance(error, DEFINITE)
                self.leader = None
                if not isinstance(error, NotLeader):
                    sim.checker.count(type(error).__name__)
                await asyncio.sleep(0.02 * self.rng.random())
                continue
            self.leader = target.id
            sim.trace(self.name, f"{call} -> {result}")
            sim.checker.answered(call, result, None)
            return True
        sim.checker.count("given up")
        return False

    def _choose(self) -> ClientCall:
        rng = self.rng
        file, directory = rng.choice(FILES), rng.choice(DIRECTORIES)
        kind = rng.choices(
            ["create", "mkdir", "delete", "delete tree", "rename", "rename tree", "set", "status", "list"],
            [18, 6, 12, 2, 8, 3, 14, 30, 7],
        )[0]
        if kind == "create":
            return self._write("create", file, rng.random() < 0.3)
        if kind == "mkdir":
            return self._write("mkdir", directory, rng.random() < 0.5)
        if kind == "delete":
            return self._write("delete", file, False)
        if kind == "delete tree":
            return self._write("delete", directory, rng.random() < 0.7)
        if kind == "rename":
            return self._write("rename", file, rng.choice(FILES))
        if kind == "rename tree":
            return self._write("rename", *rng.choice([("/a", "/b/a"), ("/b/a", "/a"), ("/a", "/b"), ("/b", "/a")]))
        if kind == "set":
            value = f"{self.name}.{self._number}".encode()
            return self._call("set", (rng.choice((file, file, directory)), value), None)
        if kind == "list":
            return self._call("list", (directory,), None)
        return self._call("status", (rng.choice((file, file, directory, "/b/a/x")),), None)

    def _write(self, kind: str, *arguments: Any) -> ClientCall:
        return self._call(kind, arguments, OperationId(self.rng.getrandbits(62), self.rng.getrandbits(62)))

    def _call(self, kind: str, arguments: tuple[Any, ...], operation_id: OperationId | None) -> ClientCall:
        self._number += 1
        return ClientCall(self.name, kind, arguments, operation_id, self.sim.checker.floor)

    # --- one attempt -----------------------------------------------------------------------------------------------

    def _target(self) -> Member:
        members = self.sim.members
        if self.leader is not None and self.rng.random() < 0.95:
            return members[self.leader]
        return self.rng.choice(list(members.values()))

    async def _attempt(self, target: Member, call: ClientCall) -> Any:
        sim = self.sim
        answer: asyncio.Future[Any] = sim.loop.create_future()
        sim.network.send(self.name, target.id, self._arrive, target, call, answer)
        async with asyncio.timeout(CALL_TIMEOUT_S):
            return await answer

    def _arrive(self, target: Member, call: ClientCall, answer: asyncio.Future[Any]) -> None:
        if target.is_alive and self.sim.plots.admits_call(call):
            target.later(0.0, lambda: target.spawn(self._serve(target, call, answer)))

    async def _serve(self, target: Member, call: ClientCall, answer: asyncio.Future[Any]) -> None:
        master, checker = target.master, self.sim.checker
        was_done = (
            call.operation_id is not None
            and checker.operations.get((call.operation_id[0], call.operation_id[1]), 1 << 60) <= master.applied_index
        )
        outcome: Any
        try:
            outcome = await master.call(call.kind, call.arguments, call.operation_id)
            if call.kind in ("status", "list"):
                outcome = ("", outcome)
            else:
                outcome = ("", None)
        except AlluxioError as error:
            if was_done and isinstance(error, DEFINITE):
                is_status = isinstance(error, FileDoesNotExist | InvalidPath) and call.kind in ("create", "mkdir")
                check(is_status, f"{call} was done before, and is refused with {type(error).__name__} when repeated")
                self.sim.checker.count("repeated call")
            if call.kind in ("status", "list") and isinstance(error, FileDoesNotExist | InvalidPath):
                outcome = ("", None)
            else:
                outcome = (error, None)
        else:
            if was_done:
                self.sim.checker.count("repeated call")
        self.sim.network.send(target.id, self.name, _settle, answer, outcome)


def _settle(answer: asyncio.Future[Any], outcome: tuple[Any, Any]) -> None:
    if answer.done():
        return
    error, result = outcome
    if error:
        answer.set_exception(error)
    else:
        answer.set_result(result)
