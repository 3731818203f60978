"""What a master checks before it makes anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyalluxio.conf import Configuration
from pyalluxio.errors import JournalNotFormatted
from pyalluxio.processes.master import MasterProcess


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
