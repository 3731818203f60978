"""The network between masters, and between them and clients: everything that may happen to a message happens here."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HOP_S = 0.0005
CLOSED_AFTER_S = 0.05


@dataclass
class Weather:
    """How bad the network is at the moment; a share is of all messages."""

    loss: float = 0.0
    repetition: float = 0.0
    reordering: float = 0.0
    very_late: float = 0.0
    delay_s: float = 0.002
    blocked: dict[tuple[str, str], bool] = field(default_factory=dict)
    slow_until: dict[tuple[str, str], float] = field(default_factory=dict)

    def clear(self) -> None:
        self.loss = self.repetition = self.reordering = self.very_late = 0.0
        self.delay_s = 0.002
        self.blocked.clear()
        self.slow_until.clear()


class Network:
    """Carries things between named ends. `at(time, function, *arguments)` schedules."""

    def __init__(self, rng: random.Random, now: Callable[[], float], at: Callable[..., None]) -> None:
        self.weather = Weather()
        self._rng = rng
        self._now = now
        self._at = at
        self._last: dict[tuple[str, str], float] = {}
        # What is under way over a connection that breaks is lost.
        self._epochs: dict[tuple[str, str], int] = {}

    def is_blocked(self, sender: str, to: str) -> bool:
        return (sender, to) in self.weather.blocked

    def send(self, sender: str, to: str, arrive: Callable[..., None], *arguments: Any) -> None:
        """Have `arrive(*arguments)` called after a while; perhaps twice, perhaps never."""
        weather, rng = self.weather, self._rng
        way = (sender, to)
        if way in weather.blocked or rng.random() < weather.loss:
            return
        copies = 2 if weather.repetition and rng.random() < weather.repetition else 1
        for _ in range(copies):
            due = self._now() + HOP_S + weather.delay_s * rng.random()
            due = max(due, weather.slow_until.get(way, 0.0))
            if weather.very_late and rng.random() < weather.very_late:
                due += rng.choice([0.2, 1.0, 5.0]) * rng.random()
            elif not (weather.reordering and rng.random() < weather.reordering):
                # A stream keeps its order.
                due = self._last[way] = max(due, self._last.get(way, 0.0) + 1e-6)
            epoch = self._epochs.get(way, 0)
            self._at(due, self._arrive, way, epoch, arrive, arguments)

    def cut(self, one: str, other: str) -> None:
        """Break the connections between two ends; new ones may be made at once."""
        for way in ((one, other), (other, one)):
            self._epochs[way] = self._epochs.get(way, 0) + 1

    def _arrive(
        self, way: tuple[str, str], epoch: int, arrive: Callable[..., None], arguments: tuple[Any, ...]
    ) -> None:
        if way not in self.weather.blocked and self._epochs.get(way, 0) == epoch:
            arrive(*arguments)
