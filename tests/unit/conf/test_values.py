"""Official clients parse the same texts, so a value that means something else here would split a cluster's opinion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyalluxio.conf import values


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        pytest.param("500", 500, id="a bare number is milliseconds"),
        pytest.param("500ms", 500, id="ms"),
        pytest.param("3millisecond", 3, id="millisecond"),
        pytest.param("2s", 2000, id="s"),
        pytest.param("2sec", 2000, id="sec"),
        pytest.param("2second", 2000, id="second"),
        pytest.param("2m", 120_000, id="m is minutes"),
        pytest.param("5min", 300_000, id="min"),
        pytest.param("1minute", 60_000, id="minute"),
        pytest.param("1h", 3_600_000, id="h"),
        pytest.param("1hr", 3_600_000, id="hr"),
        pytest.param("1hour", 3_600_000, id="hour"),
        pytest.param("1d", 86_400_000, id="d"),
        pytest.param("3day", 259_200_000, id="day"),
        pytest.param("5Sec", 5000, id="units in any case"),
        pytest.param("-1", -1, id="-1 stays -1, which means never"),
        pytest.param("-2s", -2000, id="negative with a unit"),
        pytest.param("9223372036854775807", 9223372036854775807, id="the largest long"),
    ],
)
def test_durations_that_parse(text: str, expected_ms: int) -> None:
    """A heartbeat of `2m` read as 2 ms would flood the master."""
    assert values.parse_duration_ms(text) == expected_ms


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("10seconds", id="plural"),
        pytest.param("1.5s", id="fraction"),
        pytest.param("1w", id="weeks"),
        pytest.param("1 s", id="blank before the unit"),
        pytest.param("s", id="no number"),
        pytest.param("", id="empty"),
        pytest.param("1s2", id="trailing digits"),
        pytest.param("1_000", id="Python's own digits separator"),
        pytest.param("١s", id="digits of other scripts"),
    ],
)
def test_durations_that_do_not_parse(text: str) -> None:
    """What official clients refuse must not be accepted here, or the same file works on half of the nodes."""
    with pytest.raises(ValueError, match="whole number"):
        values.parse_duration_ms(text)


@pytest.mark.parametrize(
    ("text", "expected_bytes"),
    [
        pytest.param("0", 0, id="zero"),
        pytest.param("17", 17, id="a bare number is bytes"),
        pytest.param("64B", 64, id="B"),
        pytest.param("1k", 1024, id="k"),
        pytest.param("1KB", 1024, id="KB is 1024"),
        pytest.param("1KiB", 1024, id="KiB too"),
        pytest.param("1ki", 1024, id="ki"),
        pytest.param("64MB", 64 << 20, id="MB"),
        pytest.param("1.5MB", 3 << 19, id="fractions"),
        pytest.param("1.5", 1, id="a fraction of a byte is dropped"),
        pytest.param(".5k", 512, id="no digit before the point"),
        pytest.param("2gb", 2 << 30, id="any case"),
        pytest.param("1TB", 1 << 40, id="TB"),
        pytest.param("3pb", 3 << 50, id="PB without rounding"),
        pytest.param("-1", 0, id="a negative number reads as 0"),
    ],
)
def test_sizes_that_parse(text: str, expected_bytes: int) -> None:
    """A quota that is read as a smaller one loses cache; a larger one fills the disk."""
    assert values.parse_size_bytes(text) == expected_bytes


@pytest.mark.parametrize("text", ["1 MB", "MB", "", ".", "1EB", "1.2.3", "1,5MB", "0x10"])
def test_sizes_that_do_not_parse(text: str) -> None:
    """A typing error in a quota must be told, not read as 0."""
    with pytest.raises(ValueError, match="without a blank"):
        values.parse_size_bytes(text)


@given(st.integers(min_value=0, max_value=2**40), st.sampled_from(["", "B", "KB", "MB", "GB", "TB"]))
def test_sizes_are_exact(number: int, unit: str) -> None:
    """Sizes above 2^53 computed in floating point would be off by some bytes, and two nodes would disagree."""
    power = ["", "KB", "MB", "GB", "TB"].index("" if unit == "B" else unit)
    assert values.parse_size_bytes(f"{number}{unit}") == number * 1024**power


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("TRUE", True), ("False", False)])
def test_booleans_that_parse(text: str, expected: bool) -> None:
    """Users write True and TRUE; 2.9 takes both."""
    assert values.parse_boolean(text) is expected


@pytest.mark.parametrize("text", ["yes", "1", "on", "", "true "])
def test_booleans_that_do_not_parse(text: str) -> None:
    """`yes` taken for false would switch off what the user meant to switch on."""
    with pytest.raises(ValueError, match="true or false"):
        values.parse_boolean(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("17", 17), ("-1", -1), ("+3", 3), ("2147483647", 2**31 - 1), ("-2147483648", -(2**31))]
)
def test_integers_that_parse(text: str, expected: int) -> None:
    """The limits are Java's, since Java clients receive these values."""
    assert values.parse_integer(text) == expected


@pytest.mark.parametrize("text", ["2147483648", "1.0", "", "1e3", "1_0", "0x1"])
def test_integers_that_do_not_parse(text: str) -> None:
    """A value that Java clients cannot parse breaks them at their first connect."""
    with pytest.raises(ValueError, match="whole number"):
        values.parse_integer(text)


@pytest.mark.parametrize(("text", "expected"), [("0.95", 0.95), ("1", 1.0), ("2.", 2.0), (".5", 0.5), ("1e-3", 0.001)])
def test_decimals_that_parse(text: str, expected: float) -> None:
    """Watermarks are written in all these ways."""
    assert values.parse_number(text) == expected


@pytest.mark.parametrize("text", ["nan", "inf", "", ".", "0,95", "95%"])
def test_decimals_that_do_not_parse(text: str) -> None:
    """`nan` compares as false with everything, so that a watermark would never be reached."""
    with pytest.raises(ValueError, match="decimal"):
        values.parse_number(text)


def test_enum_in_any_case_gives_the_constant() -> None:
    """`must_cache` in a file must reach the wire as MUST_CACHE."""
    assert values.parse_enum("must_cache", ("MUST_CACHE", "THROUGH")) == "MUST_CACHE"
    with pytest.raises(ValueError, match="MUST_CACHE, THROUGH"):
        values.parse_enum("CACHE", ("MUST_CACHE", "THROUGH"))


@pytest.mark.parametrize(
    ("text", "expected"), [("a, b ,c", ["a", "b", "c"]), (",a,,", ["a"]), (" ", []), ("one", ["one"])]
)
def test_lists(text: str, expected: list[str]) -> None:
    """A comma at the end of a host list must not become an unnamed host."""
    assert values.parse_items(text) == expected
