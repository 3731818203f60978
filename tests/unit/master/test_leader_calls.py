"""What a master answers around the end of its leadership: nothing stale, nothing late, and never nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pyalluxio.errors import AlluxioError, FileDoesNotExist, NotLeader, Unavailable
from pyalluxio.ids import Index
from pyalluxio.master import confirmation
from pyalluxio.master.file_handlers import file_handlers
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call
from pyalluxio.wire.sasl import Identity
from tests.unit.master.master_harness import CACHE_THROUGH, OWNER, Disk, Harness, settle
from tests.waiting import until

CALL = Call(Identity(OWNER, OWNER))
REQUESTS: dict[str, Any] = {
    "GetStatus": messages.GetStatusPRequest(path="/d"),
    "ListStatus": messages.ListStatusPRequest(path="/d"),
    "Exists": messages.ExistsPRequest(path="/d"),
    "CheckAccess": messages.CheckAccessPRequest(path="/d"),
    "GetMountTable": messages.GetMountTablePRequest(),
    "ListStatusPartial": messages.ListStatusPartialPRequest(path="/d"),
}


class Served:
    """The handlers of a master, called as an engine calls them; what is left unfinished is cancelled at the end."""

    def __init__(self, cluster: Harness) -> None:
        self.cluster = cluster
        self.handlers = {handler.method.name: handler for handler in file_handlers(cluster.master)}

    def begin(self, name: str, request: Any = None) -> asyncio.Task[Any]:
        return asyncio.create_task(self.ask(name, request))

    async def ask(self, name: str, request: Any = None) -> Any:
        """Answer as an engine does: the error that ends a task with a reason is the call's."""
        handler = self.handlers[name]
        payload = (REQUESTS[name] if request is None else request).SerializeToString()
        try:
            answer = handler.function(handler.parse(payload), CALL)
            if handler.method.server_streaming:
                return [item async for item in answer]
            return await answer if asyncio.iscoroutine(answer) else answer
        except asyncio.CancelledError as cancelled:
            if cancelled.args and isinstance(cancelled.args[0], AlluxioError):
                raise cancelled.args[0] from None
            raise


@asynccontextmanager
async def serving(disk: Disk | None = None) -> AsyncIterator[tuple[Harness, Served]]:
    async with (disk or Disk()).master() as cluster:
        await cluster.mkdir("/d")
        await cluster.create("/d/f")
        yield cluster, Served(cluster)


# --- reads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REQUESTS)
async def test_read_without_the_lease_waits_for_the_quorum(name: str) -> None:
    """A leader that was cut off does not know yet that another one leads, and would tell what was."""
    async with serving() as (cluster, served):
        await served.ask(name)
        cluster.journal.leases = False
        first, second = served.begin(name), served.begin(name)
        await until(lambda: bool(cluster.journal.rounds))
        await settle()
        assert not first.done()
        assert len(cluster.journal.rounds) == 1
        await cluster.journal.end_rounds(first, second)
        assert first.result() == second.result()


@pytest.mark.parametrize("name", REQUESTS)
async def test_deposed_leader_answers_no_read(name: str) -> None:
    async with serving() as (cluster, served):
        await served.ask(name)
        cluster.journal.leases = False
        call = served.begin(name)
        await until(lambda: bool(cluster.journal.rounds))
        cluster.journal.rounds[0].set_exception(NotLeader("h2 leads"))
        with pytest.raises(NotLeader, match="h2"):
            await call


async def test_error_is_an_answer_too() -> None:
    """That a path does not exist must not be told by somebody who cannot know any more."""
    async with serving() as (cluster, served):
        cluster.journal.leases = False
        call = served.begin("GetStatus", messages.GetStatusPRequest(path="/none"))
        await until(lambda: bool(cluster.journal.rounds))
        assert not call.done()
        await cluster.journal.end_rounds(call)
        with pytest.raises(FileDoesNotExist):
            await call


async def test_reader_that_comes_later_waits_for_the_next_round() -> None:
    """A round proves the leadership at its beginning, not for whoever read after that."""
    async with serving() as (cluster, served):
        await served.ask("GetStatus")
        cluster.journal.leases = False
        early = served.begin("GetStatus")
        await until(lambda: len(cluster.journal.rounds) == 1)
        late = [served.begin("GetStatus"), served.begin("GetStatus")]
        await settle()
        cluster.journal.rounds[0].set_result(Index(1))
        await early
        await until(lambda: len(cluster.journal.rounds) == 2)
        assert not any(call.done() for call in late)
        cluster.journal.rounds[1].set_result(Index(1))
        await asyncio.gather(*late)
        assert len(cluster.journal.rounds) == 2


async def test_kept_reply_never_leaves_after_the_lease() -> None:
    """The cache answers in microseconds, and would go on doing so for the clients of a leader that was cut off."""
    async with serving() as (cluster, served):
        handler = served.handlers["GetStatus"]
        payload = REQUESTS["GetStatus"].SerializeToString()
        made = handler.function(payload, CALL)
        assert handler.function(payload, CALL) is made
        cluster.journal.leases = False
        call = served.begin("GetStatus")
        await until(lambda: bool(cluster.journal.rounds))
        assert not call.done()
        cluster.journal.lose()
        with pytest.raises(NotLeader):
            await call
        with pytest.raises(NotLeader):
            handler.function(payload, CALL)


async def test_quorum_that_does_not_answer_ends_the_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmation, "ROUND_TIMEOUT_S", 0.05)
    async with serving() as (cluster, served):
        cluster.journal.leases = False
        with pytest.raises(Unavailable, match="do not answer"):
            await served.ask("GetStatus")


async def test_retried_change_is_confirmed_although_nothing_is_written() -> None:
    """The operation id is found, nothing changes, nothing commits: only the lease tells who leads."""
    async with serving() as (cluster, _):
        await cluster.mkdir("/d/new", operation=5)
        cluster.journal.leases = False
        again = asyncio.create_task(cluster.mkdir("/d/new", operation=5))
        await until(lambda: bool(cluster.journal.rounds))
        assert not again.done()
        cluster.journal.rounds[0].set_result(Index(1))
        await again


async def test_committed_change_needs_no_round() -> None:
    """The commit has proved it: a second round would double the time of each write where there is no lease."""
    async with serving() as (cluster, served):
        cluster.journal.leases = False
        await served.ask("CreateDirectory", messages.CreateDirectoryPRequest(path="/d/e"))
        assert cluster.journal.rounds == []


# --- the end of a leadership -----------------------------------------------------------------------------------------


async def test_standby_names_the_leader_at_once() -> None:
    async with serving() as (cluster, served):
        cluster.journal.lose(leader="h2_19200")
        for name in REQUESTS:
            with pytest.raises(NotLeader, match="ask h2_19200, which leads"):
                await asyncio.wait_for(served.ask(name), 1)


async def test_calls_that_wait_for_a_lock_or_a_storage_end_at_once() -> None:
    """Official clients wait for an answer without a deadline: one that never comes is a job that hangs."""
    disk = Disk()
    async with serving(disk) as (cluster, served):
        gate = disk.ufs.waiting["make_directory /data/x"] = asyncio.Event()
        request = messages.CreateDirectoryPRequest(
            path="/x", options=messages.CreateDirectoryPOptions(writeType=CACHE_THROUGH, recursive=True)
        )
        request.options.commonOptions.operationId.leastSignificantBits = 5
        in_storage = served.begin("CreateDirectory", request)
        await until(lambda: bool(disk.ufs.asked("make_directory")))
        behind_it = served.begin("CreateDirectory", request)
        reading = served.begin("ListStatus", messages.ListStatusPRequest(path="/d"))
        await until(lambda: len(cluster.master.file_system.locks) == 2)
        await settle()
        cluster.journal.lose()
        for call in (in_storage, behind_it):
            with pytest.raises(NotLeader):
                await asyncio.wait_for(call, 1)
        await asyncio.wait([reading], timeout=1)
        # The step under way holds its lock until it ends, and nothing follows it; whoever leads then does it anew.
        assert len(cluster.master.file_system.locks) == 1
        cluster.journal.lead()
        await until(lambda: cluster.master.is_serving)
        again = served.begin("CreateDirectory", request)
        await settle()
        assert not again.done()
        gate.set()
        await again
        assert len(cluster.master.file_system.locks) == 0
        assert len(cluster.master.calls) == 0
        infos = [info.path for info in await cluster.infos("/")]
        assert infos.count("/x") == 1
    disk.check()


async def test_listing_ends_with_the_leadership() -> None:
    """Half a listing that looks whole would make a job skip files."""
    async with serving() as (cluster, served):
        cluster.journal.leases = False
        handler = served.handlers["ListStatus"]
        pages = handler.function(REQUESTS["ListStatus"], CALL)
        first = asyncio.ensure_future(anext(pages))
        await until(lambda: bool(cluster.journal.rounds))
        cluster.journal.lose()
        with pytest.raises((NotLeader, asyncio.CancelledError)):
            await asyncio.wait_for(first, 1)
        assert len(cluster.master.calls) == 0


async def test_proposed_change_learns_its_fate() -> None:
    """The entry was on its way when the leadership went: the quorum may have it, and the caller need not ask twice."""
    disk = Disk()
    async with serving(disk) as (cluster, served):
        cluster.journal.is_held = True
        call = served.begin("CreateDirectory", messages.CreateDirectoryPRequest(path="/d/e"))
        await until(lambda: bool(cluster.journal.pending))
        cluster.journal.lose(survives=True)
        await asyncio.wait_for(call, 1)
    disk.check()


async def test_fate_that_nobody_tells_ends_the_wait() -> None:
    """Cut off from the quorum nobody can tell what became of the entry, for as long as that lasts."""
    disk = Disk()
    async with serving(disk) as (cluster, served):
        cluster.master.pipeline._fate_wait_s = 0.05
        cluster.journal.is_held = True
        call = served.begin("CreateDirectory", messages.CreateDirectoryPRequest(path="/d/e"))
        await until(lambda: bool(cluster.journal.pending))
        kept, cluster.journal.pending = cluster.journal.pending, []
        cluster.journal.lose()
        with pytest.raises(NotLeader, match="repeat the call"):
            await asyncio.wait_for(call, 1)
        # It is committed after all, by the next leader: applied like any other.
        cluster.journal.term -= 1
        for data, future in kept:
            cluster.journal.deliver_data(data)
            future.cancel()
        cluster.journal.term += 1
        cluster.journal.is_held = False
        cluster.journal.lead()
        await until(lambda: cluster.master.is_serving)
        assert [info.path for info in await cluster.infos("/d")] == ["/d/e", "/d/f"]
    disk.check()


async def test_promoted_and_demoted_under_load() -> None:
    """Twenty leaderships in one process, with calls of every kind under way: none hangs, nothing is lost."""
    disk = Disk()
    async with serving(disk) as (cluster, served):
        done: set[str] = set()

        async def work(number: int) -> None:
            for attempt in range(200):
                path = f"/d/w{number}/{attempt}"
                through = CACHE_THROUGH if attempt % 3 == 0 else messages.MUST_CACHE
                options = messages.CreateDirectoryPOptions(writeType=through, recursive=True, allowExists=True)
                try:
                    await served.ask("CreateDirectory", messages.CreateDirectoryPRequest(path=path, options=options))
                    done.add(path)
                    await served.ask("GetStatus", messages.GetStatusPRequest(path=path))
                    await served.ask("ListStatus", messages.ListStatusPRequest(path=f"/d/w{number}"))
                except NotLeader:
                    await until(lambda: cluster.master.is_serving)

        workers = [asyncio.create_task(work(number)) for number in range(8)]
        for turn in range(20):
            enough = len(done) + 15
            await until(lambda enough=enough: len(done) >= enough or all(w.done() for w in workers))  # type: ignore[misc]
            cluster.journal.lose(survives=turn % 2 == 0)
            await settle()
            cluster.journal.lead()
            await until(lambda: cluster.master.is_serving)
        await asyncio.wait_for(asyncio.gather(*workers), 60)
        for path in done:
            await served.ask("GetStatus", messages.GetStatusPRequest(path=path))
        assert len(cluster.master.calls) == 0
        assert len(cluster.master.file_system.locks) == 0
    disk.check()
