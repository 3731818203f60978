"""The one table between our errors and gRPC statuses, used by every server and every client channel."""

from __future__ import annotations

import logging
import re
from typing import Any

import grpc

from pyalluxio.errors import AlluxioError, InvariantViolated, Status, from_status

log = logging.getLogger(__name__)

GRPC_CODE: dict[Status, grpc.StatusCode] = {Status(code.value[0]): code for code in grpc.StatusCode}

_ERRNO = re.compile(r"\s*\(\d+\)$")

# HTTP/2 carries the description in a header block; peers refuse blocks past 8 KiB.
DESCRIPTION_BYTES_MAX = 4096


def describe(error: BaseException, where: str) -> tuple[Status, str]:
    """Return the status and the sentence that a failed call ends with.

    An error that is not ours is a mistake in our code: it is logged with its traceback and travels as INTERNAL, as the
    official server does with unchecked exceptions.
    """
    if isinstance(error, AlluxioError):
        return error.status, clip(str(error))
    if not isinstance(error, InvariantViolated):
        log.error("Unexpected error in %s.", where, exc_info=error)
    return Status.INTERNAL, clip(f"{type(error).__name__}: {error}")


def clip(text: str) -> str:
    """Return `text` cut to what fits into a header, at a character boundary."""
    data = text.encode()
    if len(data) <= DESCRIPTION_BYTES_MAX:
        return text
    return data[: DESCRIPTION_BYTES_MAX - 3].decode(errors="ignore") + "..."


def from_rpc_error(error: Any, peer: str) -> AlluxioError:
    """Return the typed error for a failed call to `peer`; a transport failure names the peer."""
    code: grpc.StatusCode = error.code()
    text = error.details() or ""
    status = Status(code.value[0])
    if status is Status.UNAVAILABLE and _is_transport_text(text):
        text = f"Cannot reach {peer}: {_last_cause(text)}"
    elif not text:
        text = f"{peer} answered {code.name} without a text."
    return from_status(status, text)


def _last_cause(text: str) -> str:
    """Return the part of gRPC's nested text that says something to people, such as "Connection refused"."""
    cause = text.rpartition("last error: ")[2].rpartition(": ")[2].strip(" ]")
    return _ERRNO.sub("", cause) or "the connection was closed"


def _is_transport_text(text: str) -> bool:
    return "failed to connect" in text or "Socket closed" in text or "DNS" in text or not text
