"""Kept replies: gone with the first change, and with time."""

from __future__ import annotations

from pyalluxio.master.reply_cache import ReplyCache


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
