"""The trial of a new cluster of several masters: the leader is killed under a writing client, and nothing is lost.

A client writes small files one after the other. The leading master is ended with SIGKILL in the middle; the client is
not told. Afterwards every file that was acknowledged is read and compared.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

FOLDER = "/failover_trial"
FILES_BEFORE = 20
FILES_AFTER = 20
CONTENT_BYTES = 1000
# A cluster that needs longer than this for a new leader has failed the trial.
TRIAL_TIMEOUT_S = 60.0


class FileSystem(Protocol):
    """What the trial needs of a client."""

    async def exists(self, path: str) -> bool: ...
    async def delete(self, path: str, *, recursive: bool) -> None: ...
    async def write_bytes(self, path: str, data: bytes, *, recursive: bool) -> object: ...
    async def read_bytes(self, path: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of it; times in seconds."""

    killed: str
    file_count: int
    longest_write_s: float
    wrong: tuple[str, ...]

    def describe(self) -> str:
        """Return it in sentences for people."""
        if self.wrong:
            lost = ", ".join(self.wrong[:5])
            return f"{len(self.wrong)} of {self.file_count} files are not what was written: {lost}."
        return (
            f"The leading master {self.killed} was killed (SIGKILL) while a client was writing. "
            f"The client went on after {self.longest_write_s:.2f} s; "
            f"all {self.file_count} files are there and hold what was written."
        )


async def run(fs: FileSystem, kill: Callable[[], Awaitable[str]], now_s: Callable[[], float] = time.monotonic) -> Trial:
    """Write, kill, write on, compare.

    kill  ends the master that leads, and returns its address

    Raises:  AlluxioError: a write or read failed for good.  TimeoutError: it was not done within TRIAL_TIMEOUT_S.
    """
    async with asyncio.timeout(TRIAL_TIMEOUT_S):
        if await fs.exists(FOLDER):
            await fs.delete(FOLDER, recursive=True)
        written: dict[str, bytes] = {}
        longest_write_s = 0.0
        killing: asyncio.Future[str] | None = None
        while len(written) < FILES_BEFORE + FILES_AFTER:
            if len(written) == FILES_BEFORE:
                killing = asyncio.ensure_future(kill())
            path = f"{FOLDER}/{len(written):03}"
            content = path.encode() * (CONTENT_BYTES // len(path))
            began_s = now_s()
            await fs.write_bytes(path, content, recursive=True)
            longest_write_s = max(longest_write_s, now_s() - began_s)
            written[path] = content
        assert killing is not None
        killed = await killing
        wrong = [path for path, content in written.items() if await fs.read_bytes(path) != content]
        await fs.delete(FOLDER, recursive=True)
    return Trial(killed, len(written), longest_write_s, tuple(wrong))
