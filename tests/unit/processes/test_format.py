"""Formatting this host's folders."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pyalluxio.conf import Configuration
from pyalluxio.errors import ConfigurationError, FailedPrecondition
from pyalluxio.journal.folder import JournalFolder
from pyalluxio.processes import format as formatting
from pyalluxio.processes.local_process import LocalProcess
from tests.unit.processes.conftest import MakeProcess


@pytest.fixture
def conf(tmp_path: Path) -> Configuration:
    return Configuration.for_test(
        {
            "alluxio.master.journal.folder": str(tmp_path / "journal"),
            "alluxio.master.metastore.dir": str(tmp_path / "metastore"),
            "alluxio.master.mount.table.root.ufs": str(tmp_path / "ufs"),
            "alluxio.worker.tieredstore.level0.dirs.path": str(tmp_path / "tier"),
        }
    )


@pytest.fixture
def idle(tmp_path: Path) -> LocalProcess:
    return LocalProcess("master", "master", run=tmp_path / "run", logs=tmp_path / "logs")


def test_a_formatted_master_is_empty_and_ready(conf: Configuration, idle: LocalProcess, tmp_path: Path) -> None:
    (tmp_path / "metastore").mkdir()
    (tmp_path / "metastore" / "data.mdb").write_text("old")
    formatting.format_master(conf, idle)
    assert formatting.is_formatted(tmp_path / "journal")
    assert list((tmp_path / "metastore").iterdir()) == []
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o750


def test_a_fresh_format_is_nothing_to_ask_about(conf: Configuration, idle: LocalProcess) -> None:
    """A question about an empty journal teaches people to answer yes without reading."""
    formatting.format_master(conf, idle)
    assert formatting.master_content(conf) == []


def test_content_is_listed_with_its_size(conf: Configuration, tmp_path: Path) -> None:
    blocks = tmp_path / "tier" / "alluxioworker"
    blocks.mkdir(parents=True)
    (blocks / "16777216").write_bytes(b"x" * 1000)
    (content,) = formatting.worker_content(conf)
    assert str(content) == f"{blocks}: 1 files, 1,000 bytes"


def test_a_formatted_worker_folder_is_empty_and_sticky(conf: Configuration, idle: LocalProcess, tmp_path: Path) -> None:
    """Official clients write their blocks into it themselves, as other users."""
    blocks = tmp_path / "tier" / "alluxioworker"
    blocks.mkdir(parents=True)
    (blocks / "16777216").write_bytes(b"x")
    (tmp_path / "tier" / "neighbour").write_text("not ours")
    formatting.format_worker(conf, idle)
    assert list(blocks.iterdir()) == []
    assert stat.S_IMODE(blocks.stat().st_mode) == 0o1777
    assert (tmp_path / "tier" / "neighbour").exists()


def test_under_storage_is_never_touched(conf: Configuration, idle: LocalProcess, tmp_path: Path) -> None:
    (tmp_path / "ufs").mkdir()
    (tmp_path / "ufs" / "data").write_text("the only copy")
    formatting.format_master(conf, idle)
    formatting.format_worker(conf, idle)
    assert (tmp_path / "ufs" / "data").read_text() == "the only copy"


def test_under_storage_inside_a_folder_to_empty_is_refused(
    conf: Configuration, idle: LocalProcess, tmp_path: Path
) -> None:
    """A configuration that puts the data into the metastore folder would lose it at the next format."""
    inside = conf.with_overrides({"alluxio.master.mount.table.root.ufs": str(tmp_path / "metastore" / "ufs")})
    with pytest.raises(ConfigurationError, match="under storage"):
        formatting.format_master(inside, idle)


def test_a_running_master_is_not_formatted(conf: Configuration, make_process: MakeProcess) -> None:
    """The journal would change under what it acknowledges next."""
    process = make_process()
    process.wait_until_ready(process.start(), 20)
    with pytest.raises(FailedPrecondition, match="process stop master"):
        formatting.format_master(conf, process)


def test_a_folder_near_the_root_is_refused(conf: Configuration, idle: LocalProcess) -> None:
    """`alluxio.master.metastore.dir=/home` is a typing mistake, not a wish."""
    with pytest.raises(ConfigurationError, match="too near the root"):
        formatting.format_master(conf.with_overrides({"alluxio.master.metastore.dir": "/home"}), idle)


@pytest.mark.parametrize(("text", "mode"), [("rwxrwxrwx", 0o777), ("rwxr-x---", 0o750), ("755", 0o755)])
def test_permissions_in_both_notations(text: str, mode: int) -> None:
    assert formatting._mode(text) == mode


def test_wrong_permissions_are_told() -> None:
    with pytest.raises(ConfigurationError, match="no mode"):
        formatting._mode("rwxrwxrwz")


def test_nothing_is_removed_when_something_cannot_be(
    conf: Configuration, idle: LocalProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store without its journal, or half of a tier, is worse than either."""
    formatting.format_master(conf, idle)
    (tmp_path / "metastore/data.mdb").write_text("precious")
    denied = tmp_path / "journal/deep"
    denied.mkdir()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != denied and access(path, mode))
    with pytest.raises(ConfigurationError, match="deep may not be changed by this user; nothing was formatted"):
        formatting.format_master(conf, idle)
    assert (tmp_path / "metastore/data.mdb").exists()


def test_a_journal_in_use_keeps_its_store(conf: Configuration, idle: LocalProcess, tmp_path: Path) -> None:
    """A master that the run folder knows nothing of, started by a service manager, must not lose its store."""
    formatting.format_master(conf, idle)
    (tmp_path / "metastore/data.mdb").write_text("precious")
    folder = JournalFolder(tmp_path / "journal")
    folder.lock()
    try:
        with pytest.raises(FailedPrecondition, match="in use by process"):
            formatting.format_master(conf, idle)
    finally:
        folder.unlock()
    assert (tmp_path / "metastore/data.mdb").exists()
