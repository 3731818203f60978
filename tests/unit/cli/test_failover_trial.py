"""The trial of `quickstart`: what it says when a master is killed, and that it does not call a loss a success."""

from __future__ import annotations

import asyncio

from pyalluxio.cli import failover_trial


class Files:
    """A cluster in a dictionary, which may forget."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.killed_after = -1
        self.forgets = ""

    async def kill(self) -> str:
        self.killed_after = len(self.contents)
        self.contents.pop(self.forgets, None)
        return "m1:19998"

    async def exists(self, path: str) -> bool:
        return any(name.startswith(path) for name in self.contents)

    async def delete(self, path: str, *, recursive: bool) -> None:
        assert recursive
        self.contents = {name: content for name, content in self.contents.items() if not name.startswith(path)}

    async def write_bytes(self, path: str, data: bytes, *, recursive: bool) -> None:
        assert recursive
        await asyncio.sleep(0)
        self.contents[path] = data

    async def read_bytes(self, path: str) -> bytes:
        return self.contents.get(path, b"")


async def test_the_leader_is_killed_between_the_writes() -> None:
    """Killed before the first or after the last write, it would prove nothing."""
    files = Files()
    files.contents["/failover_trial/of an earlier trial"] = b"1"
    trial = await failover_trial.run(files, files.kill)
    assert 0 < files.killed_after < trial.file_count == 40
    assert trial.wrong == ()
    assert "m1:19998 was killed" in trial.describe()
    assert files.contents == {}


async def test_a_lost_file_is_told() -> None:
    """The first thing a newcomer sees must not claim what is not true."""
    files = Files()
    files.forgets = "/failover_trial/003"
    trial = await failover_trial.run(files, files.kill)
    assert trial.wrong == ("/failover_trial/003",)
    assert trial.describe() == "1 of 40 files are not what was written: /failover_trial/003."
