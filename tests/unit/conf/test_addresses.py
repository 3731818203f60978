"""Everybody must find the same masters from what a guide tells people to write."""

from __future__ import annotations

import pytest

from pyalluxio.conf import Configuration, addresses
from pyalluxio.conf.addresses import AuthorityKind
from pyalluxio.errors import AlluxioError, ConfigurationError, InvalidArgument

JOURNAL = "alluxio.master.embedded.journal.addresses"
RPC = "alluxio.master.rpc.addresses"
HOST = "alluxio.master.hostname"
LOGICAL = {
    "alluxio.master.nameservices.c-1": "master1,master2",
    "alluxio.master.rpc.address.c-1.master1": "h1:19998",
    "alluxio.master.rpc.address.c-1.master2": "h2:19998",
}


@pytest.mark.parametrize(
    ("text", "kind", "members"),
    [
        ("", AuthorityKind.NONE, ()),
        ("h1:19998", AuthorityKind.SINGLE, ("h1:19998",)),
        ("h1:1,h2:2,h3:3", AuthorityKind.MULTI, ("h1:1", "h2:2", "h3:3")),
        ("h1:1;h2:2;h3:3", AuthorityKind.MULTI, ("h1:1", "h2:2", "h3:3")),
        ("h1:1+h2:2", AuthorityKind.MULTI, ("h1:1", "h2:2")),
        ("h1:1,h2:2;h3:3", AuthorityKind.MULTI, ("h1:1", "h2:2", "h3:3")),
        ("zk@h1:2181", AuthorityKind.ZOOKEEPER, ("h1:2181",)),
        ("zk@h1:2181;h2:2181", AuthorityKind.ZOOKEEPER, ("h1:2181", "h2:2181")),
        ("zk@name", AuthorityKind.LOGICAL_ZOOKEEPER, ()),
        ("ebj@my-alluxio_cluster.1", AuthorityKind.LOGICAL, ()),
        ("host", AuthorityKind.UNKNOWN, ()),
        ("h1:1,h2", AuthorityKind.UNKNOWN, ()),
        ("[::1]:19998", AuthorityKind.UNKNOWN, ()),
        ("h1:1,", AuthorityKind.UNKNOWN, ()),
        ("ebj@a b", AuthorityKind.UNKNOWN, ()),
        ("h1:port", AuthorityKind.UNKNOWN, ()),
    ],
)
def test_authorities(text: str, kind: AuthorityKind, members: tuple[str, ...]) -> None:
    """Spark separates with `;`, some shells with `+`; all of them must mean the same cluster."""
    parsed = addresses.parse_authority(text)
    assert (parsed.kind, parsed.addresses) == (kind, members)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param({RPC: "a:1,b:2", JOURNAL: "c:3", HOST: "d"}, ["a:1", "b:2"], id="rpc.addresses first"),
        pytest.param({JOURNAL: "c:19200,d:19200", HOST: "e"}, ["c:19998", "d:19998"], id="then the journal's hosts"),
        pytest.param(
            {JOURNAL: "c:19200", "alluxio.master.rpc.port": "7"}, ["c:7"], id="the journal's hosts with the RPC port"
        ),
        pytest.param({HOST: "e"}, ["e:19998"], id="then the host name"),
        pytest.param({RPC: "a:1, a:1 ,"}, ["a:1"], id="none twice"),
    ],
)
def test_masters_from_properties(properties: dict[str, str], expected: list[str]) -> None:
    """Two properties are the whole minimal configuration; clients and workers live on this rule."""
    assert addresses.master_rpc_addresses(Configuration.for_test(properties)) == expected


def test_authority_beats_properties() -> None:
    """A path that names its cluster works even where the properties name a dead one."""
    conf = Configuration.for_test({RPC: "dead:1"})
    assert addresses.master_rpc_addresses(conf, "h1:1;h2:2") == ["h1:1", "h2:2"]
    conf = conf.with_overrides(LOGICAL)
    assert addresses.master_rpc_addresses(conf, "ebj@c-1") == ["h1:19998", "h2:19998"]


@pytest.mark.parametrize(
    ("properties", "authority", "error", "text"),
    [
        pytest.param({}, "", ConfigurationError, r"Set alluxio\.master\.hostname for one master", id="nothing set"),
        pytest.param({RPC: "h1"}, "", ConfigurationError, r'rpc\.addresses: "h1" is not host:port', id="no port"),
        pytest.param({RPC: "h1:99999"}, "", ConfigurationError, "port from 1 to 65535", id="no such port"),
        pytest.param({}, "host", InvalidArgument, 'Authority "host" names no masters', id="host without port"),
        pytest.param({}, "zk@h:1", InvalidArgument, "ZooKeeper", id="ZooKeeper"),
        pytest.param({}, "ebj@c-2", ConfigurationError, r"nameservices\.c-2 is not set", id="unknown logical name"),
        pytest.param(LOGICAL, "ebj@c-2", ConfigurationError, r"Known names: c-1\.", id="known names are told"),
        pytest.param(
            {**LOGICAL, "alluxio.master.nameservices.c-1": "master1,master3"},
            "ebj@c-1",
            ConfigurationError,
            r"rpc\.address\.c-1\.master3 is not set, though alluxio\.master\.nameservices\.c-1 lists master3",
            id="a member without address",
        ),
        pytest.param(
            {**LOGICAL, "alluxio.master.rpc.address.c-1.master2": "h2"},
            "ebj@c-1",
            ConfigurationError,
            r'master2: "h2" is not host:port',
            id="a member without port",
        ),
        pytest.param({"alluxio.zookeeper.enabled": "true"}, "", ConfigurationError, "ZooKeeper", id="ZooKeeper set"),
    ],
)
def test_masters_that_cannot_be_found(
    properties: dict[str, str], authority: str, error: type[AlluxioError], text: str
) -> None:
    """The message must say which part is missing: a logical name has one property for each master."""
    with pytest.raises(error, match=text):
        addresses.master_rpc_addresses(Configuration.for_test(properties), authority)


def test_job_masters_live_on_the_masters_hosts() -> None:
    """Nobody sets their addresses; they come from the masters'."""
    assert addresses.job_master_rpc_addresses(Configuration.for_test({JOURNAL: "a:1,b:1"})) == ["a:20001", "b:20001"]
    own = Configuration.for_test({"alluxio.job.master.rpc.addresses": "c:5"})
    assert addresses.job_master_rpc_addresses(own) == ["c:5"]


def test_journal_addresses() -> None:
    """One master alone is a quorum of one, under its own name."""
    assert addresses.journal_addresses(Configuration.for_test({JOURNAL: "a:1,b:2"})) == ["a:1", "b:2"]
    assert addresses.journal_addresses(Configuration.for_test({HOST: "m"})) == ["m:19200"]
    assert addresses.journal_addresses(Configuration.for_test(host_name="box")) == ["box:19200"]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param({JOURNAL: "h1:19200,h2:19200", HOST: "h2"}, "h2:19200", id="word by word"),
        pytest.param({JOURNAL: "h1:19200,H2:19200", HOST: "h2"}, "H2:19200", id="names have no case"),
        pytest.param({JOURNAL: "h1:19200,127.0.0.1:19200", HOST: "localhost"}, "127.0.0.1:19200", id="same address"),
        pytest.param({JOURNAL: "198.51.100.7:19200,127.0.0.1:19200"}, "127.0.0.1:19200", id="no name: this machine"),
        pytest.param(
            {JOURNAL: "127.0.0.1:1,127.0.0.1:2", HOST: "127.0.0.1", "alluxio.master.embedded.journal.port": "2"},
            "127.0.0.1:2",
            id="several on one host differ by port",
        ),
        pytest.param({HOST: "h1"}, "h1:19200", id="no list"),
    ],
)
def test_own_journal_address(properties: dict[str, str], expected: str) -> None:
    """A master that takes another's place in the quorum would vote twice."""
    assert addresses.own_journal_address(Configuration.for_test(properties, role="master")) == expected


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        pytest.param(
            {JOURNAL: "h1:19998,h2:19998", HOST: "h1"}, "19998 is the RPC port; the list takes", id="RPC port"
        ),
        pytest.param({JOURNAL: "h1:19201,h2:19200", HOST: "h1"}, r"journal\.port=19201 or correct", id="other port"),
        pytest.param(
            {JOURNAL: "198.51.100.1:19200", HOST: "198.51.100.2"}, "to the name that the list has", id="absent"
        ),
    ],
)
def test_a_master_that_is_not_in_the_list(properties: dict[str, str], text: str) -> None:
    """The commonest mistake of a first installation; the master must say which it is."""
    with pytest.raises(ConfigurationError, match=text):
        addresses.own_journal_address(Configuration.for_test(properties, role="master"))
