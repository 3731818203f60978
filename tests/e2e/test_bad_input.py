"""Nonsense from clients and operators: one clear sentence to whoever sent it, and the servers go on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc import aio

from pyalluxio.client import FileSystem
from pyalluxio.errors import AlluxioError, Status
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import sasl_pb2
from pyalluxio.wire.methods import SERVICES, Method, method, methods_of
from pyalluxio.wire.sasl import CHANNEL_ID_HEADER, PASSWORD, build_plain
from tests.e2e import cluster
from tests.e2e.cluster import Cluster, ServerProcess, alluxio, master_process

pytestmark = pytest.mark.e2e

TIMEOUT_S = 20.0
MESSAGE_BYTES_MAX = 1 << 20
BLOCK_BYTES = 4 << 20
TIER_BYTES = 4 * BLOCK_BYTES + (1 << 20)
SECRET = "hidden-value-4711"
GET_STATUS = method("alluxio.grpc.file.FileSystemMasterClientService", "GetStatus")


@pytest.fixture(scope="module", params=["NATIVE", "GRPCIO"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp(request.param.lower())
    master = {
        "alluxio.master.rpc.engine": request.param,
        "alluxio.master.network.max.inbound.message.size": str(MESSAGE_BYTES_MAX),
    }
    worker = {
        "alluxio.worker.ramdisk.size": str(TIER_BYTES),
        "alluxio.worker.network.max.inbound.message.size": str(4 * MESSAGE_BYTES_MAX),
    }
    with cluster.running(folder, master=master, worker=worker) as running:
        running.client["alluxio.user.block.size.bytes.default"] = str(BLOCK_BYTES)
        yield running


@pytest.fixture
def fs(served: Cluster) -> Iterator[FileSystem]:
    """A client; afterwards both servers are still the same processes, serve a file, and saw no mistake of their own."""
    pids = [server.pid for server in served.processes]
    logged = [len(server.log_text()) for server in served.processes]
    with served.file_system() as fs:
        yield fs
    with served.file_system() as other:
        other.write_bytes("/after", b"still here", overwrite=True)
        assert other.read_bytes("/after") == b"still here"
        other.delete("/after")
    assert [server.pid for server in served.processes if server.is_running] == pids
    for server, length in zip(served.processes, logged, strict=True):
        added = server.log_text()[length:]
        assert "Traceback" not in added, added


def addresses(served: Cluster) -> list[str]:
    return [served.address, f"127.0.0.1:{served.worker.properties['alluxio.worker.rpc.port']}"]


def assert_sentence(text: str, *parts: str) -> None:
    """What a person reads: one line, no trace, and the words that matter."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in text
    for part in parts:
        assert part in text, f"{part!r} is missing in: {text}"


# --- on the wire -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/alluxio.grpc.file.FileSystemMasterClientService/Format", "/no.such.Service/Call", "/nonsense"],
)
async def test_unknown_rpc(served: Cluster, fs: FileSystem, path: str) -> None:
    """A newer client asks for what this version does not have."""
    for address in addresses(served):
        async with aio.insecure_channel(address) as channel:
            with pytest.raises(aio.AioRpcError) as caught:
                await channel.unary_unary(path)(b"", timeout=TIMEOUT_S)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert_sentence(caught.value.details() or "")


@pytest.mark.parametrize("request_bytes", [b"", b"\xff" * 40, b"\x0a\x7fshort"], ids=["empty", "noise", "cut short"])
async def test_malformed_requests(served: Cluster, fs: FileSystem, request_bytes: bytes) -> None:
    """Every RPC of every service, with a message that a broken client could send: never a crash, never a trace."""
    for address in addresses(served):
        channel = Channel(address)
        try:
            for service in SERVICES:
                for rpc in methods_of(service):
                    try:
                        await asyncio.wait_for(_call(channel, rpc, request_bytes), TIMEOUT_S)
                    except AlluxioError as error:
                        assert error.status is not Status.UNKNOWN, f"{rpc.path}: {error}"
                        assert_sentence(str(error) or rpc.path)
        finally:
            await channel.close()


async def _call(channel: Channel, rpc: Method, request_bytes: bytes) -> None:
    if rpc.service.startswith("alluxio.grpc.sasl"):
        return
    if rpc.client_streaming:
        stream = await channel.stream(rpc)
        try:
            await stream.write(request_bytes)
            await stream.done_writing()
            while await stream.read() is not None:
                continue
        finally:
            stream.cancel()
    elif rpc.server_streaming:
        async for _ in channel.server_stream(rpc, _Raw(request_bytes), TIMEOUT_S):
            continue
    else:
        await channel.unary(rpc, request_bytes, TIMEOUT_S)


class _Raw:
    """Bytes where a message is expected."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def SerializeToString(self) -> bytes:  # noqa: N802 - the name that protobuf uses
        return self._data


async def test_oversized_message(served: Cluster, fs: FileSystem) -> None:
    """A listing of paths that somebody generated must not take the master's memory."""
    channel = Channel(served.address)
    try:
        for size in (MESSAGE_BYTES_MAX + 1, 64 << 20):
            with pytest.raises(AlluxioError) as caught:
                await channel.unary(GET_STATUS, b"\x0a" + _varint(size) + bytes(size), TIMEOUT_S)
            assert caught.value.status is Status.RESOURCE_EXHAUSTED
            assert_sentence(str(caught.value))
    finally:
        await channel.close()


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64, b"\0" * 64, b""],
    ids=["a browser", "broken frames", "zeros", "a port scan"],
)
def test_other_protocols(served: Cluster, fs: FileSystem, data: bytes) -> None:
    for address in addresses(served):
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), TIMEOUT_S) as connection:
            connection.sendall(data)
            connection.settimeout(TIMEOUT_S)
            # The server may have hung up before all of it arrived.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    continue


def _challenge(**fields: Any) -> bytes:
    known: dict[str, Any] = {
        "messageType": sasl_pb2.CHALLENGE,
        "authenticationScheme": sasl_pb2.SIMPLE,
        "clientId": "f5d5c4b6-8d93-4d8c-9e7b-6f4b64c2e2b1",
        "channelRef": "test",
        "message": build_plain("root", "", PASSWORD),
    }
    message = sasl_pb2.SaslMessage(**{name: value for name, value in (known | fields).items() if value is not None})
    return message.SerializeToString()


SASL = {
    "noise": b"\xff" * 30,
    "no credentials": _challenge(message=None),
    "credentials without zeros": _challenge(message=b"root"),
    "no user": _challenge(message=build_plain("", "", PASSWORD)),
    "no channel": _challenge(clientId=None),
    "another scheme": _challenge(authenticationScheme=sasl_pb2.NOSASL),
    "impersonation that nobody allowed": _challenge(message=build_plain("mallory", "root", PASSWORD)),
    "the server's part": _challenge(messageType=sasl_pb2.SUCCESS),
}


@pytest.mark.parametrize("first", SASL.values(), ids=SASL)
async def test_wrong_authentication(served: Cluster, fs: FileSystem, first: bytes) -> None:
    for address in addresses(served):
        async with aio.insecure_channel(address) as channel:
            stream = channel.stream_stream("/alluxio.grpc.sasl.SaslAuthenticationService/authenticate")()
            with pytest.raises(aio.AioRpcError) as caught:
                await stream.write(first)
                async with asyncio.timeout(TIMEOUT_S):
                    assert await stream.read() is not aio.EOF
                    await stream.done_writing()
                    raise AssertionError(f"{address} accepted it")
        assert caught.value.code() in (
            grpc.StatusCode.UNAUTHENTICATED,
            grpc.StatusCode.PERMISSION_DENIED,
            grpc.StatusCode.INVALID_ARGUMENT,
        )
        assert_sentence(caught.value.details() or "")


@pytest.mark.parametrize("channel_id", [None, "", "f5d5c4b6-8d93-4d8c-9e7b-6f4b64c2e2b1", "no id at all"])
async def test_calls_of_strangers(served: Cluster, fs: FileSystem, channel_id: str | None) -> None:
    """Without this, anybody who reaches the port is root."""
    metadata = () if channel_id is None else ((CHANNEL_ID_HEADER, channel_id),)
    async with aio.insecure_channel(served.address) as channel:
        with pytest.raises(aio.AioRpcError) as caught:
            await channel.unary_unary(GET_STATUS.path)(b"", timeout=TIMEOUT_S, metadata=metadata)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_password_is_not_asked_for_and_not_told(served: Cluster, fs: FileSystem) -> None:
    """SIMPLE believes the name; whatever stands in the password's place goes nowhere."""
    channel = Channel(served.address, ChannelOptions(user="root", password=SECRET))
    await channel.connect(TIMEOUT_S)
    await channel.close()
    assert all(SECRET not in server.log_text() for server in served.processes)


# --- from people -----------------------------------------------------------------------------------------------------

COMMANDS = {
    "no such file": (("fs", "cat", "/missing"), "/missing"),
    "no such directory": (("fs", "ls", "/missing"), "/missing"),
    "a path that is none": (("fs", "ls", "/a/../../b/\0"), ""),
    "below a file": (("fs", "mkdir", "/file/x"), "/file"),
    "onto itself": (("fs", "mv", "/directory", "/directory/x"), "/directory"),
    "no such local file": (("fs", "copyFromLocal", "/no/such/local", "/x"), "/no/such/local"),
    "another scheme": (("fs", "ls", "hdfs://127.0.0.1/x"), "hdfs"),
    "a mode that is none": (("fs", "chmod", "u+x", "/file"), "u+x"),
    "an ACL entry that is none": (("fs", "setfacl", "-m", "user:a:rwz", "/file"), "rwz"),
    "no such folder to mount": (("fs", "mount", "/m", "/no/such/folder"), "/no/such/folder"),
    "no such storage to mount": (("fs", "mount", "/m", "nosuch://x/y"), "nosuch"),
    "a size that is none": (("-Dalluxio.user.block.size.bytes.default=lots", "fs", "ls", "/"), "lots"),
    "no number": (("-Dalluxio.master.rpc.port=here", "fs", "ls", "/"), "here"),
}


@pytest.mark.parametrize("served", ["NATIVE"], indirect=True)  # the command line does not see the engine
@pytest.mark.parametrize(("words", "part"), COMMANDS.values(), ids=COMMANDS)
def test_commands(served: Cluster, fs: FileSystem, words: tuple[str, ...], part: str) -> None:
    if "\0" in words[-1]:
        words = (*words[:-1], words[-1].replace("\0", "%00"))
    for path in ("/file", "/directory"):
        if not fs.exists(path):
            fs.write_bytes(path, b"") if path == "/file" else fs.create_directory(path)
    done = served.alluxio(*words)
    assert done.returncode != 0
    assert_sentence(done.stdout + done.stderr, part)


def test_missing_under_storage(served: Cluster, fs: FileSystem) -> None:
    """A disk that was not mounted: what needs it fails and says where, the rest works."""
    away = served.ufs.with_name("away")
    served.ufs.rename(away)
    try:
        for write_type in ("CACHE_THROUGH", "THROUGH"):
            with pytest.raises(AlluxioError) as caught:
                fs.write_bytes(f"/lost-{write_type}", b"content", write_type=write_type)
            assert_sentence(str(caught.value), str(served.ufs))
            assert not fs.exists(f"/lost-{write_type}") or not fs.get_status(f"/lost-{write_type}").is_completed
        fs.write_bytes("/cached", b"content", write_type="MUST_CACHE")
        assert fs.read_bytes("/cached") == b"content"
    finally:
        away.rename(served.ufs)
    fs.write_bytes("/stored", b"content", write_type="THROUGH")
    assert (served.ufs / "stored").read_bytes() == b"content"


def test_full_tier(served: Cluster, fs: FileSystem) -> None:
    """Blocks being written cannot be evicted: one writer too many is told what is full; the others go on."""
    writers = []
    for number in range(TIER_BYTES // BLOCK_BYTES):
        writers.append(fs.create_file(f"/full-{number}", write_type="MUST_CACHE"))
        writers[-1].write(bytes(BLOCK_BYTES))
        writers[-1].sync()
    with pytest.raises(AlluxioError) as caught:
        fs.write_bytes("/one-too-many", bytes(BLOCK_BYTES), write_type="MUST_CACHE")
    assert_sentence(str(caught.value), str(BLOCK_BYTES), "MEM")
    for writer in writers:
        writer.close()
    assert fs.read_bytes("/full-0") == bytes(BLOCK_BYTES)
    fs.write_bytes("/one-more", bytes(BLOCK_BYTES), write_type="MUST_CACHE")
    for name in ("one-too-many", "one-more", *(f"full-{number}" for number in range(len(writers)))):
        fs.delete(f"/{name}")


def test_credentials_stay_hidden(served: Cluster, fs: FileSystem, tmp_path: Path) -> None:
    """A key in a mount's options ends up in tickets when it is in a log or in an output."""
    (tmp_path / "lake").mkdir()
    fs.mount("/lake", str(tmp_path / "lake"), properties={"s3a.secretKey": SECRET})
    try:
        assert SECRET not in served.alluxio("fs", "mount").stdout
        assert SECRET not in str(fs.mount_table())
        with pytest.raises(AlluxioError) as caught:
            fs.mount("/lake2", "nosuch://x/y", properties={"s3a.secretKey": SECRET})
        assert SECRET not in str(caught.value)
    finally:
        fs.unmount("/lake")
    for server in served.processes:
        assert SECRET not in server.log_text()
        assert SECRET.encode() not in Path(f"/proc/{server.pid}/cmdline").read_bytes()


def test_folders_are_private(served: Cluster) -> None:
    for folder in (served.journal, served.master.home / "metastore", served.master.logs, served.worker.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o750, folder


# --- at the start ----------------------------------------------------------------------------------------------------


@pytest.fixture
def unstarted(tmp_path: Path) -> Iterator[ServerProcess]:
    """A formatted master that does not run."""
    (tmp_path / "ufs").mkdir()
    _, master = master_process(tmp_path, {})
    done = alluxio("journal", "format", "--yes", overrides=master.properties)
    assert done.returncode == 0, done.stderr
    yield master
    if master.is_running:
        master.kill()


def ends_with(server: ServerProcess, *parts: str) -> None:
    """The process must end by itself, with exit code 1, and its output must be one sentence with these parts."""
    server.spawn()
    assert server.process is not None
    assert server.process.wait(30) == 1, server.last_words()
    output = server.output.read_text()
    assert "Traceback" not in output
    assert_sentence(output.strip().splitlines()[-1], *parts)


@pytest.mark.parametrize("name", ["rpc", "web"])
def test_port_in_use(unstarted: ServerProcess, name: str) -> None:
    port = int(unstarted.properties[f"alluxio.master.{name}.port"])
    with socket.create_server(("127.0.0.1", port)):
        ends_with(unstarted, str(port))
    unstarted.start()
    assert unstarted.stop() == 0


def test_unformatted_journal(unstarted: ServerProcess, tmp_path: Path) -> None:
    unstarted.properties["alluxio.master.journal.folder"] = str(tmp_path / "elsewhere")
    ends_with(unstarted, str(tmp_path / "elsewhere"), "init format")


START = {
    "no size": ("alluxio.master.network.max.inbound.message.size", "plenty"),
    "no engine": ("alluxio.master.rpc.engine", "STEAM"),
    "no port": ("alluxio.master.rpc.port", "99999"),
    "no authentication of that name": ("alluxio.security.authentication.type", "TRUST"),
    "another journal": ("alluxio.master.journal.type", "UFS"),
}


@pytest.mark.parametrize(("key", "value"), START.values(), ids=START)
def test_wrong_property(unstarted: ServerProcess, key: str, value: str) -> None:
    unstarted.properties[key] = value
    ends_with(unstarted, key, value)


def test_vanished_default_under_storage(unstarted: ServerProcess) -> None:
    """An empty folder in its place hides that the disk with all files is not mounted."""
    del unstarted.properties["alluxio.master.mount.table.root.ufs"]
    unstarted.start()
    assert unstarted.stop() == 0
    folder = unstarted.home / "underFSStorage"
    folder.rename(unstarted.home / "away")
    ends_with(unstarted, str(folder), "mount or restore it")
    assert not folder.exists()
    (unstarted.home / "away").rename(folder)
    unstarted.start()
    assert unstarted.stop() == 0


def test_second_master_on_one_journal(unstarted: ServerProcess, tmp_path: Path) -> None:
    """Two masters that append to one log would destroy it."""
    unstarted.start()
    _, second = master_process(tmp_path / "second", {})
    second.properties["alluxio.master.journal.folder"] = unstarted.properties["alluxio.master.journal.folder"]
    ends_with(second, unstarted.properties["alluxio.master.journal.folder"])
    assert unstarted.stop() == 0
