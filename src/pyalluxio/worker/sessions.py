"""Session ids, and how an error leaves a block stream."""

from __future__ import annotations

import secrets

from pyalluxio.errors import AlluxioError, from_status
from pyalluxio.ids import SessionId

MIGRATE = SessionId(-3)
MASTER_COMMAND = SessionId(-4)
CACHE_FROM_WORKER = SessionId(-7)
CACHE_FROM_UFS = SessionId(-8)
LOAD = SessionId(-9)


def new_session() -> SessionId:
    """Return a random id for one stream."""
    return SessionId(secrets.randbits(63))


def for_stream(error: AlluxioError) -> AlluxioError:
    """Return the error as it may end a block stream: official clients put the text through a printf."""
    text = str(error)
    return from_status(error.status, text.replace("%", "%%")) if "%" in text else error
