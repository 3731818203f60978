"""Copying files between this machine and a cluster, and inside a cluster: under `cp`, `copyFromLocal`, `copyToLocal`.

A directory is planned first (directories are made on the way, files are listed), then its files are copied, several
at a time. A copy that fails leaves no half file behind, and does not stop the others. A local file appears under its
name only when it is whole.
"""

# ruff: noqa: ASYNC240 - looking at local files may block: a copying command has nothing else to do meanwhile.

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pyalluxio import path as paths
from pyalluxio.cli.fs_support import raise_all
from pyalluxio.errors import (
    AlluxioError,
    FileAlreadyExists,
    FileDoesNotExist,
    InvalidArgument,
    InvalidPath,
    NotFound,
)

if TYPE_CHECKING:
    from pyalluxio.client.file_info import FileInfo
    from pyalluxio.client.file_system import AsyncFileSystem
    from pyalluxio.client.policy import Policy

LOCAL_SCHEME = "file://"


@dataclass(frozen=True, slots=True)
class Item:
    """One file to copy; a local side begins with file://."""

    source: str
    target: str
    length: int
    status: FileInfo | None = None  # of a source in the cluster


@dataclass(slots=True)
class Copier:
    """Copies with the same options: how many at a time, how much at once, whether attributes go along."""

    fs: AsyncFileSystem
    parallel: int
    buffer_bytes: int
    preserve: bool = False
    policy: Policy | None = None

    # --- what to copy -----------------------------------------------------------------------------------------------

    async def from_local(self, source: Path, target: str) -> None:
        """Copy a local file, or the content of a local folder, into the cluster."""
        try:
            found = source.stat()
        except FileNotFoundError:
            raise FileDoesNotExist(f"Source file {source} does not exist.") from None
        if stat.S_ISREG(found.st_mode):
            place = await self._inside(target, source.name)
            paths.require_utf8(place)
            await self.copy([Item(local_uri(source), place, found.st_size)])
            return
        existing = await self._status(target)
        if existing is not None and not existing.is_directory:
            raise InvalidPath(f"Destination path {target} must be a directory.")
        items = []
        failures: list[AlluxioError] = []
        for file in below(source, failures):
            place = paths.join(target, file.relative_to(source).as_posix())
            try:
                paths.require_utf8(place)
                if file.is_dir():
                    await self.fs.create_directory(place, recursive=True, allow_exists=True)
                elif file.is_file():
                    items.append(Item(local_uri(file), place, file.stat().st_size))
            except AlluxioError as error:
                failures.append(error)
        if existing is None and (items or not failures):
            await self.fs.create_directory(target, recursive=True, allow_exists=True)
        await self.copy(items, failures)
        click.echo(f"Copied {local_uri(source)} to {target}")

    async def to_local(self, source: str, target: Path) -> None:
        """Copy a file, or the content of a directory, of the cluster to this machine."""
        status = await self.fs.get_status(source)
        if not status.is_directory:
            place = target / status.name if target.is_dir() else target
            await self.copy([Item(source, local_uri(place), status.length, status)])
            return
        if target.exists() and not target.is_dir():
            raise InvalidArgument(f"{target} is no directory; {source} cannot be copied there.")
        self._make_local(target)
        items = []
        async for child in self.fs.iterate_status(source, recursive=True):
            place = target / paths.relative(child.path, source)
            if child.is_directory:
                self._make_local(place)
            else:
                items.append(Item(child.path, local_uri(place), child.length, child))
        await self.copy(items)

    async def inside(self, source: str, target: str, *, recursive: bool) -> None:
        """Copy a file, or with `recursive` the content of a directory, to another path of the cluster."""
        status = await self.fs.get_status(source)
        existing = await self._status(target)
        if not status.is_directory:
            place = await self._inside(target, status.name)
            if place == target and existing is not None:
                raise FileAlreadyExists(f"Cannot overwrite the existing file {target}.")
            await self.copy([Item(source, place, status.length, status)])
            return
        if not recursive:
            raise InvalidArgument(f'{source} is a directory, to copy it please use "cp -R/-r/--recursive <src> <dst>"')
        if existing is not None and not existing.is_directory:
            raise InvalidPath(f"Destination path {target} must be a directory.")
        if paths.has_prefix(target, source):
            raise InvalidArgument(f"{source} cannot be copied into itself ({target}).")
        if existing is None:
            await self._make(target, status)
        items = []
        async for child in self.fs.iterate_status(source, recursive=True):
            place = paths.join(target, paths.relative(child.path, source))
            if not child.is_directory:
                items.append(Item(child.path, place, child.length, child))
            elif not await self.fs.exists(place):
                await self._make(place, child)
        await self.copy(items)

    async def _status(self, path: str) -> FileInfo | None:
        try:
            return await self.fs.get_status(path)
        except NotFound:
            return None

    async def _inside(self, target: str, name: str) -> str:
        """Return `target/name` if the target is a directory, else the target."""
        existing = await self._status(target)
        return paths.join(target, name) if existing is not None and existing.is_directory else target

    async def _make(self, path: str, like: FileInfo) -> None:
        await self.fs.create_directory(path, recursive=True)
        click.echo(f"Created directory: {path}")
        if self.preserve:
            await self._take_over(path, like)

    def _make_local(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            click.echo(f"Create directory: {local_uri(folder)}")

    # --- copying ----------------------------------------------------------------------------------------------------

    async def copy(self, items: Sequence[Item], failures: Sequence[AlluxioError] = ()) -> None:
        """Copy files, `parallel` at a time; failures, earlier ones too, are raised together after the rest is done."""
        waiting = iter(items)
        failures = list(failures)

        async def worker(advance: Callable[[float], None]) -> None:
            for item in waiting:
                try:
                    await self._one(item, advance)
                except AlluxioError as error:
                    failures.append(error)
                except OSError as error:
                    failures.append(refused(error, item.source))
                else:
                    click.echo(f"Copied {item.source} to {item.target}")

        with progress(items) as advance:
            await asyncio.gather(*(worker(advance) for _ in range(min(self.parallel, len(items)))))
        raise_all(failures)

    async def _one(self, item: Item, advance: Callable[[float], None]) -> None:
        if item.source.startswith(LOCAL_SCHEME):
            await self._upload(item, advance)
        elif item.target.startswith(LOCAL_SCHEME):
            await self._download(item, advance)
        else:
            await self._between(item, advance)

    async def _upload(self, item: Item, advance: Callable[[float], None]) -> None:
        source = local_path(item.source)
        with source.open("rb", buffering=0) as file:
            writer = await self.fs.create_file(item.target, recursive=True, policy=self.policy)
            async with self._removed_on_failure(item.target), writer:
                while data := await asyncio.to_thread(file.read, self.buffer_bytes):
                    await writer.write(data)
                    advance(len(data))

    async def _download(self, item: Item, advance: Callable[[float], None]) -> None:
        target = local_path(item.target)
        unfinished = target.with_name(f".{target.name}_copyToLocal_{time.time_ns() // 1_000_000}")
        try:
            async with await self.fs.open_file(item.source) as reader:
                with unfinished.open("wb", buffering=0) as file:
                    while data := await reader.read(self.buffer_bytes):
                        await asyncio.to_thread(file.write, data)
                        advance(len(data))
            os.replace(unfinished, target)  # noqa: PTH105 - the last step of the same file's life
        except OSError as error:
            # The temporary name says nothing to the user.
            raise OSError(error.errno, error.strerror, str(target)) from error
        finally:
            unfinished.unlink(missing_ok=True)

    async def _between(self, item: Item, advance: Callable[[float], None]) -> None:
        async with await self.fs.open_file(item.source) as reader:
            writer = await self.fs.create_file(item.target, recursive=True)
            async with self._removed_on_failure(item.target), writer:
                while data := await reader.read(self.buffer_bytes):
                    await writer.write(data)
                    advance(len(data))
        if self.preserve and item.status is not None:
            await self._take_over(item.target, item.status)

    @contextlib.asynccontextmanager
    async def _removed_on_failure(self, path: str) -> Any:
        try:
            yield
        except BaseException:
            with contextlib.suppress(AlluxioError):
                await self.fs.delete(path, unchecked=True)
            raise

    async def _take_over(self, path: str, like: FileInfo) -> None:
        """Give a path the owner, group, mode and ACL of another."""
        await self.fs.set_attribute(path, owner=like.owner or None, group=like.group or None, mode=like.mode)
        if like.has_extended_acl:
            await self.fs.set_acl(path, "REPLACE", [*like.acl, *like.default_acl])


def below(folder: Path, failures: list[AlluxioError]) -> Iterator[Path]:
    """Yield everything below a local folder, a folder before its content; what cannot be read becomes a failure."""
    for parent, folders, files in os.walk(folder, onerror=lambda error: failures.append(refused(error, str(folder)))):
        folders.sort()
        for name in sorted([*folders, *files]):
            yield Path(parent, name)


def refused(error: OSError, place: str) -> AlluxioError:
    """Return what this machine refused as an error of the copy."""
    return InvalidArgument(f"{error.filename or place}: {error.strerror}.")


def local_uri(file: Path) -> str:
    """Return the file:// URI of a local path."""
    return f"{LOCAL_SCHEME}{file.absolute()}"


def local_path(uri: str) -> Path:
    """Return the local path of a file:// URI, or of plain text."""
    return Path(uri.removeprefix(LOCAL_SCHEME)).expanduser()


@contextlib.contextmanager
def progress(items: Sequence[Item]) -> Iterator[Callable[[float], None]]:
    """Show how far a copy is, if somebody watches; give the function that counts bytes."""
    if not items or not sys.stderr.isatty():
        yield _nobody_watches
        return
    # Imported here: a script's copies, and every other command, do without.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    what = f"{len(items)} files" if len(items) > 1 else items[0].source.rpartition("/")[2]
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=sum(item.length for item in items))

        def advance(count: float) -> None:
            shown.advance(task, count)

        yield advance


def _nobody_watches(_: float) -> None:
    return


def parallel_default() -> int:
    """Return how many files are copied at a time unless told otherwise: two per processor."""
    return 2 * len(os.sched_getaffinity(0))
