"""The words of `quorum info`: 2.9's lines and columns first, then what it does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyalluxio.cli import report as reports

if TYPE_CHECKING:
    from pyalluxio.client.quorum import QuorumView

UNKNOWN = "UNKNOWN"
# An answer without our fields comes from an official master.
_STATES = {1: "AVAILABLE", 2: "UNAVAILABLE"}


def content(domain: str, view: QuorumView) -> dict[str, Any]:
    """Return what is known of the quorum, as plain data.

    `leader` is "" when nobody leads; then `reason` says why. Numbers that are not known are None.
    """
    from pyalluxio.client.quorum import leader_of, why_no_leader

    leader = view.of_leader
    best = leader if leader is not None else view.best
    return {
        "domain": domain,
        "quorumSize": 0 if best is None else sum(_is_member(row) for row in best.serverInfo),
        "leader": leader_of(leader) if leader is not None else "",
        "term": _known(best, "term"),
        "answeredBy": _known(best, "answeredBy"),
        "reason": "" if leader is not None else why_no_leader(view),
        "members": [] if best is None else [_member(row, view) for row in best.serverInfo],
        "unreachable": {address: str(error) for address, error in sorted(view.errors.items())},
    }


def _is_member(row: Any) -> bool:
    """A newcomer that is catching up has no vote and is not recovering; everybody else counts."""
    return bool(not row.HasField("votes") or row.votes or row.isRecovering)


def _member(row: Any, view: QuorumView) -> dict[str, Any]:
    from pyalluxio.client.quorum import address_of

    address = address_of(row)
    # Whoever answered just now is available, whatever a follower can tell of it.
    has_answered = any(answer.answeredBy == address for answer in view.answers.values())
    state = "AVAILABLE" if has_answered else _STATES.get(row.serverState if row.HasField("serverState") else 0, UNKNOWN)
    return {
        "address": address,
        "state": state,
        "priority": row.priority,
        "isLeader": row.isLeader and view.of_leader is not None,
        "votes": _known(row, "votes"),
        "isRecovering": _known(row, "isRecovering"),
        "matchIndex": _known(row, "matchIndex"),
        "lagEntries": _known(row, "lagEntries"),
        "lastContactMs": _known(row, "lastContactMs"),
    }


def _known(message: Any, field: str) -> Any:
    return getattr(message, field) if message is not None and message.HasField(field) else None


def rendered(found: dict[str, Any], form: str) -> str:
    """Return the report as text, JSON or YAML."""
    if form == "json":
        return reports.as_json(found)
    return reports.as_yaml(found) if form == "yaml" else as_text(found)


def as_text(found: dict[str, Any]) -> str:
    """Return the report in the look of 2.9, with what an official master does not tell behind it."""
    lines = [
        f"Journal domain\t: {found['domain']}",
        f"Quorum size\t: {found['quorumSize']}",
        f"Quorum leader\t: {found['leader'] or UNKNOWN}",
        "",
    ]
    has_more = any(member["votes"] is not None for member in found["members"])
    heads = ("STATE", "PRIORITY", "SERVER ADDRESS")
    more_heads = ("ROLE", "LAG", "LAST CONTACT") if has_more else ()
    width = max([len("SERVER ADDRESS"), *(len(member["address"]) for member in found["members"])])
    lines.append(_row(*heads, more_heads, width))
    for member in found["members"]:
        more = (_role(member), _lag(member), _contact(member)) if has_more else ()
        lines.append(_row(member["state"], str(member["priority"]), member["address"], more, width))
    if found["term"] is not None:
        lines += ["", f"Term {found['term']}, as {found['answeredBy']} sees it."]
    if found["reason"]:
        lines += ["", found["reason"]]
    return "\n".join(lines)


def _row(state: str, priority: str, address: str, more: tuple[str, ...], width: int) -> str:
    row = f"{state:<11} | {priority:<8} | "
    if not more:
        return row + address
    role, lag, contact = more
    return f"{row}{address:<{width}} | {role:<11} | {lag:<10} | {contact}"


def _role(member: dict[str, Any]) -> str:
    if member["isLeader"]:
        return "leader"
    if member["isRecovering"]:
        return "recovering"
    return "voter" if member["votes"] else "catching up"


def _lag(member: dict[str, Any]) -> str:
    if member["isLeader"]:
        # Its own disk may be an entry behind its memory; nobody has to wait for that.
        return "0"
    return "-" if member["lagEntries"] is None else f"{member['lagEntries']:,}"


def _contact(member: dict[str, Any]) -> str:
    contact_ms = member["lastContactMs"]
    if member["isLeader"] or contact_ms is None:
        return "-"
    return f"{contact_ms} ms ago" if contact_ms < 10_000 else f"{contact_ms // 1000:,} s ago"
