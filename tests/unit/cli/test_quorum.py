"""`quorum info` and its relatives: the words that an operator reads when something is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyalluxio.cli import quorum_report
from pyalluxio.client.quorum import QuorumView
from pyalluxio.errors import Unavailable
from pyalluxio.wire.gen import journal_master_pb2 as pb
from pyalluxio.wire.gen.common_pb2 import NetAddress
from tests.unit.cli.conftest import Run


def answer(leader: str, *, official: bool = False, reason: str = "") -> Any:
    response = pb.GetQuorumInfoPResponse(domain=pb.JournalDomain.MASTER)
    for number in (1, 2, 3):
        row = response.serverInfo.add(
            serverAddress=NetAddress(host=f"m{number}", rpcPort=19200),
            serverState=pb.QuorumServerState.UNAVAILABLE if number == 3 else pb.QuorumServerState.AVAILABLE,
            isLeader=leader == f"m{number}",
            priority=1,
        )
        if not official:
            row.votes, row.lagEntries, row.lastContactMs = number != 3, 1200 * (number == 3), 15_000 * (number == 3)
            row.isRecovering = number == 3
    if not official:
        response.term, response.answeredBy, response.noLeaderReason = 7, f"{leader or 'm2'}:19200", reason
    return response


def test_a_quorum_of_official_masters_looks_as_in_2_9() -> None:
    """Scripts cut these columns."""
    view = QuorumView({"m1:19998": answer("m1", official=True)})
    assert quorum_report.as_text(quorum_report.content("MASTER", view)).splitlines() == [
        "Journal domain\t: MASTER",
        "Quorum size\t: 3",
        "Quorum leader\t: m1:19200",
        "",
        "STATE       | PRIORITY | SERVER ADDRESS",
        "AVAILABLE   | 1        | m1:19200",
        "AVAILABLE   | 1        | m2:19200",
        "UNAVAILABLE | 1        | m3:19200",
    ]


def test_python_masters_tell_more_behind_the_columns_of_2_9() -> None:
    view = QuorumView({"m1:19998": answer("m1")}, {"m3:19998": Unavailable("Cannot reach m3")})
    assert quorum_report.as_text(quorum_report.content("MASTER", view)).splitlines() == [
        "Journal domain\t: MASTER",
        "Quorum size\t: 3",
        "Quorum leader\t: m1:19200",
        "",
        "STATE       | PRIORITY | SERVER ADDRESS | ROLE        | LAG        | LAST CONTACT",
        "AVAILABLE   | 1        | m1:19200       | leader      | 0          | -",
        "AVAILABLE   | 1        | m2:19200       | voter       | 0          | 0 ms ago",
        "UNAVAILABLE | 1        | m3:19200       | recovering  | 1,200      | 15 s ago",
        "",
        "Term 7, as m1:19200 sees it.",
    ]


def test_without_a_leader_the_reason_is_the_last_line() -> None:
    reason = "No leader: 1 of 3 members can be reached, 2 are needed; m1:19200, m3:19200 do not answer."
    view = QuorumView({"m2:19998": answer("", reason=reason)}, {"m1:19998": Unavailable("Cannot reach m1")})
    found = quorum_report.content("MASTER", view)
    lines = quorum_report.as_text(found).splitlines()
    assert lines[2] == "Quorum leader\t: UNKNOWN"
    assert lines[-1] == reason
    decoded = json.loads(quorum_report.rendered(found, "json"))
    assert (decoded["leader"], decoded["reason"], decoded["unreachable"]) == (
        "",
        reason,
        {"m1:19998": "Cannot reach m1"},
    )
    assert decoded["members"][1]["state"] == "AVAILABLE", "it answered"


def test_a_newcomer_is_shown_and_not_counted() -> None:
    """The size of the quorum decides how many may die."""
    given = answer("m1")
    given.serverInfo.add(serverAddress=NetAddress(host="m4", rpcPort=19200), votes=False, isRecovering=False)
    found = quorum_report.content("MASTER", QuorumView({"m1:19998": given}))
    assert found["quorumSize"] == 3
    assert "m4:19200       | catching up" in quorum_report.as_text(found)


@pytest.mark.parametrize("prefix", [("quorum",), ("journal", "quorum"), ("fsadmin", "journal", "quorum")])
@pytest.mark.parametrize("dashes", ["-", "--"])
def test_the_commands_have_the_names_of_2_9(alluxio: Run, prefix: tuple[str, ...], dashes: str) -> None:
    """Run books say `fsadmin journal quorum info -domain MASTER`; nobody answers here, which is told in one line."""
    nobody = "-Dalluxio.master.rpc.addresses=127.0.0.1:1,127.0.0.1:2"
    code, out, err = alluxio(*prefix, "info", f"{dashes}domain", "MASTER", nobody)
    assert (code, out) == (1, "")
    assert "127.0.0.1:1: Cannot reach" in err
    code, _, err = alluxio(*prefix, "elect", f"{dashes}address", "h:19200", nobody)
    assert code == 1
    assert "Failed to elect h:19200 as the new leader: No leading master was found." in err
    code, _, err = alluxio(*prefix, "remove", f"{dashes}domain", "MASTER", f"{dashes}address", "h", nobody)
    assert code == 1
    assert '--address: "h" is not host:port' in err


def test_an_unknown_domain_lists_the_known_ones(alluxio: Run) -> None:
    code, _, err = alluxio("quorum", "info", "--domain", "WORKER")
    assert code == 1
    assert "'MASTER', 'JOB_MASTER'" in err
