"""The pages of a master, and the server that carries them."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pyalluxio.errors import ConfigurationError
from pyalluxio.web import master_app
from pyalluxio.web.server import WebServer, bind

KEY = "alluxio.master.web.port"
INFO: dict[str, Any] = {
    "leads": True,
    "rpcAddress": "m1:19998",
    "startTimeMs": 5,
    "uptimeMs": 7,
    "workers": [{"id": 1}],
    "lostWorkers": [],
}


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    server = WebServer(master_app.build(lambda: INFO), bind("127.0.0.1", 0, KEY))
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()


async def get(url: str) -> tuple[int, str]:
    def ask() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    return await asyncio.to_thread(ask)


async def test_state_as_json() -> None:
    """Scripts of operators watch this address."""
    async with served() as address:
        status, body = await get(f"{address}/api/v1/master/info")
    assert (status, json.loads(body)) == (200, INFO)


async def test_page_and_metrics() -> None:
    async with served() as address:
        status, body = await get(address)
        assert status == 200
        assert "Leading; RPC on m1:19998; 1 live workers, 0 lost." in body
        status, body = await get(f"{address}/metrics/prometheus/")
        assert status == 200
        assert "# TYPE" in body
        assert (await get(f"{address}/nothing"))[0] == 404


async def test_port_is_free_again_after_the_stop() -> None:
    """A restarted master must get its port back at once."""
    async with served() as address:
        assert (await get(address))[0] == 200
    port = int(address.rpartition(":")[2])
    bind("127.0.0.1", port, KEY).close()


def test_port_in_use() -> None:
    """The message names the property to change: most people have an Alluxio, or its web UI, running already."""
    listener = bind("127.0.0.1", 0, KEY)
    port = listener.getsockname()[1]
    with listener, pytest.raises(ConfigurationError, match=rf"127.0.0.1:{port}.*{KEY}"):
        bind("127.0.0.1", port, KEY)
