"""The fs commands as typed, against small servers: outputs, exit codes, wildcards, errors, and what a start imports."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.cli import fs
from pyalluxio.cli.main import run as run_program
from tests.unit.client.small_cluster import SmallCluster, small_cluster

PROPERTIES = ("-Dalluxio.user.conf.cluster.default.enabled=false", "-Dalluxio.user.short.circuit.enabled=false")
HEAVY = ("rich", "starlette", "uvicorn", "lmdb", "uvloop", "pyalluxio.client.file_writer", "pyalluxio.master")


def address(cluster: SmallCluster) -> list[str]:
    return ["-Dalluxio.master.hostname=127.0.0.1", f"-Dalluxio.master.rpc.port={cluster.masters[0].port}"]


async def alluxio(cluster: SmallCluster, *words: str) -> int:
    """Run the program in a thread, as it starts an event loop of its own; return its exit code."""
    return await asyncio.to_thread(run_program, ["fs", *address(cluster), *PROPERTIES, *words])


@pytest.mark.parametrize("name", fs.COMMANDS)
def test_every_command_has_help_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The first thing people type; a wrong place in the table shows here too."""
    assert run_program(["fs", name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"alluxio fs {name}" in shown
    assert "Examples:" in shown


async def test_ls_of_a_folder_a_file_and_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The command everybody tries first."""
    async with small_cluster() as cluster:
        await cluster.fs.create_directory("/d")
        await cluster.fs.write_bytes("/d/b", b"22", write_type="MUST_CACHE")
        await cluster.fs.write_bytes("/d/a", b"1", write_type="MUST_CACHE")
        await cluster.fs.create_directory("/d/z")
        await cluster.fs.write_bytes("/d/z/deep", b"333", write_type="MUST_CACHE")

        async def listed(*words: str) -> list[str]:
            assert await alluxio(cluster, "ls", *words) == 0
            return [line.split()[-1] for line in capsys.readouterr().out.splitlines()]

        assert await listed("/d") == ["/d/a", "/d/b", "/d/z"]
        assert await listed("-R", "/d") == ["/d/a", "/d/b", "/d/z", "/d/z/deep"]
        assert await listed("-d", "/d") == ["/d"]
        assert await listed("-r", "/d") == ["/d/z", "/d/b", "/d/a"]
        assert await listed("--sort", "size", "/d") == ["/d/z", "/d/a", "/d/b"]
        assert await listed("/d/*") == ["/d/a", "/d/b", "/d/z/deep"]
        assert await listed(f"alluxio://127.0.0.1:{cluster.masters[0].port}/d/a") == ["/d/a"]
        assert await alluxio(cluster, "ls", "/nope", "/d/a", "/d/x*") == 1
        out, err = capsys.readouterr()
        assert "/d/a" in out, "one bad path must not hide the others"
        assert err.splitlines() == ['Path "/nope" does not exist.', "/d/x* does not exist."]


async def test_defaults_of_paths_reach_commands(tmp_path: Path) -> None:
    """The official shell writes /ledger through to the under storage; ours must not leave it in memory."""
    (tmp_path / "f").write_bytes(b"x")
    async with small_cluster() as cluster:
        cluster.names.path_defaults = {"/ledger": {"alluxio.user.file.writetype.default": "THROUGH"}}
        enabled = "-Dalluxio.user.conf.cluster.default.enabled=true"
        assert await alluxio(cluster, "copyFromLocal", enabled, str(tmp_path / "f"), "/ledger/f") == 0
        assert cluster.workers[0].ufs == {"/ufs/ledger/f": b"x"}


async def test_a_path_that_names_another_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    """`fs rm -R //typohost/victim` once removed /victim of the cluster at hand."""
    async with small_cluster() as cluster:
        await cluster.fs.write_bytes("/victim", b"1", write_type="MUST_CACHE")
        for other in ("//typohost/victim", "alluxio://typohost/victim"):
            assert await alluxio(cluster, "rm", "-R", other) == 1
            assert '"typohost" names no masters' in capsys.readouterr().err
        assert await cluster.fs.exists("/victim")
        assert await alluxio(cluster, "rm", f"//127.0.0.1:{cluster.masters[0].port}/victim") == 0


async def test_bytes_in_bytes_out(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Whatever goes in comes out: binary, empty, in folders."""
    data = bytes(range(256)) * 700
    folder = tmp_path / "src"
    (folder / "sub").mkdir(parents=True)
    (folder / "data").write_bytes(data)
    (folder / "sub" / "empty").write_bytes(b"")
    async with small_cluster() as cluster:
        assert await alluxio(cluster, "copyFromLocal", str(folder), "/in") == 0
        lines = capfdbinary.readouterr().out.decode().splitlines()
        assert lines[-1] == f"Copied file://{folder} to /in"
        assert sorted(lines[:-1]) == [
            f"Copied file://{folder}/data to /in/data",
            f"Copied file://{folder}/sub/empty to /in/sub/empty",
        ]
        assert await alluxio(cluster, "cat", "/in/data") == 0
        assert capfdbinary.readouterr().out == data
        assert await alluxio(cluster, "head", "-c", "300", "/in/data") == 0
        assert capfdbinary.readouterr().out == data[:300]
        assert await alluxio(cluster, "tail", "-c", "1KB", "/in/data") == 0
        assert capfdbinary.readouterr().out == data[-1024:]
        assert await alluxio(cluster, "checksum", "/in/data") == 0
        assert capfdbinary.readouterr().out.decode() == f"md5sum: {hashlib.md5(data).hexdigest()}\n\n"
        assert await alluxio(cluster, "copyToLocal", "/in", str(tmp_path / "out")) == 0
        assert (tmp_path / "out" / "data").read_bytes() == data
        assert (tmp_path / "out" / "sub" / "empty").read_bytes() == b""
        assert await alluxio(cluster, "cp", "/in/data", "/copy") == 0
        assert await cluster.fs.read_bytes("/copy") == data
        capfdbinary.readouterr()
        assert await alluxio(cluster, "copyFromLocal", str(folder / "data"), "/copy") == 1
        assert b"/copy already exists" in capfdbinary.readouterr().err
        assert await cluster.fs.read_bytes("/copy") == data, "a refused copy must not touch what is there"


async def test_a_failed_download_leaves_no_file(tmp_path: Path) -> None:
    """Half a file under the right name is taken for the whole one."""
    async with small_cluster() as cluster:
        await cluster.fs.write_bytes("/f", b"x" * 100_000, write_type="MUST_CACHE")
        cluster.workers[0].cut_short = True
        assert await alluxio(cluster, "copyToLocal", "/f", str(tmp_path / "f")) == 1
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["-e", "/d"], 0),
        (["-d", "/d"], 0),
        (["-f", "/d"], 1),
        (["-f", "/d/f"], 0),
        (["-z", "/d/f"], 1),
        (["-z", "/d/e"], 0),
        (["-s", "/d/e"], 1),
        (["-e", "/nope"], 3),
        (["/d"], 255),
        (["-e", "-f", "/d"], 255),
        (["-e"], 255),
        (["-x", "/d"], 255),
        (["-e", "hdfs://n/d"], 2),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
async def test_test_answers_by_its_exit_code(words: list[str], code: int) -> None:
    """Shell scripts branch on it."""
    async with small_cluster() as cluster:
        await cluster.fs.create_directory("/d")
        await cluster.fs.write_bytes("/d/f", b"1", write_type="MUST_CACHE")
        await cluster.fs.write_bytes("/d/e", b"", write_type="MUST_CACHE")
        assert await alluxio(cluster, "test", *words) == code


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ls"], "Command ls requires at least 1 argument (0 provided)"),
        (["mv", "/a", "/b", "/c"], "Command mv requires at most 2 arguments (3 provided)"),
        (["mount", "/a"], "Command mount takes 0 or 2 arguments, not 1"),
        (["chmod", "u+x", "/a"], "Invalid mode u+x - contains invalid segment u+x"),
        (["chown", "a b", "/a"], 'Failed to parse "a b" as user or user:group'),
        (["setTtl", "/a", "abc"], "abc is not valid time"),
        (["head", "-c", "0", "/a"], "specified bytes must be > 0"),
        (["tail", "-c", "many", "/a"], '"many" is not a size'),
        (["setfacl", "/a"], "Choose exactly one of --set, -m, -x, -b, -k."),
        (["mount", "--option", "secret-without-key", "/a", "/b"], "--option needs key=value."),
        (["cp", "alluxio://h1:1/a", "alluxio://h2:2/b"], "the paths name h1:1 and h2:2"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_mistakes_are_told_before_anything_is_asked(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a cluster these must fail at once, with the sentence that helps."""
    assert run_program(["fs", "-Dalluxio.master.hostname=127.0.0.1", "-Dalluxio.master.rpc.port=1", *words]) == 1
    shown = capsys.readouterr()
    assert message in shown.err
    assert "secret" not in shown.err
    assert shown.out == ""


def test_no_cluster_is_told_within_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    """A person who mistyped the host must not wait two minutes."""
    quick = "-Dalluxio.user.rpc.retry.max.duration=200ms"
    assert (
        run_program(["fs", "-Dalluxio.master.hostname=127.0.0.1", "-Dalluxio.master.rpc.port=1", quick, "ls", "/"]) == 1
    )
    err = capsys.readouterr().err
    assert "Cannot reach 127.0.0.1:1: Connection refused" in err
    assert err.count("127.0.0.1:1") <= 2, "the transport says it over and over"


async def test_ls_starts_with_little() -> None:
    """A quarter of a second is the promise; one careless import breaks it for every command."""
    code = (
        "import sys; from pyalluxio.cli.main import run; code = run(sys.argv[1:]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules]); sys.exit(code)"
    )
    async with small_cluster() as cluster:
        await cluster.fs.create_directory("/only")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, "fs", *address(cluster), "ls", "/", stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    first, loaded = out.decode().splitlines()
    assert first.rstrip().endswith("/only")
    assert loaded == "[]"


async def test_touch_makes_no_parents(capsys: pytest.CaptureFixture[str]) -> None:
    """As the shell of 2.9: a mistyped folder is an error and no new folder."""
    async with small_cluster() as cluster:
        assert await alluxio(cluster, "touch", "/no/parent") == 1
        assert 'Path "/no" does not exist.' in capsys.readouterr().err
        assert await alluxio(cluster, "touch", "/t") == 0
        assert capsys.readouterr().out == "/t has been created\n"


async def test_a_path_that_is_cut_short_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`fs rm '/data?'` by somebody who thinks that ? is a wildcard works on /data, here and in 2.9."""
    async with small_cluster() as cluster:
        assert await alluxio(cluster, "mkdir", "/q:b?z") == 0
        out, err = capsys.readouterr()
        assert out == "Successfully created directory /q:b\n"
        assert "/q:b?z is read as /q:b" in err


async def test_basic_io_test_on_chosen_workers(capsys: pytest.CaptureFixture[str]) -> None:
    """Which worker of ten is the bad one is what the flag is for."""
    async with small_cluster(workers=2) as cluster:
        names = [f"127.0.0.1:{worker.port}" for worker in cluster.workers]

        async def run(workers: str) -> tuple[int, list[str], str]:
            words = ["exec", "basicIOTest", *address(cluster), *PROPERTIES, "--workers", workers]
            code = await asyncio.to_thread(run_program, [*words, "--operation", "BASIC", "--writeType", "MUST_CACHE"])
            out, err = capsys.readouterr()
            return code, out.splitlines(), err

        code, lines, _ = await run(names[1])
        assert code == 0
        assert lines[0] == f"[{names[1]}] runTest --operation BASIC --readType CACHE_PROMOTE --writeType MUST_CACHE"
        assert lines[-1] == "\x1b[32mAll workers passed tests!\x1b[0m"
        assert [bool(worker.blocks) for worker in cluster.workers] == [False, True]
        code, lines, err = await run(f"{names[0]},127.0.0.1:1")
        assert code == 3
        assert lines[-1] == "\x1b[31mSome workers failed tests!\x1b[0m"
        assert "127.0.0.1:1 is no live worker; live are: " in err
        assert cluster.workers[0].blocks


async def test_local_names_that_are_not_utf8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Folders of old systems hold latin-1 names: they are named, the others are copied, nothing empty is left."""
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "caf\udce9").write_bytes(b"1")
    async with small_cluster() as cluster:
        assert await alluxio(cluster, "copyFromLocal", str(folder), "/in") == 1
        err = capsys.readouterr().err
        assert "caf\\udce9' is not UTF-8" in err
        assert "Traceback" not in err
        assert not await cluster.fs.exists("/in")
        (folder / "good").write_bytes(b"22")
        assert await alluxio(cluster, "copyFromLocal", str(folder), "/in") == 1
        assert await cluster.fs.read_bytes("/in/good") == b"22"
        capsys.readouterr()
        assert await alluxio(cluster, "touch", "/b\udcff") == 1
        assert "is not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("denied", ["stat", "scandir"])
async def test_a_local_folder_that_may_not_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, denied: str
) -> None:
    """`copyFromLocal /root/x` as another user; and a subfolder that is closed must not be left out silently."""
    folder = tmp_path / "src"
    (folder / "closed").mkdir(parents=True)
    original = getattr(os, denied)

    def refuse(path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path).startswith(str(folder)) and (denied == "stat" or str(path).endswith("closed")):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return original(path, *args, **kwargs)

    async with small_cluster() as cluster:
        monkeypatch.setattr(os, denied, refuse)
        assert await alluxio(cluster, "copyFromLocal", str(folder), "/in") == 1
        monkeypatch.undo()
    wanted = folder if denied == "stat" else folder / "closed"
    assert capsys.readouterr().err == f"{wanted}: Permission denied.\n"


async def test_a_failed_copy_names_the_file_that_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The temporary name of the copy is none that the user ever typed."""
    async with small_cluster() as cluster:
        await cluster.fs.write_bytes("/f", b"1", write_type="MUST_CACHE")
        assert await alluxio(cluster, "copyToLocal", "/f", str(tmp_path / "missing" / "f")) == 1
        assert capsys.readouterr().err == f"{tmp_path}/missing/f: No such file or directory.\n"
