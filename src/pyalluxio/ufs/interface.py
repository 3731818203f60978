"""The one interface to under storage: what the master and the worker ask of a local disk, an object store or HDFS.

Rules every implementation keeps (`tests/contract/test_ufs.py` checks them):

- A path is the full path of the store, with or without its scheme: `/data/a` and `file:///data/a` are one file.
- Absence is an answer, not an error, where a question is asked (`status`, `list`, `delete_file`); it is
  `UfsFileDoesNotExist` where content or attributes of the path are needed.
- A file appears under its name whole or not at all: content becomes visible when its writer closes.
- Errors are `UfsFileDoesNotExist`, `UfsAccessDenied`, `AlreadyExists`, `DirectoryNotEmpty`; the rest is `UfsError`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType

MODE_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class UfsStatus:
    """What the store says about one file or directory."""

    name: str  # the last component; empty for the root of a store
    is_directory: bool
    length_bytes: int = 0
    owner: str = ""
    group: str = ""
    mode: int = MODE_UNKNOWN  # the nine permission bits
    last_modified_ms: int | None = None
    content_hash: str | None = None  # None for directories
    xattr: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreateOptions:
    """How a new file shall look; an empty owner or group is left to the store."""

    owner: str = ""
    group: str = ""
    mode: int = 0o644
    create_parents: bool = True


@dataclass(frozen=True, slots=True)
class MkdirOptions:
    """How a new directory shall look; missing parents get the same mode, owner and group."""

    owner: str = ""
    group: str = ""
    mode: int = 0o755
    create_parents: bool = True


DEFAULT_FILE = CreateOptions()
DEFAULT_DIRECTORY = MkdirOptions()


class UfsReader(ABC):
    """A position in one file, moving forward."""

    @abstractmethod
    async def read(self, length: int) -> bytes:
        """Return the next `length` bytes, fewer only at the end of the file, none at the end."""

    @abstractmethod
    async def close(self) -> None:
        """Release what the reader holds; a second call does nothing."""

    async def __aenter__(self) -> UfsReader:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class UfsWriter(ABC):
    """A file being written; nothing is visible under its name before `close`."""

    @abstractmethod
    async def write(self, data: bytes | memoryview) -> None:
        """Append; `data` is used up when the call returns."""

    @abstractmethod
    async def close(self) -> str | None:
        """Publish the file, replacing one of the same name, durably; return its content hash if the store has one."""

    @abstractmethod
    async def abort(self) -> None:
        """Throw the content away; the name stays as it was. Does nothing after `close`."""


class Ufs(ABC):
    """One mounted under storage."""

    type_name: str  # as in fingerprints: "local", "s3", …
    is_object_store: bool = False

    @abstractmethod
    async def status(self, path: str) -> UfsStatus | None:
        """Return what is at `path`, following links, or None if nothing is."""

    @abstractmethod
    async def list(self, path: str) -> list[UfsStatus] | None:
        """Return the children of a directory in order of name, or None if there is no such directory."""

    async def list_recursive(self, path: str) -> AsyncIterator[tuple[str, UfsStatus]]:
        """Yield (path relative to `path`, status) below a directory; a directory comes before its content."""
        pending: list[tuple[str, str]] = [("", path)]
        while pending:
            prefix, directory = pending.pop()
            children = await self.list(directory) or []
            for child in children:
                yield prefix + child.name, child
            pending.extend(
                (f"{prefix}{child.name}/", f"{directory.rstrip('/')}/{child.name}")
                for child in reversed(children)
                if child.is_directory
            )

    async def read(self, path: str, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; fewer only at the end of the file."""
        async with await self.open_reader(path, offset) as reader:
            return await reader.read(length)

    @abstractmethod
    async def open_reader(self, path: str, offset: int = 0) -> UfsReader:
        """Open a file for reading forward. Raises UfsFileDoesNotExist, also for a directory."""

    @abstractmethod
    async def create(self, path: str, options: CreateOptions = DEFAULT_FILE) -> UfsWriter:
        """Begin a file; without `create_parents` a missing parent is UfsFileDoesNotExist."""

    @abstractmethod
    async def make_directory(self, path: str, options: MkdirOptions = DEFAULT_DIRECTORY) -> bool:
        """Make a directory; False if it is there already. A file of that name is AlreadyExists."""

    @abstractmethod
    async def delete_file(self, path: str) -> bool:
        """Delete a file; False if there is none."""

    @abstractmethod
    async def delete_directory(self, path: str, *, recursive: bool = False) -> bool:
        """Delete a directory; False if there is none. With content and not recursive: DirectoryNotEmpty."""

    @abstractmethod
    async def rename_file(self, source: str, target: str) -> None:
        """Move a file over `target`, replacing a file there."""

    @abstractmethod
    async def rename_directory(self, source: str, target: str) -> None:
        """Move a directory with its content; an existing `target` is AlreadyExists."""

    @abstractmethod
    async def set_owner(self, path: str, owner: str, group: str) -> None:
        """Change owner and group by name; an empty one stays."""

    @abstractmethod
    async def set_mode(self, path: str, mode: int) -> None:
        """Change the nine permission bits."""

    @abstractmethod
    async def space(self) -> tuple[int, int]:
        """Return (total, used) in bytes; -1 where the store has no such number."""

    async def close(self) -> None:  # noqa: B027 - most stores hold nothing to release
        """Release connections and threads of this store."""


def without_scheme(path: str) -> str:
    """Return the path part of `scheme://authority/path`, or `path` itself if it has no scheme."""
    head, separator, rest = path.partition("://")
    if not separator or "/" in head:
        return path
    slash = rest.find("/")
    return rest[slash:] if slash >= 0 else "/"
