"""checkAccess: whether the caller has some bits on a path."""

from __future__ import annotations

from pyalluxio.master.ops import checks
from pyalluxio.master.ops.context import ReadContext


def run(context: ReadContext, path: str, bits: int) -> None:
    """Return if the caller has `bits` on the path.

    Raises:  AccessDenied, also for a missing path whose deepest ancestor denies them; then FileDoesNotExist;
             InvalidPath.
    """
    checks.existing(context, path, bits=bits)
