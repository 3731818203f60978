from pyalluxio.wire.gen import ratis_pb2 as _ratis_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
