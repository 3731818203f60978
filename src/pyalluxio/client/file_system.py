"""The file system for asyncio programs: every operation on the namespace, and files to read and write.

    async with await AsyncFileSystem.connect("alluxio://m1:19998,m2:19998") as fs:
        async with await fs.create_file("/a/b", recursive=True) as file:
            await file.write(b"hello")
        assert await fs.read_bytes("/a/b") == b"hello"

Paths may be plain (`/a/b`) or URIs (`alluxio://host:port/a/b`, whose authority must name this cluster). Times are
milliseconds. Errors are the classes of `pyalluxio.errors`, by the master's status.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyalluxio import path as paths
from pyalluxio.client import acl as acl_text
from pyalluxio.client import options
from pyalluxio.client.connection import channel_options
from pyalluxio.client.context import Context, Settings
from pyalluxio.client.file_info import AclEntry, FileInfo, MountPoint, WorkerInfo
from pyalluxio.client.master_client import MasterClient
from pyalluxio.client.options import READ_TYPES, WRITE_TYPES, one_of
from pyalluxio.errors import (
    AlluxioError,
    DeadlineExceeded,
    FileIncomplete,
    InvalidArgument,
    InvalidPath,
    NotFound,
)
from pyalluxio.wire.gen import file_system_master_pb2 as pb

if TYPE_CHECKING:
    from pyalluxio.client.file_reader import AsyncFileReader
    from pyalluxio.client.file_writer import AsyncFileWriter
    from pyalluxio.client.policy import Policy
    from pyalluxio.conf import Configuration

PERSIST_POLL_S = 0.2


class AsyncFileSystem:
    """A cluster as a file system; belongs to one event loop, safe for many of its tasks."""

    def __init__(self, context: Context, configuration: Configuration) -> None:
        """Take the parts; programs call `connect`."""
        self._context = context
        self._master = context.master
        self.configuration = configuration
        self._own_authorities: set[str] = set()

    @classmethod
    async def connect(
        cls,
        target: str = "",
        *,
        configuration: Configuration | None = None,
        properties: Mapping[str, str] | None = None,
        cluster_defaults: bool = True,
        path_defaults: bool | None = None,
        only_workers: Collection[str] = (),
        unreachable_max_ms: int | None = None,
    ) -> AsyncFileSystem:
        """Return a file system for the masters that `target` names, else the configuration.

        target:              `alluxio://authority[/…]` or the authority alone; empty asks the configuration.
        properties:          set for this client, over files and environment.
        cluster_defaults:    ask the leader for the defaults it hands to clients; they never replace what is set here.
        path_defaults:       ask for its defaults of paths (`pathConf`), by default together with those; they win over
                             files and environment, not over `properties` and the arguments of calls.
        only_workers:        write to, and read through, these alone: `host:port` as reports show them.
        unreachable_max_ms:  give up earlier than `alluxio.user.rpc.retry.max.duration` while no master answers at all.

        Raises:   Unavailable: no leader in time (only if defaults are asked for; otherwise the first call
        says so).
        """
        from pyalluxio import conf
        from pyalluxio.conf.addresses import master_rpc_addresses

        if configuration is None:
            configuration = conf.load("client", overrides=properties)
        elif properties:
            configuration = configuration.with_overrides(properties)
        addresses = master_rpc_addresses(configuration, authority_of(target))
        rpc_options = channel_options(configuration)
        master = MasterClient.of(configuration, addresses, rpc_options, unreachable_max_ms=unreachable_max_ms)
        path_defaults = cluster_defaults if path_defaults is None else path_defaults
        if (cluster_defaults or path_defaults) and configuration.boolean("alluxio.user.conf.cluster.default.enabled"):
            try:
                advice = await master.advice(cluster=cluster_defaults, paths=path_defaults)
            except BaseException:
                await master.close()
                raise
            configuration = configuration.with_cluster_defaults(advice.cluster).with_path_defaults(advice.paths)
        settings = Settings.of(configuration)
        # The user stays who it was: a cluster default must not make somebody else of the caller half-way.
        streaming = replace(channel_options(configuration, streaming=True), user=rpc_options.user)
        context = Context(master, settings, streaming, configuration=configuration, only_workers=only_workers)
        return cls(context, configuration)

    async def close(self) -> None:
        """Hang up. Files still open fail."""
        await self._context.close()

    async def __aenter__(self) -> AsyncFileSystem:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def defaults(self) -> options.Defaults:
        """What calls that ask for nothing get, where a path has no defaults of its own."""
        return self._context.settings.defaults

    def _defaults_at(self, path: str) -> options.Defaults:
        return self._context.settings_at(path).defaults

    def _path(self, text: str) -> str:
        """Return the path that a caller names. InvalidPath: it belongs to another cluster or file system."""
        authority = paths.authority(text)
        if authority and authority not in self._own_authorities:
            from pyalluxio.conf.addresses import master_rpc_addresses

            if not set(master_rpc_addresses(self.configuration, authority)) <= set(self.master_addresses):
                raise InvalidPath(
                    f"The URI authority {authority} does not match the configured value of "
                    f"{','.join(self.master_addresses)}: connect to that cluster, or leave the authority out."
                )
            self._own_authorities.add(authority)
        return paths.parse_own(text)

    async def leader(self) -> str:
        """Return `host:port` of the leading master, found again if need be."""
        retry = self._master.retry()
        while True:
            try:
                return await self._master.finder.leader()
            except AlluxioError as error:
                delay_s = retry.delay_s(error)
                if delay_s is None:
                    raise
                await asyncio.sleep(delay_s)

    @property
    def master_addresses(self) -> tuple[str, ...]:
        """Every master of the cluster, as configured."""
        return self._master.finder.addresses

    # --- looking ----------------------------------------------------------------------------------------------------

    async def exists(self, path: str, *, load_metadata_type: str | None = None) -> bool:
        """Say whether a path exists."""
        path = self._path(path)
        wanted = options.exists(self._defaults_at(path), load_metadata_type=load_metadata_type)
        return await self._master.exists(path, wanted)

    async def get_status(
        self, path: str, *, load_metadata_type: str | None = None, sync_interval_ms: int | None = None
    ) -> FileInfo:
        """Return what the master knows about a path. NotFound: there is none."""
        path = self._path(path)
        wanted = options.get_status(
            self._defaults_at(path), load_metadata_type=load_metadata_type, sync_interval_ms=sync_interval_ms
        )
        return await self._master.get_status(path, wanted)

    async def iterate_status(
        self,
        path: str,
        *,
        recursive: bool = False,
        load_metadata_type: str | None = None,
        exclude_mount_info: bool = False,
        sync_interval_ms: int | None = None,
    ) -> AsyncIterator[FileInfo]:
        """Yield a directory's children, all descendants parents first when `recursive`, or a file itself."""
        path = self._path(path)
        wanted = options.list_status(
            self._defaults_at(path),
            recursive=recursive,
            load_metadata_type=load_metadata_type,
            exclude_mount_info=exclude_mount_info,
            sync_interval_ms=sync_interval_ms,
        )
        async for found in self._master.list_status(path, wanted):
            yield found

    async def list_status(self, path: str, **wanted: Any) -> list[FileInfo]:
        """Return what `iterate_status` yields."""
        return [found async for found in self.iterate_status(path, **wanted)]

    async def list_status_partial(
        self,
        path: str,
        *,
        recursive: bool = False,
        batch_size: int | None = None,
        offset_id: int | None = None,
        start_after: str | None = None,
        offset_count: int | None = None,
        prefix: str | None = None,
        load_metadata_type: str | None = None,
    ) -> tuple[list[FileInfo], bool, int]:
        """Return one page of a listing: (files, more remain, number of direct children or -1 if recursive).

        The next page starts after the id of the last file (`offset_id`), after a path (`start_after`), or skips a
        number. Only what begins with `prefix` is listed, a path relative to the listed one.
        """
        path = self._path(path)
        return await self._master.list_status_partial(
            path,
            options.list_status(self._defaults_at(path), recursive=recursive, load_metadata_type=load_metadata_type),
            offset_id=offset_id,
            start_after=start_after,
            offset_count=offset_count,
            batch_size=batch_size,
            # The master takes it only with the slash.
            prefix="/" + prefix.lstrip("/") if prefix else None,
        )

    async def load_metadata(self, path: str, *, recursive: bool = False, always: bool = True) -> None:
        """Load metadata of a directory from the under storage, answering nothing."""
        path = self._path(path)
        wanted = options.list_status(
            self._defaults_at(path),
            recursive=recursive,
            load_metadata_type="ALWAYS" if always else "ONCE",
            load_metadata_only=True,
        )
        async for _ in self._master.list_status(path, wanted):
            continue

    async def check_access(self, path: str, bits: str) -> None:
        """Return if this user may do `bits` (such as `rw-`) at a path. PermissionDenied: not so.  NotFound: no path."""
        path = self._path(path)
        wanted = pb.CheckAccessPOptions(
            bits=acl_text.bits_of(bits) + 1,  # type: ignore[arg-type]  # the wire counts from 1
            commonOptions=options.common(self._defaults_at(path)),
        )
        await self._master.check_access(path, wanted)

    async def get_file_path(self, file_id: int) -> str:
        """Return the path of a file or directory id."""
        return await self._master.file_path(file_id)

    async def workers(self) -> list[WorkerInfo]:
        """Return the live workers, as the leader knows them now."""
        return await self._context.workers(fresh=True)

    # --- changing the namespace -------------------------------------------------------------------------------------

    async def create_directory(
        self,
        path: str,
        *,
        recursive: bool = False,
        allow_exists: bool = False,
        mode: int | None = None,
        write_type: str | None = None,
        ttl_ms: int | None = None,
        ttl_action: str | None = None,
    ) -> None:
        """Create a directory, with `recursive` its parents too. AlreadyExists: unless `allow_exists`."""
        path = self._path(path)
        wanted = options.create_directory(
            self._defaults_at(path),
            write_type=write_type,
            mode=mode,
            recursive=recursive,
            allow_exists=allow_exists,
            ttl_ms=ttl_ms,
            ttl_action=ttl_action,
        )
        await self._master.create_directory(path, wanted)

    async def delete(
        self,
        path: str,
        *,
        recursive: bool = False,
        alluxio_only: bool = False,
        unchecked: bool | None = None,
        delete_mount_point: bool = False,
        sync_parent_next_time: bool | None = None,
    ) -> None:
        """Delete a path. FailedPrecondition: a directory that is not empty, without `recursive`.

        `alluxio_only` leaves the under storage alone; `unchecked` deletes there without comparing first.
        """
        path = self._path(path)
        wanted = options.delete(
            self._defaults_at(path),
            recursive=recursive,
            alluxio_only=alluxio_only,
            unchecked=unchecked,
            delete_mount_point=delete_mount_point,
            sync_parent_next_time=sync_parent_next_time,
        )
        await self._master.delete(path, wanted)

    async def rename(self, source: str, target: str) -> None:
        """Rename a file or directory; an existing target is refused, a directory too."""
        target = self._path(target)
        await self._master.rename(self._path(source), target, options.rename(self._defaults_at(target)))

    async def set_attribute(
        self,
        path: str,
        *,
        mode: int | None = None,
        owner: str | None = None,
        group: str | None = None,
        pinned: bool | None = None,
        pinned_media: Sequence[str] = (),
        ttl_ms: int | None = None,
        ttl_action: str | None = None,
        replication_min: int | None = None,
        replication_max: int | None = None,
        recursive: bool = False,
    ) -> None:
        """Change attributes; what is None stays. Pin and replication always reach the whole subtree."""
        path = self._path(path)
        wanted = options.set_attribute(
            self._defaults_at(path),
            mode=mode,
            owner=owner,
            group=group,
            pinned=pinned,
            pinned_media=pinned_media,
            ttl_ms=ttl_ms,
            ttl_action=ttl_action,
            replication_min=replication_min,
            replication_max=replication_max,
            recursive=recursive,
        )
        await self._master.set_attribute(path, wanted)

    async def set_acl(
        self, path: str, action: str, entries: Sequence[AclEntry | str] = (), *, recursive: bool = False
    ) -> None:
        """Change access control lists.

        action:   REPLACE, MODIFY, REMOVE (each with entries), REMOVE_ALL, REMOVE_DEFAULT.
        entries:  such as `user:alice:rwx` or `default:group::r-x`; REMOVE takes them without bits.
        """
        path = self._path(path)
        word = one_of(action, pb.SetAclAction.keys(), "ACL action")
        parsed = [
            entry if isinstance(entry, AclEntry) else acl_text.parse_entry(entry, with_bits=word != "REMOVE")
            for entry in entries
        ]
        wanted = pb.SetAclPOptions(recursive=recursive, commonOptions=options.for_change(self._defaults_at(path)))
        messages = [acl_text.message(entry) for entry in parsed]
        await self._master.set_acl(path, pb.SetAclAction.Value(word), messages, wanted)

    async def free(self, path: str, *, recursive: bool = False, forced: bool = False) -> None:
        """Drop cached copies of persisted files; `forced` unpins first."""
        path = self._path(path)
        await self._master.free(path, options.free(self._defaults_at(path), recursive=recursive, forced=forced))

    async def persist(self, path: str, *, wait_s: float | None = None, delay_ms: int | None = None) -> None:
        """Ask the master to write a file to the under storage; with `wait_s` return when it is there.

        Raises:   DeadlineExceeded: not persisted within `wait_s`; it may be later.
        """
        plain = self._path(path)
        wanted = options.schedule_persistence(self._defaults_at(plain), wait_ms=delay_ms)
        await self._master.schedule_persistence(plain, wanted)
        if wait_s is None:
            return
        try:
            async with asyncio.timeout(wait_s):
                while not (await self.get_status(plain)).is_persisted:  # noqa: ASYNC110 - only the master knows
                    await asyncio.sleep(PERSIST_POLL_S)
        except TimeoutError:
            raise DeadlineExceeded(f"{plain} was not persisted within {wait_s:g} s; it may be later.") from None

    # --- mounts -----------------------------------------------------------------------------------------------------

    async def mount(
        self,
        path: str,
        ufs_uri: str,
        *,
        read_only: bool = False,
        shared: bool = False,
        properties: Mapping[str, str] | None = None,
        remount: bool = False,
    ) -> None:
        """Show a folder of an under storage at a path that does not exist yet."""
        path = self._path(path)
        wanted = options.mount(
            self._defaults_at(path), read_only=read_only, shared=shared, properties=properties, remount=remount
        )
        await self._master.mount(path, ufs_uri, wanted)

    async def unmount(self, path: str) -> None:
        """Take a mount point away; the under storage keeps everything."""
        path = self._path(path)
        wanted = pb.UnmountPOptions(commonOptions=options.for_change(self._defaults_at(path)))
        await self._master.unmount(path, wanted)

    async def update_mount(
        self,
        path: str,
        *,
        read_only: bool = False,
        shared: bool = False,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Replace the options of a mount point; it keeps its under storage and gets a new mount id."""
        path = self._path(path)
        wanted = options.mount(self._defaults_at(path), read_only=read_only, shared=shared, properties=properties)
        await self._master.update_mount(path, wanted)

    async def mount_table(self, *, check_ufs: bool = True) -> dict[str, MountPoint]:
        """Return all mount points by path, the root's included."""
        return await self._master.mount_table(check_ufs)

    async def reverse_resolve(self, ufs_uri: str) -> str:
        """Return the path under which an under storage's URI is mounted."""
        return await self._master.reverse_resolve(ufs_uri)

    # --- files ------------------------------------------------------------------------------------------------------

    async def open_file(
        self, path: str, *, read_type: str | None = None, status: FileInfo | None = None
    ) -> AsyncFileReader:
        """Open a file for reading.

        read_type:  CACHE (default), CACHE_PROMOTE, NO_CACHE: whether workers keep what they fetch.
        Raises:     NotFound.  InvalidPath: a directory.  FileIncomplete: still being written.
        """
        from pyalluxio.client.file_reader import AsyncFileReader

        path = self._path(path)
        kind = self._defaults_at(path).read_type if read_type is None else one_of(read_type, READ_TYPES, "Read type")
        if status is None:
            settings = self._context.settings_at(path)
            wanted = options.get_status(
                settings.defaults, for_reading=True, update_timestamps=settings.update_access_time
            )
            status = await self._master.get_status(path, wanted)
        if status.is_directory:
            raise InvalidPath(f'Path "{status.path}" must be a file.')
        if not status.is_completed:
            raise FileIncomplete(f'Path "{status.path}" is incomplete: it is still being written, or its writer died.')
        return AsyncFileReader(self._context, status, kind)

    async def create_file(
        self,
        path: str,
        *,
        write_type: str | None = None,
        block_size_bytes: int | None = None,
        mode: int | None = None,
        recursive: bool = False,
        overwrite: bool = False,
        ttl_ms: int | None = None,
        ttl_action: str | None = None,
        replication_durable: int | None = None,
        replication_min: int | None = None,
        replication_max: int | None = None,
        persistence_wait_ms: int | None = None,
        xattr: Mapping[str, bytes] | None = None,
        policy: Policy | None = None,
    ) -> AsyncFileWriter:
        """Create a file and return its writer; the file is complete when the writer is closed.

        write_type:  MUST_CACHE, CACHE_THROUGH, THROUGH, ASYNC_THROUGH (default), TRY_CACHE.
        policy:      which worker takes each block, if not the configured one.
        Raises:      AlreadyExists: unless `overwrite`.  NotFound: no parent, without `recursive`.
        """
        from pyalluxio.client.file_writer import AsyncFileWriter

        path = self._path(path)
        defaults = self._defaults_at(path)
        kind = defaults.write_type if write_type is None else one_of(write_type, WRITE_TYPES, "Write type")
        if kind not in WRITE_TYPES:
            raise InvalidArgument(f"Write type {kind} writes nothing; choose one of {', '.join(WRITE_TYPES)}.")
        wanted = options.create_file(
            defaults,
            write_type=kind,
            block_size_bytes=block_size_bytes,
            mode=mode,
            recursive=recursive,
            overwrite=overwrite,
            ttl_ms=ttl_ms,
            ttl_action=ttl_action,
            replication_durable=replication_durable,
            replication_min=replication_min,
            replication_max=replication_max,
            xattr=xattr,
        )
        status = await self._master.create_file(path, wanted)
        durable = wanted.replicationDurable if kind == "ASYNC_THROUGH" else 1
        writer = AsyncFileWriter(
            self._context,
            status,
            kind,
            replication=max(durable, wanted.replicationMin),
            persistence_wait_ms=defaults.persistence_wait_ms if persistence_wait_ms is None else persistence_wait_ms,
            policy=policy,
        )
        if kind in ("THROUGH", "CACHE_THROUGH"):
            try:
                await writer.open_ufs()
            except AlluxioError:
                await self._remove_unopened(status.path)
                raise
        return writer

    async def _remove_unopened(self, path: str) -> None:
        """Take back a file that was created and could not be opened for writing."""
        try:
            await self._master.delete(path, options.delete(self.defaults, alluxio_only=True, unchecked=True))
        except NotFound:
            return

    async def read_bytes(self, path: str, *, read_type: str | None = None) -> bytes:
        """Return a whole file."""
        async with await self.open_file(path, read_type=read_type) as file:
            return await file.read()

    async def write_bytes(self, path: str, data: Any, **wanted: Any) -> None:
        """Create a file with this content; the options are those of `create_file`."""
        async with await self.create_file(path, **wanted) as file:
            await file.write(data)


def authority_of(target: str) -> str:
    """Return the authority of `alluxio://authority/path`; text that is no URI and no path is an authority itself."""
    if not target or target.startswith("/"):
        return paths.authority(target)
    scheme, separator, rest = target.partition("://")
    if not separator:
        return target
    if scheme != "alluxio":
        raise InvalidArgument(f"{target} is no address of an Alluxio cluster; write alluxio://host:port/.")
    return rest.partition("/")[0]
