from pyalluxio.wire.gen import table_master_pb2 as _table_master_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AttachDbEntry(_message.Message):
    __slots__ = ("udb_type", "udb_connection_uri", "udb_db_name", "db_name", "config")
    class ConfigEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    UDB_TYPE_FIELD_NUMBER: _ClassVar[int]
    UDB_CONNECTION_URI_FIELD_NUMBER: _ClassVar[int]
    UDB_DB_NAME_FIELD_NUMBER: _ClassVar[int]
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    udb_type: str
    udb_connection_uri: str
    udb_db_name: str
    db_name: str
    config: _containers.ScalarMap[str, str]
    def __init__(self, udb_type: _Optional[str] = ..., udb_connection_uri: _Optional[str] = ..., udb_db_name: _Optional[str] = ..., db_name: _Optional[str] = ..., config: _Optional[_Mapping[str, str]] = ...) -> None: ...

class DetachDbEntry(_message.Message):
    __slots__ = ("db_name",)
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    def __init__(self, db_name: _Optional[str] = ...) -> None: ...

class AddTableEntry(_message.Message):
    __slots__ = ("db_name", "table_name", "owner", "schema", "layout", "table_stats", "parameters", "partition_cols", "partitions", "previous_version", "version", "version_creation_time")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    TABLE_STATS_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PARTITION_COLS_FIELD_NUMBER: _ClassVar[int]
    PARTITIONS_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_VERSION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VERSION_CREATION_TIME_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    owner: str
    schema: _table_master_pb2.Schema
    layout: _table_master_pb2.Layout
    table_stats: _containers.RepeatedCompositeFieldContainer[_table_master_pb2.ColumnStatisticsInfo]
    parameters: _containers.ScalarMap[str, str]
    partition_cols: _containers.RepeatedCompositeFieldContainer[_table_master_pb2.FieldSchema]
    partitions: _containers.RepeatedCompositeFieldContainer[_table_master_pb2.Partition]
    previous_version: int
    version: int
    version_creation_time: int
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., owner: _Optional[str] = ..., schema: _Optional[_Union[_table_master_pb2.Schema, _Mapping]] = ..., layout: _Optional[_Union[_table_master_pb2.Layout, _Mapping]] = ..., table_stats: _Optional[_Iterable[_Union[_table_master_pb2.ColumnStatisticsInfo, _Mapping]]] = ..., parameters: _Optional[_Mapping[str, str]] = ..., partition_cols: _Optional[_Iterable[_Union[_table_master_pb2.FieldSchema, _Mapping]]] = ..., partitions: _Optional[_Iterable[_Union[_table_master_pb2.Partition, _Mapping]]] = ..., previous_version: _Optional[int] = ..., version: _Optional[int] = ..., version_creation_time: _Optional[int] = ...) -> None: ...

class AddTablePartitionsEntry(_message.Message):
    __slots__ = ("db_name", "table_name", "version", "partitions")
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PARTITIONS_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    version: int
    partitions: _containers.RepeatedCompositeFieldContainer[_table_master_pb2.Partition]
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., version: _Optional[int] = ..., partitions: _Optional[_Iterable[_Union[_table_master_pb2.Partition, _Mapping]]] = ...) -> None: ...

class RemoveTableEntry(_message.Message):
    __slots__ = ("db_name", "table_name", "version")
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    version: int
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class CompleteTransformTableEntry(_message.Message):
    __slots__ = ("db_name", "table_name", "definition", "transformed_layouts")
    class TransformedLayoutsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _table_master_pb2.Layout
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_table_master_pb2.Layout, _Mapping]] = ...) -> None: ...
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    TRANSFORMED_LAYOUTS_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    definition: str
    transformed_layouts: _containers.MessageMap[str, _table_master_pb2.Layout]
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., definition: _Optional[str] = ..., transformed_layouts: _Optional[_Mapping[str, _table_master_pb2.Layout]] = ...) -> None: ...

class AddTransformJobInfoEntry(_message.Message):
    __slots__ = ("db_name", "table_name", "definition", "job_id", "transformed_layouts")
    class TransformedLayoutsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _table_master_pb2.Layout
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_table_master_pb2.Layout, _Mapping]] = ...) -> None: ...
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TRANSFORMED_LAYOUTS_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    definition: str
    job_id: int
    transformed_layouts: _containers.MessageMap[str, _table_master_pb2.Layout]
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., definition: _Optional[str] = ..., job_id: _Optional[int] = ..., transformed_layouts: _Optional[_Mapping[str, _table_master_pb2.Layout]] = ...) -> None: ...

class RemoveTransformJobInfoEntry(_message.Message):
    __slots__ = ("db_name", "table_name")
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ...) -> None: ...

class UpdateDatabaseInfoEntry(_message.Message):
    __slots__ = ("db_name", "location", "parameter", "owner_name", "owner_type", "comment")
    class ParameterEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    PARAMETER_FIELD_NUMBER: _ClassVar[int]
    OWNER_NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_TYPE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    location: str
    parameter: _containers.ScalarMap[str, str]
    owner_name: str
    owner_type: _table_master_pb2.PrincipalType
    comment: str
    def __init__(self, db_name: _Optional[str] = ..., location: _Optional[str] = ..., parameter: _Optional[_Mapping[str, str]] = ..., owner_name: _Optional[str] = ..., owner_type: _Optional[_Union[_table_master_pb2.PrincipalType, str]] = ..., comment: _Optional[str] = ...) -> None: ...
