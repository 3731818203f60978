"""Three members in one process, with real threads and files: elect, replicate, fail, come back, change."""

from __future__ import annotations

import asyncio
import errno
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.journal.quorum import OPTIONS, Quorum, address_of
from tests.waiting import until

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.journal import log_store
from pyalluxio.journal.folder import JournalFolder
from pyalluxio.journal.format import format_journal
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.journal.node import JournalNode


async def test_a_new_quorum_elects_and_replicates(tmp_path: Path) -> None:
    """Three freshly formatted masters must come up by themselves, and hold the same."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        wanted = [b"%d" % i for i in range(500)]
        await asyncio.gather(*(leader.propose(data) for data in wanted))
        await quorum.agree(*wanted)
        terms = {member.roles[-1].leader for member in quorum.running}
        assert terms == {leader.id}, "everybody knows who leads"
        assert not any(member.node.status().is_recovering for member in quorum.running)


async def test_a_new_quorum_comes_up_with_one_missing(tmp_path: Path) -> None:
    """The third machine may come days later; then it gets everything and votes."""
    async with Quorum(tmp_path) as quorum:
        quorum.members[1].start()
        quorum.members[2].start()
        leader = await quorum.leader()
        await leader.propose(b"early")
        late = quorum.members[3].start()
        await quorum.agree(b"early")
        await until(lambda: not late.node.status().is_recovering, what="the late member votes")
        await leader.stop()
        await (await quorum.leader(other_than=leader)).propose(b"with the late one")


async def test_a_killed_leader_is_replaced_inside_the_promise_and_a_bit(tmp_path: Path) -> None:
    """Fail-over is what the quorum is for: nothing acknowledged is lost, and it takes well under a second."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"acknowledged")
        await quorum.agree(b"acknowledged")
        began = time.monotonic()
        await leader.stop()
        next_leader = await quorum.leader(other_than=leader)
        assert time.monotonic() - began < 5
        await next_leader.propose(b"next")
        leader.start()
        await quorum.agree(b"acknowledged", b"next")


async def test_a_quorum_restarts_with_everything(tmp_path: Path) -> None:
    """A power cut of the whole rack."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"a")
        await quorum.agree(b"a")
        for member in quorum.running:
            await member.stop()
        quorum.members[1].entries.clear()  # a store that was lost is rebuilt from the log
        quorum.start()
        leader = await quorum.leader()
        await leader.propose(b"b")
        await quorum.agree(b"a", b"b")


async def test_a_partitioned_leader_serves_nothing(tmp_path: Path) -> None:
    """A leader that nobody hears must neither acknowledge nor answer reads, while the others go on."""
    async with Quorum(tmp_path).start() as quorum:
        old = await quorum.leader()
        await until(old.node.has_lease, what="a lease")
        others = [member.number for member in quorum.followers()]
        lost = old.node.propose(b"before the cut")
        await lost
        quorum.network.partition([old.number], others)
        hanging = old.node.propose(b"never acknowledged by the old leader")
        read = old.node.read_index()
        new = await quorum.leader(other_than=old)
        assert not old.node.has_lease(), "nobody else leads inside a lease"
        await new.propose(b"after the cut")
        await until(lambda: not old.leads, what="the old leader steps down")
        assert not hanging.done()
        with pytest.raises(errors.NotLeader):
            await asyncio.wait_for(read, 10)
        quorum.network.heal()
        with pytest.raises(errors.NotLeader, match="took the place"):
            await asyncio.wait_for(hanging, 10)
        await quorum.agree(b"before the cut", b"after the cut")


async def test_without_a_majority_writes_fail_fast_and_the_reason_is_told(tmp_path: Path) -> None:
    """A caller must get an answer in a second, and the operator a sentence that names who is missing."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        followers = quorum.followers()
        for follower in followers:
            await follower.stop()
        error: errors.AlluxioError | None = None
        began = time.monotonic()
        while error is None and time.monotonic() - began < 10:
            try:
                await asyncio.wait_for(leader.node.propose(b"x"), 0.1)
            except errors.AlluxioError as refusal:
                error = refusal
            except TimeoutError:
                continue
        assert isinstance(error, errors.Unavailable)
        assert "no majority of 3 masters has answered" in str(error)
        await until(lambda: not leader.leads, what="stepping down")
        await until(lambda: leader.node.status().no_leader_reason.startswith("No leader: 1 of 3"), what="the reason")
        reason = leader.node.status().no_leader_reason
        assert all(follower.address in reason for follower in followers)
        assert "2 are needed" in reason
        with pytest.raises(errors.NotLeader):
            await asyncio.wait_for(leader.node.propose(b"y"), 10)


async def test_the_lease_holds_while_the_quorum_answers_and_only_then(tmp_path: Path) -> None:
    """Reads without a round trip, and never a stale one."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await until(leader.node.has_lease, what="a lease")
        assert not any(follower.node.has_lease() for follower in quorum.followers())
        position = await leader.propose(b"x")
        assert await asyncio.wait_for(leader.node.read_index(), 10) >= position.index
        quorum.network.partition([leader.number], [member.number for member in quorum.followers()])
        await until(lambda: not leader.node.has_lease(), timeout_s=2, what="the end of the lease")


async def test_a_lease_can_be_switched_off(tmp_path: Path) -> None:
    """Whoever does not trust clocks gets a majority's answer for every read."""
    async with Quorum(tmp_path, options=replace(OPTIONS, lease_percent=0)).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"x")
        assert await asyncio.wait_for(leader.node.read_index(), 10) >= 0
        assert not leader.node.has_lease()


async def test_the_leadership_is_handed_over(tmp_path: Path) -> None:
    """A rolling restart must not cost an election timeout."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"a")
        target = quorum.followers()[0]
        began = time.monotonic()
        await asyncio.wait_for(leader.node.transfer_leadership(target.address, 5), 10)
        assert time.monotonic() - began < 2
        assert await quorum.leader() is target
        await target.propose(b"b")
        await quorum.agree(b"a", b"b")
        with pytest.raises(errors.NotLeader, match=rf"{target.address} does"):
            await leader.node.transfer_leadership(None, 5)
        with pytest.raises(errors.NotFound, match="nowhere"):
            await target.node.transfer_leadership("nowhere:1", 5)


async def test_a_leader_whose_loop_hangs_hands_over(tmp_path: Path) -> None:
    """A master that is alive for its peers and dead for its clients would be the worst of all leaders."""
    async with Quorum(tmp_path, options=replace(OPTIONS, watchdog_s=0.4)).start() as quorum:
        leader = await quorum.leader()
        assert leader.node._beat is not None
        leader.node._beat.cancel()  # what a loop that does not run looks like from the driver's thread
        successor = await quorum.leader(other_than=leader)
        await successor.propose(b"served")
        driver = leader.node._driver
        assert driver is not None
        assert not driver._core._is_willing
        leader.node._show_that_the_loop_runs()
        await until(lambda: driver._core._is_willing, what="it may lead again")


async def test_members_are_added_and_removed(tmp_path: Path) -> None:
    """Hardware is replaced while the cluster serves."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await asyncio.gather(*(leader.propose(b"%d" % i) for i in range(50)))
        addresses = [address_of(number) for number in range(1, 5)]
        added = quorum.add(4, addresses).start()
        await asyncio.wait_for(leader.node.change_members(addresses), 20)
        await until(lambda: added.data == leader.data, what="the new member holds everything")
        status = leader.node.status()
        assert [peer.address for peer in status.configuration.peers] == addresses
        removed = quorum.followers()[0]
        rest = [address for address in addresses if address != removed.address]
        await asyncio.wait_for(leader.node.change_members(rest), 20)
        await removed.stop()
        await leader.propose(b"after")
        await quorum.agree(b"after")
        await until(lambda: [peer.address for peer in leader.node.status().peers] == rest, what="the report")
        with pytest.raises(errors.InvalidArgument, match="twice"):
            await leader.node.change_members([rest[0], rest[0]])


async def test_one_master_becomes_three_without_format(tmp_path: Path) -> None:
    """The way from a trial to production; the two new ones must not found a quorum of their own meanwhile."""
    async with Quorum(tmp_path, size=1).start() as quorum:
        first = await quorum.leader()
        await asyncio.gather(*(first.propose(b"%d" % i) for i in range(20)))
        await first.stop()
        addresses = [address_of(number) for number in (1, 2, 3)]
        first.addresses = addresses
        first.start()
        for number in (2, 3):
            quorum.add(number, addresses).start()
        assert await quorum.leader() is first
        await until(lambda: len(quorum.members[2].roles) > 0 and len(quorum.members[3].roles) > 0)
        await asyncio.wait_for(first.node.change_members(addresses), 20)
        await first.propose(b"with three")
        await quorum.agree(b"with three")
        await first.stop()
        await (await quorum.leader(other_than=first)).propose(b"without the first")


async def test_a_leader_that_is_left_out_hands_over(tmp_path: Path) -> None:
    """Removing the leader must not stop the service for an election timeout."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        rest = [member.address for member in quorum.followers()]
        await asyncio.wait_for(leader.node.change_members(rest), 20)
        successor = await quorum.leader(other_than=leader)
        await leader.stop()
        await successor.propose(b"x")
        await quorum.agree(b"x")


async def test_a_removed_member_is_told_so_also_when_it_is_started_again(tmp_path: Path) -> None:
    """It would campaign for ever, and nobody who looks at it would know why there is no leader for it."""
    async with Quorum(tmp_path, size=4).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"x")
        living, stopped, _ = quorum.followers()
        await stopped.stop()
        rest = [member.address for member in quorum.members.values() if member is not stopped]
        await asyncio.wait_for(leader.node.change_members(rest), 20)
        rest.remove(living.address)
        await asyncio.wait_for(leader.node.change_members(rest), 20)
        await until(lambda: living.roles[-1].is_removed, what="the living one is told")
        await living.restart()
        await until(lambda: living.roles and living.roles[-1].is_removed, what="it is told again")
        stopped.start()
        await until(lambda: stopped.roles and stopped.roles[-1].is_removed, what="the one that was down is told, too")
        assert leader.leads


async def test_another_quorum_does_not_swallow_a_new_member(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A new cluster got the address of a host that an old cluster still waits for: they must not become one."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"old")
        gone = quorum.followers()[0]
        await gone.stop()
        new = quorum.add(gone.number, [gone.address, address_of(7), address_of(8)], is_formatted=False)
        new.folder = tmp_path / "elsewhere"
        format_journal(new.folder)
        new.start()
        await until(lambda: "does not list it" in caplog.text, what="the stranger is named")
        await leader.propose(b"more")
        assert new.node.status().last_index == -1
        assert not new.roles[-1].leader
        assert not new.node.status().is_recovering


async def test_a_newcomer_has_the_priority_of_the_others(tmp_path: Path) -> None:
    """After an official `elect` all have 1; one with 0 would not be voted for by any of them."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await asyncio.wait_for(leader.node.set_priorities({address_of(number): 1 for number in (1, 2, 3)}), 10)
        addresses = [address_of(number) for number in range(1, 5)]
        added = quorum.add(4, addresses).start()
        assert not added.node.status().was_member
        await asyncio.wait_for(leader.node.change_members(addresses), 20)
        assert [peer.priority for peer in leader.node.status().configuration.peers] == [1, 1, 1, 1]
        await until(lambda: added.node.status().was_member, what="its journal knows it")
        assert not any(role.is_removed for role in added.roles)


async def test_priorities_are_stored(tmp_path: Path) -> None:
    """Java members heed them, and `quorum info` shows them."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await asyncio.wait_for(leader.node.set_priorities({address_of(2): 3}), 10)
        assert [peer.priority for peer in leader.node.status().configuration.peers] == [0, 3, 0]
        with pytest.raises(errors.NotFound, match="elsewhere:1 is no member"):
            await leader.node.set_priorities({"elsewhere:1": 1})


async def test_status_tells_what_the_peers_hold(tmp_path: Path) -> None:
    """Who lags, and since when nobody heard of whom, is the first question of an operator."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        position = await leader.propose(b"x")

        def caught_up() -> bool:
            peers = leader.node.status().peers
            return len(peers) == 3 and all(peer.match_index == position.index and peer.lag == 0 for peer in peers)

        await until(caught_up, what="the report of the leader")
        status = leader.node.status()
        assert [peer.address for peer in status.peers if peer.is_leader] == [leader.address]
        assert all(peer.votes and not peer.is_recovering for peer in status.peers)
        assert all(peer.last_contact_ms is not None and peer.last_contact_ms < 5000 for peer in status.peers)
        assert status.no_leader_reason == ""
        assert status.leader_since_ms is not None
        assert abs(time.time() * 1000 - status.leader_since_ms) < 60_000
        follower = quorum.followers()[0].node.status()
        assert {peer.match_index for peer in follower.peers} >= {None}, "a follower does not know what others hold"


# --- disks ---------------------------------------------------------------------------------------------------------


async def test_a_slow_disk_of_one_follower_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bad disk of three must not be felt."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"a")
        slow = quorum.followers()[0]
        gate = threading.Event()
        real = LogStore.sync

        def sync(store: LogStore) -> None:
            if store._folder == slow.current:
                assert gate.wait(20)
            real(store)

        monkeypatch.setattr(LogStore, "sync", sync)
        await asyncio.gather(*(leader.propose(b"%d" % i) for i in range(100)))
        assert slow.data[-1:] != [b"99"]
        gate.set()
        await quorum.agree(b"99")


@pytest.mark.parametrize("whose", ["leader", "follower"])
async def test_a_full_disk_costs_one_member_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: str) -> None:
    """A member whose disk fills up inside a write stalls; the others go on, and it comes back by itself."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"a")
        await quorum.agree(b"a")
        victim = leader if whose == "leader" else quorum.followers()[0]
        is_full = True
        real = LogStore.append

        def append(store: LogStore, entries: list[object]) -> None:
            if is_full and store._folder == victim.current:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(store, entries)  # type: ignore[arg-type]

        monkeypatch.setattr(LogStore, "append", append)
        pending = leader.node.propose(b"b")
        if whose == "follower":
            await asyncio.wait_for(pending, 10)
        else:
            # The others write and acknowledge it; what the old leader's own disk says does not matter to them.
            new = await quorum.leader(other_than=leader)
            await new.propose(b"c")
            await until(lambda: victim.node.status().is_disk_full, what="the full disk is told")
        is_full = False
        expected = (b"b",) if whose == "follower" else (b"c",)
        await quorum.agree(*expected)


async def test_a_member_with_an_emptied_disk_catches_up_before_it_votes(tmp_path: Path) -> None:
    """A replaced disk, formatted by hand: the member forgot its votes and must give none until it has everything."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"a")
        victim = quorum.followers()[0]
        await quorum.agree(b"a")
        await victim.stop()
        shutil.rmtree(victim.folder)
        format_journal(victim.folder)
        victim.entries.clear()
        other = next(member for member in quorum.followers() if member is not victim)
        await other.stop()
        victim.start()
        await until(lambda: victim.data == [b"a"], what="the log comes back")
        assert victim.node.status().is_recovering, "with the third member away nobody can vouch for its votes"
        assert MetaFiles(victim.current).read_hard_state().is_recovering
        other.start()
        await until(lambda: not victim.node.status().is_recovering, what="it votes again")
        await leader.stop()
        await (await quorum.leader(other_than=leader)).propose(b"b")


async def test_a_member_without_any_folder_joins_the_leader(tmp_path: Path) -> None:
    """A new machine in the place of a burnt one: no format is needed, and none is done behind the operator's back."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"a")
        victim = quorum.followers()[0]
        await victim.stop()
        shutil.rmtree(victim.folder)
        victim.entries.clear()
        with pytest.raises(errors.JournalNotFormatted):
            victim.start()
        victim.is_running = False
        victim.start(may_join=True)
        await leader.propose(b"b")
        await quorum.agree(b"a", b"b")
        await until(lambda: not victim.node.status().is_recovering, what="it votes again")
        assert victim.failure is None


async def test_without_a_leader_an_unformatted_member_gives_up(tmp_path: Path) -> None:
    """Three machines without journals must not wait for each other silently: somebody forgot `init format`."""
    async with Quorum(tmp_path, options=replace(OPTIONS, join_timeout_s=0.3)) as quorum:
        member = quorum.add(9, [address_of(9), address_of(8)], is_formatted=False).start(may_join=True)
        await until(lambda: member.failure is not None, what="giving up")
        assert isinstance(member.failure, errors.JournalNotFormatted)
        assert "init format" in str(member.failure)
        assert "m8:19200" in str(member.failure)
        await member.stop()
        assert not JournalFolder(member.folder).is_formatted


def _flip_a_byte_in_the_middle(current: Path) -> str:
    path = next(iter(sorted(current.glob("log_*"))))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    return path.name


@pytest.mark.parametrize("damage", ["checksum", "vote", "log", "behind the store", "before the store"])
async def test_a_member_with_a_damaged_journal_recovers(tmp_path: Path, damage: str) -> None:
    """One bad sector must not need an operator while a majority has everything; nor may it ever be voted over."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await asyncio.gather(*(leader.propose(b"%d" % i) for i in range(100)))
        await quorum.agree(b"99")
        victim = quorum.followers()[0]
        await victim.stop()
        kept: str | None = None
        if damage == "checksum":
            kept = _flip_a_byte_in_the_middle(victim.current)
        elif damage == "vote":
            (victim.current / "raft-meta").write_text("term=many\n")
        elif damage == "log":
            for path in victim.current.glob("log_*"):
                path.unlink()
        elif damage == "behind the store":
            store = LogStore.open(victim.current)
            store.truncate(Index(20))
            store.close()
        else:
            del victim.entries[10:]
            store = LogStore.open(victim.current)
            position = store.entries(Index(50), Index(51), 1)[0].position
            store.restore(position)
            store.close()
        victim.start()
        assert victim.node.is_recovering
        await leader.propose(b"after")
        await quorum.agree(b"after")
        await until(lambda: not victim.node.status().is_recovering, what="it votes again")
        if kept is not None:
            assert (victim.current.parent / log_store.ASIDE_NAME / kept).exists()
        await leader.stop()
        await (await quorum.leader(other_than=leader)).propose(b"with the recovered one")


async def test_an_idle_quorum_lets_a_recovered_member_vote(tmp_path: Path) -> None:
    """At night nobody writes; the member must not wait for the morning."""
    async with Quorum(tmp_path).start() as quorum:
        leader = await quorum.leader()
        await leader.propose(b"a")
        await quorum.agree(b"a")
        victim = quorum.followers()[0]
        await victim.stop()
        for path in victim.current.glob("log_*"):
            path.unlink()
        victim.start()
        assert victim.node.is_recovering
        await until(lambda: not victim.node.status().is_recovering, what="it votes again")


async def test_a_single_master_with_damage_stops_with_instructions(tmp_path: Path) -> None:
    """Nobody else has what is lost: guessing would be lying."""
    async with Quorum(tmp_path, size=1).start() as quorum:
        leader = await quorum.leader()
        await asyncio.gather(*(leader.propose(b"%d" % i) for i in range(100)))
        await leader.stop()
        _flip_a_byte_in_the_middle(leader.current)
        with pytest.raises(errors.JournalCorrupt, match="expected checksum"):
            JournalNode.open(leader.folder, self_address=leader.address)
