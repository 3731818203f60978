"""How `alluxio fs` prints things, column by column as 2.9 does. Pure: a FileInfo in, text out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pyalluxio.cli.report import size

if TYPE_CHECKING:
    from pyalluxio.client.file_info import AclEntry, BlockInfo, FileInfo, MountPoint, WorkerAddress

DATE_PATTERN = "MM-dd-yyyy HH:mm:ss:SSS"

# The letters of Java's date patterns that people use, and their forms here.
_DATE_PARTS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "a": "%p",
    "Z": "%z",
}
_DATE_TOKEN = re.compile(r"yyyy|yy|MM|dd|HH|hh|mm|ss|SSS|a|Z|'[^']*'|.", re.DOTALL)


def moment(time_ms: int, pattern: str = DATE_PATTERN) -> str:
    """Return a time in local time, formatted by a Java pattern such as `yyyy-MM-dd HH:mm:ss`."""
    when = datetime.fromtimestamp(time_ms // 1000).astimezone()
    parts = []
    for token in _DATE_TOKEN.findall(pattern):
        if token == "SSS":
            parts.append(f"{time_ms % 1000:03d}")
        elif token in _DATE_PARTS:
            parts.append(when.strftime(_DATE_PARTS[token]))
        else:
            parts.append(token.strip("'"))
    return "".join(parts)


def permissions(file: FileInfo) -> str:
    """Return such as `drwxr-xr-x`, with a `+` behind when an extended ACL says more."""
    text = "d" if file.is_directory else "-"
    for shift in (6, 3, 0):
        bits = file.mode >> shift
        text += ("r" if bits & 4 else "-") + ("w" if bits & 2 else "-") + ("x" if bits & 1 else "-")
    return text + ("+" if file.has_extended_acl else "")


TIMESTAMPS = {
    "creationTime": lambda file: file.creation_time_ms,
    "lastAccessTime": lambda file: file.last_access_time_ms,
    "lastModificationTime": lambda file: file.last_modification_time_ms,
}

SORT_KEYS = {
    "path": lambda file: file.path,
    "name": lambda file: file.name,
    "size": lambda file: file.length,
    "inMemoryPercentage": lambda file: file.in_memory_percentage,
    **TIMESTAMPS,
}


def ls_line(
    file: FileInfo,
    *,
    human_readable: bool = False,
    timestamp: str = "lastModificationTime",
    pattern: str = DATE_PATTERN,
    with_permissions: bool = True,
) -> str:
    """Return one line of `ls`; without authorization the first three columns are left out."""
    length = size(file.length) if human_readable and not file.is_directory else str(file.length)
    when = moment(TIMESTAMPS[timestamp](file), pattern)
    cached = "DIR" if file.is_directory else f"{file.in_alluxio_percentage}%"
    rest = f"{length:>15}{file.persistence_state:>16}{when:>24}{cached:>5} {file.path:<5}"
    if not with_permissions:
        return rest
    return f"{permissions(file):<12}{file.owner:<15}{file.group:<15}{rest}"


# --- du ------------------------------------------------------------------------------------------------------------


def du_header(*, memory: bool, by_worker: bool) -> str:
    """Return the column heads of `du`."""
    return _du_row("File Size", "In Alluxio", "In Memory", "Worker Host Name", "Path", memory, by_worker)


def du_lines(
    path: str,
    length: int,
    cached: int,
    in_memory: int,
    *,
    memory: bool,
    by_worker: dict[str, int] | None,
    human_readable: bool,
) -> list[str]:
    """Return the lines of one path: its sum, then with `by_worker` one line for each worker's bytes."""
    show = size if human_readable else str

    def cell(count: int) -> str:
        return f"{show(count)} ({count * 100 // length if length else 0}%)"

    with_workers = by_worker is not None
    lines = [_du_row(show(length), cell(cached), cell(in_memory), "total", path, memory, with_workers)]
    for host, count in sorted((by_worker or {}).items()):
        lines.append(_du_row("", show(count), "", host, "", memory, with_workers))
    return lines


def _du_row(total: str, cached: str, in_memory: str, worker: str, path: str, memory: bool, by_worker: bool) -> str:
    row = f"{total:<13} {cached:<16} "
    if memory:
        row += f"{in_memory:<16} "
    if by_worker:
        row += f"{worker:<25} "
    return row + path


def count_lines(files: int, folders: int, total_bytes: int, *, human_readable: bool) -> list[str]:
    """Return the two lines of `count`."""
    shown = size(total_bytes) if human_readable else str(total_bytes)
    rows = (("File Count", "Folder Count", "Folder Size"), (str(files), str(folders), shown))
    return [f"{first:<25}{second:<25}{third:<15}" for first, second, third in rows]


# --- mounts --------------------------------------------------------------------------------------------------------


def mount_lines(mounts: Iterable[MountPoint]) -> list[str]:
    """Return one line per mount point, the first two columns as wide as their widest entry."""
    rows = list(mounts)
    ufs_width = max((len(row.ufs_uri) for row in rows), default=0)
    path_width = max((len(row.path) for row in rows), default=0)
    lines = []
    for row in rows:
        used = "-1B" if row.used_bytes < 0 else size(row.used_bytes)
        capacity = "-1B" if row.capacity_bytes < 0 else size(row.capacity_bytes)
        if row.used_bytes >= 0 and row.capacity_bytes > 0:
            used += f"({row.used_bytes * 100 // row.capacity_bytes}%)"
        properties = ", ".join(f"{key}={value}" for key, value in sorted(row.properties.items()))
        lines.append(
            f"{row.ufs_uri:<{ufs_width}}  on  {row.path:<{path_width}}  ({row.ufs_type}, capacity={capacity}, "
            f"used={used}, {'' if row.is_read_only else 'not '}read-only, {'' if row.is_shared else 'not '}shared, "
            f"properties={{{properties}}})"
        )
    return lines


# --- stat ----------------------------------------------------------------------------------------------------------


def stat_format(file: FileInfo, text: str) -> str:
    """Return `text` with `%N %z %u %g %i %y %Y %b` replaced: name, size, owner, group, id, time, time in ms, blocks."""
    when = datetime.fromtimestamp(file.last_modification_time_ms // 1000)
    values = {
        "%N": file.name,
        "%z": "NA" if file.is_directory else str(file.length),
        "%u": file.owner,
        "%g": file.group,
        "%i": str(file.file_id),
        "%y": when.strftime("%Y-%m-%d %H:%M:%S"),
        "%Y": str(file.last_modification_time_ms),
        "%b": "NA" if file.is_directory else str(len(file.blocks)),
    }
    return re.sub(r"%[NzugiyYb]", lambda match: values[match.group()], text)


def stat_lines(file: FileInfo) -> list[str]:
    """Return what `stat` prints without a format: the kind, everything the master knows, the blocks."""
    lines = [f"{file.path} is a {'directory' if file.is_directory else 'file'} path.", _dump(file)]
    if not file.is_directory:
        lines.append("Containing the following blocks: ")
        lines += [_block(block) for block in file.blocks]
    return lines


def _dump(file: FileInfo) -> str:
    blocks = ", ".join(
        f"FileBlockInfo{{blockInfo={_block(block)}, offset={block.offset}, "
        f"ufsLocations=[{', '.join(block.ufs_locations)}]}}"
        for block in file.blocks
    )
    fields = {
        "fileId": file.file_id,
        "name": file.name,
        "path": file.path,
        "ufsPath": file.ufs_path,
        "length": file.length,
        "blockSizeBytes": file.block_size_bytes,
        "creationTimeMs": file.creation_time_ms,
        "completed": _flag(file.is_completed),
        "folder": _flag(file.is_directory),
        "pinned": _flag(file.is_pinned),
        "pinnedlocation": f"[{', '.join(file.pinned_media)}]",
        "cacheable": _flag(file.is_cacheable),
        "persisted": _flag(file.is_persisted),
        "blockIds": f"[{', '.join(map(str, file.block_ids))}]",
        "inMemoryPercentage": file.in_memory_percentage,
        "lastModificationTimesMs": file.last_modification_time_ms,
        "ttl": file.ttl_ms,
        "lastAccessTimesMs": file.last_access_time_ms,
        "ttlAction": file.ttl_action,
        "owner": file.owner,
        "group": file.group,
        "mode": file.mode,
        "persistenceState": file.persistence_state,
        "mountPoint": _flag(file.is_mount_point),
        "replicationMax": file.replication_max,
        "replicationMin": file.replication_min,
        "fileBlockInfos": f"[{blocks}]",
        "mountId": file.mount_id,
        "inAlluxioPercentage": file.in_alluxio_percentage,
        "ufsFingerprint": file.ufs_fingerprint,
        "acl": _acl(file.acl),
        "defaultAcl": _acl(file.default_acl),
        "xattr": "[" + ", ".join(f"{key}={value!r}" for key, value in sorted(file.xattr.items())) + "]",
    }
    text = ", ".join(f"{name}={value}" for name, value in fields.items())
    return f"URIStatus{{info=FileInfo{{{text}}}, cacheContext=null}}"


def _block(block: BlockInfo) -> str:
    locations = ", ".join(
        f"BlockLocation{{workerId={found.worker_id}, address={_address(found.address)}, tierAlias={found.tier_alias}, "
        f"mediumType={found.medium_type}}}"
        for found in block.locations
    )
    return f"BlockInfo{{id={block.block_id}, length={block.length}, locations=[{locations}]}}"


def _address(address: WorkerAddress) -> str:
    tiers = dict(address.tiers)
    named = ", ".join(f"{name}={tiers.get(name, 'null')}" for name in dict.fromkeys(["node", "rack", *tiers]))
    return (
        f"WorkerNetAddress{{host={address.host}, containerHost={address.container_host}, rpcPort={address.rpc_port}, "
        f"dataPort={address.data_port}, webPort={address.web_port}, domainSocketPath={address.domain_socket_path}, "
        f"tieredIdentity=TieredIdentity({named})}}"
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _acl(entries: Iterable[AclEntry]) -> str:
    return ",".join(str(entry) for entry in entries)


def acl_lines(file: FileInfo) -> list[str]:
    """Return what `getfacl` prints."""
    head = [f"# file: {file.path}", f"# owner: {file.owner}", f"# group: {file.group}"]
    return head + [str(entry) for entry in (*file.acl, *file.default_acl)]
