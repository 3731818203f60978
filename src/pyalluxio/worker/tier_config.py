"""The tiers of this worker as its properties describe them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyalluxio.errors import ConfigurationError
from pyalluxio.worker.store import DirectorySpec

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration


@dataclass(frozen=True, slots=True)
class TierDirectory:
    """One directory: what the store must know of it, and where it is."""

    spec: DirectorySpec
    path: str  # with the data folder, as in /mnt/ramdisk/alluxioworker


def tier_directories(conf: Configuration) -> list[TierDirectory]:
    """Return every configured directory, fastest tier first.

    Raises:   ConfigurationError: a tier has no alias, no path or no quota, or the number of levels is wrong.
    """
    levels = conf.integer("alluxio.worker.tieredstore.levels")
    if not 1 <= levels <= 3:
        raise ConfigurationError(f"alluxio.worker.tieredstore.levels is {levels}; it must be 1, 2 or 3.")
    folder = conf.text("alluxio.worker.data.folder").strip("/")
    found: list[TierDirectory] = []
    for level in range(levels):
        prefix = f"alluxio.worker.tieredstore.level{level}"
        alias = conf.text_or_none(f"{prefix}.alias")
        paths = conf.items(f"{prefix}.dirs.path")
        quotas = conf.sizes_bytes(f"{prefix}.dirs.quota")
        for key, value in (("alias", alias), ("dirs.path", paths), ("dirs.quota", quotas)):
            if not value:
                raise ConfigurationError(f"{prefix}.{key} is not set, but the worker has {levels} storage tiers.")
        assert alias
        media = conf.items(f"{prefix}.dirs.mediumtype") or [alias]
        for number, path in enumerate(paths):
            if not path.startswith("/"):
                raise ConfigurationError(f"{prefix}.dirs.path holds {path!r}; write an absolute path.")
            # A list shorter than the paths goes on with its last value.
            quota = quotas[min(number, len(quotas) - 1)]
            if quota <= 0:
                raise ConfigurationError(f"{prefix}.dirs.quota gives {path} {quota} bytes; write for example 16GB.")
            medium = media[min(number, len(media) - 1)]
            where = f"{path.rstrip('/')}/{folder}" if folder else path.rstrip("/")
            found.append(TierDirectory(DirectorySpec(level, alias, medium, quota), where))
    return found


def permissions(conf: Configuration) -> int:
    """Return the mode of block files and their folders, written as `rwxrwxrwx`."""
    key = "alluxio.worker.data.folder.permissions"
    text = conf.text(key)
    if len(text) != 9 or any(letter not in (wanted, "-") for letter, wanted in zip(text, "rwx" * 3, strict=True)):
        raise ConfigurationError(f"{key} is {text!r}; write nine letters such as rwxrwxrwx or rwxr-x---.")
    return int("".join("0" if letter == "-" else "1" for letter in text), 2)
