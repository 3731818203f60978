"""Calls through a real server and a real channel, on both engines."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from grpc import aio

from pyalluxio.errors import (
    ConfigurationError,
    FailedPrecondition,
    FileDoesNotExist,
    Internal,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import block_worker_pb2, file_system_master_pb2, sasl_pb2, version_pb2
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.methods import SERVICES, Method, method, methods_of
from pyalluxio.wire.sasl import ChannelRegistry, Impersonation
from pyalluxio.wire.sasl_service import Authenticator
from pyalluxio.wire.server import Server
from tests.waiting import until
from tests.wire.conftest import FILE_SERVICE, WORKER_SERVICE, Files, all_handlers, status_request

GET_STATUS = method(FILE_SERVICE, "GetStatus")
EXISTS = method(FILE_SERVICE, "Exists")
LIST = method(FILE_SERVICE, "ListStatus")
REMOVE = method(FILE_SERVICE, "Remove")
RENAME = method(FILE_SERVICE, "Rename")
WRITE = method(WORKER_SERVICE, "WriteBlock")
READ = method(WORKER_SERVICE, "ReadBlock")
VERSION = method("alluxio.grpc.version.ServiceVersionClientService", "getServiceVersion")
AUTHENTICATE = method("alluxio.grpc.sasl.SaslAuthenticationService", "authenticate")

NEEDS_NO_CHANNEL = {
    "/alluxio.grpc.sasl.SaslAuthenticationService/authenticate",
    "/alluxio.grpc.version.ServiceVersionClientService/getServiceVersion",
    "/alluxio.grpc.meta.MetaMasterConfigurationService/GetConfiguration",
    "/alluxio.grpc.meta.MetaMasterConfigurationService/GetConfigHash",
}
CHECKED = [rpc for service in SERVICES for rpc in methods_of(service) if rpc.path not in NEEDS_NO_CHANNEL]


async def test_unary_call_knows_its_user(open_channel: Callable[..., Channel]) -> None:
    """A server that mixed up users would let one act as another."""
    alice, bob = open_channel(user="alice"), open_channel(user="bob")
    for _ in range(2):
        for channel, user in ((alice, "alice"), (bob, "bob")):
            answer = await channel.unary(GET_STATUS, status_request("/a"), 5)
            assert (answer.fileInfo.path, answer.fileInfo.owner) == ("/a", user)


async def test_typed_error_keeps_status_and_text(open_channel: Callable[..., Channel]) -> None:
    channel = open_channel()
    with pytest.raises(NotFound, match='Path "/missing" does not exist'):
        await channel.unary(GET_STATUS, status_request("/missing"), 5)
    assert FileDoesNotExist.status == NotFound.status


async def test_unexpected_error_becomes_internal_and_the_server_goes_on(open_channel: Callable[..., Channel]) -> None:
    channel = open_channel()
    with pytest.raises(Internal, match="ZeroDivisionError: a bug of ours"):
        await channel.unary(REMOVE, file_system_master_pb2.DeletePRequest(path="/"), 5)
    assert (await channel.unary(EXISTS, file_system_master_pb2.ExistsPRequest(path="/x"), 5)).exists


async def test_unimplemented_rpc_says_which(open_channel: Callable[..., Channel]) -> None:
    with pytest.raises(Unimplemented, match="Rename is not implemented"):
        await open_channel().unary(RENAME, file_system_master_pb2.RenamePRequest(), 5)


async def test_unknown_rpc_is_unimplemented(server: Server) -> None:
    async with aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        with pytest.raises(aio.AioRpcError) as failure:
            await channel.unary_unary("/no.such.Service/Nothing")(b"", timeout=5)
        assert failure.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert failure.value.details() == "no.such.Service/Nothing is not served here."
        listing = channel.unary_stream("/no.such.Service/Stream")(b"", timeout=5)
        with pytest.raises(aio.AioRpcError, match=r"no\.such\.Service/Stream is not served here"):
            await listing.read()


@pytest.mark.parametrize("count", [0, 1, 3, 700], ids=["empty", "one", "error-after-three", "past-the-window"])
async def test_streamed_responses(open_channel: Callable[..., Channel], count: int) -> None:
    """A listing larger than the flow-control window must neither stall nor lose or reorder messages."""
    names: list[str] = []
    request = file_system_master_pb2.ListStatusPRequest(path=f"/{count}")
    failed = False
    try:
        async for answer in open_channel().server_stream(LIST, request, 30):
            names += [info.name for info in answer.fileInfos]
    except NotFound:
        failed = True
    assert names == [str(number) for number in range(count)]
    assert failed == (count == 3)


async def test_request_stream_is_read_to_its_end(open_channel: Callable[..., Channel]) -> None:
    stream = await open_channel().stream(WRITE, 10)
    message = block_worker_pb2.WriteRequest(chunk=block_worker_pb2.Chunk(data=b"x" * 100_000))
    for _ in range(30):
        await stream.write(message)
    await stream.done_writing()
    assert (await stream.read()).offset == 30 * message.ByteSize()
    assert await stream.read() is None


async def test_both_sides_stream(open_channel: Callable[..., Channel]) -> None:
    stream = await open_channel().stream(READ, 10)
    for length in (1, 1000):
        await stream.write(block_worker_pb2.ReadRequest(block_id=1, length=length))
        assert len((await stream.read()).chunk.data) == length
    await stream.done_writing()
    assert await stream.read() is None


@pytest.mark.parametrize(
    "header", [None, "11111111-2222-3333-4444-555555555555"], ids=["no-channel", "foreign-channel"]
)
async def test_every_rpc_needs_an_authenticated_channel(server: Server, header: str | None) -> None:
    """An RPC forgotten here would be open to anybody on the network."""
    metadata = (("channel-id", header),) if header else ()
    async with aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        for rpc in CHECKED:
            code = await status_of(channel, rpc, metadata)
            assert (rpc.path, code) == (rpc.path, grpc.StatusCode.UNAUTHENTICATED)


async def status_of(channel: aio.Channel, rpc: Method, metadata: Any) -> grpc.StatusCode:
    try:
        if rpc.client_streaming:
            call = channel.stream_stream(rpc.path)(timeout=10, metadata=metadata)
            await call.done_writing()
            await call.read()
            return await call.code()
        if rpc.server_streaming:
            stream = channel.unary_stream(rpc.path)(b"", timeout=10, metadata=metadata)
            await stream.read()
            return await stream.code()
        await channel.unary_unary(rpc.path)(b"", timeout=10, metadata=metadata)
    except aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_open_rpcs_answer_without_a_channel(server: Server) -> None:
    """Clients ask for the version and the configuration before they authenticate."""
    channel = Channel(f"127.0.0.1:{server.port}")
    request = version_pb2.GetServiceVersionPRequest(serviceType=version_pb2.META_MASTER_CLIENT_SERVICE)
    assert (await channel.unary(VERSION, request, 5, authenticated=False)).version == 2
    configuration = method("alluxio.grpc.meta.MetaMasterConfigurationService", "GetConfiguration")
    with pytest.raises(Unimplemented):
        await channel.unary(configuration, configuration.request_class(), 5, authenticated=False)
    await channel.close()


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"\0alice\0noPassword\0more", "4 parts"),
        (b"alice", "1 parts"),
        (b"\0\0noPassword", "names no user"),
        (b"\0alice\0", "no password"),
        (b"\0\xff\0x", "not UTF-8"),
        (b"bob\0alice\0noPassword", "alluxio.master.security.impersonation.alice.users"),
    ],
    ids=["four-parts", "one-part", "no-user", "no-password", "not-utf8", "impersonation"],
)
async def test_bad_plain_message_is_refused(server: Server, message: bytes, text: str) -> None:
    first = sasl_message(message)
    async with aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        call = channel.stream_stream(AUTHENTICATE.path)(timeout=10)
        await call.write(first.SerializeToString())
        with pytest.raises(aio.AioRpcError):
            await call.read()
        assert await call.code() is grpc.StatusCode.UNAUTHENTICATED
        assert text in await call.details()
    assert len(server.registry) == 0


def sasl_message(message: bytes, channel_id: str = "00000000-0000-4000-8000-000000000001") -> Any:
    return sasl_pb2.SaslMessage(
        messageType=sasl_pb2.CHALLENGE,
        authenticationScheme=sasl_pb2.SIMPLE,
        clientId=channel_id,
        message=message,
    )


async def test_success_has_no_message_field(server: Server) -> None:
    """An official client takes even an empty `message` for another challenge and fails."""
    async with aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        call = channel.stream_stream(AUTHENTICATE.path)(timeout=10)
        await call.write(sasl_message(b"\0alice\0noPassword").SerializeToString())
        assert await call.read() == b"\x08\x01"
        await call.done_writing()
        assert await call.read() is aio.EOF
        assert await call.code() is grpc.StatusCode.OK


async def test_same_channel_id_twice_is_an_error_and_forgets_it(server: Server) -> None:
    """Otherwise whoever learns an id could take over another user's channel."""
    async with aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        first = channel.stream_stream(AUTHENTICATE.path)(timeout=10)
        await first.write(sasl_message(b"\0alice\0noPassword").SerializeToString())
        await first.read()
        second = channel.stream_stream(AUTHENTICATE.path)(timeout=10)
        await second.write(sasl_message(b"\0mallory\0noPassword").SerializeToString())
        with pytest.raises(aio.AioRpcError) as failure:
            await second.read()
        assert failure.value.code() is grpc.StatusCode.INTERNAL
        assert len(server.registry) == 0


async def test_closed_channel_is_forgotten(server: Server, open_channel: Callable[..., Channel]) -> None:
    """Ids that pile up would let the server grow without a bound."""
    channel = open_channel()
    await channel.connect()
    assert len(server.registry) == 1
    await channel.close()
    await until(lambda: len(server.registry) == 0)


async def test_killed_client_is_forgotten(server: Server) -> None:
    """A client that dies without a word closes its socket; its identity must go with it."""
    script = (
        "import asyncio,os,sys\n"
        "from pyalluxio.wire.channel import Channel\n"
        "async def main():\n"
        f"    channel = Channel('127.0.0.1:{server.port}')\n"
        "    await channel.connect()\n"
        "    print('connected', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    assert await asyncio.wait_for(child.stdout.readline(), 20) == b"connected\n"
    assert len(server.registry) == 1
    child.kill()
    await child.wait()
    await until(lambda: len(server.registry) == 0)


async def test_channel_authenticates_again_after_being_forgotten(
    server: Server, open_channel: Callable[..., Channel]
) -> None:
    """After a restart or a purge of stale ids, the caller sees one retryable error, then success."""
    channel = open_channel(user="alice")
    await channel.unary(GET_STATUS, status_request("/a"), 5)
    for channel_id in server.registry.stale(1e18, 0):
        server.registry.forget(channel_id)
    with pytest.raises(Unauthenticated):
        await channel.unary(GET_STATUS, status_request("/a"), 5)
    assert (await channel.unary(GET_STATUS, status_request("/a"), 5)).fileInfo.owner == "alice"


async def test_impersonation_allowed_by_configuration(start_server: Callable[..., Any], files: Files) -> None:
    rules = Impersonation.of({"hive": {"bob"}, "root": {"*"}}, {})
    server = await start_server(all_handlers(files), authenticator=Authenticator(impersonation=rules))
    for user, impersonated, allowed in (("hive", "bob", True), ("hive", "eve", False), ("root", "eve", True)):
        channel = Channel(f"127.0.0.1:{server.port}", ChannelOptions(user=user, impersonated=impersonated))
        if allowed:
            info = (await channel.unary(GET_STATUS, status_request("/a"), 5)).fileInfo
            assert (info.owner, info.group) == (impersonated, user)
        else:
            with pytest.raises(Unauthenticated, match="may not impersonate eve"):
                await channel.unary(GET_STATUS, status_request("/a"), 5)
        await channel.close()


async def test_nosasl_serves_without_channel_and_simple_clients_are_told(
    start_server: Callable[..., Any], files: Files
) -> None:
    server = await start_server(all_handlers(files), authenticator=Authenticator(scheme="NOSASL"))
    address = f"127.0.0.1:{server.port}"
    open_one = Channel(address, ChannelOptions(authentication="NOSASL"))
    assert (await open_one.unary(GET_STATUS, status_request("/a"), 5)).fileInfo.owner == ""
    simple = Channel(address)
    with pytest.raises(Unauthenticated, match=r"alluxio\.security\.authentication\.type=NOSASL"):
        await simple.unary(GET_STATUS, status_request("/a"), 5)
    for channel in (open_one, simple):
        await channel.close()


async def test_malformed_message_is_one_clear_sentence(open_channel: Callable[..., Channel]) -> None:
    channel = open_channel()
    with pytest.raises(InvalidArgument, match="4 bytes sent to GetStatus are not a GetStatusPRequest"):
        await channel.unary(GET_STATUS, b"\x0a\xff\xff\xff", 5)
    stream = await channel.stream(READ, 5)
    await stream.write(b"\xff\xff\xff\xff")
    with pytest.raises(InvalidArgument, match="sent to ReadBlock are not a ReadRequest"):
        await stream.read()
    assert (await channel.unary(GET_STATUS, status_request("/a"), 5)).fileInfo.path == "/a"


async def test_oversized_message_is_refused(open_channel: Callable[..., Channel]) -> None:
    channel = open_channel()
    with pytest.raises(ResourceExhausted):
        await channel.unary(GET_STATUS, status_request("/" + "x" * (3 * 1024 * 1024)), 10)
    stream = await channel.stream(WRITE, 10)
    with pytest.raises(ResourceExhausted):
        await stream.write(b"x" * (3 * 1024 * 1024))
        await stream.read()
    assert (await channel.unary(GET_STATUS, status_request("/a"), 5)).fileInfo.path == "/a"


async def test_abandoned_call_is_cancelled_on_the_server(open_channel: Callable[..., Channel], files: Files) -> None:
    """Work for a client that went away would pile up."""
    call = asyncio.ensure_future(open_channel().unary(EXISTS, file_system_master_pb2.ExistsPRequest(path="/hang"), 60))
    await asyncio.wait_for(files.started.wait(), 10)
    call.cancel()
    await asyncio.wait_for(files.cancelled.wait(), 10)


async def test_stop_ends_calls_in_flight_with_a_retryable_status(
    server: Server, open_channel: Callable[..., Channel], files: Files
) -> None:
    call = asyncio.ensure_future(open_channel().unary(EXISTS, file_system_master_pb2.ExistsPRequest(path="/hang"), 60))
    await asyncio.wait_for(files.started.wait(), 10)
    await server.stop(0.05)
    with pytest.raises((Unavailable, asyncio.CancelledError, Exception)) as failure:
        await asyncio.wait_for(call, 10)
    assert getattr(failure.value, "status", None) is not None
    assert failure.value.status.name in ("UNAVAILABLE", "CANCELLED")


async def test_port_in_use_is_told(engine: str) -> None:
    """Two servers that share a port would each get some of the calls."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Cannot listen on 127.0.0.1:{port}"):
            await Server("127.0.0.1", port, [], engine=engine).start()


async def test_standby_refuses_the_version_quickly(start_server: Callable[..., Any]) -> None:
    """Clients look for the leader with this call; any other code would end their search."""
    from pyalluxio.wire import version_service

    service = version_service.ServiceVersionService({"META_MASTER_CLIENT_SERVICE"}, is_leading=lambda: False)
    server = await start_server(handlers_of(version_service.SERVICE, service, authenticated=False))
    channel = Channel(f"127.0.0.1:{server.port}")
    request = version_pb2.GetServiceVersionPRequest(serviceType=version_pb2.META_MASTER_CLIENT_SERVICE)
    with pytest.raises(Unavailable, match="standby"):
        await channel.unary(VERSION, request, 5, authenticated=False)
    request.allowedOnStandbyMasters = True
    assert (await channel.unary(VERSION, request, 5, authenticated=False)).version == 2
    request.serviceType = version_pb2.BLOCK_WORKER_CLIENT_SERVICE
    with pytest.raises(NotFound, match="is not found"):
        await channel.unary(VERSION, request, 5, authenticated=False)
    await channel.close()


def test_registry_is_bounded() -> None:
    from pyalluxio.wire.sasl import Identity

    registry = ChannelRegistry(channels_max=2)
    registry.register("a", Identity("u", "u"), 0)
    registry.register("b", Identity("u", "u"), 0)
    with pytest.raises(ResourceExhausted):
        registry.register("c", Identity("u", "u"), 0)
    assert registry.stale(10, 5) == ["a", "b"]
    registry.touch("b", 9)
    assert registry.stale(10, 5) == ["a"]


def test_precondition_error_is_not_retryable() -> None:
    """A business error with a retryable code would make clients repeat it for two minutes."""
    assert FailedPrecondition.status.name == "FAILED_PRECONDITION"
