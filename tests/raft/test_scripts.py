"""Scenarios of the Raft core as scripts: commands, `----`, and what must come out of them.

Rewrite the expected outputs with `pytest tests/raft/test_scripts.py --rewrite`, and review the difference.

    cluster N [n=priority …] [small]   members 1 to N, the promise of their start over; small: one entry a request
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
    unreachable A B            tell A that its connection to B broke
    crash N / restart N        stop; come back with what was persisted
    wipe N                     lose disk and state, and come back recovering
    network                    show what is under way
    log N                      show the log, committed entries before the bar
    status                     show everybody's role

`silent` before a command shows only its last line of state.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.raft.messages import Message, PeerId, Role
from tests.raft.cluster import OPTIONS, Cluster, describe_entry, describe_message

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
        pairs = (word.split("=") for word in words if "=" in word)
        priorities = {int(member): int(priority) for member, priority in pairs}
        self.cluster = Cluster(int(size), priorities=priorities, options=options)
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
                member = self.cluster.members[id_]
                if member.is_running:
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
        chosen = [message for message in self.cluster.network if _is_on(message, ways)]
        self.cluster.network = [message for message in self.cluster.network if not _is_on(message, ways)]
        for message in chosen:
            self.cluster.deliver(message)
            self.cluster.process(message.to, self.out.append)

    def do_settle(self) -> None:
        for _ in range(100):
            busy = [self.cluster.process(id_, self.out.append) for id_ in self.cluster.members]
            if not self.cluster.network and not any(busy):
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
            self.out.append(line + (f" leader {core.leader}" if core.leader else ""))

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
