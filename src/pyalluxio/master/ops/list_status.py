"""listStatus and listStatusPartial: the children of a directory, or everything below it, in pre-order by name.

A listing is read page by page, each from a fresh view: a cursor says where to go on. It holds names, not positions, so
paths that come or go meanwhile are seen or not, but nothing is repeated or left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyalluxio import path as paths
from pyalluxio.errors import FileDoesNotExist, InvalidArgument, InvalidPath
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import ReadContext
from pyalluxio.master.ops.file_info import info_of
from pyalluxio.master.state.acl import EXECUTE, READ
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import ancestors, children, lookup, path_of
from pyalluxio.master.state.tx import INODES

PAGE_INFOS = 1000  # read in one step of the loop


@dataclass(slots=True)
class ListRequest:
    path: str
    recursive: bool = False
    exclude_mount_info: bool = False


@dataclass(slots=True)
class PartialListRequest(ListRequest):
    """At most one of offset_id, start_after and offset_count is set; `batch_size` None is everything.

    start_after  relative to the path, or absolute
    prefix       relative to the path, but with a leading slash: "/a" is what begins with a
    """

    offset_id: int | None = None
    start_after: str | None = None
    offset_count: int | None = None
    batch_size: int | None = None
    prefix: str = ""


@dataclass(slots=True)
class PartialList:
    infos: list[Any]
    is_truncated: bool
    file_count: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A directory that is being listed: its children after the name `after` are still to come."""

    directory_id: int
    path: str
    after: str


Cursor = tuple[Frame, ...]  # from the listed directory down


@dataclass(slots=True)
class Page:
    """Part of a listing; `cursor` is None when nothing follows."""

    infos: list[Any] = field(default_factory=list)
    cursor: Cursor | None = None


def page(context: ReadContext, request: ListRequest, cursor: Cursor | None = None, count_max: int = PAGE_INFOS) -> Page:
    """Return the next `count_max` infos of a listing; without a cursor, its first.

    Raises:  AccessDenied: READ on the path, or EXECUTE on the directory unless recursive; FileDoesNotExist;
             InvalidPath; SafeMode.
    """
    if cursor is None:
        cursor, of_file = _start(context, request)
        if cursor is None:
            return Page([of_file])
    result = Page()
    result.cursor = _walk(context, request, list(cursor), result.infos, count_max, "")
    return result


def partial(context: ReadContext, request: PartialListRequest) -> PartialList:
    """Return one batch of a listing, from the offset that the request names.

    An offset that is the path itself or lies above it begins at the start.

    Raises:  as `page`; FileDoesNotExist: the inode of the offset is gone or elsewhere; InvalidArgument: more than one
             offset, or one outside of the path; InvalidPath: a prefix without a leading slash, or that leads out.
    """
    offsets = (request.offset_id, request.start_after, request.offset_count)
    if sum(value is not None for value in offsets) > 1:
        raise InvalidArgument("A partial listing takes one of offsetId, startAfter and offsetCount.")
    if request.batch_size is not None and request.batch_size < 0:
        raise InvalidArgument(f"The batch size of a partial listing is {request.batch_size}; it cannot be negative.")
    prefix = _prefix(request.prefix)
    started, of_file = _start(context, request)
    if started is None:
        is_after = request.start_after and not _is_above(request.start_after, request.path)
        return PartialList([] if is_after else [of_file], False, 1)
    directory = context.tx.get(INODES, started[0].directory_id) if started else None
    count = -1 if request.recursive or directory is None else directory.child_count
    if not started:
        return PartialList([], False, count)
    stack = list(started)
    if request.offset_id is not None:
        stack = _after_inode(context, request, started[0], request.offset_id, prefix)
    elif request.start_after:
        stack = _after_path(context, request, started[0], request.start_after)
    skipped: list[Any] = []
    if request.offset_count:
        rest = _walk(context, request, stack, skipped, request.offset_count, prefix, exclude_mount_info=True)
        stack = list(rest or ())
    infos: list[Any] = []
    limit = (1 << 62) if request.batch_size is None else request.batch_size
    rest = _walk(context, request, stack, infos, limit, prefix) if stack else None
    return PartialList(infos, rest is not None, count)


def _start(context: ReadContext, request: ListRequest) -> tuple[Cursor | None, Any]:
    """Return where a listing begins; for a file None, and what it lists as."""
    found = lookup(context.tx, request.path)
    checks.check_permission(context, found, READ)
    inode = found.inode
    if inode is None:
        raise FileDoesNotExist.at(request.path)
    if not inode.is_directory:
        return None, info_of(context, inode, request.path, exclude_mount_info=request.exclude_mount_info)
    if not checks.may(context, inode, EXECUTE):
        if request.recursive:
            return (), None
        raise checks.denied(context.user, EXECUTE, request.path, inode)
    return (Frame(inode.id, request.path, ""),), None


def _walk(
    context: ReadContext,
    request: ListRequest,
    stack: list[Frame],
    infos: list[Any],
    count_max: int,
    prefix: str,
    *,
    exclude_mount_info: bool = False,
) -> Cursor | None:
    """Append up to `count_max` infos; returns where to go on, None if nothing that fits follows."""
    tx = context.tx
    without_mounts = request.exclude_mount_info or exclude_mount_info
    while stack:
        frame = stack.pop()
        after = frame.after
        for name, child_id in children(tx, frame.directory_id, after):
            if name == after and after:
                continue
            path = paths.join(frame.path, name)
            is_listed, is_entered = _fits(path, request.path, prefix) if prefix else (True, True)
            if not is_listed and not is_entered:
                continue
            child = tx.get(INODES, child_id)
            if child is None:
                continue
            if is_listed:
                if len(infos) >= count_max:
                    stack.append(Frame(frame.directory_id, frame.path, after))
                    return tuple(stack)
                infos.append(info_of(context, child, path, exclude_mount_info=without_mounts))
            after = name
            if request.recursive and is_entered and child.is_directory and checks.may(context, child, EXECUTE):
                stack.append(Frame(frame.directory_id, frame.path, name))
                stack.append(Frame(child_id, path, ""))
                break
    return None


def _fits(path: str, top: str, prefix: str) -> tuple[bool, bool]:
    """Say whether a path is listed under a prefix, and whether something below it may be."""
    rest = paths.relative(path, top)
    is_listed = rest.startswith(prefix)
    return is_listed, is_listed or prefix.startswith(rest + "/")


def _after_inode(
    context: ReadContext, request: PartialListRequest, top: Frame, inode_id: int, prefix: str
) -> list[Frame]:
    """Return the stack that goes on after an inode, which must still be below the listed directory."""
    inode = context.tx.get(INODES, inode_id)
    chain = [] if inode is None else ancestors(context.tx, inode)
    depth = next((i for i, node in enumerate(chain) if node.id == top.directory_id), None)
    if (inode is not None and depth == len(chain) - 1) or inode_id in _ids_above(context, top):
        return [top]
    if inode is None or depth is None:
        raise FileDoesNotExist(f'The listing of "{request.path}" cannot go on after inode {inode_id}: it is gone.')
    below = chain[depth + 1 :]
    if not request.recursive and len(below) > 1:
        raise FileDoesNotExist(f'Inode {inode_id} is no longer a direct child of "{request.path}".')
    if prefix and not paths.relative(path_of(context.tx, inode), request.path).startswith(prefix):
        raise InvalidArgument(f'Inode {inode_id} does not lie under the prefix "{prefix}".')
    return _stack_after(context, request, top, [node.name for node in below], inode)


def _ids_above(context: ReadContext, top: Frame) -> list[int]:
    inode = context.tx.get(INODES, top.directory_id)
    return [] if inode is None else [above.id for above in ancestors(context.tx, inode)]


def _after_path(context: ReadContext, request: PartialListRequest, top: Frame, start_after: str) -> list[Frame]:
    """Return the stack that goes on after a path, whether or not that exists."""
    rest = start_after
    if start_after.startswith(paths.ROOT):
        if start_after == request.path or _is_above(start_after, request.path):
            return [top]
        inside = "/" if request.path == paths.ROOT else request.path + "/"
        if not start_after.startswith(inside):
            raise InvalidArgument(f'The listing of "{request.path}" cannot start after "{start_after}", outside of it.')
        rest = start_after[len(inside) :]
    names = _names_below(rest)
    if not names:
        return [top]
    return _stack_after(context, request, top, names, None)


def _is_above(text: str, path: str) -> bool:
    """Say whether a text is an absolute path, written plainly, that a path lies below."""
    above = text.rstrip("/") or paths.ROOT
    return text.startswith(paths.ROOT) and paths.is_below(path, above)


def _prefix(text: str) -> str:
    """Return a prefix of relative paths.

    Source:  2.9.6, tried: one without a leading slash is refused.
    """
    if text and (not text.startswith("/") or text.startswith("//")):
        raise InvalidPath(f'The prefix "{text}" of a partial listing must begin with one slash, as in "/name".')
    return "/".join(_names_below(text))


def _names_below(text: str) -> list[str]:
    """Return the components of a relative path; it may not lead out of where it begins."""
    names: list[str] = []
    for part in text.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            names.append(part)
        elif names:
            names.pop()
        else:
            raise InvalidPath.of(text)
    return names


def _stack_after(
    context: ReadContext, request: PartialListRequest, top: Frame, names: list[str], last: Inode | None
) -> list[Frame]:
    stack: list[Frame] = []
    directory_id, path = top.directory_id, top.path
    for depth, name in enumerate(names):
        stack.append(Frame(directory_id, path, name))
        if not request.recursive:
            return stack
        path = paths.join(path, name)
        inode = lookup(context.tx, path).inode if last is None or depth < len(names) - 1 else last
        if inode is None or not inode.is_directory or not checks.may(context, inode, EXECUTE):
            return stack
        directory_id = inode.id
    # The last name is a directory: its children come right after it.
    stack.append(Frame(directory_id, path, ""))
    return stack
