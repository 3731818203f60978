"""What a master checks before it makes anything."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pyalluxio.conf import Configuration
from pyalluxio.errors import AlluxioError, DeadlineExceeded, JournalNotFormatted
from pyalluxio.journal.status import PeerStatus
from pyalluxio.processes.master import MasterProcess, hand_over, rpc_addresses
from pyalluxio.raft.messages import Role


async def test_an_unformatted_journal_gets_no_store(tmp_path: Path) -> None:
    """The empty store of a failed start would be taken for that of the journal which is mounted later."""
    conf = Configuration.for_test(
        {
            "alluxio.master.hostname": "127.0.0.1",
            "alluxio.master.journal.folder": str(tmp_path / "journal"),
            "alluxio.master.metastore.dir": str(tmp_path / "metastore"),
        },
        role="master",
    )
    with pytest.raises(JournalNotFormatted, match="init format"):
        await MasterProcess(conf).run()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("journals", "rpcs", "expected"),
    [
        ("a:1,b:1", "b:7,a:8", {"a_1": "a:8", "b_1": "b:7"}),
        ("a:1,b:1", "", {"a_1": "a:19998", "b_1": "b:19998"}),
        ("h:1,h:2", "h:7,h:8", {"h_1": "h:7", "h_2": "h:8"}),
        ("a:1,b:1", "x:7,y:8", {"a_1": "x:7", "b_1": "y:8"}),
        ("a:1,b:1", "x:7", {"a_1": "a:19998", "b_1": "b:19998"}),
    ],
    ids=["by host", "by port", "one host", "other names", "too few"],
)
def test_members_are_named_by_what_clients_connect_to(journals: str, rpcs: str, expected: dict[str, str]) -> None:
    """A standby that names a journal port sends people to a port that speaks another protocol."""
    conf = Configuration.for_test(
        {"alluxio.master.embedded.journal.addresses": journals, "alluxio.master.rpc.addresses": rpcs}, role="master"
    )
    assert rpc_addresses(conf) == expected


class Node:
    """A journal that tells of its peers, and is asked to hand over."""

    def __init__(self, role: Role, peers: tuple[PeerStatus, ...], error: AlluxioError | None = None) -> None:
        self._role, self._peers, self._error = role, peers, error
        self.targets: list[str | None] = []

    def status(self) -> Any:
        return SimpleNamespace(role=self._role, peers=self._peers)

    async def transfer_leadership(self, target: str | None, timeout_s: float) -> None:
        self.targets.append(target)
        if self._error is not None:
            raise self._error


def peer(name: str, lag: int | None, contact_ms: int | None, *, votes: bool = True, leads: bool = False) -> PeerStatus:
    return PeerStatus(f"{name}:19200", None, lag, contact_ms, votes, is_recovering=False, is_leader=leads)


OWN = peer("m1", 0, 0, leads=True)


@pytest.mark.parametrize(
    ("role", "peers", "expected"),
    [
        (Role.LEADER, (OWN, peer("m2", 5, 10), peer("m3", 0, 90)), ["m3:19200"]),
        (Role.LEADER, (OWN, peer("m2", 0, 90), peer("m3", 0, 10)), ["m3:19200"]),
        (Role.LEADER, (OWN, peer("m2", 0, 5000), peer("m3", 7, 10)), ["m3:19200"]),
        (Role.LEADER, (OWN, peer("m2", 0, None), peer("m3", 0, 10, votes=False)), []),
        (Role.LEADER, (OWN,), []),
        (Role.FOLLOWER, (peer("m2", 0, 10, leads=True), peer("m3", 0, 10)), []),
    ],
    ids=["has most", "heard last", "answers", "nobody", "alone", "a standby"],
)
async def test_whoever_can_at_once_is_handed_the_leadership(
    role: Role, peers: tuple[PeerStatus, ...], expected: list[str]
) -> None:
    """One that died a moment ago cannot take over: the cluster would wait two seconds for it."""
    node = Node(role, peers)
    await hand_over(node)  # type: ignore[arg-type]
    assert node.targets == expected


async def test_leader_stops_although_nobody_takes_over() -> None:
    node = Node(Role.LEADER, (OWN, peer("m2", 0, 10)), DeadlineExceeded("not in time"))
    await hand_over(node)  # type: ignore[arg-type]
    assert node.targets == ["m2:19200"]
