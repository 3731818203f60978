"""Fingerprints are stored in journals of both implementations, so their text is a format."""

from __future__ import annotations

import pytest

from pyalluxio.ufs import UfsStatus, fingerprint

FILE = UfsStatus("f", False, 5, "o", "g", 0o644, 7, "h")


def test_text_is_the_one_of_2_9() -> None:
    """A different text would make an official master reload every file after taking over."""
    assert fingerprint.of_status("local", FILE).text() == "TYPE|FILE UFS|local OWNER|o GROUP|g MODE|420 CONTENT_HASH|h "
    directory = UfsStatus("d", True, 0, "", "a b|c", 0o755)
    assert fingerprint.of_status("local", directory).text() == "TYPE|DIRECTORY UFS|local OWNER|_ GROUP|a_b_c MODE|493 "


@pytest.mark.parametrize(
    "text",
    [
        "TYPE|FILE UFS|local OWNER|o GROUP|g MODE|420 CONTENT_HASH|h ",
        "TYPE|DIRECTORY UFS|hdfs OWNER|o GROUP|g MODE|493 ACL|user::rwx ",
        "TYPE|FILE UFS|local OWNER|o GROUP|g MODE|420 CONTENT_HASH|(len:5,_modtime:7) ",
    ],
)
def test_text_survives_parsing(text: str) -> None:
    """A fingerprint that changes when it is read and written again triggers needless reloads."""
    parsed = fingerprint.parse(text)
    assert parsed is not None and parsed.text() == text


@pytest.mark.parametrize("text", ["", "TYPE|FILE", "TYPE|PIPE UFS|l OWNER|o GROUP|g MODE|1 ", "nonsense "])
def test_damaged_text_is_invalid(text: str) -> None:
    """An invalid fingerprint must force a reload, never match by accident."""
    assert fingerprint.parse(text) is None


def test_content_and_metadata_are_compared_apart() -> None:
    """chmod in the under storage must not throw cached data away, and new data must not pass as a chmod."""
    base = fingerprint.of_status("local", FILE)
    chmod = fingerprint.of_status("local", UfsStatus("f", False, 5, "o", "g", 0o600, 7, "h"))
    rewritten = fingerprint.of_status("local", FILE, content_hash="other")
    assert base.matches_content(chmod) and not base.matches_metadata(chmod)
    assert base.matches_metadata(rewritten) and not base.matches_content(rewritten)
