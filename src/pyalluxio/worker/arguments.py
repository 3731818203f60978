"""What a request may not name, said in one sentence before anything is touched."""

from __future__ import annotations

from pyalluxio.errors import InvalidArgument


def check_block_id(block_id: int, call: str) -> None:
    """Raise InvalidArgument for an id that no block can have: such a name must not reach the file system."""
    if block_id < 0:
        raise InvalidArgument(f"{call} names block {block_id}; block ids are not negative.")
