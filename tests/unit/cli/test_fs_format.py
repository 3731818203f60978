# ruff: noqa: E501 - lines of output, as long as they are.
"""Columns and words of the fs commands: scripts cut them apart, so each blank counts. Lines are those of 2.9.6."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pyalluxio.cli import fs_format
from pyalluxio.client.file_info import AclEntry, BlockInfo, BlockLocation, FileInfo, MountPoint, WorkerAddress

BASE = tuple(AclEntry(kind, "", bits) for kind, bits in (("user", "rw-"), ("group", "r--"), ("other", "r--")))
ADDRESS = WorkerAddress("127.0.0.1", 29999, 29999, 30000, tiers=(("node", "127.0.0.1"),))
BLOCK = BlockInfo(1426063360, 4053, 0, (BlockLocation(7756170614367526827, ADDRESS, "MEM", "MEM"),))
FILE = FileInfo(
    1442840575,
    "f1",
    "/o/f1",
    False,
    4053,
    0o644,
    "root",
    "root",
    persistence_state="TO_BE_PERSISTED",
    is_cacheable=True,
    mount_id=1,
    ufs_path="/ufs/o/f1",
    block_size_bytes=67108864,
    block_ids=(1426063360,),
    blocks=(BLOCK,),
    creation_time_ms=1795376357627,
    last_modification_time_ms=1795376358228,
    last_access_time_ms=1795376358228,
    ttl_action="FREE",
    replication_max=-1,
    in_alluxio_percentage=100,
    in_memory_percentage=100,
    acl=BASE,
)
FOLDER = FileInfo(
    5,
    "d1",
    "/o/d1",
    True,
    2,
    0o755,
    "root",
    "root",
    persistence_state="NOT_PERSISTED",
    last_modification_time_ms=1795376371737,
)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are printed in local time; the lines below were recorded in UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("file", "options", "line"),
    [
        pytest.param(
            FILE,
            {},
            "-rw-r--r--  root           root                      4053 TO_BE_PERSISTED 11-22-2026 19:39:18:228 100% /o/f1",
            id="a file",
        ),
        pytest.param(
            FOLDER,
            {"human_readable": True},
            "drwxr-xr-x  root           root                         2   NOT_PERSISTED 11-22-2026 19:39:31:737  DIR /o/d1",
            id="a directory counts its children, -h or not",
        ),
        pytest.param(
            replace(FILE, path="/o/a", length=6),
            {"human_readable": True},
            "-rw-r--r--  root           root                        6B TO_BE_PERSISTED 11-22-2026 19:39:18:228 100% /o/a ",
            id="-h humanises files; a short path is padded",
        ),
        pytest.param(
            replace(FILE, mode=0o640, acl=(*BASE, AclEntry("user", "alice", "rw-"))),
            {},
            "-rw-r-----+ root           root                      4053 TO_BE_PERSISTED 11-22-2026 19:39:18:228 100% /o/f1",
            id="an extended ACL shows a plus",
        ),
        pytest.param(
            FILE,
            {"with_permissions": False, "timestamp": "creationTime", "pattern": "yyyy-MM-dd 'at' HH:mm"},
            "           4053 TO_BE_PERSISTED     2026-11-22 at 19:39 100% /o/f1",
            id="without authorization three columns go; another time and pattern",
        ),
    ],
)
def test_ls_lines(file: FileInfo, options: dict[str, object], line: str) -> None:
    """Scripts split `ls` at its columns."""
    assert fs_format.ls_line(file, **options) == line  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("memory", "workers", "lines"),
    [
        (
            False,
            None,
            ["File Size     In Alluxio       Path", "4053          4053 (100%)      /o/f1"],
        ),
        (
            True,
            {"127.0.0.1": 4053},
            [
                "File Size     In Alluxio       In Memory        Worker Host Name          Path",
                "4053          4053 (100%)      4053 (100%)      total                     /o/f1",
                "              4053                              127.0.0.1                 ",
            ],
        ),
    ],
    ids=["plain", "by worker, with memory"],
)
def test_du_lines(memory: bool, workers: dict[str, int] | None, lines: list[str]) -> None:
    """The columns move with the options."""
    found = [fs_format.du_header(memory=memory, by_worker=workers is not None)]
    found += fs_format.du_lines("/o/f1", 4053, 4053, 4053, memory=memory, by_worker=workers, human_readable=False)
    assert found == lines


def test_du_of_an_empty_file_divides_by_nothing() -> None:
    """0 bytes of 0 are 0 %, not an error."""
    assert fs_format.du_lines("/t", 0, 0, 0, memory=False, by_worker=None, human_readable=True) == [
        "0B            0B (0%)          /t"
    ]


def test_count_lines() -> None:
    """Three columns of fixed width."""
    assert fs_format.count_lines(6, 4, 4077, human_readable=True) == [
        "File Count               Folder Count             Folder Size    ",
        "6                        4                        4077B          ",
    ]


def test_mount_lines_are_padded_to_the_widest() -> None:
    """The table is read by people."""
    root = MountPoint("/", "/ufs", "local", 270553174016, 13485309952, False, False, 1)
    other = MountPoint("/mnt/s3", "s3://bucket/", "s3", -1, -1, True, True, 2, {"b": "2", "a": "1"})
    assert fs_format.mount_lines([root, other]) == [
        "/ufs          on  /        (local, capacity=251.97GB, used=12.56GB(4%), not read-only, not shared, properties={})",
        "s3://bucket/  on  /mnt/s3  (s3, capacity=-1B, used=-1B, read-only, shared, properties={a=1, b=2})",
    ]


def test_stat_by_format() -> None:
    """Each letter is one attribute; other text stays."""
    assert fs_format.stat_format(FILE, "%N %z %u %g %i %y %Y %b %x") == (
        "f1 4053 root root 1442840575 2026-11-22 19:39:18 1795376358228 1 %x"
    )
    assert fs_format.stat_format(FOLDER, "%z %b") == "NA NA"


def test_stat_tells_everything_as_the_official_shell_does() -> None:
    """Scripts search the dump for `persistenceState=` and the like."""
    location = (
        "BlockLocation{workerId=7756170614367526827, address=WorkerNetAddress{host=127.0.0.1, containerHost=, "
        "rpcPort=29999, dataPort=29999, webPort=30000, domainSocketPath=, tieredIdentity=TieredIdentity("
        "node=127.0.0.1, rack=null)}, tierAlias=MEM, mediumType=MEM}"
    )
    block = f"BlockInfo{{id=1426063360, length=4053, locations=[{location}]}}"
    assert fs_format.stat_lines(FILE) == [
        "/o/f1 is a file path.",
        "URIStatus{info=FileInfo{fileId=1442840575, name=f1, path=/o/f1, ufsPath=/ufs/o/f1, length=4053, "
        "blockSizeBytes=67108864, creationTimeMs=1795376357627, completed=true, folder=false, pinned=false, "
        "pinnedlocation=[], cacheable=true, persisted=false, blockIds=[1426063360], inMemoryPercentage=100, "
        "lastModificationTimesMs=1795376358228, ttl=-1, lastAccessTimesMs=1795376358228, ttlAction=FREE, owner=root, "
        "group=root, mode=420, persistenceState=TO_BE_PERSISTED, mountPoint=false, replicationMax=-1, "
        f"replicationMin=0, fileBlockInfos=[FileBlockInfo{{blockInfo={block}, offset=0, ufsLocations=[]}}], mountId=1, "
        "inAlluxioPercentage=100, ufsFingerprint=, acl=user::rw-,group::r--,other::r--, defaultAcl=, xattr=[]}, "
        "cacheContext=null}",
        "Containing the following blocks: ",
        block,
    ]
    assert fs_format.stat_lines(FOLDER)[0] == "/o/d1 is a directory path."
    assert len(fs_format.stat_lines(FOLDER)) == 2


def test_acl_lines() -> None:
    """`getfacl` output is fed back into `setfacl`."""
    file = replace(FILE, acl=(*BASE, AclEntry("user", "alice", "rw-"), AclEntry("mask", "", "rw-")))
    assert fs_format.acl_lines(file) == [
        "# file: /o/f1",
        "# owner: root",
        "# group: root",
        "user::rw-",
        "group::r--",
        "other::r--",
        "user:alice:rw-",
        "mask::rw-",
    ]
