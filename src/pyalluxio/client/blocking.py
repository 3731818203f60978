"""The file system for ordinary programs: blocking calls, and files that behave as Python's own.

    with pyalluxio.FileSystem() as fs:
        with fs.open("/a/b", "wb", recursive=True) as file:
            file.write(b"hello")
        with fs.open("/a/b") as file:
            print(file.read(5))

One event loop on a thread of its own does all the work; any thread may call. A process that has used a
file system must not fork: gRPC does not survive it.
"""

from __future__ import annotations

import asyncio
import atexit
import io
import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, TypeVar

from pyalluxio.client.file_system import AsyncFileSystem
from pyalluxio.errors import FailedPrecondition, InvalidArgument

if TYPE_CHECKING:
    from pyalluxio.client.file_info import FileInfo
    from pyalluxio.client.file_reader import AsyncFileReader
    from pyalluxio.client.file_writer import AsyncFileWriter
    from pyalluxio.conf import Configuration

P = ParamSpec("P")
R = TypeVar("R")

READ_BUFFER_BYTES = 1 << 20
WRITE_BUFFER_BYTES = 1 << 20


class _Loop:
    """An event loop on a daemon thread, one for the process.

    grpc's asyncio part delivers events of all loops through whichever runs, and loses some when it meets a loop that
    was closed. So the loop is shared by all file systems and never closed.
    """

    _shared: ClassVar[_Loop | None] = None
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.process_id = os.getpid()
        threading.Thread(target=self.loop.run_forever, name="pyalluxio-client", daemon=True).start()

    @classmethod
    def shared(cls) -> _Loop:
        with cls._guard:
            if cls._shared is None:
                cls._shared = cls()
            elif cls._shared.process_id != os.getpid():
                raise FailedPrecondition(
                    "This process was forked from one that had used a file system, which gRPC does not survive. Start "
                    "children by spawn or forkserver, or let only the children make file systems."
                )
            return cls._shared


class _Session:
    """One file system's way to the loop, until it is closed."""

    def __init__(self) -> None:
        self._loop = _Loop.shared().loop
        self._process_id = os.getpid()
        self._is_ended = False

    @property
    def is_closed(self) -> bool:
        """Whether nobody works here any more: it was closed, or this is a forked child without the loop's thread."""
        return self._is_ended or self._process_id != os.getpid()

    def end(self) -> None:
        """Refuse everything from now on."""
        self._is_ended = True

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine there and wait; an interrupted wait cancels it."""
        if self.is_closed:
            work.close()
            raise InvalidArgument(
                "This file system is closed, or belongs to the process that this one was forked from."
            )
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def post(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start a coroutine there and do not wait: for finalizers, which may run when the thread is no more."""
        if self.is_closed:
            work.close()
        else:
            asyncio.run_coroutine_threadsafe(work, self._loop)


def _blocking(
    method: Callable[Concatenate[AsyncFileSystem, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[FileSystem, P], R]:
    """Return the blocking form of a method, with its name, signature and documentation."""

    def call(self: FileSystem, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._run(method(self._core, *args, **kwargs))

    call.__name__, call.__qualname__, call.__doc__ = method.__name__, f"FileSystem.{method.__name__}", method.__doc__
    call.__wrapped__ = method  # type: ignore[attr-defined]  # help() and editors show the signature
    return call


# At the end of a program daemon threads stop before files are finalized, which would then wait for ever.
_OPEN: weakref.WeakSet[FileSystem] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for one in list(_OPEN):
        one.close()


class FileSystem:
    """A cluster as a file system; see `AsyncFileSystem` for each call's options and errors."""

    def __init__(
        self,
        target: str = "",
        *,
        properties: Mapping[str, str] | None = None,
        configuration: Configuration | None = None,
        cluster_defaults: bool = True,
    ) -> None:
        """Connect to the masters that `target` names (`alluxio://host:port`, `h1:p1,h2:p2`), else the configuration."""
        self._session = _Session()
        self._core: AsyncFileSystem = self._session.run(
            AsyncFileSystem.connect(
                target, configuration=configuration, properties=properties, cluster_defaults=cluster_defaults
            )
        )
        _OPEN.add(self)

    def _run(self, work: Coroutine[Any, Any, R]) -> R:
        return self._session.run(work)

    def close(self) -> None:
        """Hang up. Files still open fail; those being written are dropped."""
        if not self._session.is_closed:
            try:
                self._session.run(self._core.close())
            finally:
                self._session.end()

    def __enter__(self) -> FileSystem:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def configuration(self) -> Configuration:
        """The properties in force, cluster defaults included."""
        return self._core.configuration

    exists = _blocking(AsyncFileSystem.exists)
    get_status = _blocking(AsyncFileSystem.get_status)
    list_status = _blocking(AsyncFileSystem.list_status)  # type: ignore[arg-type]
    list_status_partial = _blocking(AsyncFileSystem.list_status_partial)
    load_metadata = _blocking(AsyncFileSystem.load_metadata)
    check_access = _blocking(AsyncFileSystem.check_access)
    get_file_path = _blocking(AsyncFileSystem.get_file_path)
    workers = _blocking(AsyncFileSystem.workers)
    leader = _blocking(AsyncFileSystem.leader)
    create_directory = _blocking(AsyncFileSystem.create_directory)
    delete = _blocking(AsyncFileSystem.delete)
    rename = _blocking(AsyncFileSystem.rename)
    set_attribute = _blocking(AsyncFileSystem.set_attribute)
    set_acl = _blocking(AsyncFileSystem.set_acl)
    free = _blocking(AsyncFileSystem.free)
    persist = _blocking(AsyncFileSystem.persist)
    mount = _blocking(AsyncFileSystem.mount)
    unmount = _blocking(AsyncFileSystem.unmount)
    update_mount = _blocking(AsyncFileSystem.update_mount)
    mount_table = _blocking(AsyncFileSystem.mount_table)
    reverse_resolve = _blocking(AsyncFileSystem.reverse_resolve)
    read_bytes = _blocking(AsyncFileSystem.read_bytes)
    write_bytes = _blocking(AsyncFileSystem.write_bytes)  # type: ignore[arg-type]

    def iterate_status(self, path: str, **wanted: Any) -> Iterator[FileInfo]:
        """Yield what `list_status` returns, as it arrives."""
        found = self._core.iterate_status(path, **wanted)

        async def next_one() -> FileInfo | None:
            return await anext(found, None)

        try:
            while (one := self._run(next_one())) is not None:
                yield one
        finally:
            if not self._session.is_closed:
                self._run(found.aclose())  # type: ignore[attr-defined]

    def open(self, path: str, mode: str = "rb", **wanted: Any) -> io.BufferedReader | io.BufferedWriter:
        """Open a file as Python does: `rb` reads, `xb` creates, `wb` creates or replaces.

        The further options are those of `AsyncFileSystem.open_file` and `create_file`. Leaving a `with` block by an
        exception drops what was written.
        """
        if mode in ("r", "rb"):
            return BufferedFile(FileReader(self._session, self._run(self._core.open_file(path, **wanted))))
        if mode in ("w", "wb", "x", "xb"):
            if mode.startswith("w"):
                wanted.setdefault("overwrite", True)
            return WritableFile(FileWriter(self._session, self._run(self._core.create_file(path, **wanted))))
        raise InvalidArgument(f'Mode "{mode}" is not one of rb, wb, xb: files are written once, from start to end.')

    def open_file(self, path: str, **wanted: Any) -> FileReader:
        """Open a file for reading without a buffer; it has `pread` for positioned reads by many threads."""
        return FileReader(self._session, self._run(self._core.open_file(path, **wanted)))

    def create_file(self, path: str, **wanted: Any) -> FileWriter:
        """Create a file and return its writer; small writes are gathered by the client."""
        return FileWriter(self._session, self._run(self._core.create_file(path, **wanted)))


class FileReader(io.RawIOBase):
    """An open file; `read`, `seek` and `tell` by one thread at a time, `pread` by any."""

    def __init__(self, session: _Session, core: AsyncFileReader) -> None:
        super().__init__()
        self._session = session
        self._core = core
        self.name = core.status.path

    @property
    def status(self) -> FileInfo:
        """The file as it was when opened."""
        return self._core.status

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._core.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._core.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; fewer bytes come at the end of the file only."""
        view = memoryview(buffer).cast("B")
        position = self._core.tell()
        count = self._core.pread_now(position, view) if view else None
        if count is not None:
            self._core.seek(position + count)
            return count
        return self._session.run(self._core.readinto(view))

    def readall(self) -> bytes:
        return self._session.run(self._core.read())

    def pread(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`, fewer at the end only; the position stays."""
        if 0 <= count <= self._core.length - offset:
            buffer = bytearray(count)
            # A block file on this host is read here and now: a trip to the loop's thread takes longer than the read.
            if self._core.pread_now(offset, memoryview(buffer)) is not None:
                return bytes(buffer)
        return self._session.run(self._core.pread(offset, count))

    def close(self) -> None:
        if not self.closed:
            super().close()
            if not self._session.is_closed:
                self._session.run(self._core.close())

    def __del__(self) -> None:
        if not self.closed:
            self._session.post(self._core.close())


class FileWriter(io.RawIOBase):
    """A file being written; `close` makes it visible to readers, `cancel` drops it."""

    def __init__(self, session: _Session, core: AsyncFileWriter) -> None:
        super().__init__()
        self._session = session
        self._core = core
        self.name = core.status.path

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._core.tell()

    def write(self, data: Any) -> int:
        return self._session.run(self._core.write(data))

    def flush(self) -> None:
        """Does nothing: Python calls it at every turn. `sync` waits for the workers."""

    def sync(self) -> None:
        """Wait until workers and under storage have everything written so far."""
        self._session.run(self._core.flush())

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._session.run(self._core.close())

    def cancel(self) -> None:
        """Drop what was written."""
        if not self.closed:
            super().close()
            self._session.run(self._core.cancel())

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is None:
            self.close()
        else:
            self.cancel()

    def __del__(self) -> None:
        # Nobody closed it: perhaps its writer failed half-way, so it must not become a complete file.
        if not self.closed:
            self._session.post(self._core.cancel())


class BufferedFile(io.BufferedReader):
    """What `open` returns for reading."""

    def __init__(self, raw: FileReader) -> None:
        super().__init__(raw, READ_BUFFER_BYTES)

    @property
    def status(self) -> FileInfo:
        """The file as it was when opened."""
        return self.raw.status  # type: ignore[attr-defined, no-any-return]

    def pread(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`; the position stays."""
        return self.raw.pread(offset, count)  # type: ignore[attr-defined, no-any-return]


class WritableFile(io.BufferedWriter):
    """What `open` returns for writing."""

    def __init__(self, raw: FileWriter) -> None:
        super().__init__(raw, WRITE_BUFFER_BYTES)

    def cancel(self) -> None:
        """Drop what was written."""
        self.raw.cancel()  # type: ignore[attr-defined]

    def close(self) -> None:
        # A cancelled file has nothing left to flush to.
        if not self.raw.closed:
            super().close()

    def __del__(self) -> None:
        # Without this, Python would flush and close here, and half a file would become complete.
        return

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is not None:
            self.cancel()
        self.close()
