"""listStatus, whole and in parts: order, permissions, and going on where the last page ended."""

from __future__ import annotations

import pytest

from pyalluxio.errors import AccessDenied, AlluxioError, FileDoesNotExist, InvalidArgument, InvalidPath
from pyalluxio.master.ops import delete, list_status
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.list_status import ListRequest, PartialListRequest
from tests.unit.master.namespace import Namespace

PATHS = ["/d", "/d/a", "/d/a/x", "/d/a/y", "/d/a-b", "/d/b", "/d/c", "/d/c/deep", "/d/c/deep/z", "/e"]
FILES = {"/d/a/x", "/d/a/y", "/d/a-b", "/d/b", "/d/c/deep/z"}
BELOW_D = ["/d/a", "/d/a/x", "/d/a/y", "/d/a-b", "/d/b", "/d/c", "/d/c/deep", "/d/c/deep/z"]


@pytest.fixture
def tree(namespace: Namespace) -> Namespace:
    for path in reversed(PATHS):
        if path in FILES:
            namespace.file(path)
        elif not namespace.has(path):
            namespace.directory(path)
    return namespace


def listed(namespace: Namespace, request: ListRequest, count_max: int = 1000, **who: str) -> list[str]:
    """List page by page, each from a view of its own."""
    paths: list[str] = []
    cursor = None
    while True:
        page = namespace.ask(list_status.page, request, cursor, count_max, **who)
        assert len(page.infos) <= count_max
        paths += [info.path for info in page.infos]
        cursor = page.cursor
        if cursor is None:
            return paths


def part(namespace: Namespace, path: str = "/d", **options: object) -> tuple[list[str], bool, int]:
    found = namespace.ask(list_status.partial, PartialListRequest(path, **options))  # type: ignore[arg-type]
    return [info.path for info in found.infos], found.is_truncated, found.file_count


@pytest.mark.parametrize("count_max", [1, 2, 3, 1000])
def test_pages_show_everything_once_in_pre_order(tree: Namespace, count_max: int) -> None:
    """A listing that repeats or skips a file makes a copy of the tree that is wrong."""
    assert listed(tree, ListRequest("/d"), count_max) == ["/d/a", "/d/a-b", "/d/b", "/d/c"]
    assert listed(tree, ListRequest("/d", recursive=True), count_max) == BELOW_D


def test_a_file_lists_itself_and_an_empty_directory_nothing(tree: Namespace) -> None:
    """`ls file` shows the file."""
    assert listed(tree, ListRequest("/d/b")) == ["/d/b"]
    assert listed(tree, ListRequest("/e")) == []


@pytest.mark.parametrize(
    ("path", "error"), [("/x", FileDoesNotExist), ("/d/b/x", InvalidPath)], ids=["missing", "below a file"]
)
def test_refused(tree: Namespace, path: str, error: type[AlluxioError]) -> None:
    """An empty answer for a path that does not exist looks like an empty table."""
    with pytest.raises(error):
        listed(tree, ListRequest(path))


def test_changes_between_pages(tree: Namespace) -> None:
    """Files come and go while a long listing runs; the rest must still be complete."""
    page = tree.ask(list_status.page, ListRequest("/d", recursive=True), None, 2)
    assert [info.path for info in page.infos] == ["/d/a", "/d/a/x"]
    tree.run(delete.run, DeleteRequest("/d/a", recursive=True))
    tree.file("/d/aa")
    rest = tree.ask(list_status.page, ListRequest("/d", recursive=True), page.cursor, 100)
    assert [info.path for info in rest.infos] == ["/d/a-b", "/d/aa", *BELOW_D[4:]]


def test_permissions(tree: Namespace) -> None:
    """Names are data too: READ on the top, EXECUTE on each directory entered."""
    tree.directory("/p", mode=0o744)
    tree.directory("/q", mode=0o755)
    tree.directory("/q/closed", mode=0o700)
    tree.file("/q/closed/f")
    tree.directory("/q/open")
    tree.file("/q/open/f")
    tree.directory("/w", mode=0o711)
    with pytest.raises(AccessDenied, match="access=--x"):
        listed(tree, ListRequest("/p"), user="ann")
    assert listed(tree, ListRequest("/p", recursive=True), user="ann") == []
    with pytest.raises(AccessDenied, match="access=r--"):
        listed(tree, ListRequest("/w"), user="ann")
    assert listed(tree, ListRequest("/q", recursive=True), user="ann") == ["/q/closed", "/q/open", "/q/open/f"]


def test_mount_information_can_be_left_out(tree: Namespace) -> None:
    """The field is what makes listings large; clients that do not want it say so."""
    with_it = tree.ask(list_status.page, ListRequest("/d")).infos[0]
    without = tree.ask(list_status.page, ListRequest("/d", exclude_mount_info=True)).infos[0]
    assert (with_it.ufs_path, with_it.mount_id) == ("/ufs/d/a", 1)
    assert (without.ufs_path, without.mount_id) == ("", 0)


PARTS = {
    "everything": ({}, (["/d/a", "/d/a-b", "/d/b", "/d/c"], False, 4)),
    "recursive": ({"recursive": True}, (BELOW_D, False, -1)),
    "batch": ({"batch_size": 2}, (["/d/a", "/d/a-b"], True, 4)),
    "batch of nothing": ({"batch_size": 0}, ([], True, 4)),
    "batch of exactly all": ({"batch_size": 4}, (["/d/a", "/d/a-b", "/d/b", "/d/c"], False, 4)),
    "count": ({"offset_count": 3}, (["/d/c"], False, 4)),
    "count beyond the end": ({"offset_count": 9}, ([], False, 4)),
    "count, recursive": ({"offset_count": 2, "recursive": True, "batch_size": 2}, (BELOW_D[2:4], True, -1)),
    "start after": ({"start_after": "a-b"}, (["/d/b", "/d/c"], False, 4)),
    "start after, absolute": ({"start_after": "/d/b"}, (["/d/c"], False, 4)),
    "start after what does not exist": ({"start_after": "aa"}, (["/d/b", "/d/c"], False, 4)),
    "start after a directory, recursive": ({"start_after": "a", "recursive": True}, (BELOW_D[1:], False, -1)),
    "start after a file below, recursive": ({"start_after": "a/x", "recursive": True}, (BELOW_D[2:], False, -1)),
    "start after what is gone, recursive": ({"start_after": "c/aa/q", "recursive": True}, (BELOW_D[6:], False, -1)),
    "prefix": ({"prefix": "/a"}, (["/d/a", "/d/a-b"], False, 4)),
    "prefix, recursive": ({"prefix": "/a", "recursive": True}, (BELOW_D[:4], False, -1)),
    "prefix in a directory": ({"prefix": "/c/de", "recursive": True}, (BELOW_D[6:], False, -1)),
    "prefix and start": ({"prefix": "/a", "start_after": "a/x", "recursive": True}, (BELOW_D[2:4], False, -1)),
    "prefix that says where it is": ({"prefix": "/b/../a", "batch_size": 2}, (["/d/a", "/d/a-b"], False, 4)),
    "prefix and an earlier start": ({"prefix": "/b", "start_after": "a"}, (["/d/b"], False, 4)),
    "prefix and a later start": ({"prefix": "/a", "start_after": "b"}, ([], False, 4)),
    "start after the path itself": ({"start_after": "/d", "batch_size": 2}, (["/d/a", "/d/a-b"], True, 4)),
    "start after what is above": ({"start_after": "/", "recursive": True}, (BELOW_D, False, -1)),
    "start after a roundabout name": ({"start_after": "./x/../b"}, (["/d/c"], False, 4)),
    "after the inode above": ({"offset_id": 0, "batch_size": 2}, (["/d/a", "/d/a-b"], True, 4)),
    "prefix and batch": ({"prefix": "/a", "batch_size": 2}, (["/d/a", "/d/a-b"], False, 4)),
}


@pytest.mark.parametrize(("options", "expected"), PARTS.values(), ids=PARTS)
def test_part(tree: Namespace, options: dict[str, object], expected: tuple[list[str], bool, int]) -> None:
    """The S3 proxy pages through buckets with these; a wrong `truncated` ends or repeats the listing."""
    assert part(tree, **options) == expected


def test_part_after_an_inode(tree: Namespace) -> None:
    """The id of the last item received is the offset: it holds even when the item was renamed within its directory."""
    seen: list[str] = []
    offset = None
    for _ in range(10):
        found = tree.ask(list_status.partial, PartialListRequest("/d", recursive=True, offset_id=offset, batch_size=3))
        seen += [info.path for info in found.infos]
        if not found.is_truncated:
            break
        offset = found.infos[-1].file_id
    assert seen == BELOW_D


def test_part_of_a_file(tree: Namespace) -> None:
    """A listed file counts as one."""
    assert part(tree, "/d/b") == (["/d/b"], False, 1)
    assert part(tree, "/d/b", start_after="a") == ([], False, 1)
    assert part(tree, "/d/b", start_after="/d") == (["/d/b"], False, 1)


WRONG_PARTS = {
    "two offsets": ({"offset_count": 1, "start_after": "a"}, InvalidArgument),
    "inode gone": ({"offset_id": 4711}, FileDoesNotExist),
    "start outside": ({"start_after": "/e/x"}, InvalidArgument),
    "start beside": ({"start_after": "/d-b"}, InvalidArgument),
    "relative start outside": ({"start_after": "../e"}, InvalidPath),
    "absolute start that leads out": ({"start_after": "/d/../e"}, InvalidPath),
    "prefix without a slash": ({"prefix": "a-b"}, InvalidPath),
    "prefix that leads out": ({"prefix": "/../e"}, InvalidPath),
    "batch of less than nothing": ({"batch_size": -1}, InvalidArgument),
}


def test_part_after_an_inode_elsewhere(tree: Namespace) -> None:
    """It was moved away between two pages: nobody knows where the listing was."""
    elsewhere = tree.directory("/elsewhere").file_id
    with pytest.raises(FileDoesNotExist):
        part(tree, offset_id=elsewhere)


@pytest.mark.parametrize(("options", "error"), WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_wrong_part(tree: Namespace, options: dict[str, object], error: type[AlluxioError]) -> None:
    """A listing that silently starts over never ends."""
    with pytest.raises(error):
        part(tree, **options)
