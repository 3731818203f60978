"""Which implementation serves which scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pyalluxio.errors import InvalidArgument
from pyalluxio.ufs.interface import Ufs
from pyalluxio.ufs.local import LocalUfs

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

Factory = Callable[[str, Mapping[str, str], "Configuration | None"], Ufs]


def _open_local(uri: str, options: Mapping[str, str], conf: Configuration | None) -> Ufs:
    return LocalUfs(uri)


_factories: dict[str, Factory] = {"": _open_local, "file": _open_local}


def open(uri: str, options: Mapping[str, str] | None = None, conf: Configuration | None = None) -> Ufs:  # noqa: A001
    """Return the under storage at `uri`; opening does no I/O.

    `options` are the mount's own properties, which win over `conf`.
    Raises:   InvalidArgument: the scheme is not served, or a path without scheme is not absolute.
    """
    scheme = scheme_of(uri)
    factory = _factories.get(scheme)
    if factory is None:
        known = ", ".join(f"{name}://" for name in sorted(_factories) if name)
        raise InvalidArgument(
            f"No under storage serves {uri}: the scheme {scheme}:// is unknown. Use an absolute path or one of {known}."
        )
    return factory(uri, options or {}, conf)


def register(scheme: str, factory: Factory) -> None:
    """Serve one more scheme in this process."""
    _factories[scheme] = factory


def scheme_of(uri: str) -> str:
    """Return the scheme in lower case, empty for a plain path."""
    head, separator, _ = uri.partition(":")
    return head.lower() if separator and head and "/" not in head else ""
