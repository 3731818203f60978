"""The web side of a master: its state as JSON, its metrics, and a page that says where to look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>pyalluxio master</title></head>
<body><h1>pyalluxio master</h1>
<p>{role}; RPC on {rpc}; {workers} live workers, {lost} lost.</p>
<p><a href="/api/v1/master/info">State as JSON</a> · <a href="/metrics/prometheus/">Metrics</a></p>
</body></html>
"""


def build(info: Callable[[], dict[str, Any]]) -> Starlette:
    """Return the application; `info` gives the body of `/api/v1/master/info`."""

    async def page(request: Request) -> Response:
        facts = info()
        return HTMLResponse(
            _PAGE.format(
                role="Leading" if facts["leads"] else "Standby",
                rpc=facts["rpcAddress"],
                workers=len(facts["workers"]),
                lost=len(facts["lostWorkers"]),
            )
        )

    async def as_json(request: Request) -> Response:
        return JSONResponse(info())

    async def metrics(request: Request) -> Response:
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/api/v1/master/info", as_json),
            Route("/metrics/prometheus/", metrics),
        ]
    )
