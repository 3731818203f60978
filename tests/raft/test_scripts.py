"""Scenarios of the Raft core as scripts: commands, `----`, and what must come out of them.

Rewrite the expected outputs with `pytest tests/raft/test_scripts.py --rewrite`, and review the difference.

    cluster N [n=priority …] [small] [new] [thrifty]  members 1 to N, the promise of their start over; small: one entry
                               a request; new: nothing ever happened on their disks; thrifty: commits wait for an append
    started N                  the same, still within the promise
    campaign N                 let the election timeout of N come
    forget N|all               let N have heard its last leader long ago
    win N                      forget all and campaign until N leads; its first appends are in the network
    elect N                    win and settle, silently
    tick N|all COUNT           let time pass, carrying out what it causes
    propose N DATA             propose, without processing
    read N CONTEXT             ask for a read index
    process N|all              carry out what the members have ready
    deliver [A->B …]           hand over what is in the network now (or only on these ways)
    settle                     process and deliver until nothing is left
    block A->B | A             drop what is sent from now on: one way, or all from and to A
    heal                       drop nothing any more
    lose [A->B …]              throw away what is in the network
    hold [A->B …] / release    keep messages back, and put them into the network again
    repeat A->B                deliver the messages in the network on this way, and keep them there
    run COUNT                  for each tick: everybody ticks, and what is in the network then is delivered
    unreachable A B            tell A that its connection to B broke
    closed A B                 tell A that all streams of B ended
    crash N / restart N        stop; come back with what was persisted
    pause N / resume N         no tick, no message, no disk, as by SIGSTOP or while a full disk is waited for
    wipe N                     lose disk and state, and come back recovering
    format N [M,…]             lose disk and state, and come back as a new member (of a quorum of M, …)
    damage N INDEX             lose the log from an entry on, and come back recovering
    java N                     N makes no promise and shows no token from now on
    promise N TICKS            N was started with another promise
    join N                     start a member that knows nobody
    change N CONTEXT M[=P],…   ask N to make these the members, with priorities
    transfer N CONTEXT M|best TICKS    ask N to hand the leadership over
    purge N KEEP               let N forget its log up to KEEP entries before the last applied one
    fetch N M / unavailable N  give N the state of M as a snapshot; tell it that nobody has one
    network                    show what is under way
    log N                      show the log, committed entries before the bar
    lease N                    show the lease
    status                     show everybody's role
    members                    show everybody's configuration

`silent` before a command shows only its last line of state.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.raft.messages import Configuration, Message, Peer, PeerId, Role
from tests.raft.cluster import OPTIONS, Cluster, describe_entry, describe_members, describe_message

TESTDATA = Path(__file__).parent / "testdata"


class Script:
    """Runs the commands of one file against one cluster at a time."""

    def __init__(self) -> None:
        self.cluster: Cluster
        self.out: list[str] = []

    def run(self, commands: list[str]) -> str:
        self.out = []
        for command in commands:
            words = command.split()
            is_silent = words[0] == "silent"
            if is_silent:
                words = words[1:]
            shown = len(self.out)
            try:
                getattr(self, f"do_{words[0]}")(*words[1:])
            except errors.AlluxioError as error:
                self.out.append(f"{type(error).__name__}: {error}")
            if is_silent:
                del self.out[shown:]
        return "\n".join(self.out) or "ok"

    def do_cluster(self, size: str, *words: str) -> None:
        self.do_started(size, *words)
        self.cluster.tick(self.cluster.members, OPTIONS.promise_ticks + 1)

    def do_started(self, size: str, *words: str) -> None:
        options = replace(OPTIONS, append_bytes_max=1) if "small" in words else OPTIONS
        if "thrifty" in words:
            options = replace(options, heartbeat_ticks=4, commit_wait_ticks=1)
        pairs = (word.split("=") for word in words if "=" in word)
        priorities = {int(member): int(priority) for member, priority in pairs}
        self.cluster = Cluster(int(size), priorities=priorities, options=options)
        if "new" in words:
            self.cluster.found()
        self.held: list[Message] = []

    def do_campaign(self, id_: str) -> None:
        self.cluster.campaign(PeerId(id_))

    def do_forget(self, who: str) -> None:
        for id_ in self._ids(who):
            core = self.cluster.members[id_].core
            core._heard_at, core._promise.made_at = None, -100

    def do_win(self, id_: str) -> None:
        core = self.cluster.members[PeerId(id_)].core
        assert core.role is not Role.LEADER, f"{id_} leads already"
        for _ in range(5):
            self.do_forget("all")
            self.cluster.campaign(PeerId(id_))
            self.cluster.process(PeerId(id_))
            for _ in range(6):
                if core.role is Role.LEADER:
                    return
                self.cluster.deliver_all()
        raise AssertionError(f"{id_} cannot be elected")

    def do_elect(self, id_: str) -> None:
        self.do_win(id_)
        self.cluster.settle()

    def do_tick(self, who: str, count: str) -> None:
        for _ in range(int(count)):
            for id_ in self._ids(who):
                if self._is_awake(id_):
                    self.cluster.tick_one(id_)
                    self.cluster.process(id_, self.out.append)

    def do_propose(self, id_: str, data: str) -> None:
        position = self.cluster.propose(PeerId(id_), data.encode())
        self.out.append(f"{id_} proposed {position.term}/{position.index}")

    def do_read(self, id_: str, context: str) -> None:
        self.cluster.members[PeerId(id_)].core.read_index(int(context))

    def do_process(self, who: str) -> None:
        for id_ in self._ids(who):
            self.cluster.process(id_, self.out.append)

    def do_deliver(self, *ways: str) -> None:
        paused = self.cluster.paused
        chosen = [m for m in self.cluster.network if _is_on(m, ways) and m.to not in paused]
        self.cluster.network = [m for m in self.cluster.network if not _is_on(m, ways) or m.to in paused]
        for message in chosen:
            self.cluster.deliver(message)
            self.cluster.process(message.to, self.out.append)

    def do_run(self, count: str) -> None:
        for _ in range(int(count)):
            self.do_tick("all", "1")
            self.do_deliver()

    def do_closed(self, id_: str, peer: str) -> None:
        self.cluster.members[PeerId(id_)].core.report_streams_closed(PeerId(peer))

    def do_pause(self, id_: str) -> None:
        self.cluster.paused.add(PeerId(id_))

    def do_resume(self, id_: str) -> None:
        self.cluster.paused.remove(PeerId(id_))

    def do_damage(self, id_: str, index: str) -> None:
        member = self.cluster.members[PeerId(id_)]
        member.disk.storage.truncate(Index(int(index)))
        member.disk.hard_state = replace(member.disk.hard_state, is_recovering=True)
        del member.applied[int(index) :]
        member.restart()

    def do_java(self, id_: str) -> None:
        self.cluster.java.add(PeerId(id_))

    def do_promise(self, id_: str, ticks: str) -> None:
        state = self.cluster.members[PeerId(id_)].core._state
        state.options = replace(state.options, promise_ticks=int(ticks))

    def do_join(self, number: str) -> None:
        self.cluster.join(int(number))

    def do_change(self, id_: str, context: str, peers: str = "") -> None:
        pairs = [word.partition("=") for word in peers.split(",") if word]
        members = [Peer(PeerId(name), f"host{name}:19200", int(priority or 0)) for name, _, priority in pairs]
        self.cluster.members[PeerId(id_)].core.change_configuration(int(context), members)

    def do_transfer(self, id_: str, context: str, target: str, ticks: str) -> None:
        core = self.cluster.members[PeerId(id_)].core
        core.transfer_leadership(int(context), None if target == "best" else PeerId(target), int(ticks))

    def do_purge(self, id_: str, keep: str) -> None:
        self.cluster.members[PeerId(id_)].purge(int(keep))

    def do_fetch(self, id_: str, source: str) -> None:
        member = self.cluster.members[PeerId(id_)]
        taken = member.fetch_snapshot(self.cluster.members[PeerId(source)])
        self.out.append(
            f"{id_} snapshot of {source} up to {member.snapshot[-1].index} {'taken' if taken else 'overtaken'}"
        )

    def do_unavailable(self, id_: str) -> None:
        self.cluster.members[PeerId(id_)].core.snapshot_unavailable()

    def do_lease(self, id_: str) -> None:
        core = self.cluster.members[PeerId(id_)].core
        if core.lease is None:
            self.out.append(f"{id_} has no lease")
            return
        end = core.lease.since_tick + core.lease.length_ticks
        state = "runs until" if core.tick_count < end else "ran out at"
        self.out.append(
            f"{id_} lease of {core.lease.length_ticks} ticks since tick {core.lease.since_tick} "
            f"{state} tick {end}, now tick {core.tick_count}"
        )

    def do_members(self) -> None:
        for id_, member in self.cluster.members.items():
            self.out.append(f"{id_} {describe_members(member.core.configuration)}")

    def _is_awake(self, id_: PeerId) -> bool:
        return self.cluster.members[id_].is_running and id_ not in self.cluster.paused

    def do_settle(self) -> None:
        for _ in range(100):
            busy = [self.cluster.process(id_, self.out.append) for id_ in self.cluster.members]
            if all(m.to in self.cluster.paused for m in self.cluster.network) and not any(busy):
                return
            self.do_deliver()
        raise AssertionError("the cluster never comes to rest")

    def do_block(self, *ways: str) -> None:
        for way in ways:
            sender, arrow, to = way.partition("->")
            for other in self.cluster.members if not arrow else ():
                self.cluster.blocked |= {(PeerId(sender), other), (other, PeerId(sender))}
            if arrow:
                self.cluster.blocked.add((PeerId(sender), PeerId(to)))

    def do_heal(self) -> None:
        self.cluster.blocked.clear()

    def do_lose(self, *ways: str) -> None:
        self.cluster.network = [message for message in self.cluster.network if not _is_on(message, ways)]

    def do_hold(self, *ways: str) -> None:
        self.held += [message for message in self.cluster.network if _is_on(message, ways)]
        self.do_lose(*ways)

    def do_release(self) -> None:
        self.cluster.network += self.held
        self.held = []

    def do_repeat(self, way: str) -> None:
        for message in [message for message in self.cluster.network if _is_on(message, (way,))]:
            self.cluster.deliver(message)
            self.cluster.process(message.to, self.out.append)

    def do_unreachable(self, id_: str, peer: str) -> None:
        self.cluster.members[PeerId(id_)].core.report_unreachable(PeerId(peer))

    def do_crash(self, id_: str) -> None:
        self.cluster.members[PeerId(id_)].is_running = False

    def do_restart(self, id_: str) -> None:
        self.cluster.members[PeerId(id_)].restart()

    def do_wipe(self, id_: str) -> None:
        self.cluster.members[PeerId(id_)].wipe()

    def do_format(self, id_: str, peers: str = "") -> None:
        members = tuple(Peer(PeerId(name), f"host{name}:19200") for name in peers.split(",") if name)
        self.cluster.format(PeerId(id_), Configuration(members) if members else self.cluster.configuration)

    def do_network(self) -> None:
        self.out += map(describe_message, self.cluster.network)

    def do_log(self, id_: str) -> None:
        core = self.cluster.members[PeerId(id_)].core
        high = Index(core.log.last_index + 1)
        entries = core.log.entries(Index(0), high, 1 << 30) if high > 0 else []
        committed = [describe_entry(entry) for entry in entries if entry.index <= core.commit_index]
        others = [describe_entry(entry) for entry in entries if entry.index > core.commit_index]
        self.out.append(" ".join([f"{id_}:", *committed, "|", *others]))

    def do_status(self) -> None:
        for id_, member in self.cluster.members.items():
            core = member.core
            if not member.is_running:
                self.out.append(f"{id_} is down")
                continue
            line = f"{id_} {core.role.name} term {core.term} commit {core.commit_index} last {core.log.last_index}"
            line += f" leader {core.leader}" if core.leader else ""
            line += " recovering" if core.is_recovering else ""
            line += " new" if core.is_new else ""
            self.out.append(line + (" removed" if core.is_removed else ""))

    def _ids(self, who: str) -> list[PeerId]:
        return list(self.cluster.members) if who == "all" else [PeerId(id_) for id_ in who.split(",")]


def _is_on(message: Message, ways: tuple[str, ...]) -> bool:
    return not ways or f"{message.sender}->{message.to}" in ways


def run_file(text: str) -> str:
    """Return the text of a script with its expected outputs replaced by the real ones."""
    script = Script()
    result: list[str] = []
    commands: list[str] = []
    is_output = False
    for line in text.splitlines():
        if is_output:
            if line:
                continue
            is_output = False
        if line == "----":
            result += [line, *script.run(commands).splitlines()]
            commands, is_output = [], True
            continue
        if line and not line.startswith("#"):
            commands.append(line)
        result.append(line)
    assert not commands, f"no ---- after: {commands}"
    return "\n".join(result) + "\n"


@pytest.mark.parametrize("path", sorted(TESTDATA.glob("*.txt")), ids=lambda path: path.stem)
def test_script(path: Path, request: pytest.FixtureRequest) -> None:
    """Each file tells in its first lines what goes wrong in real life without it."""
    expected = path.read_text()
    actual = run_file(expected)
    if request.config.getoption("--rewrite", default=False):
        path.write_text(actual)
        return
    assert actual.splitlines() == expected.splitlines()
