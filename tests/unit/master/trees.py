"""Trees to work on, and long operations run as the pipeline runs them: each chunk in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pyalluxio import path as paths
from pyalluxio.journal.entries import PERSISTED, UpdateInodeEntry
from pyalluxio.master.ops import load_metadata
from pyalluxio.master.ops.load_metadata import FoundStatus, LoadOptions
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import descendants, lookup
from pyalluxio.master.state.validate import validate
from tests.unit.master.namespace import BLOCK, Namespace

OPTIONS = LoadOptions(block_size_bytes=BLOCK)
FINGERPRINT = "TYPE|FILE UFS|local OWNER|ann GROUP|staff MODE|420 CONTENT_HASH|h "
DIRECTORY_FINGERPRINT = "TYPE|DIRECTORY UFS|local OWNER|ann GROUP|staff MODE|493 "


def file_status(name: str, **changes: Any) -> FoundStatus:
    """Return a file of `ann` as a local under storage reports it."""
    values: dict[str, Any] = {
        "is_directory": False,
        "length_bytes": 10,
        "owner": "ann",
        "group": "staff",
        "mode": 0o644,
        "last_modified_ms": 500,
        "fingerprint": FINGERPRINT,
        "content_hash": "h",
    }
    return FoundStatus(name, **{**values, **changes})


def directory_status(name: str, **changes: Any) -> FoundStatus:
    values: dict[str, Any] = {
        "is_directory": True,
        "owner": "ann",
        "group": "staff",
        "mode": 0o755,
        "last_modified_ms": 500,
        "fingerprint": DIRECTORY_FINGERPRINT,
    }
    return FoundStatus(name, **{**values, **changes})


def load(namespace: Namespace, path: str, *statuses: FoundStatus) -> None:
    """Make children of a directory that exists."""
    in_chunks(namespace, load_metadata.load_children, path, statuses, OPTIONS)


def persisted_tree(namespace: Namespace) -> None:
    """Make `/d/sub/f` and `/d/g` of `ann`, all as loaded from the under storage."""
    load(namespace, "/", directory_status("d"))
    load(namespace, "/d", directory_status("sub"), file_status("g"))
    load(namespace, "/d/sub", file_status("f"))


def in_chunks(
    namespace: Namespace,
    operation: Callable[..., Any],
    *arguments: Any,
    user: str = "root",
    groups: tuple[str, ...] | None = None,
    between: Callable[[], None] = lambda: None,
) -> Any:
    """Run a long operation, every chunk in its own transaction; the state is valid after each.

    `namespace.emitted` holds the entries of all chunks afterwards. `between` is called after each chunk but the last.
    """
    first = len(namespace.journal)
    chunks: Any = None
    try:
        while True:
            with namespace.batch(user, groups) as context:
                if chunks is None:
                    chunks = operation(context, *arguments)
                    next(chunks)
                else:
                    chunks.send(context)
            with namespace.store.read() as view:
                validate(view)
            between()
    except StopIteration as stop:
        return stop.value
    finally:
        namespace.emitted = namespace.journal[first:]


def inode(namespace: Namespace, path: str) -> Inode:
    """Return an inode as it is stored: a status hides a directory's fingerprint, for one."""
    with namespace.store.read() as view:
        found = lookup(view, path).inode
    assert found is not None, f"{path} does not exist"
    return found


def mark_persisted(namespace: Namespace, path: str) -> None:
    namespace.emit(UpdateInodeEntry(id=inode(namespace, path).id, persistence_state=PERSISTED))


def names_below(namespace: Namespace, path: str) -> list[str]:
    """Return the relative paths of everything below a directory."""
    with namespace.store.read() as view:
        top = lookup(view, path).inode
        assert top is not None
        return [paths.relative(child, path) for child, _ in descendants(view, top, path)]


def of_type(entries: Sequence[object], kind: type) -> list[Any]:
    return [entry for entry in entries if type(entry) is kind]
