"""An HTTP server inside a process's event loop: the port is bound first, since a worker's is part of its address."""

from __future__ import annotations

import asyncio
import socket
from contextlib import nullcontext
from typing import Any

import uvicorn

from pyalluxio.errors import ConfigurationError

BACKLOG = 128
STOP_TIMEOUT_S = 3.0


def bind(host: str, port: int, key: str) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises:   ConfigurationError: the address cannot be bound; names the property `key`.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"Cannot listen on {host}:{port} for web pages: {error.strerror}. Set {key} to another port."
        ) from error
    listener.setblocking(False)
    return listener


class WebServer:
    """Serve an ASGI application on a bound socket."""

    def __init__(self, application: Any, listener: socket.socket) -> None:
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=int(STOP_TIMEOUT_S),
        )
        self._server = uvicorn.Server(config)
        # The process has its own signal handlers.
        self._server.capture_signals = nullcontext  # type: ignore[assignment, method-assign]
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]), name="web-server")

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            done, _ = await asyncio.wait([self._task], timeout=STOP_TIMEOUT_S + 1)
            if not done:
                self._task.cancel()
        self._listener.close()
