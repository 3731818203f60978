"""What happens to the words of a command line before click sees them.

Three habits of Alluxio's users do not fit a parser of sub-commands: properties (`-Dkey=value`) may stand anywhere, the
global flags too, and scripts written for 2.9 use other words for the same commands.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyalluxio.errors import ConfigurationError

# The first words of a 2.9 command and what stands for them here.
NAMES_OF_2_9: dict[tuple[str, ...], list[str]] = {
    ("format",): ["init", "format"],
    ("formatJournal",): ["journal", "format"],
    ("formatMasters",): ["journal", "format"],
    ("formatWorker",): ["cache", "format"],
    ("formatWorkers",): ["cache", "format"],
    ("getConf",): ["conf", "get"],
    ("runTest",): ["exec", "basicIOTest", "--all"],
    ("runTests",): ["exec", "basicIOTest", "--all"],
    ("version",): ["info", "version"],
    ("readJournal",): ["journal", "read"],
    ("fsadmin", "journal"): ["journal"],
    ("fsadmin", "report"): ["info", "report", "--format", "text"],
    ("fs", "masterInfo"): ["info", "master"],
    ("fs", "leader"): ["info", "master", "--leader"],
}


@dataclass(slots=True)
class Arguments:
    """A command line without its global parts."""

    words: list[str] = field(default_factory=list)
    overrides: dict[str, str] = field(default_factory=dict)
    debug: bool = False
    debug_log: bool = False


def parse(argv: list[str]) -> Arguments:
    """Take properties and global flags out of `argv`, and put the new names of commands for those of 2.9.

    `-Dk=v`, `-D k=v`, `--java-opts k=v` and `--java-opts "-Dk=v -Dl=w"` are read anywhere before `--`; the last one
    wins.

    Raises:  ConfigurationError: a property without its value.
    """
    arguments = Arguments()
    rest = iter(argv)
    for word in rest:
        if word == "--":
            arguments.words += [word, *rest]
        elif word == "--debug":
            arguments.debug = True
        elif word == "--debug-log":
            arguments.debug_log = True
        elif word in ("-D", "--java-opts"):
            value = next(rest, None)
            if value is None:
                raise ConfigurationError(f"{word} needs a property after it: {word} key=value.")
            _add(arguments.overrides, value)
        elif word.startswith("--java-opts="):
            _add(arguments.overrides, word.removeprefix("--java-opts="))
        elif word.startswith("-D"):
            _add(arguments.overrides, word)
        else:
            arguments.words.append(word)
    arguments.words = _renamed(arguments.words)
    return arguments


def _add(overrides: dict[str, str], text: str) -> None:
    # Several properties in one word all begin with -D, so a blank inside a value is no separator.
    first, *more = text.split(" -D")
    for part in [first.strip().removeprefix("-D"), *more]:
        key, separator, value = part.partition("=")
        if not separator or not key.strip():
            # The word may be a credential that lost its key: it is not repeated.
            raise ConfigurationError(
                f'"-D{key.strip()[:60]}" is not a property: write -Dkey=value, without blanks around "=".'
            )
        overrides[key.strip()] = value.strip()


def _renamed(words: list[str]) -> list[str]:
    for length in (2, 1):
        new = NAMES_OF_2_9.get(tuple(words[:length]))
        if new is not None:
            return [*new, *words[length:]]
    return words
