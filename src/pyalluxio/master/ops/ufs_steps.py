"""What an operation wants done in the under storage before its transaction, and what came of it.

Operations touch no storage. One that needs to has a `plan`, which checks and returns steps; the shell, holding locks on
the paths, carries them out in order, and calls `run` with the results. Steps are make-it-so: done already is success.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyalluxio.errors import Unavailable, Unknown


@dataclass(frozen=True, slots=True)
class MakeDirectory:
    """Create one directory, whose parent exists by then.

    If it cannot be created because a directory is there, its attributes are adopted; a file there is INVALID_ARGUMENT,
    anything else UNKNOWN.
    """

    path: str
    ufs_path: str
    mount_id: int
    owner: str
    group: str
    mode: int


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """Delete a file; one that is missing is fine. A failure becomes the result's `error`."""

    path: str
    ufs_path: str
    mount_id: int


@dataclass(frozen=True, slots=True)
class DeleteDirectory:
    """Delete a directory with everything in it; one that is missing is fine. A failure becomes the result's `error`."""

    path: str
    ufs_path: str
    mount_id: int


@dataclass(frozen=True, slots=True)
class Rename:
    """Rename a file or directory within one mount; a failure is UNKNOWN, naming both under-storage paths.

    A source that is missing while the target is there is success. Else what is at the target goes first if `replaces`
    says what it is: only then, since a step that is repeated must not delete what it has moved there before.
    """

    path: str
    ufs_path: str
    new_path: str
    new_ufs_path: str
    mount_id: int
    is_directory: bool
    replaces: type[DeleteFile] | type[DeleteDirectory] | None = None


@dataclass(frozen=True, slots=True)
class ReadFingerprint:
    """Find the fingerprint of a written file; `content_hash` goes into it instead of the storage's, when given."""

    path: str
    ufs_path: str
    mount_id: int
    content_hash: str | None = None


@dataclass(frozen=True, slots=True)
class ListAll:
    """List everything below a directory; a missing one has nothing below. The result's `names` are relative paths."""

    path: str
    ufs_path: str
    mount_id: int


@dataclass(frozen=True, slots=True)
class SetAttributes:
    """Change owner and group, and then the mode, of a file or directory; None leaves a part as it is.

    Object stores are left alone. The result's `fingerprint` is that after the change, "" for an object store; a failure
    becomes the result's `error`, and that of all such steps that follow, which are not tried any more.
    """

    path: str
    ufs_path: str
    mount_id: int
    owner: str | None
    group: str | None
    mode: int | None


@dataclass(frozen=True, slots=True)
class PublishPersisted:
    """Give a file that a worker wrote its attributes and its final name.

    The file at `temp_ufs_path` must have `length_bytes`, unless that is -1; it gets owner, group and mode and is
    renamed to `ufs_path`. The two are equal where the store writes in place. What is at `ufs_path` already is replaced
    only if it is the same, byte for byte, as an earlier attempt leaves it; anything else is somebody's data, stays, and
    is an `error`. A temporary file that is missing while the final one has the length is success. The result's
    `fingerprint` is that of the final file; a failure becomes the result's `error`.
    """

    path: str
    ufs_path: str
    mount_id: int
    temp_ufs_path: str
    length_bytes: int
    owner: str
    group: str
    mode: int


@dataclass(frozen=True, slots=True)
class ProbeMount:
    """Look at an address that is to be mounted with these options, which no mount point has yet.

    It must be a directory, and nothing may be at `ufs_path` of the mount `mount_id`, which covers the path until now;
    None if that need not be looked at. The result is `adopted` with the directory's attributes and fingerprint, or has
    the `error`.
    """

    path: str
    ufs_path: str | None
    mount_id: int
    ufs_uri: str
    properties: tuple[tuple[str, str], ...]


UfsStep = (
    MakeDirectory
    | DeleteFile
    | DeleteDirectory
    | Rename
    | ReadFingerprint
    | ListAll
    | SetAttributes
    | PublishPersisted
    | ProbeMount
)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step came to.

    adopted       MakeDirectory found a directory: owner, group, mode, times and attributes are those of the storage
    error         a failure that the operation deals with, as a reason for people
    """

    fingerprint: str = ""
    adopted: bool = False
    owner: str = ""
    group: str = ""
    mode: int | None = None
    last_modified_ms: int | None = None
    xattr: Mapping[str, bytes] | None = None
    names: tuple[str, ...] = ()
    error: str | None = None


class StalePlan(Unavailable):
    """The namespace changed between plan and run, against the locks: plan again."""

    @classmethod
    def at(cls, path: str) -> StalePlan:
        return cls(f'Path "{path}" changed while the under storage was being prepared; try again.')


@dataclass(slots=True)
class UfsResults:
    """The results of a plan's steps, by the path they were for."""

    by_path: dict[str, StepResult] = field(default_factory=dict)

    def at(self, path: str) -> StepResult:
        """Return the result for a path.

        Raises:  StalePlan: no step was planned for it.
        """
        result = self.by_path.get(path)
        if result is None:
            raise StalePlan.at(path)
        return result

    def done_at(self, path: str) -> StepResult:
        """Return the result for a path whose step must have succeeded.

        Raises:  StalePlan: no step was planned for it.  Unknown: it failed.
        """
        result = self.at(path)
        if result.error is not None:
            raise Unknown(f'The under storage of "{path}" could not be changed: {result.error}')
        return result


NO_RESULTS = UfsResults()
