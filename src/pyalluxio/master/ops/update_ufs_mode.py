"""updateUfsMode: an administrator takes an under storage out of use, or back into it."""

from __future__ import annotations

from pyalluxio.errors import InvalidArgument
from pyalluxio.journal.entries import UfsMode, UpdateUfsModeEntry
from pyalluxio.master.ops.checks import ufs_root
from pyalluxio.master.ops.context import OpContext


def run(context: OpContext, ufs_uri: str, mode: UfsMode = UfsMode.READ_WRITE) -> None:
    """Set the mode of a whole under storage: of everything with the scheme and authority of the address.

    Raises:  InvalidArgument: nothing of it is mounted.
    """
    root = ufs_root(ufs_uri)
    known = sorted({ufs_root(mount.ufs_uri) for mount in context.mounts.mounts.values()})
    if root not in known:
        raise InvalidArgument(f'Nothing of the under storage "{root}" is mounted; there are {", ".join(known)}.')
    context.emit(UpdateUfsModeEntry(root, mode))
