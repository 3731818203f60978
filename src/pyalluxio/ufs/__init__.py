"""Under storage: one interface, one implementation for each kind of store."""

from pyalluxio.ufs.interface import (
    CreateOptions,
    MkdirOptions,
    Ufs,
    UfsReader,
    UfsStatus,
    UfsWriter,
)
from pyalluxio.ufs.registry import open, register  # noqa: A004

__all__ = ["CreateOptions", "MkdirOptions", "Ufs", "UfsReader", "UfsStatus", "UfsWriter", "open", "register"]
