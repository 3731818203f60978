"""`MetaMasterConfigurationService`: what every client, worker and shell reads before it does anything else.

Rule 1: `GetConfiguration` and `GetConfigHash` are answered without authentication; whoever changes something needs it.
Rule 2: the answer always has `alluxio.version` and `alluxio.underfs.version`; without them official clients crash.
Rule 3: a hash changes when, and only when, a property does. Clients reload on another hash than the one they loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from pyalluxio.conf import TABLE, Configuration
from pyalluxio.conf.configuration import value_problem
from pyalluxio.errors import ConfigurationError, InvalidArgument
from pyalluxio.path import parse
from pyalluxio.wire.gen import meta_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import ConfigProperty
from pyalluxio.wire.handlers import Call

SERVICE = "alluxio.grpc.meta.MetaMasterConfigurationService"
OPEN_RPCS = ("GetConfiguration", "GetConfigHash")

REQUIRED = ("alluxio.version", "alluxio.underfs.version")


class PathConfiguration(Protocol):
    """The journaled defaults of paths."""

    def path_properties(self) -> Mapping[str, Mapping[str, str]]:
        """Return {path: {property: value}} as of the last commit."""

    async def add_path_properties(self, path: str, properties: Mapping[str, str]) -> None:
        """Set properties of a path besides those it has, durably."""

    async def remove_path_properties(self, path: str, keys: Sequence[str]) -> None:
        """Remove properties of a path, durably; no keys means all."""


class CurrentConfiguration:
    """The configuration of this master, which an administrator may change while it runs."""

    def __init__(
        self,
        conf: Configuration,
        now_ms: Callable[[], int],
        on_change: Callable[[Configuration], None] = lambda conf: None,
    ) -> None:
        self.conf = conf
        self._now_ms = now_ms
        self._on_change = on_change
        self.changed_ms = now_ms()

    def update(self, properties: Mapping[str, str]) -> dict[str, bool]:
        """Set properties and return which were accepted: known, changeable at run time, and with a proper value.

        Nothing is accepted unless `alluxio.conf.dynamic.update.enabled`. The values last as long as the process.
        """
        accepted = dict.fromkeys(properties, False)
        if not self.conf.boolean("alluxio.conf.dynamic.update.enabled"):
            return accepted
        for name, value in properties.items():
            prop = TABLE.find(name)
            if prop is None or not prop.dynamic:
                continue
            try:
                changed = self.conf.with_overrides({name: value})
                problem = value_problem(changed, name)
            except ConfigurationError:
                continue
            if problem is None:
                self.conf = changed
                accepted[name] = True
        if any(accepted.values()):
            self.changed_ms = self._now_ms()
            self._on_change(self.conf)
        return accepted


class MetaMasterConfigurationService:
    """`alluxio.grpc.meta.MetaMasterConfigurationService`."""

    def __init__(self, current: CurrentConfiguration, paths: PathConfiguration) -> None:
        self._current = current
        self._paths = paths
        self._kept_for: Configuration | None = None
        self._kept_hash = ""
        self._kept_answers: dict[bool, pb.GetConfigurationPResponse] = {}

    async def get_configuration(self, request: pb.GetConfigurationPOptions, call: Call) -> pb.GetConfigurationPResponse:
        response = pb.GetConfigurationPResponse()
        if not request.ignoreClusterConf:
            response.MergeFrom(self._cluster_answer(request.rawValue))
            response.clusterConfigLastUpdateTime = self._current.changed_ms
        if not request.ignorePathConf:
            paths = self._paths.path_properties()
            for path, properties in paths.items():
                response.pathConfigs[path].CopyFrom(
                    pb.ConfigProperties(
                        properties=[
                            ConfigProperty(name=name, source="PATH_DEFAULT", value=value)
                            for name, value in properties.items()
                        ]
                    )
                )
            response.pathConfigHash = path_hash(paths)
        return response

    async def get_config_hash(self, request: pb.GetConfigHashPOptions, call: Call) -> pb.GetConfigHashPResponse:
        return pb.GetConfigHashPResponse(
            clusterConfigHash=self._cluster_hash(), pathConfigHash=path_hash(self._paths.path_properties())
        )

    async def set_path_configuration(
        self, request: pb.SetPathConfigurationPRequest, call: Call
    ) -> pb.SetPathConfigurationPResponse:
        """Set defaults of a path.

        Raises:   InvalidPath.  InvalidArgument: an unknown property, one that clients do not use, or a bad value.
        """
        properties = dict(request.properties)
        for name, value in properties.items():
            _check_path_property(self._current.conf, name, value)
        await self._paths.add_path_properties(parse(request.path), properties)
        return pb.SetPathConfigurationPResponse()

    async def remove_path_configuration(
        self, request: pb.RemovePathConfigurationPRequest, call: Call
    ) -> pb.RemovePathConfigurationPResponse:
        await self._paths.remove_path_properties(parse(request.path), list(request.keys))
        return pb.RemovePathConfigurationPResponse()

    async def update_configuration(
        self, request: pb.UpdateConfigurationPRequest, call: Call
    ) -> pb.UpdateConfigurationPResponse:
        return pb.UpdateConfigurationPResponse(status=self._current.update(dict(request.properties)))

    def _cluster_answer(self, raw: bool) -> pb.GetConfigurationPResponse:
        """Return the cluster's part of the answer; kept until the configuration changes, since every client asks."""
        cluster_hash = self._cluster_hash()
        if raw not in self._kept_answers:
            properties = [
                ConfigProperty(name=entry.name, source=entry.source, value=entry.raw if raw else entry.value)
                for entry in self._current.conf.cluster_properties()
            ]
            valued = {kept.name for kept in properties if kept.HasField("value")}
            missing = [name for name in REQUIRED if name not in valued]
            assert not missing, f"the configuration sent to clients lacks {missing}"
            self._kept_answers[raw] = pb.GetConfigurationPResponse(
                clusterConfigs=properties, clusterConfigHash=cluster_hash
            )
        return self._kept_answers[raw]

    def _cluster_hash(self) -> str:
        if self._kept_for is not self._current.conf:
            self._kept_for = self._current.conf
            self._kept_hash = self._current.conf.hash()
            self._kept_answers.clear()
        return self._kept_hash


def path_hash(paths: Mapping[str, Mapping[str, str]]) -> str:
    """Return the hash by which clients notice that defaults of paths changed: MD5 over `path:name:value`, sorted."""
    digest = hashlib.md5(usedforsecurity=False)
    for path in sorted(paths):
        for name, value in sorted(paths[path].items()):
            digest.update(f"{path}:{name}:{value}".encode())
    return digest.hexdigest()


def _check_path_property(conf: Configuration, name: str, value: str) -> None:
    prop = TABLE.find(name)
    if prop is None:
        near = TABLE.nearest(name)
        raise InvalidArgument(f"{name} is not a known property." + (f" Did you mean {near}?" if near else ""))
    if not prop.reaches("CLIENT"):
        raise InvalidArgument(
            f"{name} is not for clients (its scope is {prop.scope}), so a path cannot have a default."
        )
    problem = value_problem(conf.with_overrides({name: value}), name)
    if problem is not None:
        raise InvalidArgument(problem)
