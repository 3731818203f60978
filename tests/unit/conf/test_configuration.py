"""Which value is in force, and why: precedence, references, getters, listings."""

from __future__ import annotations

import hashlib
import re

import pytest

from pyalluxio.conf import MASK, TABLE, Configuration, Machine, load
from pyalluxio.conf.sources import Setting, Source
from pyalluxio.errors import ConfigurationError

BLOCK_SIZE = "alluxio.user.block.size.bytes.default"


def conf(**properties: str) -> Configuration:
    return Configuration.for_test({f"alluxio.{name.replace('_', '.')}": value for name, value in properties.items()})


def test_defaults_by_type() -> None:
    """Every process reads these at its start; a getter that misreads its type stops all of them."""
    conf = Configuration.for_test()
    assert conf.integer("alluxio.master.rpc.port") == 19998
    assert conf.boolean("alluxio.user.short.circuit.enabled") is True
    assert conf.duration_ms("alluxio.master.worker.timeout") == 300_000
    assert conf.duration_ms("alluxio.user.network.streaming.keepalive.time") == 2**63 - 1
    assert conf.size_bytes(BLOCK_SIZE) == 64 << 20
    assert conf.number("alluxio.worker.tieredstore.level0.watermark.high.ratio") == 0.95
    assert conf.enum("alluxio.user.file.writetype.default") == "ASYNC_THROUGH"
    assert conf.items("alluxio.master.tieredstore.global.mediumtype") == ["MEM", "SSD", "HDD"]
    assert conf.items("alluxio.master.rpc.addresses") == []
    assert conf.text_or_none("alluxio.master.hostname") is None
    assert conf.is_set("alluxio.master.hostname") is False
    assert conf.source("alluxio.master.rpc.port") == "DEFAULT"


def test_aliases_read_and_write_the_same_value() -> None:
    """A program that asks by the old name must not get the default while the new name is set."""
    conf = Configuration.for_test({"alluxio.master.port": "1234"})
    assert conf.integer("alluxio.master.rpc.port") == conf.integer("alluxio.master.port") == 1234


def test_a_deprecated_name_sets_its_successor_and_warns() -> None:
    """The old row of the table reads as unset; a value under it must not vanish."""
    conf = Configuration.for_test({"alluxio.user.network.keepalive.timeout": "7s"})
    assert conf.duration_ms("alluxio.user.network.streaming.keepalive.timeout") == 7000
    assert conf.duration_ms("alluxio.user.network.keepalive.timeout") == 7000
    assert "deprecated" in conf.warnings[0].text


def test_sources_win_in_their_order() -> None:
    """With two sources exchanged, a forgotten site file beats what the user just typed."""
    layers = [{BLOCK_SIZE: Setting(f"{source.value}MB", source)} for source in Source if source is not Source.DEFAULT]
    while layers:
        conf = Configuration(reversed(layers), machine=Machine())
        assert conf.source(BLOCK_SIZE) == Source(len(layers)).name
        assert conf.text(BLOCK_SIZE) == f"{len(layers)}MB"
        layers.pop()


@pytest.mark.parametrize(
    ("properties", "key", "expected"),
    [
        pytest.param({"x.b": "1"}, "x.b", "1", id="none"),
        pytest.param({"x.b": "${x.a}", "x.a": "1"}, "x.b", "1", id="whole value"),
        pytest.param({"x.b": "<${x.a}-${x.a}>", "x.a": "1"}, "x.b", "<1-1>", id="in any position"),
        pytest.param({"x.c": "${x.b}", "x.b": "${x.a}", "x.a": "1"}, "x.c", "1", id="through others"),
        pytest.param({"x.b": "${alluxio.master.port}"}, "x.b", "19998", id="to a default, by an alias"),
        pytest.param({"x.b": "${user.home}/${user.name}"}, "x.b", "/home/tester/tester", id="to the system"),
        pytest.param({"x.b": "$x {y} $"}, "x.b", "$x {y} $", id="other dollars stay"),
        pytest.param({"alluxio.work.dir": "/w"}, "alluxio.master.journal.folder", "/w/journal", id="a default refers"),
    ],
)
def test_references(properties: dict[str, str], key: str, expected: str) -> None:
    """A journal folder with an unreplaced `${…}` in it would be created under that very name."""
    assert Configuration.for_test(properties).text(key) == expected


def test_a_reference_that_leads_nowhere_is_an_error() -> None:
    """The text must name both keys, or the reader searches the wrong one."""
    conf = Configuration.for_test({"alluxio.work.dir": "${alluxio.hom}/x"})
    with pytest.raises(
        ConfigurationError, match=r"alluxio\.work\.dir refers to \$\{alluxio\.hom\}, which has no value"
    ):
        conf.text("alluxio.work.dir")


def test_references_in_a_circle_are_an_error() -> None:
    """Following them for ever would hang the start."""
    conf = Configuration.for_test({"x.a": "${x.b}", "x.b": "${x.c}", "x.c": "${x.b}"})
    with pytest.raises(ConfigurationError, match=r"circle: x\.b -> x\.c -> x\.b"):
        conf.text("x.a")


def test_a_default_that_refers_to_something_unset_is_unset() -> None:
    """The job master's host name refers to the master's; clients without either must not fail."""
    assert Configuration.for_test().text_or_none("alluxio.job.master.hostname") is None
    assert conf(master_hostname="m1").text("alluxio.job.master.hostname") == "m1"


def test_a_bad_value_names_key_value_and_place() -> None:
    """`invalid literal for int()` helps nobody."""
    layers = [{"alluxio.master.rpc.port": Setting("abc", Source.SITE_PROPERTY, "/c/site:3", "/c/site")}]
    conf = Configuration(layers, machine=Machine())
    with pytest.raises(ConfigurationError, match=r"^/c/site:3: alluxio\.master\.rpc\.port=abc is not valid: write"):
        conf.integer("alluxio.master.rpc.port")


def test_a_bad_secret_is_not_repeated() -> None:
    """Messages end in logs; logs are sent around."""
    conf = Configuration.for_test({"x.secret": "hunter2"})
    with pytest.raises(ConfigurationError) as error:
        conf.integer("x.secret")
    assert "hunter2" not in str(error.value)


def test_missing_values_and_unknown_keys_say_what_to_do() -> None:
    """The two have different fixes."""
    conf = Configuration.for_test()
    with pytest.raises(ConfigurationError, match=r"alluxio\.master\.hostname has no value; set it in"):
        conf.text("alluxio.master.hostname")
    with pytest.raises(ConfigurationError, match=r"not a known property\. Did you mean alluxio\.master\.hostname\?"):
        conf.text("alluxio.master.hostnam")


def test_computed_defaults_follow_the_machine() -> None:
    """A worker in a small container that plans for the whole host is killed by the kernel."""
    conf = Configuration.for_test(cpus=16, memory_bytes=6 << 30, room_for_all_bytes=100 << 30)
    assert conf.integer("alluxio.master.metadata.sync.executor.pool.size") == 16
    assert conf.integer("alluxio.underfs.io.threads") == 48
    assert conf.integer("alluxio.master.metastore.rocks.parallel.backup.threads") == 8
    assert conf.size_bytes("alluxio.worker.ramdisk.size") == 4 << 30
    assert conf.sizes_bytes("alluxio.worker.tieredstore.level0.dirs.quota") == [4 << 30]


def test_the_cache_fits_into_its_folder() -> None:
    """Two thirds of the memory do not fit into a small /dev/shm: every write would fail with a full disk."""
    conf = Configuration.for_test(memory_bytes=64 << 30, room_for_all_bytes=10 << 30)
    assert conf.size_bytes("alluxio.worker.ramdisk.size") == 8 << 30


def test_without_memory_for_files_the_cache_is_on_disk() -> None:
    """Some containers have no usable /dev/shm; the worker must start all the same."""
    conf = Configuration.for_test({"alluxio.work.dir": "/w/"}, memory_folder=None)
    assert conf.items("alluxio.worker.tieredstore.level0.dirs.path") == ["/w/ramdisk"]


# --- cluster and path defaults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "properties", "key", "expected"),
    [
        pytest.param("client", [(BLOCK_SIZE, "8MB")], BLOCK_SIZE, "8MB", id="a client takes what is for clients"),
        pytest.param("worker", [(BLOCK_SIZE, "8MB")], BLOCK_SIZE, "64MB", id="a worker does not"),
        pytest.param(
            "worker",
            [("alluxio.worker.session.timeout", "9s")],
            "alluxio.worker.session.timeout",
            "9s",
            id="a worker takes what is for workers",
        ),
        pytest.param(
            "client", [("alluxio.user.nonsense", "1")], "alluxio.user.nonsense", None, id="unknown names drop"
        ),
        pytest.param("client", [("s3a.secretKey", MASK)], "s3a.secretKey", None, id="masked values are no values"),
        pytest.param("client", [(BLOCK_SIZE, "")], BLOCK_SIZE, "64MB", id="names without value drop"),
        pytest.param("client", [("alluxio.home", "/other")], "alluxio.home", "/opt/alluxio", id="folders are our own"),
        pytest.param(
            "worker",
            [("alluxio.worker.ramdisk.size", "1PB", "DEFAULT")],
            "alluxio.worker.ramdisk.size",
            str((8 << 30) * 2 // 3),
            id="what the master computed for itself is not for us",
        ),
        pytest.param(
            "client",
            [("alluxio.user.master.polling.concurrent", "false", "DEFAULT")],
            "alluxio.user.master.polling.concurrent",
            "true",
            id="an official master's default does not replace our own",
        ),
        pytest.param(
            "client",
            [("alluxio.user.master.polling.timeout", "9s", "SITE_PROPERTY (/c)")],
            "alluxio.user.master.polling.timeout",
            "9s",
            id="what its administrator chose does",
        ),
    ],
)
def test_cluster_defaults(role: str, properties: list[tuple[str, ...]], key: str, expected: str | None) -> None:
    """The leader advises all nodes; taken too literally, its own folders and sizes would spread to them."""
    conf = Configuration.for_test(role=role).with_cluster_defaults(properties)
    assert conf.text_or_none(key) == expected


def test_cluster_defaults_lose_against_own_settings_and_are_replaced_as_a_whole() -> None:
    """A value that the leader no longer advises must not stay in force for ever."""
    own = Configuration.for_test({BLOCK_SIZE: "1MB"})
    assert own.with_cluster_defaults([(BLOCK_SIZE, "8MB")]).text(BLOCK_SIZE) == "1MB"
    advised = Configuration.for_test().with_cluster_defaults([(BLOCK_SIZE, "8MB")])
    assert advised.source(BLOCK_SIZE) == "CLUSTER_DEFAULT"
    assert advised.with_cluster_defaults([]).text(BLOCK_SIZE) == "64MB"


def test_cluster_defaults_can_be_refused() -> None:
    """Some clients must not change with the cluster."""
    conf = Configuration.for_test({"alluxio.user.conf.cluster.default.enabled": "false"})
    assert conf.with_cluster_defaults([(BLOCK_SIZE, "8MB")]).text(BLOCK_SIZE) == "64MB"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/a/b/c", "2MB"), ("/a/b", "2MB"), ("/a/bc", "1MB"), ("/a", "1MB"), ("/", "64MB"), ("/x/a", "64MB")],
)
def test_path_defaults_of_the_longest_prefix(path: str, expected: str) -> None:
    """/a/bc is not below /a/b: data would be written in another way than asked for."""
    conf = Configuration.for_test().with_path_defaults({"/a": {BLOCK_SIZE: "1MB"}, "/a/b/": {BLOCK_SIZE: "2MB"}})
    assert conf.at_path(path).text(BLOCK_SIZE) == expected


def test_path_defaults_rank_between_options_and_the_program() -> None:
    """2.9 ranks them so; a job that sets a write type itself relies on it."""
    layers = [{BLOCK_SIZE: Setting("1MB", Source.SYSTEM_PROPERTY)}]
    conf = Configuration(layers, machine=Machine()).with_path_defaults({"/": {BLOCK_SIZE: "2MB"}})
    assert conf.at_path("/f").source(BLOCK_SIZE) == "PATH_DEFAULT"
    assert conf.with_overrides({BLOCK_SIZE: "3MB"}).at_path("/f").text(BLOCK_SIZE) == "3MB"
    assert conf.with_mount_options({BLOCK_SIZE: "4MB"}).at_path("/f").text(BLOCK_SIZE) == "4MB"


def test_path_defaults_reach_clients_only() -> None:
    """A path cannot have a worker's port of its own."""
    conf = Configuration.for_test().with_path_defaults({"/": {"alluxio.worker.session.timeout": "1s"}})
    assert conf.at_path("/").text("alluxio.worker.session.timeout") == "1min"


# --- listings ------------------------------------------------------------------------------------------------------


def test_listing_has_every_property_once_sorted() -> None:
    """`conf get` and the masters' answer to clients are made from it."""
    names = [entry.name for entry in Configuration.for_test({"x.unknown": "1"}).as_properties()]
    assert names == sorted({*TABLE.names, "x.unknown"})


def test_listing_by_scope() -> None:
    """Workers must not be told about clients' settings, nor the other way round."""
    names = {entry.name for entry in Configuration.for_test().as_properties("WORKER")}
    assert {"alluxio.worker.rpc.port", "alluxio.work.dir", "alluxio.master.hostname"} <= names
    assert not {BLOCK_SIZE, "alluxio.master.web.port"} & names


def test_listing_keeps_references_and_masks_secrets() -> None:
    """Clients resolve references against their own values; secrets leave the process nowhere."""
    conf = Configuration.for_test({"s3a.secretKey": "hunter2", "alluxio.work.dir": "${alluxio.hom}"})
    entries = {entry.name: entry for entry in conf.as_properties()}
    folder = entries["alluxio.user.file.reserved.bytes"]
    assert (folder.raw, folder.value) == ("${alluxio.user.block.size.bytes.default}", "64MB")
    assert (entries["s3a.secretKey"].raw, entries["s3a.secretKey"].value) == (MASK, MASK)
    assert entries["alluxio.work.dir"].value == "${alluxio.hom}"
    assert "hunter2" not in str(entries)
    assert conf.shown("s3a.secretKey") == MASK
    assert conf.shown("s3a.accessKeyId") is None


def test_what_masters_tell_others() -> None:
    """Official clients crash without the two versions; our sizes and folders would mislead official workers."""
    conf = Configuration.for_test({"alluxio.worker.register.to.all.masters": "true"}, role="master")
    entries = {entry.name: entry for entry in conf.cluster_properties()}
    told = {name: entry.raw for name, entry in entries.items()}
    assert told["alluxio.version"] == "2.9.6"
    assert told["alluxio.underfs.version"] == "3.3.4"
    assert told["alluxio.user.master.polling.concurrent"] == "true"
    assert told["alluxio.worker.register.to.all.masters"] == "true", "set by a user, so it is advice"
    assert told["alluxio.standby.master.web.enabled"] is None
    assert told["alluxio.worker.ramdisk.size"] is None
    assert told["alluxio.worker.tieredstore.level0.dirs.path"] is None
    assert told["alluxio.job.master.hostname"] is None, "it refers to a host name that nobody set"
    assert told["alluxio.worker.tieredstore.level0.dirs.quota"] == "${alluxio.worker.ramdisk.size}", "references stay"
    assert entries["alluxio.worker.tieredstore.level0.dirs.quota"].value == "${alluxio.worker.ramdisk.size}", (
        "this host"
    )
    assert entries["alluxio.user.file.reserved.bytes"].value == "64MB"


def test_hash_is_of_name_value_and_source() -> None:
    """Clients reload when it changes: it must change with a value, and with nothing else."""
    conf = Configuration.for_test({BLOCK_SIZE: "1MB"})
    own = {"alluxio.home", "alluxio.version", "alluxio.conf.dir", "alluxio.logs.dir", "alluxio.site.conf.dir"}
    own |= {"alluxio.master.rpc.port", "alluxio.master.embedded.journal.port", "alluxio.job.master.bind.host"}
    own |= {"alluxio.job.master.rpc.port", "alluxio.job.master.embedded.journal.port", "alluxio.job.master.hostname"}
    own |= {"alluxio.master.hostname", "alluxio.master.web.hostname"}
    parts = []
    for name in sorted(TABLE.names):
        value = conf.raw(name)
        is_read = value is not None and TABLE.successor(name) is None and TABLE[name].reaches("CLIENT")
        if is_read and name not in own and not TABLE[name].is_computed:
            parts.append(f"{name}:{value}:{conf.source(name)}")
    expected = hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()
    assert conf.hash() == expected
    assert re.fullmatch("[0-9a-f]{32}", expected)
    assert Configuration.for_test({BLOCK_SIZE: "1MB"}, memory_bytes=1 << 30, cpus=1).hash() == expected
    assert Configuration.for_test({BLOCK_SIZE: "2MB"}).hash() != expected


def test_masters_of_one_quorum_have_one_hash() -> None:
    """Official clients that find another hash at the next leader hang up in the middle of a fail-over."""
    hashes = {
        Configuration.for_test(
            {
                BLOCK_SIZE: "1MB",
                "alluxio.home": f"/home/{number}",
                "alluxio.master.hostname": f"m{number}",
                "alluxio.master.rpc.port": f"1999{number}",
                "alluxio.master.web.port": f"1899{number}",
                "alluxio.master.journal.folder": f"/journal/{number}",
                "alluxio.master.embedded.journal.port": f"1920{number}",
            }
        ).hash()
        for number in range(3)
    }
    assert len(hashes) == 1


@pytest.mark.parametrize("value", ["99999", "-1", "abc", "65536"])
def test_a_port_that_cannot_be(value: str) -> None:
    """A socket's own error comes late and names no property; and nobody needs to know what 32 bits can hold."""
    key = "alluxio.master.rpc.port"
    with pytest.raises(ConfigurationError) as caught:
        load("client", {key: value}, {"ALLUXIO_HOME": "/nonexistent"})
    assert str(caught.value) == (
        f"-D{key}={value} is not valid: write a port number between 1 and 65535, or 0 for a free one."
    )
