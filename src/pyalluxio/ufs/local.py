"""Under storage on a local or network-mounted file system, by system calls.

Every call that can touch a disk runs in a bounded pool of threads shared by the process, so that a slow NAS delays its
own callers and never the event loop. A file is written beside its final name and renamed when it is complete and
on the disk, so a crash leaves either the old file, the new one, or a `….alluxio.0x….tmp` that everything ignores.

Only regular files and directories exist here, and symbolic links to them. Pipes, sockets and devices do not, since they
have no content to cache; nor does a link to a directory that holds the link itself, which would be a tree without end.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import grp
import logging
import os
import pwd
import secrets
import shutil
import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from pyalluxio.errors import (
    AlluxioError,
    AlreadyExists,
    DirectoryNotEmpty,
    InvalidArgument,
    UfsAccessDenied,
    UfsError,
    UfsFileDoesNotExist,
)
from pyalluxio.ufs.interface import (
    DEFAULT_DIRECTORY,
    DEFAULT_FILE,
    CreateOptions,
    MkdirOptions,
    Ufs,
    UfsReader,
    UfsStatus,
    UfsWriter,
    without_scheme,
)

log = logging.getLogger(__name__)

THREADS_MAX = 16
_NAME_CACHE_SECONDS = 60
_MODE_BITS = 0o777

_P = ParamSpec("_P")
_T = TypeVar("_T")

# ext4, xfs and NFS clients block inside the system call; 16 such calls keep a disk busy without starving the two
# or four cores a cache node usually has.
_threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="ufs-local")


class LocalUfs(Ufs):
    """A directory tree of this machine; owners and groups are names of this machine."""

    type_name = "local"

    def __init__(self, root: str) -> None:
        self._root = local_path(root)

    async def status(self, path: str) -> UfsStatus | None:
        return await _call(_status, local_path(path), self._root)

    async def list(self, path: str) -> list[UfsStatus] | None:
        return await _call(_list, local_path(path), self._root)

    async def read(self, path: str, offset: int, length: int) -> bytes:
        return await _call(_read, local_path(path), offset, length)

    async def open_reader(self, path: str, offset: int = 0) -> UfsReader:
        where = local_path(path)
        return _LocalReader(where, await _open(os.close, _open_for_read, where), offset)

    async def create(self, path: str, options: CreateOptions = DEFAULT_FILE) -> UfsWriter:
        where = local_path(path)
        temporary = temporary_name(where)
        descriptor = await _open(
            lambda opened: _discard(opened, temporary), _open_for_write, temporary, options, self._root
        )
        return _LocalWriter(where, temporary, descriptor)

    async def make_directory(self, path: str, options: MkdirOptions = DEFAULT_DIRECTORY) -> bool:
        return await _call(_make_directory, local_path(path), options, self._root)

    async def delete_file(self, path: str) -> bool:
        return await _call(_delete_file, local_path(path))

    async def delete_directory(self, path: str, *, recursive: bool = False) -> bool:
        return await _call(_delete_directory, local_path(path), recursive)

    async def rename_file(self, source: str, target: str) -> None:
        await _call(_rename_file, local_path(source), local_path(target))

    async def rename_directory(self, source: str, target: str) -> None:
        await _call(_rename_directory, local_path(source), local_path(target))

    async def set_owner(self, path: str, owner: str, group: str) -> None:
        await _call(_set_owner, local_path(path), owner, group)

    async def set_mode(self, path: str, mode: int) -> None:
        await _call(os.chmod, local_path(path), mode & _MODE_BITS)

    async def space(self) -> tuple[int, int]:
        total, used, _ = await _call(shutil.disk_usage, self._root)
        return total, used


class _LocalReader(UfsReader):
    def __init__(self, path: str, descriptor: int, offset: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._offset = offset

    async def read(self, length: int) -> bytes:
        data = await _call(_pread, self._descriptor, self._offset, length, self._path)
        self._offset += len(data)
        return data

    async def close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            await _call(os.close, descriptor)


class _LocalWriter(UfsWriter):
    def __init__(self, path: str, temporary: str, descriptor: int) -> None:
        self._path = path
        self._temporary = temporary
        self._descriptor = descriptor

    async def write(self, data: bytes | memoryview) -> None:
        await _call(_write_all, self._descriptor, data, self._path)

    async def close(self) -> str | None:
        descriptor, self._descriptor = self._descriptor, -1
        return await _call(_publish, descriptor, self._temporary, self._path)

    async def abort(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            await _call(_discard, descriptor, self._temporary)


def local_path(path: str) -> str:
    """Return the path of this machine named by `path` or `file://path`. Raises InvalidArgument if it is relative."""
    plain = without_scheme(path.removeprefix("file:") if path.startswith("file:/") and "://" not in path else path)
    if not plain.startswith("/") or "\0" in plain:
        raise InvalidArgument(f"The under storage path {path!r} is not absolute; write /folder or file:///folder.")
    return plain.rstrip("/") or "/"


def temporary_name(path: str) -> str:
    """Return a name beside `path` that metadata sync ignores, as Alluxio 2.9 builds it."""
    return f"{path}.alluxio.0x{secrets.randbits(64):016X}.tmp"


def content_hash(length_bytes: int, last_modified_ms: int) -> str:
    """Return what 2.9 uses as content hash where the file system has none."""
    return f"(len:{length_bytes}, modtime:{last_modified_ms})"


async def _call(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run a blocking function in the pool and turn its OSError into ours.

    A cancelled caller waits for the function as well: it would otherwise close a descriptor that the thread is about to
    write to, and whose number the next opened file gets.
    """
    running = asyncio.get_running_loop().run_in_executor(_threads, functools.partial(function, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
    except OSError as error:
        raise _translated(error) from error


async def _open(undo: Callable[[int], None], function: Callable[_P, int], *args: _P.args, **kwargs: _P.kwargs) -> int:
    """Return a descriptor opened in the pool, or undo the opening when the caller, who would close it, is cancelled."""
    opened: list[int] = []

    def run() -> int:
        opened.append(function(*args, **kwargs))
        return opened[0]

    try:
        return await _call(run)
    except asyncio.CancelledError:
        for descriptor in opened:
            undo(descriptor)
        raise


def _translated(error: OSError) -> AlluxioError:
    where = error.filename2 or error.filename or "the under storage"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return UfsFileDoesNotExist(f"Under storage path {where} does not exist.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return UfsAccessDenied(f"Under storage denies access to {where}: {error.strerror}.")
    if error.errno == errno.EISDIR:
        return UfsFileDoesNotExist(f"Under storage path {where} is a directory, not a file.")
    return UfsError(f"Under storage failed at {where}: {error.strerror or error}.")


# --- blocking halves, run in the pool -------------------------------------------------------------------------------


def _status(path: str, root: str) -> UfsStatus | None:
    try:
        found = os.lstat(path)
        is_link = stat.S_ISLNK(found.st_mode)
        if is_link:
            found = os.stat(path)
    except OSError as error:
        if error.errno in _NOTHING_THERE:
            return None
        raise
    if not _is_shown(found.st_mode):
        return None
    if is_link and stat.S_ISDIR(found.st_mode) and _holds_itself(path, _real_ancestors(path, root)):
        return None
    return _as_status(os.path.basename(path), found)


def _list(path: str, root: str) -> list[UfsStatus] | None:
    children: list[UfsStatus] = []
    ancestors: list[str] | None = None
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                try:
                    found = entry.stat()
                except OSError as error:
                    if error.errno in _NOTHING_THERE:
                        continue  # deleted meanwhile, or a link to nowhere: a directory with one is still readable
                    raise
                if not _is_shown(found.st_mode):
                    continue
                if entry.is_symlink() and stat.S_ISDIR(found.st_mode):
                    ancestors = ancestors or _real_ancestors(entry.path, root)
                    if _holds_itself(entry.path, ancestors):
                        continue
                children.append(_as_status(entry.name, found))
    except (FileNotFoundError, NotADirectoryError):
        return None
    children.sort(key=lambda child: child.name)
    return children


# Also for a link to itself; the kernel follows 40 links and says ELOOP then.
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def _is_shown(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _real_ancestors(path: str, root: str) -> list[str]:
    """Return where the directories really are that lead to a path, from its parent up to the mounted one."""
    found: list[str] = []
    while path not in (root, "/"):
        path = os.path.dirname(path)
        found.append(os.path.realpath(path))
    return found


def _holds_itself(link: str, ancestors: list[str]) -> bool:
    """Say whether a link leads to a directory through which it was reached, or to one above of such."""
    target = os.path.realpath(link)
    below = target.rstrip("/") + "/"
    if not any(ancestor == target or ancestor.startswith(below) for ancestor in ancestors):
        return False
    _tell_of_loop(link, target)
    return True


@functools.lru_cache(maxsize=1024)
def _tell_of_loop(link: str, target: str) -> None:
    """Log a link that is not shown; once, however often its directory is listed."""
    log.warning("%s is a link to %s, which holds it: it is not shown, since it would have no end.", link, target)


def _as_status(name: str, found: os.stat_result) -> UfsStatus:
    is_directory = stat.S_ISDIR(found.st_mode)
    modified_ms = found.st_mtime_ns // 1_000_000
    minute = int(time.monotonic() // _NAME_CACHE_SECONDS)
    return UfsStatus(
        name=name,
        is_directory=is_directory,
        length_bytes=0 if is_directory else found.st_size,
        owner=_user_name(found.st_uid, minute),
        group=_group_name(found.st_gid, minute),
        mode=found.st_mode & _MODE_BITS,
        last_modified_ms=modified_ms,
        content_hash=None if is_directory else content_hash(found.st_size, modified_ms),
    )


@functools.lru_cache(maxsize=4096)
def _user_name(uid: int, minute: int) -> str:
    """Return the user's name; `minute` makes a remembered answer expire."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


@functools.lru_cache(maxsize=4096)
def _group_name(gid: int, minute: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _read(path: str, offset: int, length: int) -> bytes:
    descriptor = _open_for_read(path)
    try:
        return _pread(descriptor, offset, length, path)
    finally:
        os.close(descriptor)


def _open_for_read(path: str) -> int:
    # Without O_NONBLOCK opening a pipe waits for its writer, perhaps for ever, and takes a thread of the pool along.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IsADirectoryError(errno.EISDIR, "not a regular file", path)
    return descriptor


def _pread(descriptor: int, offset: int, length: int, path: str) -> bytes:
    try:
        data = os.pread(descriptor, length, offset)
        if not data or len(data) == length:
            return data
        parts = [data]
        have = len(data)
        while have < length and (data := os.pread(descriptor, length - have, offset + have)):
            parts.append(data)
            have += len(data)
        return b"".join(parts)
    except OSError as error:
        error.filename = path
        raise


def _open_for_write(temporary: str, options: CreateOptions, root: str) -> int:
    if options.create_parents:
        parent = os.path.dirname(temporary)
        if not os.path.isdir(parent):
            _check_root(root, parent)
            _make_directory(parent, MkdirOptions(), root)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, options.mode & _MODE_BITS)
    os.fchmod(descriptor, options.mode & _MODE_BITS)
    _try_owner(temporary, options.owner, options.group)
    return descriptor


def _write_all(descriptor: int, data: bytes | memoryview, path: str) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        error.filename = path
        raise


def _publish(descriptor: int, temporary: str, path: str) -> str:
    try:
        try:
            # Without the sync a power cut could leave an empty file under the final name, after "persisted" was told.
            os.fsync(descriptor)
            found = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)
    except OSError:
        _unlink_if_there(temporary)
        raise
    _sync_directory(os.path.dirname(path))
    return content_hash(found.st_size, found.st_mtime_ns // 1_000_000)


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network mounts cannot sync a directory
            raise
    finally:
        os.close(descriptor)


def _discard(descriptor: int, temporary: str) -> None:
    os.close(descriptor)
    _unlink_if_there(temporary)


def _unlink_if_there(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _check_root(root: str, path: str) -> None:
    """Refuse to make the folder that is mounted on the way to what lies in it.

    It is missing when its disk is not mounted; what is written instead would fill the disk below, and be hidden as soon
    as the right one is there.
    """
    if (path == root or path.startswith(root.rstrip("/") + "/")) and not os.path.isdir(root):
        raise UfsFileDoesNotExist(
            f"The under storage {root} does not exist on this machine: mount its disk, or make the folder."
        )


def _make_directory(path: str, options: MkdirOptions, root: str) -> bool:
    if path != root:
        _check_root(root, path)
    missing: list[str] = []
    where = path
    while not os.path.isdir(where):
        if os.path.lexists(where):
            raise AlreadyExists(f"Cannot make directory {path}: {where} is a file.")
        missing.append(where)
        where = os.path.dirname(where)
        if not options.create_parents:
            break
    for directory in reversed(missing):
        try:
            os.mkdir(directory)
        except FileExistsError:
            continue  # made by somebody else meanwhile
        os.chmod(directory, options.mode & _MODE_BITS)
        _try_owner(directory, options.owner, options.group)
    return bool(missing)


def _delete_file(path: str) -> bool:
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except IsADirectoryError as error:
        raise InvalidArgument(f"Cannot delete {path} as a file: it is a directory.") from error
    return True


def _delete_directory(path: str, recursive: bool) -> bool:
    try:
        if os.path.islink(path) and os.path.isdir(path):
            if not recursive and os.listdir(path):
                raise OSError(errno.ENOTEMPTY, "not empty", path)
            os.unlink(path)  # the link only: what it leads to may be used by others
        elif recursive:
            shutil.rmtree(path)
        else:
            os.rmdir(path)
    except FileNotFoundError:
        return False
    except NotADirectoryError as error:
        raise InvalidArgument(f"Cannot delete {path} as a directory: it is a file.") from error
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise DirectoryNotEmpty(
                f"Cannot delete {path}: the directory is not empty in the under storage."
            ) from error
        raise
    return True


def _rename_file(source: str, target: str) -> None:
    if os.path.isdir(source):
        raise IsADirectoryError(errno.EISDIR, "is a directory", source)
    if os.path.isdir(target):
        raise AlreadyExists(f"Cannot rename {source} to {target}: the target is a directory.")
    if os.path.exists(target) and not os.path.isfile(target):
        raise AlreadyExists(f"Cannot rename {source} to {target}: the target is a pipe, a socket or a device.")
    os.stat(source)  # names the source in the error, not the target
    os.rename(source, target)


def _rename_directory(source: str, target: str) -> None:
    if not os.path.isdir(source):
        raise FileNotFoundError(errno.ENOENT, "no such directory", source)
    if os.path.lexists(target):
        raise AlreadyExists(f"Cannot rename {source} to {target}: the target exists.")
    os.rename(source, target)


def _set_owner(path: str, owner: str, group: str) -> None:
    try:
        uid = pwd.getpwnam(owner).pw_uid if owner else -1
        gid = grp.getgrnam(group).gr_gid if group else -1
    except KeyError as error:
        raise UfsError(
            f"Cannot set owner {owner!r} and group {group!r} of {path}: this machine does not know {error}."
        ) from error
    os.chown(path, uid, gid)


def _try_owner(path: str, owner: str, group: str) -> None:
    """Give a new path to its owner where that is possible; it rarely is unless this process runs as root."""
    if not owner and not group:
        return
    try:
        _set_owner(path, owner, group)
    except (OSError, UfsError) as error:
        log.debug("kept the owner of %s: %s", path, error)
