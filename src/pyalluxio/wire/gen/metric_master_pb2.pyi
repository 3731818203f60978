from pyalluxio.wire.gen import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClearMetricsPRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ClearMetricsPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MetricsHeartbeatPOptions(_message.Message):
    __slots__ = ("clientMetrics",)
    CLIENTMETRICS_FIELD_NUMBER: _ClassVar[int]
    clientMetrics: _containers.RepeatedCompositeFieldContainer[ClientMetrics]
    def __init__(self, clientMetrics: _Optional[_Iterable[_Union[ClientMetrics, _Mapping]]] = ...) -> None: ...

class ClientMetrics(_message.Message):
    __slots__ = ("source", "metrics")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    source: str
    metrics: _containers.RepeatedCompositeFieldContainer[_common_pb2.Metric]
    def __init__(self, source: _Optional[str] = ..., metrics: _Optional[_Iterable[_Union[_common_pb2.Metric, _Mapping]]] = ...) -> None: ...

class MetricsHeartbeatPRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: MetricsHeartbeatPOptions
    def __init__(self, options: _Optional[_Union[MetricsHeartbeatPOptions, _Mapping]] = ...) -> None: ...

class MetricsHeartbeatPResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MetricValue(_message.Message):
    __slots__ = ("doubleValue", "stringValue", "metricType")
    DOUBLEVALUE_FIELD_NUMBER: _ClassVar[int]
    STRINGVALUE_FIELD_NUMBER: _ClassVar[int]
    METRICTYPE_FIELD_NUMBER: _ClassVar[int]
    doubleValue: float
    stringValue: str
    metricType: _common_pb2.MetricType
    def __init__(self, doubleValue: _Optional[float] = ..., stringValue: _Optional[str] = ..., metricType: _Optional[_Union[_common_pb2.MetricType, str]] = ...) -> None: ...

class GetMetricsPOptions(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetMetricsPResponse(_message.Message):
    __slots__ = ("metrics",)
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: MetricValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[MetricValue, _Mapping]] = ...) -> None: ...
    METRICS_FIELD_NUMBER: _ClassVar[int]
    metrics: _containers.MessageMap[str, MetricValue]
    def __init__(self, metrics: _Optional[_Mapping[str, MetricValue]] = ...) -> None: ...
