"""Every error of the program: its sentence, its gRPC status, its exit code.

Three kinds, never mixed:

- a mistake in our code: `InvariantViolated`; the process stops, because corrupt state must not be served;
- an operating error: a peer is gone, a disk is full; typed, and handled where the decision is;
- the caller's mistake: no such file; passed on unchanged.

`status` is what travels over gRPC; `pyalluxio.wire.status` holds the one table that maps both ways. The text of an
error is one sentence that names the value, the limit and the next action, since official shells print it as it is.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Status(IntEnum):
    """The gRPC status codes, by their numbers on the wire."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class InvariantViolated(Exception):
    """A mistake in our own code: the process must stop before it serves corrupt state."""


class AlluxioError(Exception):
    """Base of all errors that reach a caller; `str(error)` is the sentence."""

    status: ClassVar[Status] = Status.UNKNOWN
    exit_code: ClassVar[int] = 1


# --- one class a status; the subclasses below say more -------------------------------------------------------------


class Cancelled(AlluxioError):
    status = Status.CANCELLED


class Unknown(AlluxioError):
    """An Alluxio failure without a code of its own, such as freeing a file that is not persisted."""

    status = Status.UNKNOWN


class InvalidArgument(AlluxioError):
    status = Status.INVALID_ARGUMENT


class DeadlineExceeded(AlluxioError):
    status = Status.DEADLINE_EXCEEDED


class NotFound(AlluxioError):
    status = Status.NOT_FOUND


class AlreadyExists(AlluxioError):
    status = Status.ALREADY_EXISTS


class PermissionDenied(AlluxioError):
    status = Status.PERMISSION_DENIED


class ResourceExhausted(AlluxioError):
    status = Status.RESOURCE_EXHAUSTED


class FailedPrecondition(AlluxioError):
    status = Status.FAILED_PRECONDITION


class Aborted(AlluxioError):
    status = Status.ABORTED


class OutOfRange(AlluxioError):
    status = Status.OUT_OF_RANGE


class Unimplemented(AlluxioError):
    status = Status.UNIMPLEMENTED


class Internal(AlluxioError):
    """A request that the rules do not allow, where the official master raises an unchecked exception."""

    status = Status.INTERNAL


class Unavailable(AlluxioError):
    """Try again, perhaps elsewhere: clients look for the leader again on this status."""

    status = Status.UNAVAILABLE


class DataLoss(AlluxioError):
    status = Status.DATA_LOSS


class Unauthenticated(AlluxioError):
    status = Status.UNAUTHENTICATED


# --- the namespace -------------------------------------------------------------------------------------------------


class FileDoesNotExist(NotFound):
    @classmethod
    def at(cls, path: str) -> FileDoesNotExist:
        return cls(f'Path "{path}" does not exist.')


class FileAlreadyExists(AlreadyExists):
    pass


class FileAlreadyCompleted(AlreadyExists):
    pass


class FileIncomplete(FailedPrecondition):
    """A client decides this from the `completed` flag; no server sends it."""


class InvalidPath(InvalidArgument):
    @classmethod
    def of(cls, path: str) -> InvalidPath:
        return cls(f'Path "{path}" is invalid.')


class InvalidFileSize(InvalidArgument):
    pass


class BlockInfoMissing(InvalidArgument):
    """A file cannot be completed: a block of it was never committed, or has the wrong length."""


class AccessDenied(PermissionDenied):
    def __init__(self, text: str) -> None:
        super().__init__(f"Permission denied: {text}")


class DirectoryNotEmpty(FailedPrecondition):
    pass


class SafeMode(Unavailable):
    pass


class NotLeader(Unavailable):
    """This master does not lead, or lost the leadership before the change was safe."""


class ReconfigurationInProgress(FailedPrecondition):
    """The members of the quorum are being changed already, or the last change is not committed yet."""


class RemovedFromQuorum(FailedPrecondition):
    """This master was taken out of the quorum: it must not take part, nor come back by itself."""


class ReconfigurationTimeout(DeadlineExceeded):
    """A new member of the quorum did not answer while it was to catch up; the members are unchanged."""


class Busy(ResourceExhausted):
    """The server is overloaded; official clients compare the text with `BusyException`."""

    def __init__(self) -> None:
        super().__init__("BusyException")


# --- blocks and workers --------------------------------------------------------------------------------------------


class BlockDoesNotExist(NotFound):
    pass


class BlockHasNoCopy(Unavailable):
    """No worker holds the block, nor does the under storage; it comes back only with a worker that has it."""


class BlockAlreadyExists(AlreadyExists):
    pass


class WorkerNotFound(NotFound):
    pass


class InvalidWorkerState(FailedPrecondition):
    pass


class OutOfSpace(ResourceExhausted):
    pass


# --- under storage -------------------------------------------------------------------------------------------------


class UfsError(Unavailable):
    """The under storage failed; another worker or another attempt may succeed."""


class UfsFileDoesNotExist(NotFound):
    pass


class UfsAccessDenied(PermissionDenied):
    pass


# --- the wire ------------------------------------------------------------------------------------------------------


class LocalProtocolError(InvariantViolated):
    """We would have sent nonsense."""


class RemoteProtocolError(InvalidArgument):
    """The peer sent something that the protocol does not allow."""


class ServiceNotFound(NotFound):
    pass


# --- start-up, configuration, disk ---------------------------------------------------------------------------------


class ConfigurationError(AlluxioError):
    """A property, a file or an environment variable is wrong; the text names which, where, and the fix."""

    status = Status.INVALID_ARGUMENT


class JournalNotFormatted(AlluxioError):
    status = Status.FAILED_PRECONDITION


class JournalCorrupt(AlluxioError):
    """A complete record is damaged; the text names file, offset, expected and found checksum."""

    status = Status.DATA_LOSS


class DiskFull(ResourceExhausted):
    pass


BY_STATUS: dict[Status, type[AlluxioError]] = {
    Status.CANCELLED: Cancelled,
    Status.UNKNOWN: Unknown,
    Status.INVALID_ARGUMENT: InvalidArgument,
    Status.DEADLINE_EXCEEDED: DeadlineExceeded,
    Status.NOT_FOUND: NotFound,
    Status.ALREADY_EXISTS: AlreadyExists,
    Status.PERMISSION_DENIED: PermissionDenied,
    Status.RESOURCE_EXHAUSTED: ResourceExhausted,
    Status.FAILED_PRECONDITION: FailedPrecondition,
    Status.ABORTED: Aborted,
    Status.OUT_OF_RANGE: OutOfRange,
    Status.UNIMPLEMENTED: Unimplemented,
    Status.INTERNAL: Internal,
    Status.UNAVAILABLE: Unavailable,
    Status.DATA_LOSS: DataLoss,
    Status.UNAUTHENTICATED: Unauthenticated,
}


def from_status(status: Status, text: str) -> AlluxioError:
    """Return the error that stands for a status received from a peer; its text is kept."""
    error = BY_STATUS[status].__new__(BY_STATUS[status])
    Exception.__init__(error, text)
    return error
