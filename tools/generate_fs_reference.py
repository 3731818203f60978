"""Write docs/reference/fs.md from the fs commands themselves; `--check` only tells whether it is up to date."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import click  # noqa: E402

from pyalluxio.cli.fs import COMMANDS  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "fs.md"

HEADER = """\
# `alluxio fs`

Written by `tools/generate_fs_reference.py` from the commands; change these instead.

- The cluster comes from the configuration, or from a path: `alluxio://host1:19998,host2:19998/data`. `-Dkey=value`
  works anywhere on the line.
- `*` in a path of the cluster is expanded by the command: quote it, so that the shell leaves it alone. Several paths
  are worked on one by one; what failed is told at the end.
- Data and results go to standard output, errors to standard error.
- Exit code: 0 done, 1 an error; `test` has its own. (The shell of 2.9 exits with 255 where this one exits with 1.)
- While no master answers at all, a command gives up after 5 seconds; while masters answer, a fail-over gets
  `alluxio.user.rpc.retry.max.duration`.

"""


def page() -> str:
    """Return the text of the whole page."""
    return HEADER + "\n".join(section(name) for name in sorted(COMMANDS, key=str.lower))


def section(name: str) -> str:
    """Return one command: what it does, its options, its examples."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    command: click.Command = getattr(import_module(module), attribute)
    parts = [f"## {name}\n", " ".join((command.help or "").split()) + "\n"]
    rows = []
    with click.Context(command, info_name=name) as context:
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context)
            if isinstance(parameter, click.Option) and record is not None and "--help" not in parameter.opts:
                option, text = (part.replace("|", "\\|") for part in record)
                rows.append(f"| `{option}` | {text} |")
    if rows:
        parts.append("\n".join(["| Option | Meaning |", "| --- | --- |", *rows]) + "\n")
    examples = (command.epilog or "").partition("Examples:\n")[2]
    parts.append("```sh\n" + "\n".join(line.strip() for line in examples.splitlines()) + "\n```\n")
    return "\n".join(parts)


def main() -> int:
    """Write or check the page; return the exit code."""
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE.relative_to(ROOT)} is out of date; run tools/generate_fs_reference.py", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
