"""Where a worker writes a file that it persists, before the master gives it its final name.

The name follows from mount point and file id alone, so that worker, master and a later master agree on it without a
message: a new leader finds what the workers of its predecessor have written. It looks temporary to metadata sync.
"""

from __future__ import annotations

FOLDER = ".alluxio_ufs_persistence"


def persist_path(mount_uri: str, file_id: int) -> str:
    """Return the under-storage path of the unpublished content of a file."""
    return f"{mount_uri.rstrip('/')}/{FOLDER}/{file_id}.alluxio.0x{file_id:016X}.tmp"
