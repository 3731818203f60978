"""Site files are written by hand and by Java tools; both must read as Java reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyalluxio.conf import properties_file
from pyalluxio.errors import ConfigurationError


def pairs(text: str) -> list[tuple[str, str]]:
    return [(entry.key, entry.value) for entry in properties_file.parse(text, "f")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a=1", [("a", "1")], id="equals sign"),
        pytest.param("a: 1", [("a", "1")], id="colon"),
        pytest.param("a 1", [("a", "1")], id="blank"),
        pytest.param("  a  =  1  ", [("a", "1")], id="blanks around both"),
        pytest.param("a==1", [("a", "=1")], id="only the first separator counts"),
        pytest.param("a=h1:19200,h2:19200", [("a", "h1:19200,h2:19200")], id="separators inside a value"),
        pytest.param("# a=1\n! b=2\n\n  # c=3\nd=4", [("d", "4")], id="comment lines"),
        pytest.param("a=1\\\n   2,\\\n\t3\nb=4", [("a", "12,3"), ("b", "4")], id="continuation lines"),
        pytest.param("a=1\\\\\nb=2", [("a", "1\\"), ("b", "2")], id="two backslashes do not continue"),
        pytest.param("a=1\\", [("a", "1")], id="continuation at the end of the file"),
        pytest.param("# comment \\\na=1", [("a", "1")], id="comments do not continue"),
        pytest.param("a=\\u00e9\\t\\n", [("a", "é\t\n")], id="escapes"),
        pytest.param("a=\\uD83D\\uDE00", [("a", "\U0001f600")], id="two surrogates are one character"),
        pytest.param("a\\ b\\=c=d", [("a b=c", "d")], id="escaped separators in a key"),
        pytest.param("a=C:\\dir", [("a", "C:dir")], id="a lone backslash vanishes, as in Java"),
        pytest.param("a", [("a", "")], id="key alone"),
        pytest.param("a=1\r\nb=2\rc=3", [("a", "1"), ("b", "2"), ("c", "3")], id="line ends of every system"),
        pytest.param("a=1\na=2", [("a", "1"), ("a", "2")], id="repeated keys are all told"),
    ],
)
def test_parse(text: str, expected: list[tuple[str, str]]) -> None:
    """A file that Java reads otherwise would give clients and servers different clusters."""
    assert pairs(text) == expected


@pytest.mark.parametrize(
    ("text", "value", "uncommented"),
    [
        pytest.param("a=1 # one", "1 # one", "1", id="after a blank"),
        pytest.param("a=1\t#one", "1\t#one", "1", id="after a tab, without a blank behind"),
        pytest.param("a=# none yet", "# none yet", "", id="instead of a value"),
        pytest.param("a=pass#word", "pass#word", None, id="inside a word it is no comment"),
        pytest.param("a=pass \\#word", "pass #word", None, id="escaped it is no comment"),
    ],
)
def test_comment_after_a_value(text: str, value: str, uncommented: str | None) -> None:
    """Guides show comments behind values; Java takes them into the value, and no host is named `h1 # first`."""
    (entry,) = properties_file.parse(text, "f")
    assert (entry.value, entry.uncommented) == (value, uncommented)


def test_lines_are_those_where_entries_begin() -> None:
    """A message that names the wrong line sends the reader looking."""
    entries = properties_file.parse("# one\na=1\\\n2\n\nb=3", "f")
    assert [(entry.key, entry.line) for entry in entries] == [("a", 2), ("b", 5)]


def test_malformed_escape_names_file_and_line() -> None:
    """A Windows path such as C:\\users stops the parser; the reader must learn where."""
    with pytest.raises(ConfigurationError, match=r"^site:2: .*hexadecimal"):
        properties_file.parse("a=1\nb=C:\\users", "site")


def test_latin_1_files_are_read_as_java_wrote_them(tmp_path: Path) -> None:
    """Java tools write Latin-1; an accent must not make the file unreadable."""
    file = tmp_path / "f"
    file.write_bytes("a=é".encode("latin-1"))
    assert properties_file.read(str(file))[0].value == "é"


def test_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    """Editors on Windows begin files with one; the first property would be unknown."""
    file = tmp_path / "f"
    file.write_bytes(b"\xef\xbb\xbfa=1")
    assert properties_file.read(str(file))[0].key == "a"


def test_unreadable_file_is_an_error(tmp_path: Path) -> None:
    """Silently going on with defaults would start a cluster of its own."""
    with pytest.raises(ConfigurationError, match="Cannot read"):
        properties_file.read(str(tmp_path))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
KEY = TEXT.filter(bool)


@given(st.lists(st.tuples(KEY, TEXT), max_size=5))
def test_what_is_written_reads_back(properties: list[tuple[str, str]]) -> None:
    """A local cluster writes its site file for other programs; a `#` or a backslash in a password must survive."""
    entries = properties_file.parse(properties_file.write(properties), "f")
    assert [(entry.key, entry.value) for entry in entries] == properties
    assert all(entry.uncommented is None for entry in entries)


@given(st.text(max_size=60))
def test_any_text_parses_or_is_refused_with_a_sentence(text: str) -> None:
    """A broken file must never end in a traceback."""
    try:
        properties_file.parse(text, "f")
    except ConfigurationError as error:
        assert str(error).startswith("f:")
