"""Finding the leading master among one or more addresses.

A master is asked for its service version without authentication; the leader answers, a standby refuses at once, a
dead or hung one costs a short deadline. All are asked at the same time unless
`alluxio.user.master.polling.concurrent` is false. One configured address is the leader by definition and never
asked.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from pyalluxio.errors import AlluxioError, Status, Unavailable

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration
    from pyalluxio.wire.channel import ChannelOptions

Probe = Callable[[str], Awaitable[None]]

ANSWER_CHARACTERS_MAX = 160


class NoLeader(Unavailable):
    """No address answered as the leader; the text says what each one answered.

    `nobody_answered` is true when not even a standby did.
    """

    def __init__(self, text: str, nobody_answered: bool) -> None:
        super().__init__(text)
        self.nobody_answered = nobody_answered


class LeaderFinder:
    """The leading master's address, remembered until somebody finds it wrong.

    `probe(address)` returns when the address leads and raises an AlluxioError when it does not. Callers that ask at the
    same time share one round.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        probe: Probe,
        *,
        concurrent: bool = True,
        shuffle: bool = False,
        chance: random.Random | None = None,
    ) -> None:
        if not addresses:
            raise ValueError("A cluster has at least one master address.")
        self.addresses = tuple(addresses)
        self._probe = probe
        self._concurrent = concurrent
        self._shuffle = shuffle
        self._chance = chance or random.Random()
        self._leader: str | None = self.addresses[0] if len(self.addresses) == 1 else None
        self._round: asyncio.Task[str] | None = None

    @classmethod
    def of(cls, configuration: Configuration, addresses: Sequence[str], options: ChannelOptions) -> LeaderFinder:
        """Return a finder over `addresses` that asks real masters, with the deadlines of the configuration."""
        timeout_s = configuration.duration_ms("alluxio.user.master.polling.timeout") / 1000
        return cls(
            addresses,
            version_probe(options, timeout_s),
            concurrent=configuration.boolean("alluxio.user.master.polling.concurrent"),
            shuffle=configuration.boolean("alluxio.user.rpc.shuffle.masters.enabled"),
        )

    async def leader(self) -> str:
        """Return the leader's address, asking the masters at most once; callers retry.

        Raises:   NoLeader: this round found none.
        """
        if self._leader is not None:
            return self._leader
        if self._round is None or self._round.done():
            self._round = asyncio.ensure_future(self._ask_all())
        # Shielded: the round serves other callers too when this one is cancelled.
        return await asyncio.shield(self._round)

    def forget(self, address: str) -> None:
        """Stop believing that `address` leads; the next caller asks again. A single address stays."""
        if self._leader == address and len(self.addresses) > 1:
            self._leader = None

    async def has_another(self, address: str) -> bool:
        """Ask all masters now and say whether one other than `address` leads; what is remembered follows."""
        if len(self.addresses) == 1:
            return False
        self.forget(address)
        try:
            return await self.leader() != address
        except NoLeader:
            return False

    async def _ask_all(self) -> str:
        order = list(self.addresses)
        if self._shuffle:
            self._chance.shuffle(order)
        answers: dict[str, AlluxioError] = {}
        found = await (self._ask_at_once(order, answers) if self._concurrent else self._ask_in_turn(order, answers))
        if found is None:
            raise _no_leader(self.addresses, answers)
        self._leader = found
        return found

    async def _ask_in_turn(self, order: list[str], answers: dict[str, AlluxioError]) -> str | None:
        for address in order:
            try:
                await self._probe(address)
            except AlluxioError as error:
                answers[address] = error
            else:
                return address
        return None

    async def _ask_at_once(self, order: list[str], answers: dict[str, AlluxioError]) -> str | None:
        asked = {asyncio.ensure_future(self._probe(address)): address for address in order}
        pending = set(asked)
        try:
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    error = task.exception()
                    if error is None:
                        return asked[task]
                    if not isinstance(error, AlluxioError):
                        raise error
                    answers[asked[task]] = error
            return None
        finally:
            for task in pending:
                task.cancel()
            if pending:
                await asyncio.wait(pending)


def _no_leader(addresses: Sequence[str], answers: dict[str, AlluxioError]) -> NoLeader:
    told = "; ".join(f"{address}: {_brief(answers[address])}" for address in addresses if address in answers)
    nobody = all(is_unreachable(error) for error in answers.values())
    return NoLeader(f"Cannot find the leading master. Asked {told}", nobody)


def _brief(error: AlluxioError) -> str:
    text = str(error).splitlines()[0] if str(error) else error.status.name
    return text if len(text) <= ANSWER_CHARACTERS_MAX else text[: ANSWER_CHARACTERS_MAX - 3] + "..."


def is_unreachable(error: AlluxioError) -> bool:
    """Say whether an error means that no server answered, as opposed to one that answered with a refusal."""
    if isinstance(error, NoLeader):
        return error.nobody_answered
    if error.status is Status.DEADLINE_EXCEEDED:
        return True
    return error.status is Status.UNAVAILABLE and str(error).startswith("Cannot reach ")


def version_probe(options: ChannelOptions, timeout_s: float) -> Probe:
    """Return the probe that official clients use: getServiceVersion of the meta master service, unauthenticated."""

    async def probe(address: str) -> None:
        from pyalluxio.wire.channel import Channel
        from pyalluxio.wire.gen import version_pb2
        from pyalluxio.wire.methods import method

        rpc = method("alluxio.grpc.version.ServiceVersionClientService", "getServiceVersion")
        request = version_pb2.GetServiceVersionPRequest(serviceType=version_pb2.META_MASTER_CLIENT_SERVICE)
        channel = Channel(address, options)
        try:
            await channel.unary(rpc, request, timeout_s, authenticated=False)
        finally:
            await channel.close()

    return probe
