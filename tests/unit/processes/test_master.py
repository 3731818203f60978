"""What a master checks before it makes anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyalluxio.conf import Configuration
from pyalluxio.errors import JournalNotFormatted
from pyalluxio.processes.master import MasterProcess, rpc_addresses


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
