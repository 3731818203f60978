from pyalluxio.wire.gen import common_pb2 as _common_pb2
from pyalluxio.wire.gen import table_master_pb2 as _table_master_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StorageFormat(_message.Message):
    __slots__ = ("serde", "input_format", "output_format", "serdelib_parameters")
    class SerdelibParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SERDE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    SERDELIB_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    serde: str
    input_format: str
    output_format: str
    serdelib_parameters: _containers.ScalarMap[str, str]
    def __init__(self, serde: _Optional[str] = ..., input_format: _Optional[str] = ..., output_format: _Optional[str] = ..., serdelib_parameters: _Optional[_Mapping[str, str]] = ...) -> None: ...

class HiveBucketProperty(_message.Message):
    __slots__ = ("bucketed_by", "bucket_count", "sorted_by")
    BUCKETED_BY_FIELD_NUMBER: _ClassVar[int]
    BUCKET_COUNT_FIELD_NUMBER: _ClassVar[int]
    SORTED_BY_FIELD_NUMBER: _ClassVar[int]
    bucketed_by: _containers.RepeatedScalarFieldContainer[str]
    bucket_count: int
    sorted_by: _containers.RepeatedCompositeFieldContainer[SortingColumn]
    def __init__(self, bucketed_by: _Optional[_Iterable[str]] = ..., bucket_count: _Optional[int] = ..., sorted_by: _Optional[_Iterable[_Union[SortingColumn, _Mapping]]] = ...) -> None: ...

class SortingColumn(_message.Message):
    __slots__ = ("column_name", "order")
    class SortingOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ASCENDING: _ClassVar[SortingColumn.SortingOrder]
        DESCENDING: _ClassVar[SortingColumn.SortingOrder]
    ASCENDING: SortingColumn.SortingOrder
    DESCENDING: SortingColumn.SortingOrder
    COLUMN_NAME_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    column_name: str
    order: SortingColumn.SortingOrder
    def __init__(self, column_name: _Optional[str] = ..., order: _Optional[_Union[SortingColumn.SortingOrder, str]] = ...) -> None: ...

class Storage(_message.Message):
    __slots__ = ("storage_format", "location", "bucket_property", "skewed", "serde_parameters")
    class SerdeParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    STORAGE_FORMAT_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    BUCKET_PROPERTY_FIELD_NUMBER: _ClassVar[int]
    SKEWED_FIELD_NUMBER: _ClassVar[int]
    SERDE_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    storage_format: StorageFormat
    location: str
    bucket_property: HiveBucketProperty
    skewed: bool
    serde_parameters: _containers.ScalarMap[str, str]
    def __init__(self, storage_format: _Optional[_Union[StorageFormat, _Mapping]] = ..., location: _Optional[str] = ..., bucket_property: _Optional[_Union[HiveBucketProperty, _Mapping]] = ..., skewed: _Optional[bool] = ..., serde_parameters: _Optional[_Mapping[str, str]] = ...) -> None: ...

class PartitionInfo(_message.Message):
    __slots__ = ("values", "partition_name", "db_name", "table_name", "storage", "data_cols", "parameters")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VALUES_FIELD_NUMBER: _ClassVar[int]
    PARTITION_NAME_FIELD_NUMBER: _ClassVar[int]
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    DATA_COLS_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    partition_name: str
    db_name: str
    table_name: str
    storage: Storage
    data_cols: _containers.RepeatedCompositeFieldContainer[_table_master_pb2.FieldSchema]
    parameters: _containers.ScalarMap[str, str]
    def __init__(self, values: _Optional[_Iterable[str]] = ..., partition_name: _Optional[str] = ..., db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., storage: _Optional[_Union[Storage, _Mapping]] = ..., data_cols: _Optional[_Iterable[_Union[_table_master_pb2.FieldSchema, _Mapping]]] = ..., parameters: _Optional[_Mapping[str, str]] = ...) -> None: ...
