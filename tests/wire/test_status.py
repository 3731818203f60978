"""What people read when a peer cannot be reached."""

from __future__ import annotations

import grpc
import pytest

from pyalluxio.errors import Unavailable
from pyalluxio.wire.status import from_rpc_error

TEXTS = {
    "refused": (
        "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to remote host: "
        "connect: Connection refused (111)",
        "Cannot reach m:1: Connection refused",
    ),
    "no such host": (
        "DNS resolution failed for m:1: C-ares status is not ARES_SUCCESS qtype=A name=m is_balancer=0: "
        "Domain name not found",
        "Cannot reach m:1: Domain name not found",
    ),
    "no resolver": (
        "DNS resolution failed for m:1: C-ares status is not ARES_SUCCESS: [x: Could not contact DNS servers]",
        "Cannot reach m:1: Could not contact DNS servers",
    ),
    "closed": ("Socket closed", "Cannot reach m:1: Socket closed"),
    "nothing": ("", "Cannot reach m:1: the connection was closed"),
    "a text of the server": ("safe mode: wait 5 s", "safe mode: wait 5 s"),
}


class Failure(Exception):
    """A failed call as gRPC raises it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return self._text


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_an_unreachable_peer_is_named_once_with_the_last_cause(text: str, expected: str) -> None:
    """gRPC tells the address and the failure four times over."""
    error = from_rpc_error(Failure(text), "m:1")
    assert isinstance(error, Unavailable)
    assert str(error) == expected
