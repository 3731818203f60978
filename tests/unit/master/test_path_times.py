"""What is remembered of the under storages: absent paths, times of comparison."""

from __future__ import annotations

import pytest

from pyalluxio.master.path_times import AbsentPaths, Descendants, SyncTimes

NONE, ONE, ALL = Descendants.NONE, Descendants.ONE, Descendants.ALL


def test_absent_covers_what_lies_below_on_the_same_mount() -> None:
    absent = AbsentPaths(10)
    absent.add("/m/a", 5)
    assert absent.covers("/m/a/b/c", "/m", 5)
    assert not absent.covers("/m/ab", "/m", 5)
    assert not absent.covers("/m/a/b", "/m", 6)
    assert not absent.covers("/m/a/n/x", "/m/a/n", 7)


def test_creation_forgets_the_path_and_its_ancestors() -> None:
    """A path created through here exists in the storage from then on."""
    absent = AbsentPaths(10)
    absent.add("/a", 1)
    absent.forget("/a/b/c")
    assert not absent.covers("/a/b", "/", 1)


def test_absent_paths_are_bounded() -> None:
    absent = AbsentPaths(2)
    for name in ("/a", "/b", "/c"):
        absent.add(name, 1)
    assert [absent.covers(name, "/", 1) for name in ("/a", "/b", "/c")] == [False, True, True]


def test_rename_brings_along_what_lies_below() -> None:
    """The storage has `/b/f` now, if `/a` had `f`."""
    absent = AbsentPaths(10)
    absent.add("/b/f", 1)
    absent.add("/c/f", 1)
    absent.moved_to("/b")
    assert not absent.covers("/b/f", "/", 1)
    assert absent.covers("/c/f", "/", 1)
    absent.add("/b/f", 1)
    assert absent.covers("/b/f", "/", 1)


def test_renames_beyond_the_capacity_are_not_forgotten_wrongly() -> None:
    absent = AbsentPaths(2)
    absent.add("/a/f", 1)
    for name in ("/a", "/b", "/c"):
        absent.moved_to(name)
    assert not absent.covers("/a/f", "/", 1)


@pytest.mark.parametrize(
    ("synced", "asked", "interval_ms", "due"),
    [
        (("/a", NONE), ("/a", NONE), -1, False),
        (("/a", NONE), ("/a", NONE), 0, True),
        (("/a", NONE), ("/a", NONE), 1000, False),
        (("/a", NONE), ("/a", NONE), 100, True),
        (("/a", NONE), ("/a", ONE), 1000, True),
        (("/a", ONE), ("/a/b", NONE), 1000, False),
        (("/a", ONE), ("/a/b", ONE), 1000, True),
        (("/a", ONE), ("/a/b/c", NONE), 1000, True),
        (("/a", ALL), ("/a/b/c", ALL), 1000, False),
        (("/b", ALL), ("/a", NONE), 1000, True),
    ],
    ids=[
        "never",
        "always",
        "fresh",
        "old",
        "not-far-enough",
        "child-of-listing",
        "child-deeper",
        "grandchild",
        "below-recursive",
        "elsewhere",
    ],
)
def test_when_a_comparison_is_due(
    synced: tuple[str, Descendants], asked: tuple[str, Descendants], interval_ms: int, due: bool
) -> None:
    times = SyncTimes(10)
    times.synced(synced[0], 0, synced[1])
    assert times.is_due(asked[0], 500, interval_ms, asked[1]) is due


@pytest.mark.parametrize(
    ("path", "descendants", "due"),
    [("/a/b", NONE, True), ("/a/b/c", NONE, True), ("/a", ALL, True), ("/a", NONE, False), ("/x", ALL, False)],
    ids=["itself", "below", "above-looking-down", "above-not-looking", "elsewhere"],
)
def test_declared_stale_is_due_once_although_nothing_ever_is(path: str, descendants: Descendants, due: bool) -> None:
    times = SyncTimes(10)
    times.synced("/", 0, ALL)
    times.declare_stale("/a/b", 100)
    assert times.is_due(path, 200, -1, descendants) is due
    times.synced(path, 200, descendants)
    assert not times.is_due(path, 300, -1, descendants)
