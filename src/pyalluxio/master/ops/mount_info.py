"""getMountTable, reverseResolve, getUfsInfo: what is mounted where. Nobody's permission is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from pyalluxio.master.ops.context import ReadContext
from pyalluxio.master.state.mount_table import MountInfo

MASK = "******"


def mount_table(context: ReadContext, is_secret: Callable[[str], bool]) -> list[MountInfo]:
    """Return the mount points, the root's included, sorted by path; the values of secret properties are masked.

    is_secret  says so for the key of a property
    """
    mounts = context.mounts.mounts
    return [_masked(mounts[path], is_secret) for path in sorted(mounts)]


def reverse_resolve(context: ReadContext, ufs_uri: str) -> str:
    """Return the path that shows an address of an under storage.

    Raises:  InvalidPath: no mount point holds it.
    """
    return context.mounts.reverse(ufs_uri)


def by_id(context: ReadContext, mount_id: int) -> MountInfo | None:
    """Return a mount point with its credentials, for workers; None if there is no such id."""
    return context.mounts.by_id(mount_id)


def _masked(mount: MountInfo, is_secret: Callable[[str], bool]) -> MountInfo:
    if not any(is_secret(key) for key, _ in mount.properties):
        return mount
    return replace(mount, properties=tuple(_shown(mount.properties, is_secret)))


def _shown(properties: Iterable[tuple[str, str]], is_secret: Callable[[str], bool]) -> Iterable[tuple[str, str]]:
    return ((key, MASK if is_secret(key) else value) for key, value in properties)
