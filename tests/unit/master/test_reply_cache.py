"""Kept replies: gone with the first change, and with time."""

from __future__ import annotations

from typing import Any

from pyalluxio.master.reply_cache import ReplyCache, cached
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.handlers import Call, Handler, handlers_of
from pyalluxio.wire.sasl import Identity


class World:
    def __init__(self) -> None:
        self.version = 0
        self.now_s = 0.0
        self.cache = ReplyCache(lambda: self.version, capacity=2, age_s=1.0, monotonic_s=lambda: self.now_s)

    def ask(self, key: str) -> bytes | None:
        kept = self.cache.get(key)
        if kept is None:
            self.cache.put(key, f"{key} at {self.version}".encode())
        return kept


def test_reply_is_kept_until_something_changes() -> None:
    """A reply from before a commit would hide a change from the client that made it."""
    world = World()
    assert world.ask("/a") is None
    assert world.ask("/a") == b"/a at 0"
    world.version += 1
    assert world.ask("/a") is None
    assert world.ask("/a") == b"/a at 1"


def test_reply_is_forgotten_with_time() -> None:
    """Somebody who was removed from a group must not see more than a second longer."""
    world = World()
    world.ask("/a")
    world.now_s = 1.1
    assert world.ask("/a") is None


def test_replies_are_bounded() -> None:
    world = World()
    for key in ("/a", "/b", "/c"):
        world.ask(key)
    assert world.ask("/c") is not None
    assert world.ask("/a") is None


class Service:
    """Counts what really asks it."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_waiting = False

    def get_status(self, request: Any, call: Call) -> Any:
        self.asked += 1
        if self.is_waiting:
            return self._later()
        return f"{request.path} for {call.user}, {self.asked}".encode()

    async def _later(self) -> bytes:
        return b"later"


def status_handler(service: Service, world: World) -> Handler:
    handlers = handlers_of("alluxio.grpc.file.FileSystemMasterClientService", service)
    (handler,) = [each for each in handlers if each.method.name == "GetStatus"]
    return cached(handler, world.cache)


def ask(handler: Handler, path: str = "/a", user: str = "ann", interval_ms: int | None = None) -> Any:
    request = messages.GetStatusPRequest(path=path)
    if interval_ms is not None:
        request.options.commonOptions.syncIntervalMs = interval_ms
    return handler.function(handler.parse(request.SerializeToString()), Call(Identity(user, user)))


def test_handler_asks_once_for_each_path_and_user() -> None:
    """What one user may see is no answer to another."""
    service = Service()
    handler = status_handler(service, World())
    assert [ask(handler), ask(handler), ask(handler, user="bob"), ask(handler, "/b")] == [
        b"/a for ann, 1",
        b"/a for ann, 1",
        b"/a for bob, 2",
        b"/b for ann, 3",
    ]


def test_reply_that_had_to_wait_or_wants_to_be_fresh_is_not_kept() -> None:
    """An interval of 0 means: look at the storage every time."""
    service = Service()
    handler = status_handler(service, World())
    ask(handler, interval_ms=0)
    ask(handler, interval_ms=0)
    assert service.asked == 2
    service.is_waiting = True
    for _ in range(2):
        ask(handler).close()
    assert service.asked == 4
