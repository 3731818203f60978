"""Properties to server settings."""

from __future__ import annotations

import pytest

from pyalluxio.conf import Configuration
from pyalluxio.errors import ConfigurationError, Unauthenticated
from pyalluxio.wire.groups import GroupMapping, system_groups
from pyalluxio.wire.options import authenticator, impersonation, server_options


def test_limits_of_the_roles() -> None:
    """A worker takes 4 MB messages, a master 100 MB; a master that took 4 MB would refuse large registrations."""
    conf = Configuration.for_test()
    assert server_options(conf, "master").inbound_message_bytes_max == 100 * 1024 * 1024
    assert server_options(conf, "worker").inbound_message_bytes_max == 4 * 1024 * 1024
    # Official clients ping every 30 s; a server that permits only slower pings hangs up on them.
    assert server_options(conf, "master").permitted_ping_interval_ms < 30_000


def test_impersonation_rules_come_from_template_keys() -> None:
    conf = Configuration.for_test(
        {
            "alluxio.master.security.impersonation.hive.users": "alice, bob",
            "alluxio.master.security.impersonation.john.doe.groups": "analysts",
        }
    )
    rules = impersonation(conf)
    rules.check("hive", "bob", lambda user: ())
    rules.check("john.doe", "eve", lambda user: ("analysts",))
    rules.check("anyone", "anyone", lambda user: ())
    with pytest.raises(Unauthenticated):
        rules.check("hive", "eve", lambda user: ("analysts",))
    with pytest.raises(Unauthenticated):
        rules.check("john.doe", "eve", lambda user: ("others",))


def test_kerberos_is_refused_with_the_fix() -> None:
    conf = Configuration.for_test({"alluxio.security.authentication.type": "KERBEROS"})
    with pytest.raises(ConfigurationError, match="SIMPLE or NOSASL"):
        authenticator(conf, GroupMapping())


def test_groups_are_cached_for_the_configured_time() -> None:
    """A lookup on every call would put the name service on the hot path; one for ever would never see a change."""
    now = [0.0]
    asked: list[str] = []

    def resolve(user: str) -> tuple[str, ...]:
        asked.append(user)
        return ("g",)

    mapping = GroupMapping(1000, resolve, lambda: now[0])
    assert [mapping.groups("u"), mapping.groups("u")] == [("g",), ("g",)]
    assert asked == ["u"]
    now[0] = 1.5
    mapping.groups("u")
    assert asked == ["u", "u"]


def test_unknown_user_has_no_groups() -> None:
    assert system_groups("no-such-user-here") == ()
    assert system_groups("root")[0] == "root"
