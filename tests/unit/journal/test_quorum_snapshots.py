"""Members that a leader's purged log cannot bring up to date: snapshots, and crashes while one is taken over."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.journal.quorum import OPTIONS, Member, Quorum
from tests.waiting import until

from pyalluxio import errors


async def _far_behind(quorum: Quorum) -> tuple[Member, Member]:
    """Return the leader, and a member that was away until the log before its return was gone."""
    leader = await quorum.leader()
    await leader.propose(b"a")
    await quorum.agree(b"a")
    away = quorum.followers()[0]
    await away.stop()
    for _ in range(10):
        await asyncio.gather(*(leader.propose(b"x" * 500) for _ in range(20)))
    for member in quorum.running:
        member.node.state_durable(member.applied_index)
    await until(lambda: leader.node.status().first_index > 50, what="a purged log")
    away.start()
    await until(lambda: away.wanted is not None, what="the call for a snapshot")
    return leader, away


SMALL_LOG = replace(OPTIONS, segment_size_max_bytes=10_000, retain_bytes=0)


async def test_a_member_behind_the_purged_log_gets_a_snapshot(tmp_path: Path) -> None:
    """A member that was away for long must come back without an operator."""
    async with Quorum(tmp_path, options=SMALL_LOG).start() as quorum:
        leader, away = await _far_behind(quorum)
        position, members, state = leader.snapshot()
        threads: list[str] = []

        def restore() -> None:
            threads.append(threading.current_thread().name)
            away.entries = state

        assert await asyncio.wait_for(away.node.install_snapshot(position, members, restore), 10)
        assert threads == ["journal"]
        await leader.propose(b"after")
        await quorum.agree(b"after")
        assert away.node.status().first_index == position.index + 1
        assert not await asyncio.wait_for(away.node.install_snapshot(position, members, restore), 10), "overtaken"
        await away.restart()
        await leader.propose(b"again")
        await quorum.agree(b"after", b"again")


async def test_nobody_has_a_snapshot(tmp_path: Path) -> None:
    """The leader asks again and again; the member must neither hang nor fail."""
    async with Quorum(tmp_path, options=SMALL_LOG).start() as quorum:
        leader, away = await _far_behind(quorum)
        away.wanted = None
        away.node.snapshot_unavailable()
        await leader.propose(b"goes on")
        await until(lambda: away.wanted is not None, what="the second call")
        assert away.failure is None


class _PowerCut(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(10))
async def test_a_restore_is_finished_after_a_crash_at_any_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A crash while a snapshot takes the place of the log must leave a member that starts, with the old or the new."""
    async with Quorum(tmp_path, options=SMALL_LOG).start() as quorum:
        leader, away = await _far_behind(quorum)
        position, members, state = leader.snapshot()
        steps: list[str] = []

        def count(name: str) -> None:
            steps.append(name)
            if len(steps) == step + 1:
                raise _PowerCut

        def restore() -> None:
            count("before the state")
            away.entries = state
            count("after the state")

        real_replace, real_unlink = os.replace, os.unlink

        def path_replace(self: Path, target: Path) -> Path:
            if self.is_relative_to(away.folder):
                count(f"before {target}")
                real_replace(self, target)
                count(f"after {target}")
            else:
                real_replace(self, target)
            return target

        def path_unlink(self: Path, missing_ok: bool = False) -> None:
            if self.is_relative_to(away.folder) and self.exists():
                count(f"before the end of {self}")
            try:
                real_unlink(self)
            except FileNotFoundError:
                assert missing_ok

        monkeypatch.setattr(Path, "replace", path_replace)
        monkeypatch.setattr(Path, "unlink", path_unlink)
        with pytest.raises(errors.Unavailable):
            await asyncio.wait_for(away.node.install_snapshot(position, members, restore), 10)
        monkeypatch.undo()
        assert len(steps) == step + 1, steps
        await away.stop()
        away.failure, away.wanted = None, None
        away.start()
        assert not away.node.is_recovering, "an interrupted restore is no loss"
        if away.entries is not state:
            await until(lambda: away.wanted is not None, what="the call for a snapshot")

            def repeat() -> None:
                away.entries = state

            assert await asyncio.wait_for(away.node.install_snapshot(position, members, repeat), 10)
        await leader.propose(b"after")
        await quorum.agree(b"after")
        assert not (away.current / "raft-meta.restore").exists()
