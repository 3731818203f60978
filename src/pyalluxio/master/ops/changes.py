"""The operations that clients change the namespace with, by their requests: how each is planned and run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyalluxio.master.ops import create_directory, create_file, rename, set_acl, set_attribute
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.rename import RenameRequest
from pyalluxio.master.ops.set_acl import SetAclRequest
from pyalluxio.master.ops.set_attribute import SetAttributeRequest

ChangeRequest = (
    CreateFileRequest | CreateDirectoryRequest | DeleteRequest | RenameRequest | SetAttributeRequest | SetAclRequest
)


@dataclass(frozen=True, slots=True)
class Operation:
    """plan(context, request) returns steps, at once or in parts; run(context, request, results) changes the state.

    is_long  `run` is a generator of chunks
    """

    plan: Callable[..., Any]
    run: Callable[..., Any]
    is_long: bool


_RENAME_PERSISTING = Operation(rename.plan, rename.run_persisting, True)
_OPERATIONS: dict[type[Any], Operation] = {
    CreateFileRequest: Operation(create_file.plan, create_file.run, False),
    CreateDirectoryRequest: Operation(create_directory.plan, create_directory.run, False),
    RenameRequest: Operation(rename.plan, rename.run, False),
    SetAttributeRequest: Operation(set_attribute.plan_in_pages, set_attribute.run, True),
    SetAclRequest: Operation(
        lambda context, request: (), lambda context, request, _: set_acl.run(context, request), True
    ),
}


def operation_of(request: ChangeRequest) -> Operation:
    """Return the operation of any request but that of a deletion, which lists its storage before it is planned."""
    if isinstance(request, RenameRequest) and request.persist:
        return _RENAME_PERSISTING
    return _OPERATIONS[type(request)]


def paths_of(request: ChangeRequest) -> tuple[str, ...]:
    """Return the paths that a request is about."""
    return (request.path, request.new_path) if isinstance(request, RenameRequest) else (request.path,)
