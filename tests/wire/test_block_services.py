"""A worker's registration and heartbeats, and a client's worker list, through sockets on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pyalluxio.conf import Configuration
from pyalluxio.errors import NotFound, Unauthenticated
from pyalluxio.master import configuration_service
from pyalluxio.master.configuration_service import OPEN_RPCS, CurrentConfiguration, MetaMasterConfigurationService
from pyalluxio.wire.channel import Channel
from pyalluxio.wire.gen import block_master_pb2 as pb
from pyalluxio.wire.gen import meta_master_pb2
from pyalluxio.wire.gen.common_pb2 import CommandType
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.methods import method
from pyalluxio.wire.server import Server
from tests.unit.master.block_master_fakes import Fixture, block_list, first_message, net_address

CLIENT = "alluxio.grpc.block.BlockMasterClientService"
WORKER = "alluxio.grpc.block.BlockMasterWorkerService"
TIMEOUT_S = 20


@pytest.fixture(params=["grpcio", "native"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Fixture, Channel]]:
    if request.param == "native":
        pytest.importorskip("pygrpc_native")
    master = Fixture()
    handlers = [*handlers_of(CLIENT, master.client), *handlers_of(WORKER, master.worker)]
    server = Server("127.0.0.1", 0, handlers, engine=request.param)
    await server.start()
    channel = Channel(f"127.0.0.1:{server.port}")
    await channel.connect(TIMEOUT_S)
    yield master, channel
    await channel.close()
    await server.stop()


async def test_a_worker_registers_beats_and_is_listed(served: tuple[Fixture, Channel]) -> None:
    """The registration is the only bidirectional call of a master; an engine may carry it by another path."""
    master, channel = served
    master.metadata.lengths = dict.fromkeys(range(300_000), 1)
    answer = await channel.unary(
        method(WORKER, "GetWorkerId"), pb.GetWorkerIdPRequest(workerNetAddress=net_address()), TIMEOUT_S
    )
    stream = await channel.stream(method(WORKER, "RegisterWorkerStream"), TIMEOUT_S)
    await stream.write(first_message(answer.workerId, range(200_000)))
    assert await stream.read() == pb.RegisterWorkerPResponse()
    more = block_list(range(200_000, 300_000))
    await stream.write(pb.RegisterWorkerPRequest(workerId=answer.workerId, currentBlocks=[more]))
    assert await stream.read() == pb.RegisterWorkerPResponse()
    await stream.done_writing()
    assert await stream.read() is None

    beat = pb.BlockHeartbeatPRequest(workerId=answer.workerId, removedBlockIds=[1])
    response = await channel.unary(method(WORKER, "BlockHeartbeat"), beat, TIMEOUT_S)
    assert response.command.commandType == CommandType.Nothing
    listed = await channel.unary(method(CLIENT, "GetWorkerInfoList"), pb.GetWorkerInfoListPOptions(), TIMEOUT_S)
    assert [info.address for info in listed.workerInfos] == [net_address()]
    worker = master.blocks.registry.worker(answer.workerId)
    assert worker is not None
    assert worker.block_count == 299_999


async def test_a_refused_registration_ends_the_stream_with_its_status(served: tuple[Fixture, Channel]) -> None:
    """The official worker starts again on NOT_FOUND; on a stream that just ends it would think all is well."""
    _, channel = served
    stream = await channel.stream(method(WORKER, "RegisterWorkerStream"), TIMEOUT_S)
    await stream.write(first_message(5))
    with pytest.raises(NotFound, match="id 5"):
        await stream.read()


class NoPaths:
    """No path has defaults, and nobody may give it any."""

    def path_properties(self) -> dict[str, dict[str, str]]:
        return {}

    async def add_path_properties(self, path: str, properties: object) -> None:
        raise AssertionError("an unauthenticated call changed the configuration")


@pytest.mark.parametrize("engine", ["grpcio", "native"])
async def test_anybody_may_read_the_configuration_and_nobody_unknown_may_change_it(engine: str) -> None:
    """Official programs read it before they authenticate; changes go into the journal."""
    if engine == "native":
        pytest.importorskip("pygrpc_native")
    current = CurrentConfiguration(Configuration.for_test(role="master"), lambda: 0)
    service = MetaMasterConfigurationService(current, NoPaths())  # type: ignore[arg-type]
    handlers = handlers_of(configuration_service.SERVICE, service, open_rpcs=OPEN_RPCS)
    server = Server("127.0.0.1", 0, handlers, engine=engine)
    await server.start()
    channel = Channel(f"127.0.0.1:{server.port}")
    try:
        get = method(configuration_service.SERVICE, "GetConfiguration")
        asked = meta_master_pb2.GetConfigurationPOptions(rawValue=True)
        answer = await channel.unary(get, asked, TIMEOUT_S, authenticated=False)
        assert "2.9.6" in {p.value for p in answer.clusterConfigs if p.name == "alluxio.version"}
        properties = {"alluxio.user.block.size.bytes.default": "1MB"}
        change = meta_master_pb2.SetPathConfigurationPRequest(path="/a", properties=properties)
        with pytest.raises(Unauthenticated):
            await channel.unary(
                method(configuration_service.SERVICE, "SetPathConfiguration"), change, TIMEOUT_S, authenticated=False
            )
    finally:
        await channel.close()
        await server.stop()
