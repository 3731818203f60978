"""`alluxio-env.sh` is read without a shell; what a shell would assign must come out, and nothing may run."""

from __future__ import annotations

import pytest

from pyalluxio.conf import env_file

ENVIRON = {"HOME": "/home/u", "A": "old"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("X=1", {"X": "1"}, id="plain"),
        pytest.param("export X=1", {"X": "1"}, id="exported"),
        pytest.param("X='a $A b'", {"X": "a $A b"}, id="single quotes take all as it is"),
        pytest.param('X="a $A b"', {"X": "a old b"}, id="double quotes expand"),
        pytest.param('X="-Da=${A} -Db=\\$c"', {"X": "-Da=old -Db=$c"}, id="braces, and an escaped dollar"),
        pytest.param("X=$NOPE.", {"X": "."}, id="an unknown variable is empty, as in a shell"),
        pytest.param("X=${NOPE:-word}", {"X": "word"}, id="a value for an unset variable"),
        pytest.param("A+=' more'", {"A": "old more"}, id="appended to the caller's"),
        pytest.param('X=1\nX+=2\nY="$X"', {"X": "12", "Y": "12"}, id="lines see earlier ones"),
        pytest.param("X=1 Y=2; export Z=3", {"X": "1", "Y": "2", "Z": "3"}, id="several on a line"),
        pytest.param("X=1 # comment", {"X": "1"}, id="comment behind"),
        pytest.param("X=a#b", {"X": "a#b"}, id="a hash inside a word is no comment"),
        pytest.param("X=a'b'\"c\"", {"X": "abc"}, id="quotes inside a word"),
        pytest.param("X='-Da=1 \\\n-Db=2'", {"X": "-Da=1 -Db=2"}, id="continued line"),
        pytest.param("X=~/alluxio", {"X": "/home/u/alluxio"}, id="home folder"),
        pytest.param("X=", {"X": ""}, id="empty"),
        pytest.param("#!/bin/bash\n\n# X=1\nexport X", {}, id="nothing assigned"),
    ],
)
def test_assignments(text: str, expected: dict[str, str]) -> None:
    """A node whose file is understood otherwise than bash does comes up with other folders."""
    assert env_file.parse(text, "env", ENVIRON) == (expected, [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("touch /tmp/ran", "'touch' is not an assignment", id="command"),
        pytest.param("X=$(hostname)", r"a command in \$\( \)", id="command substitution"),
        pytest.param('X="`hostname`"', "backquotes", id="backquotes"),
        pytest.param("if [ -z $X ]; then", "'if' is not an assignment", id="condition"),
        pytest.param("X=1 && Y=2", "'&&' is not an assignment", id="chain of commands"),
        pytest.param("X=a|b", "outside quotes", id="pipe"),
        pytest.param("X='open", "a quote is not closed", id="open quote"),
        pytest.param("X=${A%x}", "the expansion", id="expansion with a pattern"),
    ],
)
def test_everything_else_is_a_warning_that_names_the_line(line: str, reason: str) -> None:
    """Dropping a line in silence leaves the reader wondering why it has no effect; running it is worse."""
    assigned, warnings = env_file.parse(f"FIRST=1\n{line}\nLAST=1", "env", ENVIRON)
    assert assigned == {"FIRST": "1", "LAST": "1"}
    (warning,) = warnings
    assert warning.where == "env:2"
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(warning.text)
