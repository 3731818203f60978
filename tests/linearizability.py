"""Whether a recorded history of concurrent calls could have come from one object that does one call at a time.

Rule 1: a call takes effect at one moment between its begin and its end.
Rule 2: a call that was never answered takes effect at one moment after its begin, or never.
Rule 3: calls on different keys say nothing about each other, so every key is searched for itself. A call that touches
        two paths needs both of them under one key.

The search is the one of Wing and Gong, with the memory of Lowe: the same calls done with the same outcome need no
second look. Since clients are few, what is open at a time is few, and the search is about linear in the calls.

Source: J. Wing, C. Gong, Testing and Verifying Concurrent Objects (1993); G. Lowe, Testing for Linearizability (2017).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

State = Hashable
CONFIGURATIONS_MAX = 2_000_000
TOLD_MAX = 12


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one client. Times are nanoseconds of one clock; `ended_ns` is None when no answer ever came.

    until_ns  of a call without an answer: if it took effect at all, then before that
    """

    client: str
    key: str
    kind: str
    arguments: tuple[Any, ...]
    result: Any
    began_ns: int
    ended_ns: int | None
    until_ns: int | None = None

    def __str__(self) -> str:
        words = ", ".join(map(str, self.arguments))
        end = "never" if self.ended_ns is None else f"{self.ended_ns / 1e6:.3f}"
        answer = "?" if self.ended_ns is None else self.result
        return f"{self.client}: {self.kind}({words}) -> {answer} [{self.began_ns / 1e6:.3f}..{end} ms]"


# Returns the state after a call, or None when the call cannot have given its result in that state. A call whose
# `ended_ns` is None has no result: then it is the state after it succeeded, or None when it would have been refused.
Step = Callable[[State, Call], State | None]


class NotLinearizable(AssertionError):
    """No order of the calls explains their results."""


class TooHard(AssertionError):
    """The search was given up: too many calls were open at once."""


def check(history: Iterable[Call], initial: State, step: Step) -> int:
    """Search every key of a history; return how many calls were explained.

    Raises:   NotLinearizable: the text names a call that fits nowhere and those around it.  TooHard.
    """
    by_key: dict[str, list[Call]] = defaultdict(list)
    for call in history:
        by_key[call.key].append(call)
    for key, calls in sorted(by_key.items()):
        _check_key(key, calls, initial, step)
    return sum(map(len, by_key.values()))


def _check_key(key: str, calls: list[Call], initial: State, step: Step) -> None:
    answered = sorted((call for call in calls if call.ended_ns is not None), key=lambda call: call.began_ns)
    unanswered = [call for call in calls if call.ended_ns is None]
    ends = [call.ended_ns or 0 for call in answered]
    # What was done: all answered calls before `first`, those in `ahead`, and of the unanswered ones those in `used`.
    start = (0, frozenset[int](), frozenset[int](), initial)
    seen = {start}
    stack = [start]
    furthest = 0
    while stack:
        first, ahead, used, state = stack.pop()
        furthest = max(furthest, first)
        if first == len(answered):
            return
        following = []
        end_min = ends[first]
        number = first
        while number < len(answered) and answered[number].began_ns <= end_min:
            if number not in ahead:
                end_min = min(end_min, ends[number])
                after = step(state, answered[number])
                if after is not None:
                    following.append((*_done(first, ahead, number), used, after))
            number += 1
        # Whatever comes next comes after the begins of all that is done.
        now_ns = answered[first - 1].began_ns if first else 0
        for number, call in enumerate(unanswered):
            if call.until_ns is not None and call.until_ns < now_ns:
                continue
            if number not in used and call.began_ns <= end_min:
                after = step(state, call)
                if after is not None and after != state:
                    following.append((first, ahead, used | {number}, after))
        # The last one is looked at first: the call that began first is the likeliest to be next, guesses come last.
        for configuration in reversed(following):
            if configuration not in seen:
                seen.add(configuration)
                stack.append(configuration)
        if len(seen) > CONFIGURATIONS_MAX:
            raise TooHard(f"{key}: given up after {len(seen)} configurations, at call {furthest} of {len(answered)}")
    around = answered[max(0, furthest - TOLD_MAX // 2) : furthest + TOLD_MAX // 2]
    lines = [f"  {'>' if call is answered[furthest] else ' '} {call}" for call in around]
    lines += [f"  ? {call}" for call in unanswered[:TOLD_MAX]]
    raise NotLinearizable(f"{key}: no order of the calls explains\n" + "\n".join(lines))


def _done(first: int, ahead: frozenset[int], number: int) -> tuple[int, frozenset[int]]:
    """Return what is done after one more answered call."""
    if number != first:
        return first, ahead | {number}
    first += 1
    while first in ahead:
        ahead -= {first}
        first += 1
    return first, ahead
