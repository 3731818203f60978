"""Whole replies of status calls, by the bytes of the request: good until anything at all changes.

Jobs ask for the same few paths again and again between writes; such a call then costs two dictionary look-ups. A reply
is forgotten with the first commit or move of a block after it, whichever path that concerns, and after `AGE_S` at the
latest, because group memberships and sync intervals change with the time alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

from pyalluxio.wire.handlers import Call, Handler

CAPACITY = 10_000
AGE_S = 1.0


class ReplyCache:
    """Serialized replies of one version of the state."""

    def __init__(
        self,
        version: Callable[[], int],
        capacity: int = CAPACITY,
        age_s: float = AGE_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """version  a number that grows with every change that a reply could show"""
        self._version = version
        self._capacity = capacity
        self._age_s = age_s
        self._monotonic_s = monotonic_s
        self._of_version = -1
        self._until_s = 0.0
        self._replies: dict[Hashable, bytes] = {}

    def get(self, key: Hashable) -> bytes | None:
        """Return the reply to this request, if nothing changed since it was put."""
        if self._version() != self._of_version or self._monotonic_s() > self._until_s:
            self._replies.clear()
            self._of_version = self._version()
            self._until_s = self._monotonic_s() + self._age_s
            return None
        return self._replies.get(key)

    def put(self, key: Hashable, reply: bytes) -> None:
        """Keep a reply that was made, without a wait in between, after a `get` of the same request."""
        if len(self._replies) >= self._capacity:
            self._replies.clear()
        self._replies[key] = reply

    def clear(self) -> None:
        self._replies.clear()


def cached(handler: Handler, cache: ReplyCache) -> Handler:
    """Return a handler of status calls that answers from the cache where it can.

    A kept reply is no licence to answer: whether this master leads is for `LeaderCalls`, around this one, to find out.
    Only replies that the call made at once are kept, and none of a request with a sync interval of its own, which may
    be shorter than a reply is kept.
    """
    function, parse = handler.function, handler.parse

    def answer(payload: bytes, call: Call) -> Any:
        key = (payload, call.user)
        reply = cache.get(key)
        if reply is not None:
            return reply
        request = parse(payload)
        response = function(request, call)
        if type(response) is bytes and not request.options.commonOptions.HasField("syncIntervalMs"):
            cache.put(key, response)
        return response

    return replace(handler, function=answer, raw_request=True)
