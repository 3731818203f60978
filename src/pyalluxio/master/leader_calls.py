"""Calls that only the leader answers: refused elsewhere, ended with the leadership, confirmed before they leave.

Rule 1: a master that does not serve answers UNAVAILABLE at once, in its first step; so official clients go on.
Rule 2: what a call has read leaves after a look at the lease, errors included: a deposed leader must not tell what was.
        Answers of changes come from the commit, which is proof enough.
Rule 3: when the leadership ends, every call under way ends with UNAVAILABLE at once, whatever it waits for, but for
        those whose change is proposed already: they learn its fate from the pipeline, within a bounded time.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable
from dataclasses import replace
from typing import Any

from pyalluxio.errors import AlluxioError, InvariantViolated, NotLeader
from pyalluxio.master.confirmation import Confirmation
from pyalluxio.wire.handlers import Call, Handler

# Their answers leave after the commit of what they changed. Those that found nothing to change were confirmed by the
# pipeline.
CHANGING = frozenset(
    {
        "CompleteFile",
        "CreateDirectory",
        "CreateFile",
        "Free",
        "GetNewBlockIdForFile",
        "Mount",
        "Remove",
        "RemovePathConfiguration",
        "Rename",
        "ScheduleAsyncPersistence",
        "SetAcl",
        "SetAttribute",
        "SetPathConfiguration",
        "StopSync",
        "Unmount",
        "UpdateMount",
        "UpdateUfsMode",
    }
)


class LeaderCalls:
    """Wraps handlers, and knows the calls under way."""

    def __init__(self, check: Callable[[], None], confirmation: Confirmation) -> None:
        """check   raises NotLeader while this master does not serve clients"""
        self._check = check
        self._confirmation = confirmation
        self._under_way: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._under_way)

    def end(self, reason: NotLeader, spared: Collection[asyncio.Task[Any]] = ()) -> None:
        """End every call under way with `reason`, but for those whose tasks are `spared`."""
        for task in list(self._under_way):
            if task not in spared:
                task.cancel(reason)

    def guarded(self, handlers: Iterable[Handler]) -> list[Handler]:
        """Return handlers that only the leader answers."""
        return [self._guarded(handler) for handler in handlers]

    def _guarded(self, handler: Handler) -> Handler:
        if handler.method.client_streaming:
            raise InvariantViolated(f"{handler.method.name} streams requests; only calls with one request are guarded.")
        if handler.method.server_streaming:
            return replace(handler, function=self._streaming(handler.function))
        return replace(handler, function=self._unary(handler.function, handler.method.name in CHANGING))

    def _unary(self, function: Callable[..., Any], is_changing: bool) -> Callable[[Any, Call], Any]:
        check, holds = self._check, self._confirmation.holds

        def answer(request: Any, call: Call) -> Any:
            check()
            try:
                response = function(request, call)
            except AlluxioError as error:
                if holds():
                    raise
                return self._later(None, error)
            if type(response) is bytes or not inspect.isawaitable(response):
                return response if holds() else self._later(response, None)
            return self._awaited(response, is_changing)  # type: ignore[arg-type]

        return answer

    async def _later(self, response: Any, error: AlluxioError | None) -> Any:
        """Answer what is known already, once this master is known to lead still."""
        task = self._enter()
        try:
            await self._confirmation.wait()
        finally:
            self._under_way.discard(task)
        if error is not None:
            raise error
        return response

    async def _awaited(self, work: Coroutine[Any, Any, Any], is_changing: bool) -> Any:
        task = self._enter()
        try:
            try:
                response = await work
            except NotLeader:
                raise
            except AlluxioError:
                if not self._confirmation.holds():
                    await self._confirmation.wait()
                raise
            if not is_changing and not self._confirmation.holds():
                await self._confirmation.wait()
            return response
        finally:
            self._under_way.discard(task)

    def _streaming(self, function: Callable[..., AsyncIterator[Any]]) -> Callable[[Any, Call], AsyncIterator[Any]]:
        async def answer(request: Any, call: Call) -> AsyncIterator[Any]:
            self._check()
            task = self._enter()
            responses = function(request, call)
            try:
                async for response in responses:
                    if not self._confirmation.holds():
                        await self._confirmation.wait()
                    yield response
                if not self._confirmation.holds():  # that there is nothing, or no more, is an answer too
                    await self._confirmation.wait()
            except NotLeader:
                raise
            except AlluxioError:
                if not self._confirmation.holds():
                    await self._confirmation.wait()
                raise
            finally:
                self._under_way.discard(task)
                await responses.aclose()  # type: ignore[attr-defined]

        return answer

    def _enter(self) -> asyncio.Task[Any]:
        task = asyncio.current_task()
        assert task is not None, "calls that wait run in tasks of their own"
        self._under_way.add(task)
        return task


def lost_leadership(cancelled: asyncio.CancelledError) -> bool:
    """Say whether a call is cancelled because the leadership ended, not because its client gave up."""
    return bool(cancelled.args) and isinstance(cancelled.args[0], NotLeader)
