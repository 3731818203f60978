"""Requests of the file-system service as operations take them: exactly what the message holds, nothing filled in."""

from __future__ import annotations

from typing import Any

from pyalluxio import path as paths
from pyalluxio.journal.entries import TtlAction
from pyalluxio.master.file_messages import mode_of, operation_id_of
from pyalluxio.master.metadata import Wanted
from pyalluxio.master.ops import intents
from pyalluxio.master.ops.complete_file import CompleteFileRequest
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.create_path import XAttrPropagation
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.list_status import ListRequest, PartialListRequest
from pyalluxio.master.ops.rename import RenameRequest
from pyalluxio.master.ops.write_type import WriteType
from pyalluxio.master.state.inode import NO_TTL


def metadata_wanted(common: Any) -> Wanted:
    """Return what the common options want of the under storage.

    Without a time to live, what is loaded stays, and one that it gets later frees it only, as in 2.9.6.
    """
    return Wanted(
        common.syncIntervalMs if common.HasField("syncIntervalMs") else None,
        common.ttl if common.HasField("ttl") else NO_TTL,
        TtlAction(common.ttlAction) if common.HasField("ttlAction") else TtlAction.FREE,
    )


def create_file_request(message: Any) -> CreateFileRequest:
    options = message.options
    common = options.commonOptions
    intents.check_names(options.xattr)
    return CreateFileRequest(
        path=paths.parse(message.path),
        recursive=options.recursive,
        mode=mode_of(options.mode),
        write_type=WriteType(options.writeType),
        ttl_ms=common.ttl,
        ttl_action=TtlAction(common.ttlAction),
        xattr=dict(options.xattr),
        xattr_propagation=XAttrPropagation(options.xattrPropStrat),
        checks_s3_bucket=options.checkS3BucketPath,
        operation_id=operation_id_of(common),
        block_size_bytes=options.blockSizeBytes,
        replication_durable=options.replicationDurable,
        replication_min=options.replicationMin,
        replication_max=options.replicationMax,
        overwrite=options.overwrite,
    )


def create_directory_request(message: Any) -> CreateDirectoryRequest:
    options = message.options
    common = options.commonOptions
    intents.check_names(options.xattr)
    return CreateDirectoryRequest(
        path=paths.parse(message.path),
        recursive=options.recursive,
        mode=mode_of(options.mode),
        write_type=WriteType(options.writeType),
        ttl_ms=common.ttl,
        ttl_action=TtlAction(common.ttlAction),
        xattr=dict(options.xattr),
        xattr_propagation=XAttrPropagation(options.xattrPropStrat),
        checks_s3_bucket=options.checkS3BucketPath,
        operation_id=operation_id_of(common),
        allow_exists=options.allowExists,
    )


def complete_file_request(message: Any) -> CompleteFileRequest:
    options = message.options
    wait_ms = None
    if options.HasField("asyncPersistOptions"):
        wait_ms = options.asyncPersistOptions.persistenceWaitTime
    return CompleteFileRequest(
        path=paths.parse(message.path),
        ufs_length=options.ufsLength,
        persistence_wait_ms=wait_ms,
        content_hash=options.contentHash if options.HasField("contentHash") else None,
        operation_id=operation_id_of(options.commonOptions),
    )


def delete_request(message: Any) -> DeleteRequest:
    options = message.options
    return DeleteRequest(
        path=paths.parse(message.path),
        recursive=options.recursive,
        alluxio_only=options.alluxioOnly,
        unchecked=options.unchecked,
        sync_parent_next_time=options.syncParentNextTime if options.HasField("syncParentNextTime") else None,
        delete_mount_point=options.deleteMountPoint,
        operation_id=operation_id_of(options.commonOptions),
    )


def rename_request(message: Any) -> RenameRequest:
    options = message.options
    return RenameRequest(
        path=paths.parse(message.path),
        new_path=paths.parse(message.dstPath),
        persist=options.persist,
        s3_overwrite=options.s3SyntaxOptions.overwrite,
        s3_multipart_upload=options.s3SyntaxOptions.isMultipartUpload,
        operation_id=operation_id_of(options.commonOptions),
    )


def list_request(message: Any) -> ListRequest:
    options = message.options
    return ListRequest(paths.parse(message.path), options.recursive, options.excludeMountInfo)


def partial_list_request(message: Any) -> PartialListRequest:
    options = message.options
    kind = options.WhichOneof("OffsetType")
    return PartialListRequest(
        path=paths.parse(message.path),
        recursive=options.options.recursive,
        exclude_mount_info=options.options.excludeMountInfo,
        offset_id=options.offsetId if kind == "offsetId" else None,
        start_after=options.startAfter if kind == "startAfter" else None,
        offset_count=options.offsetCount if kind == "offsetCount" else None,
        batch_size=options.batchSize if options.HasField("batchSize") else None,
        prefix=options.prefix,
    )
