"""Writing large files without getting into the way of the log, which is fsynced on the same disk.

Rule 1: bytes pass at a bounded rate that all copies and transfers of a master share.
Rule 2: a file is flushed every `FLUSH_BYTES`: gigabytes of dirty pages would hold up whoever fsyncs next.
Rule 3: what is paced can be stopped: a master that ends does not wait for a copy.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import google_crc32c

from pyalluxio.errors import Unavailable

PART_BYTES = 256 << 10
FLUSH_BYTES = 16 << 20
BYTES_PER_S = 64 << 20


class Pace:
    """Lets bytes pass at `bytes_per_s`, whoever they belong to; safe for threads."""

    def __init__(self, bytes_per_s: int = BYTES_PER_S, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._bytes_per_s = max(1, bytes_per_s)
        self._monotonic_s = monotonic_s
        self._free_at_s = monotonic_s()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let whatever waits, or comes later, fail with Unavailable."""
        self._stopped.set()

    def wait(self, size_bytes: int) -> None:
        """Return when that many bytes may pass; for threads.

        Raises:   Unavailable: this master stops.
        """
        if self._stopped.wait(self._reserve(size_bytes)):
            raise Unavailable("This master stops.")

    async def passed(self, size_bytes: int) -> None:
        """Return when that many bytes may pass; for the event loop."""
        delay_s = self._reserve(size_bytes)
        if delay_s > 0:
            await asyncio.sleep(delay_s)
        if self._stopped.is_set():
            raise Unavailable("This master stops.")

    def _reserve(self, size_bytes: int) -> float:
        """Take the next free time for so many bytes; returns how long it is until then."""
        with self._lock:
            now_s = self._monotonic_s()
            begin_s = max(now_s, self._free_at_s)
            self._free_at_s = begin_s + size_bytes / self._bytes_per_s
            return begin_s - now_s


class PacedFile:
    """A new file that is written in parts, with its size and checksum so far."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._unflushed_bytes = 0
        self.size_bytes = 0
        self.crc32c = 0

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self.size_bytes += len(data)
        self.crc32c = google_crc32c.extend(self.crc32c, data)
        self._unflushed_bytes += len(data)
        if self._unflushed_bytes >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Make everything durable that was written."""
        os.fdatasync(self._file.fileno())
        self._unflushed_bytes = 0

    def close(self) -> None:
        self._file.close()


def write_paced(parts: Iterable[bytes], path: Path, pace: Pace) -> tuple[int, int]:
    """Write a new file, durably; returns its size and CRC32C."""
    file = PacedFile(path)
    try:
        for part in parts:
            pace.wait(len(part))
            file.write(part)
        file.flush()
    finally:
        file.close()
    return file.size_bytes, file.crc32c


def parts_of(path: Path) -> Iterable[bytes]:
    """Yield the bytes of a file in parts."""
    with path.open("rb", buffering=0) as file:
        while part := file.read(PART_BYTES):
            yield part
