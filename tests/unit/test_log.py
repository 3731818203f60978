"""Log files: what they look like, and what never gets into them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyalluxio.errors import ConfigurationError
from pyalluxio.obs import log
from pyalluxio.obs.log import Settings


@pytest.fixture(autouse=True)
def untouched_logging() -> Iterator[None]:
    """Give pytest its own handlers back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    for handler in handlers:
        root.removeHandler(handler)
    yield
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


def test_lines_look_as_in_2_9(tmp_path: Path) -> None:
    path = log.to_file(tmp_path / "logs", "master")
    logging.getLogger("pyalluxio.master").warning("space is short: %d bytes", 7)
    pattern = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARNING pyalluxio\.master - space is short: 7 bytes\n"
    assert re.fullmatch(pattern, path.read_text())


def test_credentials_are_masked_in_messages_and_tracebacks(tmp_path: Path) -> None:
    """An exception of a storage library repeats the key it was given."""
    path = log.to_file(tmp_path, "master", secrets=["hidden-key", "hidden-key-and-more"])
    refusal = "the key hidden-key-and-more was refused"
    try:
        raise ValueError(refusal)
    except ValueError:
        logging.getLogger("x").exception("mount with %s", "hidden-key")
    text = path.read_text()
    assert "hidden" not in text
    assert text.count("******") == 2


def test_files_are_kept_small(tmp_path: Path) -> None:
    """A log that fills the disk stops the journal beside it."""
    log.to_file(tmp_path, "worker", Settings(file_size_max_bytes=2_000, file_count_max=2))
    for number in range(200):
        logging.getLogger("x").info("line %d", number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["worker.log", "worker.log.1", "worker.log.2"]
    assert all(file.stat().st_size <= 2_000 for file in files)


def test_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log.properties"
    path.write_text("# text\nlevel=warn\nlevel.pyalluxio.raft = DEBUG\nfile.size.max=1MB\nfile.count.max=3\n")
    assert log.read_settings(path) == Settings({"": "WARNING", "pyalluxio.raft": "DEBUG"}, 1 << 20, 3)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert log.read_settings(tmp_path / "none") == Settings()


@pytest.mark.parametrize("line", ["level=LOUD", "level", "colour=red", "file.size.max=big"])
def test_mistakes_are_told_with_file_and_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "log.properties"
    path.write_text(f"level=INFO\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"log\.properties, line 2"):
        log.read_settings(path)


def test_once_is_once(tmp_path: Path) -> None:
    """Said at every call, a standing condition hides everything else."""
    path = log.to_file(tmp_path, "master")
    logger = logging.getLogger("test_once")
    for _ in range(3):
        log.once(logger, logging.INFO, "no wheel of %s", "this platform")
    assert path.read_text().count("no wheel of this platform") == 1
