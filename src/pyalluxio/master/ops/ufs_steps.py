"""What an operation wants done in the under storage before its transaction, and what came of it.

Operations touch no storage. One that needs to has a `plan`, which checks and returns steps; the shell, holding locks on
the paths, carries them out in order, and calls `run` with the results. Steps are make-it-so: done already is success.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyalluxio.errors import Unavailable


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
    """Rename a file or directory within one mount; a failure is UNKNOWN, naming both under-storage paths."""

    path: str
    ufs_path: str
    new_path: str
    new_ufs_path: str
    mount_id: int
    is_directory: bool


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


UfsStep = MakeDirectory | DeleteFile | DeleteDirectory | Rename | ReadFingerprint | ListAll


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


NO_RESULTS = UfsResults()
