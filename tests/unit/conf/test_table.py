"""The table is the one source of names, types and defaults; a bad row would surface far from here."""

from __future__ import annotations

import re

import pytest

from pyalluxio.conf import templates, values
from pyalluxio.conf.computed import COMPUTED
from pyalluxio.conf.configuration import Configuration
from pyalluxio.conf.removed import hint
from pyalluxio.conf.table import TABLE, is_secret

# Keys that 2.9.6 does not know; official programs pass over them.
OWN_KEYS = {
    "alluxio.master.embedded.journal.log.retained.size",
    "alluxio.master.embedded.journal.snapshot.bandwidth",
    "alluxio.master.embedded.journal.snapshot.log.size",
    "alluxio.master.rpc.engine",
}

KINDS = {"BOOLEAN", "DURATION", "DATASIZE", "INTEGER", "LONG", "DOUBLE", "ENUM", "LIST", "CLASS", "STRING"}


def test_every_row_is_well_formed() -> None:
    """A typing error in a row would give one property no type, no scope or no words."""
    assert len(TABLE) == 876 + len(OWN_KEYS)
    assert all(name in TABLE for name in OWN_KEYS)
    for prop in TABLE:
        assert prop.kind in KINDS, prop
        assert prop.scope in {"ALL", "CLIENT", "MASTER", "WORKER", "SERVER", "NONE"}, prop
        assert prop.consistency in {"ENFORCE", "WARN", "IGNORE"}, prop
        assert bool(prop.choices) == (prop.kind == "ENUM"), prop
        assert prop.name not in prop.aliases, prop


def test_every_property_has_one_sentence() -> None:
    """The reference page and `--help` are printed from these."""
    sentences = [prop.description for prop in TABLE]
    assert all(re.fullmatch(r"[A-Z].+\.", sentence) for sentence in sentences)
    assert len(set(sentences)) == len(sentences)


def test_every_default_parses() -> None:
    """A default that does not parse breaks whoever reads it first, in a process that was configured correctly."""
    conf = Configuration.for_test()
    for prop in TABLE:
        for default in (conf.text_or_none(prop.name), None if prop.is_computed else prop.official):
            if default is not None and not default.startswith("<"):
                values.check(prop, default)


def test_every_computed_default_has_its_function() -> None:
    """A row in angle brackets without a function fails on the machine of the first user who needs it."""
    assert {prop.name for prop in TABLE if prop.is_computed} == set(COMPUTED)


def test_references_between_defaults_lead_somewhere() -> None:
    """A default that refers to a misspelt name would read as unset."""
    system = {"user.home", "user.name", "user.dir"}
    for prop in TABLE:
        for name in re.findall(r"\$\{([^}]*)\}", prop.default or ""):
            assert name in TABLE or name in system, (prop.name, name)


@pytest.mark.parametrize(
    ("key", "ours", "official", "sent"),
    [
        ("alluxio.master.embedded.journal.election.timeout.min", "1s", "10s", False),
        ("alluxio.master.embedded.journal.election.timeout.max", "2s", "20s", False),
        ("alluxio.worker.register.to.all.masters", "true", "false", False),
        ("alluxio.standby.master.web.enabled", "true", "false", False),
        ("alluxio.user.master.polling.concurrent", "true", "false", True),
        ("alluxio.user.master.polling.timeout", "2s", "30sec", True),
        ("alluxio.master.update.check.enabled", "false", "true", False),
    ],
)
def test_own_defaults(key: str, ours: str, official: str, sent: bool) -> None:
    """Fail-over in half a second rests on these; losing one goes unnoticed until a leader dies."""
    prop = TABLE[key]
    assert (prop.default, prop.official, prop.is_sent) == (ours, official, sent)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        pytest.param("alluxio.master.port", "alluxio.master.rpc.port", id="an old name"),
        pytest.param("alluxio.worker.memory.size", "alluxio.worker.ramdisk.size", id="older still"),
        pytest.param("aws.accessKeyId", "s3a.accessKeyId", id="another system's name"),
        pytest.param(
            "alluxio.master.embedded.journal.address", "alluxio.master.embedded.journal.addresses", id="the guide's"
        ),
    ],
)
def test_aliases(written: str, canonical: str) -> None:
    """Files that served older versions must go on serving."""
    found = TABLE.find(written)
    assert found is not None
    assert found.name == canonical


def test_a_deprecated_name_leads_to_its_successor() -> None:
    """Both names are rows of the table; the old one without effect would silently drop the user's value."""
    old = "alluxio.user.network.keepalive.timeout"
    assert TABLE.successor(old) == "alluxio.user.network.streaming.keepalive.timeout"
    assert TABLE.successor("alluxio.user.network.data.timeout.ms") == "alluxio.user.streaming.data.read.timeout"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("alluxio.master.nameservices.c1", "LIST"),
        ("alluxio.master.rpc.address.my-cluster.master1", "STRING"),
        ("alluxio.master.mount.table.root.option.s3a.secretKey", "STRING"),
        ("alluxio.master.mount.table.data.ufs", "STRING"),
        ("alluxio.master.mount.table.data.readonly", "BOOLEAN"),
        ("alluxio.master.security.impersonation.hive.groups", "LIST"),
        ("alluxio.worker.tieredstore.level3.dirs.path", "LIST"),
        ("alluxio.worker.tieredstore.level3.watermark.low.ratio", "DOUBLE"),
        ("alluxio.master.tieredstore.global.level3.alias", "STRING"),
        ("alluxio.locality.zone", "STRING"),
        ("alluxio.job.master.rpc.executor.max.pool.size", "STRING"),
        ("fs.azure.account.key.acct.blob.core.windows.net", "STRING"),
        ("fs.adl.account.acct.oauth2.credential", "STRING"),
    ],
)
def test_names_with_a_part_of_the_users_own(name: str, kind: str) -> None:
    """Such a name taken for unknown would warn on every correct logical service."""
    found = TABLE.find(name)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "name",
    [
        "alluxio.master.nameservices.",
        "alluxio.worker.tieredstore.levelX.alias",
        "alluxio.master.mount.table.data.nonsense",
        "alluxio.master.security.impersonation.hive.people",
    ],
)
def test_names_that_only_resemble_a_pattern(name: str) -> None:
    """A misspelt name that passes as known is never reported."""
    assert TABLE.find(name) is None


def test_templates_shadow_no_property() -> None:
    """`find` asks the table first; a pattern with another type must not contradict it."""
    for prop in TABLE:
        match = templates.match(prop.name)
        if match is not None and match[0].kind != "STRING":
            assert match[0].kind == prop.kind, prop.name


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("s3a.secretKey", True),
        ("aws.secretKey", True),
        ("fs.azure.account.key.acct.dfs.core.windows.net", True),
        ("alluxio.master.mount.table.root.option.s3a.accessKeyId", True),
        ("alluxio.master.mount.table.x.option.my.password", True),
        ("dfs.some.access.key", True),
        ("alluxio.master.mount.table.x.option.alluxio.underfs.s3.region", False),
        ("alluxio.underfs.s3.endpoint", False),
        ("alluxio.web.cors.allow.credential", False),
    ],
)
def test_secrets_are_known(name: str, secret: bool) -> None:
    """A secret under an alias or inside a mount option would be printed by `conf get` and sent to every client."""
    assert is_secret(name) is secret


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("alluxio.master.hostnam", "alluxio.master.hostname"),
        ("alluxio.master.embeded.journal.addresses", "alluxio.master.embedded.journal.addresses"),
        ("alluxio.user.file.writetype.defualt", "alluxio.user.file.writetype.default"),
        ("zzz.nothing.like.it", None),
    ],
)
def test_nearest_name(wrong: str, meant: str | None) -> None:
    """A misspelt key has no effect; its author should learn the right one from the first message."""
    assert TABLE.nearest(wrong) == meant


def test_removed_names_are_unknown_and_their_successors_known() -> None:
    """A hint that points to a name that does not exist sends the user in a circle."""
    for name in ("alluxio.user.rpc.retry.max.num.retry", "alluxio.worker.data.port", "fs.swift.apikey"):
        assert TABLE.find(name) is None
        text = hint(name)
        assert text is not None
        (successor,) = re.findall(r"set (\S+) ", text)
        assert successor in TABLE
    assert hint("alluxio.keyvalue.enabled") is not None
    assert hint("alluxio.master.hostname") is None
