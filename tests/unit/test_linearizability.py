"""The checker of histories: it must see what is wrong, and must not cry wolf."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.e2e.history import ABSENT, EXISTS, NOTHING, OK, first_attempts, step
from tests.linearizability import Call, NotLinearizable, State, check

Row = tuple[str, tuple[Any, ...], Any, int, int | None]


def history(*rows: Row, key: str = "k") -> list[Call]:
    return [Call(f"c{n}", key, kind, words, result, *times) for n, (kind, words, result, *times) in enumerate(rows)]


BAD: dict[str, list[Row]] = {
    "a stale read after the answer to a change": [
        ("create", ("x", 1), OK, 0, 10),
        ("set", ("x", 2), OK, 20, 30),
        ("status", ("x",), 1, 40, 50),
    ],
    "an acknowledged change is lost": [
        ("create", ("x", 1), OK, 0, 10),
        ("status", ("x",), ABSENT, 20, 30),
    ],
    "a change is seen and then not": [
        ("create", ("x", 1), OK, 0, 10),
        ("set", ("x", 2), OK, 20, 100),
        ("status", ("x",), 2, 30, 40),
        ("status", ("x",), 1, 50, 60),
    ],
    "two creates of the same place both succeed": [
        ("create", ("x", 1), OK, 0, 10),
        ("create", ("x", 2), OK, 5, 15),
    ],
    "a repeated set takes effect twice": [
        ("create", ("x", 1), OK, 0, 10),
        ("set", ("x", 2), OK, 20, 100),
        ("set", ("x", 3), OK, 30, 40),
        ("status", ("x",), 2, 32, 34),
        ("status", ("x",), 3, 50, 60),
        ("status", ("x",), 2, 70, 80),
    ],
    "a repeated delete is told that nothing was there": [
        ("create", ("x", 1), OK, 0, 10),
        ("delete", ("x",), ABSENT, 20, 40),
        ("status", ("x",), ABSENT, 50, 60),
    ],
    "a rename is half done": [
        ("create", ("x", 1), OK, 0, 10),
        ("rename", ("x", "y"), OK, 20, 100),
        ("status", ("x",), ABSENT, 30, 40),
        ("status", ("y",), ABSENT, 50, 60),
    ],
    "a rename leaves its source": [
        ("create", ("x", 1), OK, 0, 10),
        ("rename", ("x", "y"), OK, 20, 30),
        ("status", ("y",), 1, 40, 50),
        ("status", ("x",), 1, 60, 70),
    ],
    "a change that was refused is seen": [
        ("create", ("x", 1), OK, 0, 10),
        ("create", ("x", 2), EXISTS, 20, 30),
        ("status", ("x",), 2, 40, 50),
    ],
    "a value that nobody wrote": [("create", ("x", 1), OK, 0, 10), ("status", ("x",), 7, 20, 30)],
    "a call without an answer takes effect before it began": [
        ("create", ("x", 1), OK, 0, 10),
        ("status", ("x",), 2, 20, 30),
        ("set", ("x", 2), None, 40, None),
    ],
    "a call without an answer takes effect twice": [
        ("create", ("x", 1), OK, 0, 10),
        ("set", ("x", 2), None, 20, None),
        ("status", ("x",), 2, 30, 40),
        ("set", ("x", 3), OK, 50, 60),
        ("status", ("x",), 2, 70, 80),
    ],
}

GOOD: dict[str, list[Row]] = {
    "one after the other": [
        ("status", ("x",), ABSENT, 0, 1),
        ("create", ("x", 1), OK, 2, 3),
        ("rename", ("x", "y"), OK, 4, 5),
        ("rename", ("x", "y"), ABSENT, 6, 7),
        ("create", ("x", 2), OK, 8, 9),
        ("rename", ("x", "y"), EXISTS, 10, 11),
        ("status", ("y",), 1, 12, 13),
        ("delete", ("y",), OK, 14, 15),
        ("delete", ("y",), ABSENT, 16, 17),
    ],
    "reads during a change may see either": [
        ("create", ("x", 1), OK, 0, 10),
        ("set", ("x", 2), OK, 20, 100),
        ("status", ("x",), 1, 30, 40),
        ("status", ("x",), 2, 50, 60),
    ],
    "a later call is the earlier one": [
        ("create", ("x", 1), EXISTS, 0, 100),
        ("create", ("x", 2), OK, 50, 60),
    ],
    "a call without an answer happened": [
        ("create", ("x", 1), None, 0, None),
        ("status", ("x",), ABSENT, 10, 20),
        ("status", ("x",), 1, 1000, 1010),
    ],
    "a call without an answer never happened": [
        ("create", ("x", 1), None, 0, None),
        ("status", ("x",), ABSENT, 10, 20),
        ("create", ("x", 2), OK, 30, 40),
    ],
}


@pytest.mark.parametrize("rows", BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_found(rows: list[Row]) -> None:
    """A checker that explains everything would bless a cluster that loses changes."""
    with pytest.raises(NotLinearizable):
        check(history(*rows), NOTHING, step)


@pytest.mark.parametrize("rows", GOOD.values(), ids=GOOD.keys())
def test_what_is_right_is_explained(rows: list[Row]) -> None:
    """A checker that cries wolf is switched off."""
    assert check(history(*rows), NOTHING, step) == len(rows)


def test_keys_are_apart() -> None:
    """One key's fault must be found among others, and be named."""
    rows = BAD["an acknowledged change is lost"]
    with pytest.raises(NotLinearizable, match="bad"):
        check(history(*GOOD["one after the other"], key="good") + history(*rows, key="bad"), NOTHING, step)


def simulated(rng: random.Random, count: int, clients: int) -> list[Call]:
    """Return a history of one object that did one call at a time; each call's time is stretched around its moment."""
    state: State = NOTHING
    calls = []
    for number in range(count):
        moment = number * 10
        kind = rng.choice(("create", "delete", "rename", "set", "status"))
        place, other = rng.sample(("x", "y"), 2)
        words: dict[str, tuple[Any, ...]] = {
            "create": (place, number),
            "set": (place, number),
            "rename": (place, other),
        }
        answers = [OK, ABSENT, EXISTS] if kind != "status" else [ABSENT, *filter(None, state)]  # type: ignore[arg-type]
        began, ended = moment - rng.randrange(5 * clients), moment + rng.randrange(5 * clients)
        is_lost = rng.random() < 0.002
        for answer in answers:
            call = Call("c", "k", kind, words.get(kind, (place,)), answer, began, ended)
            after = step(state, call)
            if after is not None:
                state = after
                calls.append(Call("c", "k", kind, call.arguments, None, began, None) if is_lost else call)
                break
    return calls


@pytest.mark.parametrize("seed", range(5))
def test_long_histories_are_searched_in_time_and_one_wrong_answer_is_found(seed: int) -> None:
    """A soak of an hour has to be checked too, and its one stale read among thousands of calls must not be missed."""
    rng = random.Random(seed)
    calls = simulated(rng, 1_000, 4)
    assert check(calls, NOTHING, step) == len(calls)
    written = [call.arguments[1] for call in calls[:300] if call.kind == "set" and call.result == OK]
    last = calls[-1]
    stale = Call("late", "k", "status", ("x",), written[0], last.began_ns + 1000, last.began_ns + 1001)
    with pytest.raises(NotLinearizable):
        check([*calls, stale], NOTHING, step)


def test_a_repeated_change_of_attributes_may_be_seen_twice() -> None:
    """The first attempt took effect, the leader died, and the second found the directory under another name."""
    second = 1_000_000_000
    calls = [
        Call("a", "k", "create", ("x", 1), "ok", 0, 1),
        Call("a", "k", "set", ("x", 2), "absent", 2, second),
        Call("b", "k", "rename", ("x", "y"), "ok", 3, second - 1),
        Call("c", "k", "status", ("y",), 2, second + 1, second + 2),
    ]
    with pytest.raises(NotLinearizable):
        check(calls, NOTHING, step)
    assert check([*calls, *first_attempts(calls)], NOTHING, step) == 5
    late = [
        *calls[:3],
        Call("c", "k", "status", ("y",), 1, second + 1, second + 2),
        Call("c", "k", "status", ("y",), 2, second + 3, second + 4),
    ]
    with pytest.raises(NotLinearizable):
        check([*late, *first_attempts(late)], NOTHING, step)


def test_quick_calls_are_not_excused() -> None:
    """What no fault delayed was not repeated."""
    assert first_attempts([Call("a", "k", "set", ("x", 2), "absent", 2, 5_000_000)]) == []
