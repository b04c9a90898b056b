"""What the gate says of a skill, as typed objects over the JSON report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]


@dataclass(frozen=True)
class Location:
    """A place in a file of the skill; lines and columns count from 1, and 0 is the file as a whole."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Reason:
    """One reason for quarantine, enough to act on."""

    kind: Literal["threat", "undeclared", "not-granted", "behaviour", "incomplete"]
    layer: str
    rule: str | None
    severity: str
    location: Location | None
    effect: str | None
    message: str
    remedy: str
    count: int


@dataclass(frozen=True)
class Finding:
    """One thing that one rule saw in one place."""

    id: str
    title: str
    severity: str
    confidence: str
    excusable: bool
    message: str
    remedy: str
    layer: str
    location: Location
    effect: str | None
    detail: str | None
    snippet: str
    fingerprint: str


@dataclass(frozen=True)
class Layer:
    """What became of one layer."""

    status: Literal["passed", "failed", "incomplete", "not-run", "not-applicable"]
    summary: str
    duration_us: int


@dataclass(frozen=True)
class Report:
    """Everything the gate has to say about one skill; true when it is promoted.

    `json` is the whole report as `docs/report.schema.json` describes it.
    """

    name: str
    path: str
    digest: str
    promoted: bool
    complete: bool
    qualifiers: tuple[str, ...]
    reasons: tuple[Reason, ...]
    findings: tuple[Finding, ...]
    scan: Layer
    simulation: Layer
    permissions: Layer
    moved_to: str | None
    json: Json = field(repr=False)

    @property
    def verdict(self) -> str:
        """The decision with what a reader must know beside it: `promote (not simulated)`."""
        decision: str = self.json["verdict"]["decision"]
        return f"{decision} ({', '.join(self.qualifiers)})" if self.qualifiers else decision

    def __bool__(self) -> bool:
        return self.promoted

    def to_dict(self) -> Json:
        """The whole report, as plain data."""
        return self.json


def report_of(result: Json) -> Report:
    """The typed form of one result of the native module."""
    report: Json = result["report"]
    verdict = report["verdict"]
    return Report(
        name=report["skill"]["name"],
        path=report["skill"]["path"],
        digest=report["skill"]["digest"],
        promoted=verdict["decision"] == "promote",
        complete=verdict["complete"],
        qualifiers=tuple(verdict["qualifiers"]),
        reasons=tuple(_reason(reason) for reason in verdict["reasons"]),
        findings=tuple(_finding(finding) for finding in report["findings"]),
        scan=Layer(**report["scan"]),
        simulation=Layer(**report["simulation"]),
        permissions=Layer(**report["permissions"]),
        moved_to=result["moved_to"],
        json=report,
    )


def _reason(reason: Json) -> Reason:
    location = reason["location"]
    return Reason(**{**reason, "location": Location(**location) if location else None})


def _finding(finding: Json) -> Finding:
    excerpt = finding.get("excerpt") or {"text": "", "start": 0, "end": 0}
    text: bytes = excerpt["text"].encode()
    first = text.rfind(b"\n", 0, excerpt["start"]) + 1
    line = text[first:].split(b"\n", 1)[0]
    return Finding(
        id=finding["id"],
        title=finding["title"],
        severity=finding["severity"],
        confidence=finding["confidence"],
        excusable=finding["excusable"],
        message=finding["message"],
        remedy=finding["remedy"],
        layer=finding["layer"],
        location=Location(**finding["location"]),
        effect=finding.get("effect"),
        detail=finding.get("detail"),
        snippet=line.decode(errors="replace").strip(),
        fingerprint=finding["fingerprint"],
    )
