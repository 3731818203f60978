"""Where paths lead to in the under storages: the mount points and the arithmetic of their URIs.

The root mount comes from the configuration and is never journaled; every other one is. Credentials in the properties
pass through untouched: only what prints them masks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pyalluxio import path as paths
from pyalluxio.errors import InvalidPath


@dataclass(frozen=True, slots=True)
class MountInfo:
    """A mount point; `ufs_uri` has no trailing slash, except where it is a root such as `/` or `s3://bucket/`."""

    path: str
    ufs_uri: str
    mount_id: int
    read_only: bool = False
    shared: bool = False
    properties: tuple[tuple[str, str], ...] = ()


class Resolution(NamedTuple):
    """What a path means in the under storage."""

    ufs_path: str
    mount: MountInfo


@dataclass(frozen=True, slots=True)
class MountTable:
    """The mount points by path. A change makes a new table."""

    mounts: Mapping[str, MountInfo] = field(default_factory=dict)

    def with_mount(self, mount: MountInfo) -> MountTable:
        return MountTable({**self.mounts, mount.path: mount})

    def without(self, path: str) -> MountTable:
        return MountTable({key: mount for key, mount in self.mounts.items() if key != path})

    def mount_of(self, path: str) -> MountInfo:
        """Return the mount point that covers a path: the longest prefix wins; a mount point belongs to itself.

        Cost:    one dict lookup if only the root is mounted, else one for each component.
        Raises:  InvalidPath: nothing covers it, since the root is not mounted.
        """
        mounts = self.mounts
        if len(mounts) > 1:
            at = path
            while at != paths.ROOT:
                mount = mounts.get(at)
                if mount is not None:
                    return mount
                at = paths.parent(at)
        root = mounts.get(paths.ROOT)
        if root is None:
            raise InvalidPath(f'No mount point covers the path "{path}".')
        return root

    def resolve(self, path: str) -> Resolution:
        """Return the under-storage path of a path, with its mount point."""
        mount = self.mount_of(path)
        return Resolution(join_uri(mount.ufs_uri, paths.relative(path, mount.path)), mount)

    def reverse(self, ufs_uri: str) -> str:
        """Return the path that shows an under-storage URI.

        Raises:  InvalidPath: no mount point of the same scheme and authority holds it.
        """
        wanted = normalise_uri(ufs_uri)
        best: MountInfo | None = None
        for mount in self.mounts.values():
            if uri_is_below(wanted, mount.ufs_uri) and (best is None or len(mount.ufs_uri) > len(best.ufs_uri)):
                best = mount
        if best is None:
            raise InvalidPath(f'No mount point holds "{ufs_uri}"; see the mount table for those that exist.')
        rest = wanted[len(best.ufs_uri) :].strip("/")
        return paths.join(best.path, rest) if rest else best.path

    def by_id(self, mount_id: int) -> MountInfo | None:
        for mount in self.mounts.values():
            if mount.mount_id == mount_id:
                return mount
        return None

    def below(self, path: str) -> list[MountInfo]:
        """Return the mount points strictly below a path, sorted by path."""
        if len(self.mounts) <= 1:
            return []
        return [self.mounts[key] for key in sorted(self.mounts) if paths.is_below(key, path)]


def normalise_uri(uri: str) -> str:
    """Return a URI without trailing slashes, but for a root: `/`, `file:///`, `s3://bucket/`.

    `.` and `..` are resolved, whatever links there are; what leads above the root stays at the root.
    """
    head, body = split_uri(uri)
    parts: list[str] = []
    for part in body.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return f"{head}/{'/'.join(parts)}"


def leads_above_root(uri: str) -> bool:
    """Say whether the `..` of a URI are too many for its path."""
    depth = 0
    for part in split_uri(uri)[1].split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def split_uri(uri: str) -> tuple[str, str]:
    """Split a URI into scheme with authority (`s3://bucket`, or empty) and path (`/a/b`)."""
    scheme = uri.find("://")
    if scheme < 0:
        return "", uri
    slash = uri.find("/", scheme + 3)
    return (uri, "/") if slash < 0 else (uri[:slash], uri[slash:])


def is_local(uri: str) -> bool:
    """Say whether a URI leads to a file system of the machine: a plain path, or one with `file://`."""
    return uri.startswith(("/", "file:"))


def join_uri(base: str, rest: str) -> str:
    """Return `base/rest`; an empty rest is the base itself."""
    if not rest:
        return base
    return f"{base}{rest}" if base.endswith("/") else f"{base}/{rest}"


def uri_is_below(uri: str, base: str) -> bool:
    """Say whether a normalised URI is `base` or lies below it; scheme and authority have to be equal."""
    return uri == base or uri.startswith(base if base.endswith("/") else base + "/")
