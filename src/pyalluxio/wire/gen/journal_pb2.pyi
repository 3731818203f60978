from pyalluxio.wire.gen import journal_block_pb2 as _journal_block_pb2
from pyalluxio.wire.gen import journal_file_pb2 as _journal_file_pb2
from pyalluxio.wire.gen import journal_meta_pb2 as _journal_meta_pb2
from pyalluxio.wire.gen import journal_table_pb2 as _journal_table_pb2
from pyalluxio.wire.gen import journal_job_pb2 as _journal_job_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JournalOpPId(_message.Message):
    __slots__ = ("mostSignificantBits", "leastSignificantBits")
    MOSTSIGNIFICANTBITS_FIELD_NUMBER: _ClassVar[int]
    LEASTSIGNIFICANTBITS_FIELD_NUMBER: _ClassVar[int]
    mostSignificantBits: int
    leastSignificantBits: int
    def __init__(self, mostSignificantBits: _Optional[int] = ..., leastSignificantBits: _Optional[int] = ...) -> None: ...

class JournalEntry(_message.Message):
    __slots__ = ("sequence_number", "operationId", "active_sync_tx_id", "add_table", "add_table_partitions", "add_sync_point", "add_mount_point", "async_persist_request", "attach_db", "block_container_id_generator", "block_info", "cluster_info", "complete_file", "delete_block", "delete_file", "delete_mount_point", "detach_db", "inode_directory", "inode_directory_id_generator", "inode_file", "inode_last_modification_time", "new_block", "path_properties", "persist_directory", "remove_path_properties", "remove_table", "remove_transform_job_info", "remove_sync_point", "rename", "set_acl", "set_attribute", "add_transform_job_info", "complete_transform_table", "update_database_info", "update_ufs_mode", "update_inode", "update_inode_directory", "update_inode_file", "load_job", "copy_job", "journal_entries")
    SEQUENCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    OPERATIONID_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_SYNC_TX_ID_FIELD_NUMBER: _ClassVar[int]
    ADD_TABLE_FIELD_NUMBER: _ClassVar[int]
    ADD_TABLE_PARTITIONS_FIELD_NUMBER: _ClassVar[int]
    ADD_SYNC_POINT_FIELD_NUMBER: _ClassVar[int]
    ADD_MOUNT_POINT_FIELD_NUMBER: _ClassVar[int]
    ASYNC_PERSIST_REQUEST_FIELD_NUMBER: _ClassVar[int]
    ATTACH_DB_FIELD_NUMBER: _ClassVar[int]
    BLOCK_CONTAINER_ID_GENERATOR_FIELD_NUMBER: _ClassVar[int]
    BLOCK_INFO_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_INFO_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FILE_FIELD_NUMBER: _ClassVar[int]
    DELETE_BLOCK_FIELD_NUMBER: _ClassVar[int]
    DELETE_FILE_FIELD_NUMBER: _ClassVar[int]
    DELETE_MOUNT_POINT_FIELD_NUMBER: _ClassVar[int]
    DETACH_DB_FIELD_NUMBER: _ClassVar[int]
    INODE_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    INODE_DIRECTORY_ID_GENERATOR_FIELD_NUMBER: _ClassVar[int]
    INODE_FILE_FIELD_NUMBER: _ClassVar[int]
    INODE_LAST_MODIFICATION_TIME_FIELD_NUMBER: _ClassVar[int]
    NEW_BLOCK_FIELD_NUMBER: _ClassVar[int]
    PATH_PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    PERSIST_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    REMOVE_PATH_PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    REMOVE_TABLE_FIELD_NUMBER: _ClassVar[int]
    REMOVE_TRANSFORM_JOB_INFO_FIELD_NUMBER: _ClassVar[int]
    REMOVE_SYNC_POINT_FIELD_NUMBER: _ClassVar[int]
    RENAME_FIELD_NUMBER: _ClassVar[int]
    SET_ACL_FIELD_NUMBER: _ClassVar[int]
    SET_ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    ADD_TRANSFORM_JOB_INFO_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_TRANSFORM_TABLE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_DATABASE_INFO_FIELD_NUMBER: _ClassVar[int]
    UPDATE_UFS_MODE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_INODE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_INODE_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_INODE_FILE_FIELD_NUMBER: _ClassVar[int]
    LOAD_JOB_FIELD_NUMBER: _ClassVar[int]
    COPY_JOB_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    sequence_number: int
    operationId: JournalOpPId
    active_sync_tx_id: _journal_file_pb2.ActiveSyncTxIdEntry
    add_table: _journal_table_pb2.AddTableEntry
    add_table_partitions: _journal_table_pb2.AddTablePartitionsEntry
    add_sync_point: _journal_file_pb2.AddSyncPointEntry
    add_mount_point: _journal_file_pb2.AddMountPointEntry
    async_persist_request: _journal_file_pb2.AsyncPersistRequestEntry
    attach_db: _journal_table_pb2.AttachDbEntry
    block_container_id_generator: _journal_block_pb2.BlockContainerIdGeneratorEntry
    block_info: _journal_block_pb2.BlockInfoEntry
    cluster_info: _journal_meta_pb2.ClusterInfoEntry
    complete_file: _journal_file_pb2.CompleteFileEntry
    delete_block: _journal_block_pb2.DeleteBlockEntry
    delete_file: _journal_file_pb2.DeleteFileEntry
    delete_mount_point: _journal_file_pb2.DeleteMountPointEntry
    detach_db: _journal_table_pb2.DetachDbEntry
    inode_directory: _journal_file_pb2.InodeDirectoryEntry
    inode_directory_id_generator: _journal_file_pb2.InodeDirectoryIdGeneratorEntry
    inode_file: _journal_file_pb2.InodeFileEntry
    inode_last_modification_time: _journal_file_pb2.InodeLastModificationTimeEntry
    new_block: _journal_file_pb2.NewBlockEntry
    path_properties: _journal_meta_pb2.PathPropertiesEntry
    persist_directory: _journal_file_pb2.PersistDirectoryEntry
    remove_path_properties: _journal_meta_pb2.RemovePathPropertiesEntry
    remove_table: _journal_table_pb2.RemoveTableEntry
    remove_transform_job_info: _journal_table_pb2.RemoveTransformJobInfoEntry
    remove_sync_point: _journal_file_pb2.RemoveSyncPointEntry
    rename: _journal_file_pb2.RenameEntry
    set_acl: _journal_file_pb2.SetAclEntry
    set_attribute: _journal_file_pb2.SetAttributeEntry
    add_transform_job_info: _journal_table_pb2.AddTransformJobInfoEntry
    complete_transform_table: _journal_table_pb2.CompleteTransformTableEntry
    update_database_info: _journal_table_pb2.UpdateDatabaseInfoEntry
    update_ufs_mode: _journal_file_pb2.UpdateUfsModeEntry
    update_inode: _journal_file_pb2.UpdateInodeEntry
    update_inode_directory: _journal_file_pb2.UpdateInodeDirectoryEntry
    update_inode_file: _journal_file_pb2.UpdateInodeFileEntry
    load_job: _journal_job_pb2.LoadJobEntry
    copy_job: _journal_job_pb2.CopyJobEntry
    journal_entries: _containers.RepeatedCompositeFieldContainer[JournalEntry]
    def __init__(self, sequence_number: _Optional[int] = ..., operationId: _Optional[_Union[JournalOpPId, _Mapping]] = ..., active_sync_tx_id: _Optional[_Union[_journal_file_pb2.ActiveSyncTxIdEntry, _Mapping]] = ..., add_table: _Optional[_Union[_journal_table_pb2.AddTableEntry, _Mapping]] = ..., add_table_partitions: _Optional[_Union[_journal_table_pb2.AddTablePartitionsEntry, _Mapping]] = ..., add_sync_point: _Optional[_Union[_journal_file_pb2.AddSyncPointEntry, _Mapping]] = ..., add_mount_point: _Optional[_Union[_journal_file_pb2.AddMountPointEntry, _Mapping]] = ..., async_persist_request: _Optional[_Union[_journal_file_pb2.AsyncPersistRequestEntry, _Mapping]] = ..., attach_db: _Optional[_Union[_journal_table_pb2.AttachDbEntry, _Mapping]] = ..., block_container_id_generator: _Optional[_Union[_journal_block_pb2.BlockContainerIdGeneratorEntry, _Mapping]] = ..., block_info: _Optional[_Union[_journal_block_pb2.BlockInfoEntry, _Mapping]] = ..., cluster_info: _Optional[_Union[_journal_meta_pb2.ClusterInfoEntry, _Mapping]] = ..., complete_file: _Optional[_Union[_journal_file_pb2.CompleteFileEntry, _Mapping]] = ..., delete_block: _Optional[_Union[_journal_block_pb2.DeleteBlockEntry, _Mapping]] = ..., delete_file: _Optional[_Union[_journal_file_pb2.DeleteFileEntry, _Mapping]] = ..., delete_mount_point: _Optional[_Union[_journal_file_pb2.DeleteMountPointEntry, _Mapping]] = ..., detach_db: _Optional[_Union[_journal_table_pb2.DetachDbEntry, _Mapping]] = ..., inode_directory: _Optional[_Union[_journal_file_pb2.InodeDirectoryEntry, _Mapping]] = ..., inode_directory_id_generator: _Optional[_Union[_journal_file_pb2.InodeDirectoryIdGeneratorEntry, _Mapping]] = ..., inode_file: _Optional[_Union[_journal_file_pb2.InodeFileEntry, _Mapping]] = ..., inode_last_modification_time: _Optional[_Union[_journal_file_pb2.InodeLastModificationTimeEntry, _Mapping]] = ..., new_block: _Optional[_Union[_journal_file_pb2.NewBlockEntry, _Mapping]] = ..., path_properties: _Optional[_Union[_journal_meta_pb2.PathPropertiesEntry, _Mapping]] = ..., persist_directory: _Optional[_Union[_journal_file_pb2.PersistDirectoryEntry, _Mapping]] = ..., remove_path_properties: _Optional[_Union[_journal_meta_pb2.RemovePathPropertiesEntry, _Mapping]] = ..., remove_table: _Optional[_Union[_journal_table_pb2.RemoveTableEntry, _Mapping]] = ..., remove_transform_job_info: _Optional[_Union[_journal_table_pb2.RemoveTransformJobInfoEntry, _Mapping]] = ..., remove_sync_point: _Optional[_Union[_journal_file_pb2.RemoveSyncPointEntry, _Mapping]] = ..., rename: _Optional[_Union[_journal_file_pb2.RenameEntry, _Mapping]] = ..., set_acl: _Optional[_Union[_journal_file_pb2.SetAclEntry, _Mapping]] = ..., set_attribute: _Optional[_Union[_journal_file_pb2.SetAttributeEntry, _Mapping]] = ..., add_transform_job_info: _Optional[_Union[_journal_table_pb2.AddTransformJobInfoEntry, _Mapping]] = ..., complete_transform_table: _Optional[_Union[_journal_table_pb2.CompleteTransformTableEntry, _Mapping]] = ..., update_database_info: _Optional[_Union[_journal_table_pb2.UpdateDatabaseInfoEntry, _Mapping]] = ..., update_ufs_mode: _Optional[_Union[_journal_file_pb2.UpdateUfsModeEntry, _Mapping]] = ..., update_inode: _Optional[_Union[_journal_file_pb2.UpdateInodeEntry, _Mapping]] = ..., update_inode_directory: _Optional[_Union[_journal_file_pb2.UpdateInodeDirectoryEntry, _Mapping]] = ..., update_inode_file: _Optional[_Union[_journal_file_pb2.UpdateInodeFileEntry, _Mapping]] = ..., load_job: _Optional[_Union[_journal_job_pb2.LoadJobEntry, _Mapping]] = ..., copy_job: _Optional[_Union[_journal_job_pb2.CopyJobEntry, _Mapping]] = ..., journal_entries: _Optional[_Iterable[_Union[JournalEntry, _Mapping]]] = ...) -> None: ...
