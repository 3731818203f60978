"""What is wrong with a configuration, as data; shells decide where to print it."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One mistake. `text` is a whole sentence or two, with the fix; `where` is `file:line`, a variable, or empty."""

    text: str
    key: str = ""
    where: str = ""
    is_error: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.where else self.text
