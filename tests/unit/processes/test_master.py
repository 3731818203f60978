"""What a master checks before it makes anything."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pyalluxio.conf import Configuration
from pyalluxio.errors import AlluxioError, DeadlineExceeded, JournalNotFormatted
from pyalluxio.processes.master import MasterProcess, hand_over, rpc_addresses
from pyalluxio.raft.messages import PeerId, Role


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
    """A journal that is asked to hand over."""

    def __init__(self, role: Role, members: int, error: AlluxioError | None = None) -> None:
        self._role, self._error = role, error
        self._voters = tuple(PeerId(f"m{number}_19200") for number in range(members))
        self.targets: list[str | None] = []

    def status(self) -> Any:
        return SimpleNamespace(role=self._role, configuration=SimpleNamespace(voters=self._voters))

    async def transfer_leadership(self, target: str | None, timeout_s: float) -> None:
        assert timeout_s <= 2
        self.targets.append(target)
        if self._error is not None:
            raise self._error


@pytest.mark.parametrize(
    ("role", "members", "expected"),
    [(Role.LEADER, 3, [None]), (Role.LEADER, 1, []), (Role.FOLLOWER, 3, [])],
    ids=["to the best one", "alone", "a standby"],
)
async def test_a_leader_that_stops_hands_over(role: Role, members: int, expected: list[str | None]) -> None:
    """Otherwise every planned restart of a leader costs clients an election."""
    node = Node(role, members)
    await hand_over(node)  # type: ignore[arg-type]
    assert node.targets == expected


async def test_leader_stops_although_nobody_takes_over() -> None:
    node = Node(Role.LEADER, 2, DeadlineExceeded("not in time"))
    await hand_over(node)  # type: ignore[arg-type]
    assert node.targets == [None]
