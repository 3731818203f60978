"""What every under storage must do; each implementation inherits the suite."""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
from pathlib import Path

import pytest

from pyalluxio import path, ufs
from pyalluxio.errors import (
    AlluxioError,
    AlreadyExists,
    DirectoryNotEmpty,
    InvalidArgument,
    UfsAccessDenied,
    UfsError,
    UfsFileDoesNotExist,
)
from pyalluxio.ufs import CreateOptions, MkdirOptions, Ufs
from pyalluxio.ufs.local import LocalUfs
from pyalluxio.ufs.memory import MemoryUfs


async def put(store: Ufs, path: str, data: bytes, options: CreateOptions | None = None) -> str | None:
    writer = await store.create(path, options or CreateOptions())
    await writer.write(data)
    return await writer.close()


class UfsContract:
    """`store` and `root` (a path in it whose directory exists) come from the subclass."""

    @pytest.fixture
    def store(self, root: str) -> Ufs:
        raise NotImplementedError

    async def test_written_file_reads_back(self, store: Ufs, root: str) -> None:
        """A persisted file with changed or missing bytes is data loss."""
        writer = await store.create(f"{root}/a/b/file", CreateOptions(mode=0o640))
        await writer.write(b"hello ")
        await writer.write(memoryview(b"xworldx")[1:6])
        content_hash = await writer.close()
        assert await store.read(f"{root}/a/b/file", 0, 100) == b"hello world"
        assert await store.read(f"{root}/a/b/file", 6, 3) == b"wor"
        assert await store.read(f"{root}/a/b/file", 11, 3) == b""
        status = await store.status(f"{root}/a/b/file")
        assert status is not None
        assert (status.name, status.is_directory, status.length_bytes, status.mode) == ("file", False, 11, 0o640)
        assert status.content_hash == content_hash

    async def test_reader_moves_forward_from_its_offset(self, store: Ufs, root: str) -> None:
        """A reader that repeats or skips bytes corrupts every block cached from it."""
        await put(store, f"{root}/f", bytes(range(100)))
        async with await store.open_reader(f"{root}/f", 10) as reader:
            assert await reader.read(5) == bytes(range(10, 15))
            assert await reader.read(500) == bytes(range(15, 100))
            assert await reader.read(5) == b""

    async def test_file_is_invisible_until_closed(self, store: Ufs, root: str) -> None:
        """Half a file under its final name would be loaded as the whole one after a crash."""
        await put(store, f"{root}/f", b"old")
        writer = await store.create(f"{root}/f")
        await writer.write(b"new content")
        assert await store.read(f"{root}/f", 0, 100) == b"old"
        await writer.close()
        assert await store.read(f"{root}/f", 0, 100) == b"new content"

    async def test_aborted_file_leaves_nothing(self, store: Ufs, root: str) -> None:
        """Cancelled uploads must not fill the store."""
        writer = await store.create(f"{root}/f")
        await writer.write(b"x")
        await writer.abort()
        assert await store.list(root) == []

    async def test_content_hash_changes_with_length(self, store: Ufs, root: str) -> None:
        """Metadata sync finds changed files by this."""
        assert await put(store, f"{root}/f", b"one") != await put(store, f"{root}/f", b"three")

    async def test_absence_is_an_answer(self, store: Ufs, root: str) -> None:
        """The master asks for missing paths all the time; an exception would fail the caller's exists()."""
        assert await store.status(f"{root}/no") is None
        assert await store.list(f"{root}/no") is None
        assert await store.delete_file(f"{root}/no") is False
        assert await store.delete_directory(f"{root}/no") is False
        await put(store, f"{root}/f", b"x")
        assert await store.list(f"{root}/f") is None
        assert await store.status(f"{root}/f/below") is None

    @pytest.mark.parametrize("act", ["read", "open", "rename_file", "rename_directory", "owner", "mode"])
    async def test_needed_path_missing_is_not_found(self, store: Ufs, root: str, act: str) -> None:
        """Workers tell clients NOT_FOUND apart from "try another worker" by this class."""
        missing = f"{root}/missing"
        calls = {
            "read": lambda: store.read(missing, 0, 1),
            "open": lambda: store.open_reader(missing),
            "rename_file": lambda: store.rename_file(missing, f"{root}/x"),
            "rename_directory": lambda: store.rename_directory(missing, f"{root}/x"),
            "owner": lambda: store.set_owner(missing, "root", ""),
            "mode": lambda: store.set_mode(missing, 0o600),
        }
        with pytest.raises(UfsFileDoesNotExist, match="missing"):
            await calls[act]()

    async def test_reading_a_directory_fails(self, store: Ufs, root: str) -> None:
        """A directory that reads as an empty file would hide its content."""
        with pytest.raises(UfsFileDoesNotExist):
            await store.open_reader(root)

    async def test_directories(self, store: Ufs, root: str) -> None:
        """mkdir is repeated after a fail-over: "already there" must be no failure."""
        assert await store.make_directory(f"{root}/a/b", MkdirOptions(mode=0o750)) is True
        assert await store.make_directory(f"{root}/a/b") is False
        status = await store.status(f"{root}/a/b")
        assert status is not None
        assert (status.is_directory, status.mode, status.content_hash) == (True, 0o750, None)
        with pytest.raises(UfsFileDoesNotExist):
            await store.make_directory(f"{root}/x/y", MkdirOptions(create_parents=False))
        await put(store, f"{root}/f", b"x")
        with pytest.raises(AlreadyExists):
            await store.make_directory(f"{root}/f")
        with pytest.raises(AlreadyExists):
            await store.make_directory(f"{root}/f/below")

    async def test_file_without_parent_is_refused_on_demand(self, store: Ufs, root: str) -> None:
        """A persist that races with a delete must not bring the deleted directory back."""
        with pytest.raises(UfsFileDoesNotExist):
            await store.create(f"{root}/gone/f", CreateOptions(create_parents=False))

    async def test_listing_is_sorted_and_one_level(self, store: Ufs, root: str) -> None:
        """Partial listings continue by name, so the order is part of the contract."""
        for name in ["b", "a/deep", "c c", "ä"]:
            await put(store, f"{root}/{name}", b"x")
        children = await store.list(root)
        assert children is not None
        assert [(child.name, child.is_directory) for child in children] == [
            ("a", True),
            ("b", False),
            ("c c", False),
            ("ä", False),
        ]

    async def test_recursive_listing_gives_parents_first(self, store: Ufs, root: str) -> None:
        """Loading metadata creates an inode at a time: a child before its parent has nowhere to go."""
        for name in ["d/e/f", "d/a", "z"]:
            await put(store, f"{root}/{name}", b"x")
        seen = [name async for name, _ in store.list_recursive(root)]
        assert sorted(seen) == ["d", "d/a", "d/e", "d/e/f", "z"]
        assert seen.index("d") < seen.index("d/e") < seen.index("d/e/f")

    async def test_deletes(self, store: Ufs, root: str) -> None:
        """A non-recursive delete that removes content, or a kind mixed up, destroys user data."""
        await put(store, f"{root}/d/f", b"x")
        with pytest.raises(DirectoryNotEmpty):
            await store.delete_directory(f"{root}/d")
        with pytest.raises(InvalidArgument):
            await store.delete_file(f"{root}/d")
        with pytest.raises(InvalidArgument):
            await store.delete_directory(f"{root}/d/f")
        assert await store.delete_directory(f"{root}/d", recursive=True) is True
        assert await store.list(root) == []
        await put(store, f"{root}/f", b"x")
        assert await store.delete_file(f"{root}/f") is True
        assert await store.status(f"{root}/f") is None

    async def test_renames(self, store: Ufs, root: str) -> None:
        """Persisting ends with a rename over the target; a directory must never swallow another."""
        await put(store, f"{root}/new", b"new")
        await put(store, f"{root}/old", b"old")
        await store.rename_file(f"{root}/new", f"{root}/old")
        assert await store.read(f"{root}/old", 0, 9) == b"new"
        assert await store.status(f"{root}/new") is None
        await put(store, f"{root}/d/x/f", b"deep")
        await store.rename_directory(f"{root}/d", f"{root}/e")
        assert await store.read(f"{root}/e/x/f", 0, 9) == b"deep"
        assert await store.status(f"{root}/d") is None
        await store.make_directory(f"{root}/d")
        with pytest.raises(AlreadyExists):
            await store.rename_directory(f"{root}/e", f"{root}/d")
        with pytest.raises(AlreadyExists):
            await store.rename_file(f"{root}/old", f"{root}/d")

    async def test_mode_changes(self, store: Ufs, root: str) -> None:
        """chmod is forwarded to the under storage; a silent failure makes its permissions drift."""
        await put(store, f"{root}/f", b"x")
        await store.set_mode(f"{root}/f", 0o604)
        status = await store.status(f"{root}/f")
        assert status is not None and status.mode == 0o604

    async def test_space_is_plausible(self, store: Ufs, root: str) -> None:
        """The report shows these two numbers."""
        total, used = await store.space()
        assert 0 <= used <= total

    async def test_relative_path_is_refused(self, store: Ufs, root: str) -> None:
        """A relative path would depend on the folder the process was started in."""
        with pytest.raises(InvalidArgument, match="not absolute"):
            await store.status("folder/file")


class TestMemoryUfs(UfsContract):
    @pytest.fixture
    def root(self) -> str:
        return "memory://store"

    @pytest.fixture
    def store(self, root: str) -> Ufs:
        return MemoryUfs()


class TestLocalUfs(UfsContract):
    @pytest.fixture
    def root(self, tmp_path: Path) -> str:
        return str(tmp_path)

    @pytest.fixture
    def store(self, root: str) -> Ufs:
        return ufs.open(root)

    async def test_scheme_is_optional(self, store: Ufs, root: str, tmp_path: Path) -> None:
        """Mounts are written both as /folder and file:///folder; both must be the same file."""
        await put(store, f"file://{root}/f", b"x")
        assert (tmp_path / "f").read_bytes() == b"x"
        assert await store.read(f"file:{root}/f", 0, 5) == b"x"

    async def test_crash_before_close_leaves_only_a_temporary(self, store: Ufs, root: str, tmp_path: Path) -> None:
        """After kill -9 the leftover must have a name that metadata sync ignores."""
        writer = await store.create(f"{root}/f")
        await writer.write(b"half")
        assert [path.is_temporary(f"/{entry.name}") for entry in os.scandir(root)] == [True]
        await writer.abort()

    async def test_cancelled_creation_leaves_nothing(self, store: Ufs, root: str, tmp_path: Path) -> None:
        """Clients give up at any moment; each must not cost a descriptor and a temporary file."""
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        for number in range(20):
            creating = asyncio.create_task(store.create(f"{root}/f{number}"))
            await asyncio.sleep(0)
            creating.cancel()
            with pytest.raises(asyncio.CancelledError):
                await creating
        assert list(tmp_path.iterdir()) == []
        assert len(list(Path("/proc/self/fd").iterdir())) == descriptors

    async def test_dangling_link_does_not_hide_its_neighbours(self, store: Ufs, root: str, tmp_path: Path) -> None:
        """One broken link in a NAS folder must not make the whole folder unreadable."""
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        (tmp_path / "file").write_text("x")
        children = await store.list(root)
        assert children is not None and [child.name for child in children] == ["file"]

    async def test_owner_is_a_name(self, store: Ufs, root: str) -> None:
        """Permissions compare names; a numeric owner would deny its own user."""
        await put(store, f"{root}/f", b"x")
        status = await store.status(f"{root}/f")
        assert status is not None and status.owner == pwd.getpwuid(os.getuid()).pw_name
        await store.set_owner(f"{root}/f", status.owner, "")
        with pytest.raises(UfsError, match="nobody-knows-me"):
            await store.set_owner(f"{root}/f", "nobody-knows-me", "")

    @pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
    async def test_denied_access_is_told(self, store: Ufs, root: str, tmp_path: Path) -> None:
        """A permission problem reported as "does not exist" sends the operator the wrong way."""
        (tmp_path / "d").mkdir(mode=0)
        with pytest.raises(UfsAccessDenied):
            await store.list(f"{root}/d")


def test_unknown_scheme_names_the_known_ones() -> None:
    """A mount with a typo in its scheme must say so, not fail later inside a read."""
    with pytest.raises(InvalidArgument, match=r"hdfss://.*file://"):
        ufs.open("hdfss://namenode/x")


def test_local_root_must_be_absolute() -> None:
    """A relative mount would depend on the folder the process was started in."""
    with pytest.raises(InvalidArgument, match="not absolute"):
        LocalUfs("data")


async def test_a_folder_that_is_mounted_is_not_made(tmp_path: Path) -> None:
    """Its disk is not there: what is written into a new folder of that name fills another disk, and is hidden later."""
    root = tmp_path / "disk" / "root"
    store = LocalUfs(str(root))
    for attempt in (store.create(f"{root}/f"), store.create(f"{root}/a/f"), store.make_directory(f"{root}/a")):
        with pytest.raises(UfsFileDoesNotExist, match="mount its disk"):
            await attempt
    assert not root.parent.exists()
    assert await store.make_directory(str(root)) is True
    assert await put(store, f"{root}/a/f", b"x")


async def test_what_has_no_content_is_not_there(tmp_path: Path) -> None:
    """A pipe shown as an empty file would be cached as one; opening it would hold a thread until somebody writes."""
    store = LocalUfs(str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert [child.name for child in await store.list(str(tmp_path)) or ()] == ["file", "link"]
    for name in ("pipe", "s"):
        assert await store.status(f"{tmp_path}/{name}") is None
        with pytest.raises(AlluxioError):
            async with asyncio.timeout(5):
                await store.read(f"{tmp_path}/{name}", 0, 1)
        with pytest.raises(AlreadyExists, match="pipe"):
            await store.rename_file(f"{tmp_path}/file", f"{tmp_path}/{name}")
    assert await store.read(f"{tmp_path}/link", 0, 9) == b"x"


async def test_links_without_end_are_not_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """`ls -R` of such a tree would load inodes until the master has no memory left."""
    root = tmp_path / "root"
    for folder in ("a/deep", "b", "plain"):
        (root / folder).mkdir(parents=True)
    (root / "plain" / "f").write_bytes(b"x")
    (root / "a" / "self").symlink_to("self")  # the kernel gives up on it
    (root / "a" / "deep" / "up").symlink_to("..")
    (root / "a" / "deep" / "above").symlink_to(tmp_path)
    (root / "a" / "to_b").symlink_to(root / "b")
    (root / "b" / "to_a").symlink_to(root / "a")
    (root / "a" / "aside").symlink_to(root / "plain")
    store = LocalUfs(str(root))
    found = [name async for name, _ in store.list_recursive(str(root))]
    assert "a/aside/f" in found, "a link to another folder is followed"
    of_a = {"aside", "aside/f", "deep"}
    expected = {"a", "b", "plain", "plain/f", "a/to_b", "b/to_a"}
    assert set(found) == expected | {f"a/{name}" for name in of_a} | {f"b/to_a/{name}" for name in of_a}
    for name in ("a/self", "a/deep/up", "a/deep/above", "a/to_b/to_a"):
        assert await store.status(f"{root}/{name}") is None
    assert await store.list(f"{root}/a/deep") == []
    told = [record.getMessage() for record in caplog.records if f"{root}/a/deep/up is a link" in record.getMessage()]
    assert len(told) == 1


async def test_a_link_to_a_folder_is_deleted_alone(tmp_path: Path) -> None:
    """`rm -R` of the link failed; with the folder behind it others would lose their data."""
    store = LocalUfs(str(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "f").write_bytes(b"x")
    link = tmp_path / "link"
    link.symlink_to("data")
    with pytest.raises(DirectoryNotEmpty):
        await store.delete_directory(str(link))
    assert await store.delete_directory(str(link), recursive=True) is True
    assert not link.is_symlink()
    assert (tmp_path / "data" / "f").read_bytes() == b"x"
