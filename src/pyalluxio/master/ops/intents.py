"""Operations that must be whole whatever happens to the leader: recorded first, so that the next one can end them.

`begin` puts the whole request into the journal, `end` takes it out again in the batch that holds the operation's own
last entry. What a leader finds at the start of its term was begun and never ended: it carries the operation out anew,
for the same user and with the same operation id. Where: see `state.intents`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from pyalluxio.errors import Internal, InvalidArgument
from pyalluxio.journal.entries import (
    AclEntry,
    AclEntryType,
    Entry,
    InodeDirectoryEntry,
    InodeFileEntry,
    OperationId,
    SetAclAction,
    TtlAction,
    UpdateInodeEntry,
    XAttrStrategy,
)
from pyalluxio.master.ops.changes import ChangeRequest
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.create_path import XAttrPropagation
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.rename import RenameRequest
from pyalluxio.master.ops.set_acl import SetAclRequest
from pyalluxio.master.ops.set_attribute import SetAttributeRequest
from pyalluxio.master.ops.ufs_steps import ListAll, ProbeMount, ReadFingerprint, UfsStep
from pyalluxio.master.ops.write_type import WriteType
from pyalluxio.master.state import intents
from pyalluxio.master.state.inode_tree import lookup
from pyalluxio.master.state.tx import INODES, INTENTS, ReadTx

_KINDS: dict[str, type[Any]] = {
    "createFile": CreateFileRequest,
    "createDirectory": CreateDirectoryRequest,
    "delete": DeleteRequest,
    "rename": RenameRequest,
    "setAttribute": SetAttributeRequest,
    "setAcl": SetAclRequest,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Intent:
    """An operation that was begun.

    user   who called; None for the master itself
    paths  what was locked for it; the same must be locked when it is carried out anew
    """

    user: str | None
    request: ChangeRequest
    paths: tuple[str, ...]


def changes_storage(step: UfsStep) -> bool:
    """Say whether a step leaves anything behind."""
    return not isinstance(step, (ReadFingerprint, ListAll, ProbeMount))


# --- the journal ---------------------------------------------------------------------------------------------------


def begin(tx: ReadTx, emit: Callable[[Entry], None], intent: Intent, number: int) -> int:
    """Record an intent at the deepest inode of its path that exists; returns the id of that."""
    inode = lookup(tx, intent.request.path).deepest
    emit(intents.entry_of_begin(inode, number, encode(intent)))
    return inode.id


def is_begun(tx: ReadTx, inode_id: int, number: int) -> bool:
    """Say whether an intent is recorded and not ended."""
    return tx.get(INTENTS, (inode_id, number)) is not None


def end(tx: ReadTx, emit: Callable[[Entry], None], inode_id: int, number: int) -> None:
    """Take an intent out again; one that went with its inode, or was ended before, is fine."""
    inode = tx.get(INODES, inode_id)
    if inode is not None and intents.key_of(number) in (inode.xattr or ()):
        emit(intents.entry_of_end(inode, number))


def unfinished(tx: ReadTx) -> list[tuple[int, int, bytes]]:
    """Return (inode id, number, recorded intent) of everything that was begun and not ended."""
    found = []
    for (inode_id, number), _ in tx.scan(INTENTS):
        inode = tx.get(INODES, inode_id)
        value = (inode.xattr or {}).get(intents.key_of(number)) if inode is not None else None
        if value is not None:
            found.append((inode_id, number, value))
    return found


def guarded(tx: ReadTx, entry: Entry) -> Entry:
    """Return an entry of an operation as it may be journaled: it brings in no intent, and takes none away."""
    if not isinstance(entry, (UpdateInodeEntry, InodeFileEntry, InodeDirectoryEntry)) or not entry.xattr:
        return entry
    xattr = intents.visible(entry.xattr)
    if isinstance(entry, UpdateInodeEntry) and entry.xattr_update_strategy in (None, XAttrStrategy.TRUNCATE):
        inode = tx.get(INODES, entry.id)
        kept = {} if inode is None else {k: v for k, v in (inode.xattr or {}).items() if k.startswith(intents.PREFIX)}
        if kept:
            xattr = {**(xattr or {}), **kept}
    return entry if xattr is entry.xattr else replace(entry, xattr=xattr)


def check_names(xattr: dict[str, bytes]) -> None:
    """Refuse the names of intents in a request.

    Raises:  InvalidArgument.
    """
    for key in xattr:
        if key.startswith(intents.PREFIX):
            raise InvalidArgument(
                f'The extended attribute "{key}" is one of the master\'s own; choose a name without "{intents.PREFIX}".'
            )


# --- as bytes ------------------------------------------------------------------------------------------------------


def encode(intent: Intent) -> bytes:
    """Return an intent as JSON; what has its default value is left out."""
    request: dict[str, Any] = {}
    for field in fields(intent.request):
        value = getattr(intent.request, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if value != default:
            request[field.name] = _ENCODERS.get(field.name, _same)(value)
    parts = {"operation": _NAMES[type(intent.request)], "user": intent.user, "paths": intent.paths, "request": request}
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()


def decode(data: bytes) -> Intent:
    """Return the intent that these bytes are.

    Raises:  Internal: they are none that this version knows.
    """
    try:
        parts = json.loads(data)
        kind = _KINDS[parts["operation"]]
        given = {name: _DECODERS.get(name, _same)(value) for name, value in parts["request"].items()}
        return Intent(parts["user"], kind(**given), tuple(parts["paths"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Internal(f"An operation that another master began cannot be read ({error}): {data[:200]!r}") from error


def _same(value: Any) -> Any:
    return value


def _encode_xattr(xattr: dict[str, bytes]) -> dict[str, str]:
    return {key: value.decode("latin-1") for key, value in xattr.items()}


def _decode_xattr(xattr: dict[str, str]) -> dict[str, bytes]:
    return {key: value.encode("latin-1") for key, value in xattr.items()}


def _encode_entries(entries: tuple[AclEntry, ...]) -> list[list[Any]]:
    return [[int(entry.type), entry.subject, entry.actions, entry.is_default] for entry in entries]


def _decode_entries(entries: list[list[Any]]) -> tuple[AclEntry, ...]:
    return tuple(AclEntry(AclEntryType(kind), *rest) for kind, *rest in entries)


# By the name of the field; what JSON has itself needs none.
_ENCODERS: dict[str, Callable[[Any], Any]] = {"xattr": _encode_xattr, "entries": _encode_entries}
_DECODERS: dict[str, Callable[[Any], Any]] = {
    "xattr": _decode_xattr,
    "entries": _decode_entries,
    "operation_id": lambda halves: OperationId(*halves),
    "write_type": WriteType,
    "ttl_action": TtlAction,
    "xattr_propagation": XAttrPropagation,
    "xattr_strategy": XAttrStrategy,
    "action": SetAclAction,
    "owner_groups": tuple,
    "pinned_media": tuple,
}
