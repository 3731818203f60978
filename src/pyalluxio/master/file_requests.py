"""Requests of the file-system service as operations take them: exactly what the message holds, nothing filled in."""

from __future__ import annotations

from typing import Any

from pyalluxio import path as paths
from pyalluxio.journal.entries import TtlAction
from pyalluxio.master.file_messages import mode_of, operation_id_of
from pyalluxio.master.ops.create_directory import CreateDirectoryRequest
from pyalluxio.master.ops.create_file import CreateFileRequest
from pyalluxio.master.ops.create_path import XAttrPropagation
from pyalluxio.master.ops.write_type import WriteType


def create_file_request(message: Any) -> CreateFileRequest:
    options = message.options
    common = options.commonOptions
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
