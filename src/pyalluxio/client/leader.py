"""Finding the leading master among one or more addresses.

A master is asked for its service version without authentication; the leader answers, a standby refuses at once, a
dead or hung one costs a short deadline. All are asked at the same time unless
`alluxio.user.master.polling.concurrent` is false. One configured address is the leader by definition and never
asked.

A round of questions ends soon after the first master has answered: one that hangs must not keep the others from being
asked again, since one of those will lead. Its question stays open and belongs to the next round.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pyalluxio.errors import AlluxioError, Status, Unavailable

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration
    from pyalluxio.wire.channel import Channel, ChannelOptions

Probe = Callable[[str], Awaitable[None]]
Rest = Callable[[], Awaitable[None]]

ANSWER_CHARACTERS_MAX = 160

# How long a round waits for the rest once a master has answered. The first round of all is patient: it is often the
# only one, and masters may be far apart.
FIRST_GRACE_S = 0.5
GRACE_S = 0.1

# A master that was just started is to be found soon; gRPC would wait up to a second before it connects again.
_PROBE_RECONNECT = (("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200))


class NoLeader(Unavailable):
    """No address answered as the leader; the text says what each one answered.

    `nobody_answered` is true when not even a standby did.
    """

    def __init__(self, text: str, nobody_answered: bool) -> None:
        super().__init__(text)
        self.nobody_answered = nobody_answered


class LeaderFinder:
    """The leading master's address, remembered until somebody finds it wrong.

    `probe(address)` returns when the address leads and raises an AlluxioError when it does not. `rest()` is called when
    no more probes are expected for a while. Callers that ask at the same time share one round.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        probe: Probe,
        *,
        rest: Rest | None = None,
        concurrent: bool = True,
        shuffle: bool = False,
        chance: random.Random | None = None,
    ) -> None:
        if not addresses:
            raise ValueError("A cluster has at least one master address.")
        self.addresses = tuple(addresses)
        self._probe = probe
        self._rest = rest
        self._concurrent = concurrent
        self._shuffle = shuffle
        self._chance = chance or random.Random()
        self._leader: str | None = self.addresses[0] if len(self.addresses) == 1 else None
        self._round: asyncio.Task[str] | None = None
        self._asked: dict[str, asyncio.Task[None]] = {}
        self._grace_s = FIRST_GRACE_S

    @classmethod
    def of(cls, configuration: Configuration, addresses: Sequence[str], options: ChannelOptions) -> LeaderFinder:
        """Return a finder over `addresses` that asks real masters, with the deadlines of the configuration."""
        probe = version_probe(options, configuration.duration_ms("alluxio.user.master.polling.timeout") / 1000)
        return cls(
            addresses,
            probe,
            rest=probe.rest,
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

    async def is_still(self, address: str) -> bool | None:
        """Ask all masters now whether `address` leads: yes, no since another one does, or None: nobody is known to.

        What is remembered follows.
        """
        if len(self.addresses) == 1:
            return True
        self.forget(address)
        try:
            return await self.leader() == address
        except NoLeader:
            return None

    async def close(self) -> None:
        """Drop the questions that are still open."""
        if self._round is not None and not self._round.done():
            self._round.cancel()
            await asyncio.wait([self._round])
        await self._settle()

    async def _ask_all(self) -> str:
        order = list(self.addresses)
        if self._shuffle:
            self._chance.shuffle(order)
        answers: dict[str, AlluxioError] = {}
        found = await (self._ask_at_once(order, answers) if self._concurrent else self._ask_in_turn(order, answers))
        self._grace_s = GRACE_S
        if found is None:
            raise _no_leader(self.addresses, answers)
        self._leader = found
        await self._settle()
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
        for address in order:
            if address not in self._asked:
                self._asked[address] = asyncio.ensure_future(self._probe(address))
        while self._asked:
            grace_s = self._grace_s if answers else None
            done, _ = await asyncio.wait(self._asked.values(), timeout=grace_s, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                return None
            for address in [address for address in order if self._asked.get(address) in done]:
                error = self._asked.pop(address).exception()
                if error is None:
                    return address
                if not isinstance(error, AlluxioError):
                    raise error
                answers[address] = error
        return None

    async def _settle(self) -> None:
        """Withdraw the questions that nobody needs an answer to any more."""
        tasks = list(self._asked.values())
        self._asked.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._rest is not None:
            await self._rest()


def _no_leader(addresses: Sequence[str], answers: dict[str, AlluxioError]) -> NoLeader:
    def told(address: str) -> str:
        return _brief(answers[address]) if address in answers else "no answer yet"

    nobody = all(is_unreachable(error) for error in answers.values())
    text = "; ".join(f"{address}: {told(address)}" for address in addresses)
    return NoLeader(f"Cannot find the leading master. Asked {text}", nobody)


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


class VersionProbe:
    """Asks as official clients do: getServiceVersion of the meta master service, unauthenticated.

    While a leader is looked for a master is asked many times a second, over one connection; `rest` hangs up.
    """

    def __init__(self, options: ChannelOptions, timeout_s: float) -> None:
        self._options = options
        self._timeout_s = timeout_s
        self._channels: dict[str, Channel] = {}

    async def __call__(self, address: str) -> None:
        # Imported here: a command that only shows its help needs no gRPC.
        from pyalluxio.wire.channel import Channel
        from pyalluxio.wire.gen import version_pb2
        from pyalluxio.wire.methods import method

        channel = self._channels.get(address)
        if channel is None:
            options = replace(self._options, extra=(*self._options.extra, *_PROBE_RECONNECT))
            channel = self._channels[address] = Channel(address, options)
        rpc = method("alluxio.grpc.version.ServiceVersionClientService", "getServiceVersion")
        request = version_pb2.GetServiceVersionPRequest(serviceType=version_pb2.META_MASTER_CLIENT_SERVICE)
        await channel.unary(rpc, request, self._timeout_s, authenticated=False)

    async def rest(self) -> None:
        channels = list(self._channels.values())
        self._channels.clear()
        for channel in channels:
            await channel.close()


def version_probe(options: ChannelOptions, timeout_s: float) -> VersionProbe:
    """Return the probe for real masters; one question takes `timeout_s` at most."""
    return VersionProbe(options, timeout_s)
