"""Log files of processes, the log of a command line, and what must never be written into either.

A process logs into `<logs>/<role>.log`, in lines as 2.9 writes them, kept small by rotation. `conf/log.properties` sets
levels and sizes: `level=INFO`, `level.<logger>=DEBUG`, `file.size.max=10MB`, `file.count.max=10`.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pyalluxio.errors import ConfigurationError

FILE_SIZE_MAX_BYTES = 10 << 20
FILE_COUNT_MAX = 10
MASK = "******"
FOLDER_MODE = 0o750

_LEVELS = {
    "TRACE": "DEBUG",
    "DEBUG": "DEBUG",
    "INFO": "INFO",
    "WARN": "WARNING",
    "WARNING": "WARNING",
    "ERROR": "ERROR",
}
_SIZE_UNITS = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
_said: set[tuple[str, str]] = set()
_SAID_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What `log.properties` says; levels by logger name, "" is the root."""

    levels: dict[str, str] = field(default_factory=lambda: {"": "INFO"})
    file_size_max_bytes: int = FILE_SIZE_MAX_BYTES
    file_count_max: int = FILE_COUNT_MAX


class _Line(logging.Formatter):
    """`2026-01-31 12:00:00,123 INFO  pyalluxio.master - text`, in local time, as 2.9's log4j pattern has it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)-5s %(name)s - %(message)s")
        # Longest first, so that a secret which contains another is masked as a whole; very short ones are no secrets.
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        return f"{time.strftime('%Y-%m-%d %H:%M:%S', self.converter(record.created))},{int(record.msecs):03d}"

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def read_settings(path: Path) -> Settings:
    """Return the settings of a `log.properties` file; the defaults when there is none.

    Raises:  ConfigurationError: a line is wrong; the sentence names file, line and what is allowed.
    """
    if not path.exists():
        return Settings()
    levels = {"": "INFO"}
    sizes = {"file.size.max": FILE_SIZE_MAX_BYTES, "file.count.max": FILE_COUNT_MAX}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        key, separator, value = (part.strip() for part in line.strip().partition("="))
        if not key or key.startswith("#"):
            continue
        where = f"{path}, line {number}"
        if not separator:
            raise ConfigurationError(f'{where}: "{key}" has no value; write name=value.')
        if key == "level" or key.startswith("level."):
            if value.upper() not in _LEVELS:
                raise ConfigurationError(f'{where}: "{value}" is no log level; use DEBUG, INFO, WARN or ERROR.')
            levels[key.removeprefix("level").removeprefix(".")] = _LEVELS[value.upper()]
        elif key in sizes:
            sizes[key] = _number(value, where)
        else:
            raise ConfigurationError(
                f'{where}: unknown setting "{key}"; use level, level.<logger>, {", ".join(sizes)}.'
            )
    return Settings(levels, sizes["file.size.max"], sizes["file.count.max"])


def _number(text: str, where: str) -> int:
    unit = _SIZE_UNITS.get(text[-2:].upper(), 1)
    digits = text[:-2] if unit > 1 else text
    if not digits.isdigit():
        raise ConfigurationError(f'{where}: "{text}" is no number; write 10, 512KB or 10MB.')
    return int(digits) * unit


def to_file(folder: Path, role: str, settings: Settings | None = None, secrets: Iterable[str] = ()) -> Path:
    """Send this process's log to `<folder>/<role>.log`; return that path. `secrets` are masked wherever they appear."""
    settings = settings or Settings()
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    path = folder / f"{role}.log"
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=settings.file_size_max_bytes, backupCount=settings.file_count_max, encoding="utf-8", delay=True
    )
    _install(handler, settings, secrets)
    return path


def to_standard_error(level: str = "DEBUG", secrets: Iterable[str] = ()) -> None:
    """Send the log of a command line to standard error (`--debug-log`)."""
    _install(logging.StreamHandler(sys.stderr), Settings({"": level}), secrets)


def _install(handler: logging.Handler, settings: Settings, secrets: Iterable[str]) -> None:
    handler.setFormatter(_Line(secrets))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    for name, level in settings.levels.items():
        logging.getLogger(name or None).setLevel(level)


def once(logger: logging.Logger, level: int, text: str, *values: object) -> None:
    """Log `text` the first time only: for what stays true as long as the process runs."""
    key = (logger.name, text % values if values else text)
    if key in _said or len(_said) >= _SAID_MAX:
        return
    _said.add(key)
    logger.log(level, text, *values)
