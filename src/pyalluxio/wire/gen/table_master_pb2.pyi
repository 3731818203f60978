from pyalluxio.wire.gen import common_pb2 as _common_pb2
from pyalluxio.wire.gen import job_master_pb2 as _job_master_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PrincipalType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    USER: _ClassVar[PrincipalType]
    ROLE: _ClassVar[PrincipalType]
USER: PrincipalType
ROLE: PrincipalType

class FieldSchema(_message.Message):
    __slots__ = ("id", "name", "type", "comment")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    id: int
    name: str
    type: str
    comment: str
    def __init__(self, id: _Optional[int] = ..., name: _Optional[str] = ..., type: _Optional[str] = ..., comment: _Optional[str] = ...) -> None: ...

class Schema(_message.Message):
    __slots__ = ("cols",)
    COLS_FIELD_NUMBER: _ClassVar[int]
    cols: _containers.RepeatedCompositeFieldContainer[FieldSchema]
    def __init__(self, cols: _Optional[_Iterable[_Union[FieldSchema, _Mapping]]] = ...) -> None: ...

class Database(_message.Message):
    __slots__ = ("db_name", "description", "location", "parameter", "owner_name", "owner_type", "comment")
    class ParameterEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    PARAMETER_FIELD_NUMBER: _ClassVar[int]
    OWNER_NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_TYPE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    description: str
    location: str
    parameter: _containers.ScalarMap[str, str]
    owner_name: str
    owner_type: PrincipalType
    comment: str
    def __init__(self, db_name: _Optional[str] = ..., description: _Optional[str] = ..., location: _Optional[str] = ..., parameter: _Optional[_Mapping[str, str]] = ..., owner_name: _Optional[str] = ..., owner_type: _Optional[_Union[PrincipalType, str]] = ..., comment: _Optional[str] = ...) -> None: ...

class TableInfo(_message.Message):
    __slots__ = ("db_name", "table_name", "type", "owner", "schema", "layout", "parameters", "partition_cols", "previous_version", "version", "version_creation_time")
    class TableType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NATIVE: _ClassVar[TableInfo.TableType]
        IMPORTED: _ClassVar[TableInfo.TableType]
    NATIVE: TableInfo.TableType
    IMPORTED: TableInfo.TableType
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PARTITION_COLS_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_VERSION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VERSION_CREATION_TIME_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    type: TableInfo.TableType
    owner: str
    schema: Schema
    layout: Layout
    parameters: _containers.ScalarMap[str, str]
    partition_cols: _containers.RepeatedCompositeFieldContainer[FieldSchema]
    previous_version: int
    version: int
    version_creation_time: int
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., type: _Optional[_Union[TableInfo.TableType, str]] = ..., owner: _Optional[str] = ..., schema: _Optional[_Union[Schema, _Mapping]] = ..., layout: _Optional[_Union[Layout, _Mapping]] = ..., parameters: _Optional[_Mapping[str, str]] = ..., partition_cols: _Optional[_Iterable[_Union[FieldSchema, _Mapping]]] = ..., previous_version: _Optional[int] = ..., version: _Optional[int] = ..., version_creation_time: _Optional[int] = ...) -> None: ...

class LayoutSpec(_message.Message):
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: str
    def __init__(self, spec: _Optional[str] = ...) -> None: ...

class PartitionSpec(_message.Message):
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: str
    def __init__(self, spec: _Optional[str] = ...) -> None: ...

class Layout(_message.Message):
    __slots__ = ("layout_type", "layout_spec", "layout_data", "stats")
    class StatsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ColumnStatisticsInfo
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ColumnStatisticsInfo, _Mapping]] = ...) -> None: ...
    LAYOUT_TYPE_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_SPEC_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_DATA_FIELD_NUMBER: _ClassVar[int]
    STATS_FIELD_NUMBER: _ClassVar[int]
    layout_type: str
    layout_spec: LayoutSpec
    layout_data: bytes
    stats: _containers.MessageMap[str, ColumnStatisticsInfo]
    def __init__(self, layout_type: _Optional[str] = ..., layout_spec: _Optional[_Union[LayoutSpec, _Mapping]] = ..., layout_data: _Optional[bytes] = ..., stats: _Optional[_Mapping[str, ColumnStatisticsInfo]] = ...) -> None: ...

class Transformation(_message.Message):
    __slots__ = ("layout", "definition")
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    layout: Layout
    definition: str
    def __init__(self, layout: _Optional[_Union[Layout, _Mapping]] = ..., definition: _Optional[str] = ...) -> None: ...

class Partition(_message.Message):
    __slots__ = ("partition_spec", "base_layout", "transformations", "version", "version_creation_time")
    PARTITION_SPEC_FIELD_NUMBER: _ClassVar[int]
    BASE_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    TRANSFORMATIONS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VERSION_CREATION_TIME_FIELD_NUMBER: _ClassVar[int]
    partition_spec: PartitionSpec
    base_layout: Layout
    transformations: _containers.RepeatedCompositeFieldContainer[Transformation]
    version: int
    version_creation_time: int
    def __init__(self, partition_spec: _Optional[_Union[PartitionSpec, _Mapping]] = ..., base_layout: _Optional[_Union[Layout, _Mapping]] = ..., transformations: _Optional[_Iterable[_Union[Transformation, _Mapping]]] = ..., version: _Optional[int] = ..., version_creation_time: _Optional[int] = ...) -> None: ...

class ColumnStatisticsInfo(_message.Message):
    __slots__ = ("col_name", "col_type", "data")
    COL_NAME_FIELD_NUMBER: _ClassVar[int]
    COL_TYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    col_name: str
    col_type: str
    data: ColumnStatisticsData
    def __init__(self, col_name: _Optional[str] = ..., col_type: _Optional[str] = ..., data: _Optional[_Union[ColumnStatisticsData, _Mapping]] = ...) -> None: ...

class ColumnStatisticsData(_message.Message):
    __slots__ = ("boolean_stats", "long_stats", "double_stats", "string_stats", "binary_stats", "decimal_stats", "date_stats")
    BOOLEAN_STATS_FIELD_NUMBER: _ClassVar[int]
    LONG_STATS_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_STATS_FIELD_NUMBER: _ClassVar[int]
    STRING_STATS_FIELD_NUMBER: _ClassVar[int]
    BINARY_STATS_FIELD_NUMBER: _ClassVar[int]
    DECIMAL_STATS_FIELD_NUMBER: _ClassVar[int]
    DATE_STATS_FIELD_NUMBER: _ClassVar[int]
    boolean_stats: BooleanColumnStatsData
    long_stats: LongColumnStatsData
    double_stats: DoubleColumnStatsData
    string_stats: StringColumnStatsData
    binary_stats: BinaryColumnStatsData
    decimal_stats: DecimalColumnStatsData
    date_stats: DateColumnStatsData
    def __init__(self, boolean_stats: _Optional[_Union[BooleanColumnStatsData, _Mapping]] = ..., long_stats: _Optional[_Union[LongColumnStatsData, _Mapping]] = ..., double_stats: _Optional[_Union[DoubleColumnStatsData, _Mapping]] = ..., string_stats: _Optional[_Union[StringColumnStatsData, _Mapping]] = ..., binary_stats: _Optional[_Union[BinaryColumnStatsData, _Mapping]] = ..., decimal_stats: _Optional[_Union[DecimalColumnStatsData, _Mapping]] = ..., date_stats: _Optional[_Union[DateColumnStatsData, _Mapping]] = ...) -> None: ...

class BooleanColumnStatsData(_message.Message):
    __slots__ = ("num_trues", "num_falses", "num_nulls", "bit_vectors")
    NUM_TRUES_FIELD_NUMBER: _ClassVar[int]
    NUM_FALSES_FIELD_NUMBER: _ClassVar[int]
    NUM_NULLS_FIELD_NUMBER: _ClassVar[int]
    BIT_VECTORS_FIELD_NUMBER: _ClassVar[int]
    num_trues: int
    num_falses: int
    num_nulls: int
    bit_vectors: str
    def __init__(self, num_trues: _Optional[int] = ..., num_falses: _Optional[int] = ..., num_nulls: _Optional[int] = ..., bit_vectors: _Optional[str] = ...) -> None: ...

class LongColumnStatsData(_message.Message):
    __slots__ = ("low_value", "high_value", "num_nulls", "num_distincts", "bit_vectors")
    LOW_VALUE_FIELD_NUMBER: _ClassVar[int]
    HIGH_VALUE_FIELD_NUMBER: _ClassVar[int]
    NUM_NULLS_FIELD_NUMBER: _ClassVar[int]
    NUM_DISTINCTS_FIELD_NUMBER: _ClassVar[int]
    BIT_VECTORS_FIELD_NUMBER: _ClassVar[int]
    low_value: int
    high_value: int
    num_nulls: int
    num_distincts: int
    bit_vectors: str
    def __init__(self, low_value: _Optional[int] = ..., high_value: _Optional[int] = ..., num_nulls: _Optional[int] = ..., num_distincts: _Optional[int] = ..., bit_vectors: _Optional[str] = ...) -> None: ...

class DoubleColumnStatsData(_message.Message):
    __slots__ = ("low_value", "high_value", "num_nulls", "num_distincts", "bit_vectors")
    LOW_VALUE_FIELD_NUMBER: _ClassVar[int]
    HIGH_VALUE_FIELD_NUMBER: _ClassVar[int]
    NUM_NULLS_FIELD_NUMBER: _ClassVar[int]
    NUM_DISTINCTS_FIELD_NUMBER: _ClassVar[int]
    BIT_VECTORS_FIELD_NUMBER: _ClassVar[int]
    low_value: float
    high_value: float
    num_nulls: int
    num_distincts: int
    bit_vectors: str
    def __init__(self, low_value: _Optional[float] = ..., high_value: _Optional[float] = ..., num_nulls: _Optional[int] = ..., num_distincts: _Optional[int] = ..., bit_vectors: _Optional[str] = ...) -> None: ...

class Decimal(_message.Message):
    __slots__ = ("scale", "unscaled")
    SCALE_FIELD_NUMBER: _ClassVar[int]
    UNSCALED_FIELD_NUMBER: _ClassVar[int]
    scale: int
    unscaled: bytes
    def __init__(self, scale: _Optional[int] = ..., unscaled: _Optional[bytes] = ...) -> None: ...

class DecimalColumnStatsData(_message.Message):
    __slots__ = ("low_value", "high_value", "num_nulls", "num_distincts", "bit_vectors")
    LOW_VALUE_FIELD_NUMBER: _ClassVar[int]
    HIGH_VALUE_FIELD_NUMBER: _ClassVar[int]
    NUM_NULLS_FIELD_NUMBER: _ClassVar[int]
    NUM_DISTINCTS_FIELD_NUMBER: _ClassVar[int]
    BIT_VECTORS_FIELD_NUMBER: _ClassVar[int]
    low_value: Decimal
    high_value: Decimal
    num_nulls: int
    num_distincts: int
    bit_vectors: str
    def __init__(self, low_value: _Optional[_Union[Decimal, _Mapping]] = ..., high_value: _Optional[_Union[Decimal, _Mapping]] = ..., num_nulls: _Optional[int] = ..., num_distincts: _Optional[int] = ..., bit_vectors: _Optional[str] = ...) -> None: ...

class StringColumnStatsData(_message.Message):
    __slots__ = ("max_col_len", "avg_col_len", "num_nulls", "num_distincts", "bit_vectors")
    MAX_COL_LEN_FIELD_NUMBER: _ClassVar[int]
    AVG_COL_LEN_FIELD_NUMBER: _ClassVar[int]
    NUM_NULLS_FIELD_NUMBER: _ClassVar[int]
    NUM_DISTINCTS_FIELD_NUMBER: _ClassVar[int]
    BIT_VECTORS_FIELD_NUMBER: _ClassVar[int]
    max_col_len: int
    avg_col_len: float
    num_nulls: int
    num_distincts: int
    bit_vectors: str
    def __init__(self, max_col_len: _Optional[int] = ..., avg_col_len: _Optional[float] = ..., num_nulls: _Optional[int] = ..., num_distincts: _Optional[int] = ..., bit_vectors: _Optional[str] = ...) -> None: ...

class BinaryColumnStatsData(_message.Message):
    __slots__ = ("max_col_len", "avg_col_len", "num_nulls", "bit_vectors")
    MAX_COL_LEN_FIELD_NUMBER: _ClassVar[int]
    AVG_COL_LEN_FIELD_NUMBER: _ClassVar[int]
    NUM_NULLS_FIELD_NUMBER: _ClassVar[int]
    BIT_VECTORS_FIELD_NUMBER: _ClassVar[int]
    max_col_len: int
    avg_col_len: float
    num_nulls: int
    bit_vectors: str
    def __init__(self, max_col_len: _Optional[int] = ..., avg_col_len: _Optional[float] = ..., num_nulls: _Optional[int] = ..., bit_vectors: _Optional[str] = ...) -> None: ...

class Date(_message.Message):
    __slots__ = ("days_since_epoch",)
    DAYS_SINCE_EPOCH_FIELD_NUMBER: _ClassVar[int]
    days_since_epoch: int
    def __init__(self, days_since_epoch: _Optional[int] = ...) -> None: ...

class DateColumnStatsData(_message.Message):
    __slots__ = ("low_value", "high_value", "num_nulls", "num_distincts", "bit_vectors")
    LOW_VALUE_FIELD_NUMBER: _ClassVar[int]
    HIGH_VALUE_FIELD_NUMBER: _ClassVar[int]
    NUM_NULLS_FIELD_NUMBER: _ClassVar[int]
    NUM_DISTINCTS_FIELD_NUMBER: _ClassVar[int]
    BIT_VECTORS_FIELD_NUMBER: _ClassVar[int]
    low_value: Date
    high_value: Date
    num_nulls: int
    num_distincts: int
    bit_vectors: str
    def __init__(self, low_value: _Optional[_Union[Date, _Mapping]] = ..., high_value: _Optional[_Union[Date, _Mapping]] = ..., num_nulls: _Optional[int] = ..., num_distincts: _Optional[int] = ..., bit_vectors: _Optional[str] = ...) -> None: ...

class SyncStatus(_message.Message):
    __slots__ = ("tables_errors", "tables_ignored", "tables_unchanged", "tables_updated", "tables_removed")
    class TablesErrorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TABLES_ERRORS_FIELD_NUMBER: _ClassVar[int]
    TABLES_IGNORED_FIELD_NUMBER: _ClassVar[int]
    TABLES_UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    TABLES_UPDATED_FIELD_NUMBER: _ClassVar[int]
    TABLES_REMOVED_FIELD_NUMBER: _ClassVar[int]
    tables_errors: _containers.ScalarMap[str, str]
    tables_ignored: _containers.RepeatedScalarFieldContainer[str]
    tables_unchanged: _containers.RepeatedScalarFieldContainer[str]
    tables_updated: _containers.RepeatedScalarFieldContainer[str]
    tables_removed: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, tables_errors: _Optional[_Mapping[str, str]] = ..., tables_ignored: _Optional[_Iterable[str]] = ..., tables_unchanged: _Optional[_Iterable[str]] = ..., tables_updated: _Optional[_Iterable[str]] = ..., tables_removed: _Optional[_Iterable[str]] = ...) -> None: ...

class GetAllDatabasesPRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetAllDatabasesPResponse(_message.Message):
    __slots__ = ("database",)
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    database: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, database: _Optional[_Iterable[str]] = ...) -> None: ...

class GetAllTablesPRequest(_message.Message):
    __slots__ = ("database",)
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    database: str
    def __init__(self, database: _Optional[str] = ...) -> None: ...

class GetAllTablesPResponse(_message.Message):
    __slots__ = ("table",)
    TABLE_FIELD_NUMBER: _ClassVar[int]
    table: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, table: _Optional[_Iterable[str]] = ...) -> None: ...

class GetDatabasePRequest(_message.Message):
    __slots__ = ("db_name",)
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    def __init__(self, db_name: _Optional[str] = ...) -> None: ...

class GetDatabasePResponse(_message.Message):
    __slots__ = ("db",)
    DB_FIELD_NUMBER: _ClassVar[int]
    db: Database
    def __init__(self, db: _Optional[_Union[Database, _Mapping]] = ...) -> None: ...

class GetTablePRequest(_message.Message):
    __slots__ = ("db_name", "table_name")
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ...) -> None: ...

class GetTablePResponse(_message.Message):
    __slots__ = ("table_info",)
    TABLE_INFO_FIELD_NUMBER: _ClassVar[int]
    table_info: TableInfo
    def __init__(self, table_info: _Optional[_Union[TableInfo, _Mapping]] = ...) -> None: ...

class AttachDatabasePRequest(_message.Message):
    __slots__ = ("udb_type", "udb_connection_uri", "udb_db_name", "db_name", "options", "ignore_sync_errors")
    class OptionsEntry(_message.Message):
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
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    IGNORE_SYNC_ERRORS_FIELD_NUMBER: _ClassVar[int]
    udb_type: str
    udb_connection_uri: str
    udb_db_name: str
    db_name: str
    options: _containers.ScalarMap[str, str]
    ignore_sync_errors: bool
    def __init__(self, udb_type: _Optional[str] = ..., udb_connection_uri: _Optional[str] = ..., udb_db_name: _Optional[str] = ..., db_name: _Optional[str] = ..., options: _Optional[_Mapping[str, str]] = ..., ignore_sync_errors: _Optional[bool] = ...) -> None: ...

class AttachDatabasePResponse(_message.Message):
    __slots__ = ("success", "sync_status")
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    SYNC_STATUS_FIELD_NUMBER: _ClassVar[int]
    success: bool
    sync_status: SyncStatus
    def __init__(self, success: _Optional[bool] = ..., sync_status: _Optional[_Union[SyncStatus, _Mapping]] = ...) -> None: ...

class DetachDatabasePRequest(_message.Message):
    __slots__ = ("db_name",)
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    def __init__(self, db_name: _Optional[str] = ...) -> None: ...

class DetachDatabasePResponse(_message.Message):
    __slots__ = ("success",)
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    success: bool
    def __init__(self, success: _Optional[bool] = ...) -> None: ...

class SyncDatabasePRequest(_message.Message):
    __slots__ = ("db_name",)
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    def __init__(self, db_name: _Optional[str] = ...) -> None: ...

class SyncDatabasePResponse(_message.Message):
    __slots__ = ("success", "status")
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    success: bool
    status: SyncStatus
    def __init__(self, success: _Optional[bool] = ..., status: _Optional[_Union[SyncStatus, _Mapping]] = ...) -> None: ...

class FileStatistics(_message.Message):
    __slots__ = ("column",)
    class ColumnEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ColumnStatisticsInfo
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ColumnStatisticsInfo, _Mapping]] = ...) -> None: ...
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    column: _containers.MessageMap[str, ColumnStatisticsInfo]
    def __init__(self, column: _Optional[_Mapping[str, ColumnStatisticsInfo]] = ...) -> None: ...

class GetTableColumnStatisticsPRequest(_message.Message):
    __slots__ = ("db_name", "table_name", "col_names")
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    COL_NAMES_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    col_names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., col_names: _Optional[_Iterable[str]] = ...) -> None: ...

class GetPartitionColumnStatisticsPRequest(_message.Message):
    __slots__ = ("db_name", "table_name", "col_names", "part_names")
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    COL_NAMES_FIELD_NUMBER: _ClassVar[int]
    PART_NAMES_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    col_names: _containers.RepeatedScalarFieldContainer[str]
    part_names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., col_names: _Optional[_Iterable[str]] = ..., part_names: _Optional[_Iterable[str]] = ...) -> None: ...

class GetTableColumnStatisticsPResponse(_message.Message):
    __slots__ = ("statistics",)
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    statistics: _containers.RepeatedCompositeFieldContainer[ColumnStatisticsInfo]
    def __init__(self, statistics: _Optional[_Iterable[_Union[ColumnStatisticsInfo, _Mapping]]] = ...) -> None: ...

class ColumnStatisticsList(_message.Message):
    __slots__ = ("statistics",)
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    statistics: _containers.RepeatedCompositeFieldContainer[ColumnStatisticsInfo]
    def __init__(self, statistics: _Optional[_Iterable[_Union[ColumnStatisticsInfo, _Mapping]]] = ...) -> None: ...

class GetPartitionColumnStatisticsPResponse(_message.Message):
    __slots__ = ("partition_statistics",)
    class PartitionStatisticsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ColumnStatisticsList
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ColumnStatisticsList, _Mapping]] = ...) -> None: ...
    PARTITION_STATISTICS_FIELD_NUMBER: _ClassVar[int]
    partition_statistics: _containers.MessageMap[str, ColumnStatisticsList]
    def __init__(self, partition_statistics: _Optional[_Mapping[str, ColumnStatisticsList]] = ...) -> None: ...

class Value(_message.Message):
    __slots__ = ("long_type", "double_type", "string_type", "boolean_type")
    LONG_TYPE_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_TYPE_FIELD_NUMBER: _ClassVar[int]
    STRING_TYPE_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_TYPE_FIELD_NUMBER: _ClassVar[int]
    long_type: int
    double_type: float
    string_type: str
    boolean_type: bool
    def __init__(self, long_type: _Optional[int] = ..., double_type: _Optional[float] = ..., string_type: _Optional[str] = ..., boolean_type: _Optional[bool] = ...) -> None: ...

class Range(_message.Message):
    __slots__ = ("low", "high")
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    low: Value
    high: Value
    def __init__(self, low: _Optional[_Union[Value, _Mapping]] = ..., high: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...

class RangeSet(_message.Message):
    __slots__ = ("ranges",)
    RANGES_FIELD_NUMBER: _ClassVar[int]
    ranges: _containers.RepeatedCompositeFieldContainer[Range]
    def __init__(self, ranges: _Optional[_Iterable[_Union[Range, _Mapping]]] = ...) -> None: ...

class EquatableValueSet(_message.Message):
    __slots__ = ("candidates", "white_list")
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    WHITE_LIST_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[Value]
    white_list: bool
    def __init__(self, candidates: _Optional[_Iterable[_Union[Value, _Mapping]]] = ..., white_list: _Optional[bool] = ...) -> None: ...

class AllOrNoneSet(_message.Message):
    __slots__ = ("all",)
    ALL_FIELD_NUMBER: _ClassVar[int]
    all: bool
    def __init__(self, all: _Optional[bool] = ...) -> None: ...

class Domain(_message.Message):
    __slots__ = ("range", "equatable", "all_or_none")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    EQUATABLE_FIELD_NUMBER: _ClassVar[int]
    ALL_OR_NONE_FIELD_NUMBER: _ClassVar[int]
    range: RangeSet
    equatable: EquatableValueSet
    all_or_none: AllOrNoneSet
    def __init__(self, range: _Optional[_Union[RangeSet, _Mapping]] = ..., equatable: _Optional[_Union[EquatableValueSet, _Mapping]] = ..., all_or_none: _Optional[_Union[AllOrNoneSet, _Mapping]] = ...) -> None: ...

class Constraint(_message.Message):
    __slots__ = ("column_constraints",)
    class ColumnConstraintsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Domain
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Domain, _Mapping]] = ...) -> None: ...
    COLUMN_CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    column_constraints: _containers.MessageMap[str, Domain]
    def __init__(self, column_constraints: _Optional[_Mapping[str, Domain]] = ...) -> None: ...

class ReadTablePRequest(_message.Message):
    __slots__ = ("db_name", "table_name", "constraint")
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    constraint: Constraint
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., constraint: _Optional[_Union[Constraint, _Mapping]] = ...) -> None: ...

class ReadTablePResponse(_message.Message):
    __slots__ = ("partitions",)
    PARTITIONS_FIELD_NUMBER: _ClassVar[int]
    partitions: _containers.RepeatedCompositeFieldContainer[Partition]
    def __init__(self, partitions: _Optional[_Iterable[_Union[Partition, _Mapping]]] = ...) -> None: ...

class TransformTablePRequest(_message.Message):
    __slots__ = ("db_name", "table_name", "definition")
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    definition: str
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., definition: _Optional[str] = ...) -> None: ...

class TransformTablePResponse(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: int
    def __init__(self, job_id: _Optional[int] = ...) -> None: ...

class GetTransformJobInfoPRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: int
    def __init__(self, job_id: _Optional[int] = ...) -> None: ...

class TransformJobInfo(_message.Message):
    __slots__ = ("db_name", "table_name", "definition", "job_id", "job_status", "job_error")
    DB_NAME_FIELD_NUMBER: _ClassVar[int]
    TABLE_NAME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_STATUS_FIELD_NUMBER: _ClassVar[int]
    JOB_ERROR_FIELD_NUMBER: _ClassVar[int]
    db_name: str
    table_name: str
    definition: str
    job_id: int
    job_status: _job_master_pb2.Status
    job_error: str
    def __init__(self, db_name: _Optional[str] = ..., table_name: _Optional[str] = ..., definition: _Optional[str] = ..., job_id: _Optional[int] = ..., job_status: _Optional[_Union[_job_master_pb2.Status, str]] = ..., job_error: _Optional[str] = ...) -> None: ...

class GetTransformJobInfoPResponse(_message.Message):
    __slots__ = ("info",)
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: _containers.RepeatedCompositeFieldContainer[TransformJobInfo]
    def __init__(self, info: _Optional[_Iterable[_Union[TransformJobInfo, _Mapping]]] = ...) -> None: ...
