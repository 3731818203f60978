"""What clients and workers read first: the configuration, its hashes, and its changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pyalluxio.conf import MASK, Configuration
from pyalluxio.errors import InvalidArgument
from pyalluxio.journal.entries import PathPropertiesEntry, RemovePathPropertiesEntry
from pyalluxio.master.config_report import ServerConfiguration, config_report
from pyalluxio.master.configuration_service import CurrentConfiguration, MetaMasterConfigurationService, path_hash
from pyalluxio.master.ops import path_properties
from pyalluxio.master.state.tx import PATH_PROPERTIES
from pyalluxio.wire.gen import meta_master_pb2 as pb
from tests.unit.master.block_master_fakes import CALL


class FakePaths:
    def __init__(self) -> None:
        self.paths: dict[str, dict[str, str]] = {}

    def path_properties(self) -> Mapping[str, Mapping[str, str]]:
        return self.paths

    async def add_path_properties(self, path: str, properties: Mapping[str, str]) -> None:
        self.paths.setdefault(path, {}).update(properties)

    async def remove_path_properties(self, path: str, keys: Sequence[str]) -> None:
        self.paths.pop(path, None)


class Fixture:
    def __init__(self, properties: dict[str, str] | None = None) -> None:
        self.ms = 1000
        self.changes: list[Configuration] = []
        conf = Configuration.for_test(properties or {}, role="master")
        self.current = CurrentConfiguration(conf, lambda: self.ms, self.changes.append)
        self.paths = FakePaths()
        self.service = MetaMasterConfigurationService(self.current, self.paths)

    async def values(self, **flags: bool) -> dict[str, str | None]:
        answer = await self.service.get_configuration(pb.GetConfigurationPOptions(**flags), CALL)
        return {p.name: p.value if p.HasField("value") else None for p in answer.clusterConfigs}

    async def hashes(self) -> tuple[str, str]:
        answer = await self.service.get_config_hash(pb.GetConfigHashPOptions(), CALL)
        return answer.clusterConfigHash, answer.pathConfigHash


async def test_versions_are_always_there() -> None:
    """Without either of them, every official client and worker dies of a null pointer while it starts."""
    values = await Fixture().values(rawValue=True)
    assert (values["alluxio.version"], values["alluxio.underfs.version"]) == ("2.9.6", "3.3.4")
    assert len(values) > 800


async def test_raw_values_keep_their_references() -> None:
    """Resolved on the master, a folder would come from the master's home instead of the client's."""
    fixture = Fixture({"alluxio.logs.dir": "${alluxio.work.dir}/logs", "alluxio.work.dir": "/w"})
    assert (await fixture.values(rawValue=True))["alluxio.logs.dir"] == "${alluxio.work.dir}/logs"
    assert (await fixture.values())["alluxio.logs.dir"] == "/w/logs"


async def test_credentials_are_masked() -> None:
    """Anybody who reaches the port may ask, without authentication."""
    fixture = Fixture({"s3a.secretKey": "hush"})
    for raw in (False, True):
        answer = await fixture.service.get_configuration(pb.GetConfigurationPOptions(rawValue=raw), CALL)
        assert b"hush" not in answer.SerializeToString()
        assert (await fixture.values(rawValue=raw))["s3a.secretKey"] == MASK


async def test_flags_leave_parts_out() -> None:
    """Clients set the flag of the part they have; sending both costs each of them 60 kB a minute."""
    fixture = Fixture()
    fixture.paths.paths = {"/a": {"alluxio.user.file.readtype.default": "NO_CACHE"}}
    answer = await fixture.service.get_configuration(pb.GetConfigurationPOptions(ignoreClusterConf=True), CALL)
    assert not answer.clusterConfigs
    assert not answer.HasField("clusterConfigHash")
    (kept,) = answer.pathConfigs["/a"].properties
    assert (kept.name, kept.value) == ("alluxio.user.file.readtype.default", "NO_CACHE")
    answer = await fixture.service.get_configuration(pb.GetConfigurationPOptions(ignorePathConf=True), CALL)
    assert not answer.pathConfigs
    assert not answer.HasField("pathConfigHash")
    assert answer.clusterConfigs


async def test_hashes_are_those_of_the_configuration_sent() -> None:
    """A hash that differs from the one loaded makes each client close all its connections, every minute."""
    fixture = Fixture()
    answer = await fixture.service.get_configuration(pb.GetConfigurationPOptions(), CALL)
    assert await fixture.hashes() == (answer.clusterConfigHash, answer.pathConfigHash)
    assert await fixture.hashes() == await Fixture().hashes()
    assert (await Fixture({"alluxio.user.file.readtype.default": "NO_CACHE"}).hashes())[0] != answer.clusterConfigHash


async def test_defaults_of_paths_are_checked_and_change_their_hash_only() -> None:
    """A misspelt property would be accepted and do nothing, and the operator would believe it works."""
    fixture = Fixture()
    cluster_before, paths_before = await fixture.hashes()
    name = "alluxio.user.file.writetype.default"
    request = pb.SetPathConfigurationPRequest(path="/a/", properties={name: "THROUGH"})
    await fixture.service.set_path_configuration(request, CALL)
    assert fixture.paths.paths == {"/a": {name: "THROUGH"}}
    cluster_after, paths_after = await fixture.hashes()
    assert (cluster_after == cluster_before, paths_after == paths_before) == (True, False)
    for bad in (
        {"alluxio.user.file.writetype.defualt": "THROUGH"},
        {name: "SIDEWAYS"},
        {"alluxio.master.journal.folder": "x"},
    ):
        with pytest.raises(InvalidArgument):
            await fixture.service.set_path_configuration(
                pb.SetPathConfigurationPRequest(path="/a", properties=bad), CALL
            )
    await fixture.service.remove_path_configuration(pb.RemovePathConfigurationPRequest(path="/a"), CALL)
    assert await fixture.hashes() == (cluster_before, paths_before)


async def test_only_changeable_properties_are_updated_and_only_when_allowed() -> None:
    """A property that is read once would show its new value in every report and have the old effect."""
    name = "alluxio.user.file.readtype.default"
    request = pb.UpdateConfigurationPRequest(properties={name: "NO_CACHE", "no.such.key": "1"})
    fixture = Fixture()
    answer = await fixture.service.update_configuration(request, CALL)
    assert dict(answer.status) == {name: False, "no.such.key": False}
    fixture = Fixture({"alluxio.conf.dynamic.update.enabled": "true"})
    before, _ = await fixture.hashes()
    fixture.ms = 5000
    answer = await fixture.service.update_configuration(request, CALL)
    assert dict(answer.status) == {name: True, "no.such.key": False}
    assert (await fixture.values())[name] == "NO_CACHE"
    assert (await fixture.hashes())[0] != before
    assert [conf.text(name) for conf in fixture.changes] == ["NO_CACHE"]
    answer = await fixture.service.get_configuration(pb.GetConfigurationPOptions(), CALL)  # type: ignore[assignment]
    assert answer.clusterConfigLastUpdateTime == 5000  # type: ignore[attr-defined]
    bad = pb.UpdateConfigurationPRequest(properties={name: "SIDEWAYS"})
    assert dict((await fixture.service.update_configuration(bad, CALL)).status) == {name: False}


class FakeContext:
    """The part of a context that the operation uses: one table, and what was emitted."""

    def __init__(self, present: dict[str, dict[str, str]]) -> None:
        self.tx = self
        self.present = present
        self.emitted: list[object] = []
        self.emit = self.emitted.append

    def get(self, table: object, key: str) -> dict[str, str] | None:
        assert table is PATH_PROPERTIES
        return self.present.get(key)


def test_each_entry_of_a_path_holds_all_its_properties() -> None:
    """The entry replaces what the path had; written with the change alone, it would remove the others."""
    context = FakeContext({"/a": {"k": "1", "l": "2"}})
    path_properties.add(context, "/a", {"l": "3"})  # type: ignore[arg-type]
    path_properties.add(context, "/b", {"l": "3"})  # type: ignore[arg-type]
    path_properties.add(context, "/c", {})  # type: ignore[arg-type]
    path_properties.remove(context, "/a", ["k", "x"])  # type: ignore[arg-type]
    path_properties.remove(context, "/a", ["x"])  # type: ignore[arg-type]
    path_properties.remove(context, "/a", ["k", "l"])  # type: ignore[arg-type]
    path_properties.remove(context, "/a", [])  # type: ignore[arg-type]
    path_properties.remove(context, "/b", [])  # type: ignore[arg-type]
    assert context.emitted == [
        PathPropertiesEntry("/a", {"k": "1", "l": "3"}),
        PathPropertiesEntry("/b", {"l": "3"}),
        PathPropertiesEntry("/a", {"l": "2"}),
        RemovePathPropertiesEntry("/a"),
        RemovePathPropertiesEntry("/a"),
    ]


def test_the_order_of_paths_does_not_change_their_hash() -> None:
    """After a fail-over the order may differ, and every client would reload for nothing."""
    one, other = {"/a": {"k": "1", "l": "2"}, "/b": {}}, {"/b": {}, "/a": {"l": "2", "k": "1"}}
    assert path_hash(one) == path_hash(other)
    assert path_hash(one) != path_hash({})


def test_the_report_names_what_somebody_set_differently() -> None:
    """A worker with another home is fine; with another RPC port of the master it is not."""
    enforced, warned = "alluxio.master.rpc.port", "alluxio.user.block.size.bytes.default"
    default, site = "DEFAULT", "SITE_PROPERTY (/c/alluxio-site.properties)"
    folders = [("alluxio.home", "SYSTEM_PROPERTY", "/m"), ("alluxio.work.dir", default, "/m")]
    master = ServerConfiguration("m:19998", [(enforced, site, "1"), (warned, default, "64MB"), *folders])
    same = ServerConfiguration("w1:29999", [(enforced, site, "1"), (warned, default, "64MB")])
    report = config_report([master, same])
    assert report == pb.ConfigCheckReport(status=pb.ConfigStatus.PASSED)
    own_folders = [("alluxio.home", "SYSTEM_PROPERTY", "/w2"), ("alluxio.work.dir", "CLUSTER_DEFAULT", "/w2")]
    builtin = ServerConfiguration("w2:29999", [(warned, default, "32MB"), *own_folders])
    assert config_report([master, builtin]).status == pb.ConfigStatus.PASSED, "nobody set it"
    differs = ServerConfiguration("w3:29999", [(enforced, default, "19998"), (warned, site, "")])
    report = config_report([master, same, differs])
    found = [
        (scope, prop.name, {value: list(servers.values) for value, servers in prop.values.items()})
        for group in (report.errors, report.warns)
        for scope, props in group.items()
        for prop in props.properties
    ]
    assert sorted(found) == sorted(
        [
            (_scope(enforced), enforced, {"1": ["m:19998", "w1:29999"], "19998": ["w3:29999"]}),
            (_scope(warned), warned, {"64MB": ["m:19998", "w1:29999"], "no value set": ["w3:29999"]}),
        ]
    )
    assert report.status in (pb.ConfigStatus.WARN, pb.ConfigStatus.FAILED)
    assert (report.status == pb.ConfigStatus.FAILED) == bool(report.errors)


def _scope(name: str) -> str:
    from pyalluxio.conf import TABLE

    return TABLE[name].scope
