"""The names of the Omni immune system, over the gate's strict profile."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypedDict

from skillgate import _engine
from skillgate.gate import Gate, Profile, as_bytes
from skillgate.report import Finding, Report

SNIPPET_CHARS = 80
"""As long as the system this follows cuts them."""


class ViolationDict(TypedDict):
    """A violation as plain data."""

    rule_id: str
    description: str
    line: int
    snippet: str


@dataclass(repr=False)
class SecurityViolation:
    """One reason why code is not safe."""

    rule_id: str
    description: str
    line: int
    snippet: str

    def __repr__(self) -> str:
        return f"[{self.rule_id}] {self.description} (Line {self.line})"

    def to_dict(self) -> ViolationDict:
        """As plain data."""
        return {
            "rule_id": self.rule_id,
            "description": self.description,
            "line": self.line,
            "snippet": self.snippet,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SecurityViolation:
        """From plain data, of which any part may be missing."""
        return cls(
            data.get("rule_id", "UNKNOWN"),
            data.get("description", ""),
            data.get("line", 0),
            data.get("snippet", ""),
        )


def scan_code_security(code: str | bytes) -> tuple[bool, list[ViolationDict]]:
    """Whether Python code is safe by the strict profile, and what speaks against it."""
    is_safe, violations = StaticValidator.scan_content(code)
    return is_safe, [violation.to_dict() for violation in violations]


def is_code_safe(code: str | bytes) -> bool:
    """Whether Python code is safe by the strict profile; false where it cannot be examined."""
    if _engine.NATIVE_FAULT is not None:
        return False
    return _static_gate().is_code_promoted(code)


class StaticValidator:
    """Layer 1: the static scan."""

    @staticmethod
    def scan(file_path: str | Path) -> tuple[bool, list[SecurityViolation]]:
        """Examines a file; one that cannot be read is not safe."""
        try:
            code = Path(file_path).read_bytes()
        except OSError as error:
            return False, [SecurityViolation("SEC-LOAD", str(error), 0, "")]
        return StaticValidator.scan_content(code, Path(file_path).name)

    @staticmethod
    def scan_content(
        content: str | bytes, filename: str = "<string>"
    ) -> tuple[bool, list[SecurityViolation]]:
        """Examines Python code; the name is for whoever reads on."""
        if _engine.NATIVE_FAULT is not None:
            return False, [SecurityViolation("SEC-ENGINE", _engine.NATIVE_FAULT, 0, "")]
        name = filename if filename.endswith(".py") else "skill.py"
        report = _static_gate().scan_code(as_bytes(content), Path(name).name)
        return report.promoted, _violations(report)

    @staticmethod
    def quick_check(content: str | bytes) -> bool:
        """Whether Python code is safe, without the reasons."""
        return is_code_safe(content)

    @staticmethod
    def validate_imports(content: str | bytes) -> list[str]:
        """The ids of the rules that its imports break."""
        _, violations = StaticValidator.scan_content(content)
        return [entry.rule_id for entry in violations if "IMPORT" in entry.rule_id]


@dataclass
class SimulationResult:
    """What the sandbox saw of a skill."""

    success: bool
    stdout: str
    stderr: str
    exit_code: int | None
    duration_ms: int

    @property
    def passed(self) -> bool:
        """Whether it ran, wholly, and nothing speaks against it."""
        return self.success

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "success": self.success,
            "stdout": self.stdout,
            "stderr": self.stderr,
            "exit_code": self.exit_code,
            "duration_ms": self.duration_ms,
        }


class SkillSimulator:
    """Layer 2: the sandbox. A client of a language model is accepted and never called."""

    def __init__(
        self, llm_client: object = None, *, config: str | Path | None = None
    ) -> None:
        self.llm = llm_client
        self._config = config

    async def verify_skill(self, skill_path: str | Path) -> SimulationResult:
        """Runs one skill in the sandbox; where none works here, it has not passed."""
        return await asyncio.to_thread(self._verify, Path(skill_path))

    def _verify(self, path: Path) -> SimulationResult:
        if _engine.NATIVE_FAULT is not None:
            return SimulationResult(False, "", _engine.NATIVE_FAULT, None, 0)
        try:
            reports = Gate(self._config).scan(path)
        except (OSError, ValueError) as error:
            return SimulationResult(False, "", str(error), None, 0)
        if len(reports) != 1:
            return SimulationResult(False, "", f"{path} holds {len(reports)} skills", None, 0)
        return _simulation(reports[0])


@dataclass
class ImmuneReport:
    """What the three layers say of a candidate."""

    skill_name: str
    skill_path: Path
    scanned_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    static_analysis_passed: bool = False
    static_violations: list[SecurityViolation] = field(default_factory=list)
    simulation_passed: bool = False
    simulation_result: SimulationResult | None = None
    permission_check_passed: bool = False
    required_permissions: list[str] = field(default_factory=list)
    promoted: bool = False
    rejection_reason: str | None = None
    quarantined_to: Path | None = None
    report: Report | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        result = self.simulation_result
        return {
            "skill_name": self.skill_name,
            "skill_path": str(self.skill_path),
            "scanned_at": self.scanned_at.isoformat(),
            "static_analysis": {
                "passed": self.static_analysis_passed,
                "violations": [violation.to_dict() for violation in self.static_violations],
            },
            "simulation": {
                "passed": self.simulation_passed,
                "result": result.to_dict() if result else None,
            },
            "permissions": {
                "passed": self.permission_check_passed,
                "required": self.required_permissions,
            },
            "promoted": self.promoted,
            "rejection_reason": self.rejection_reason,
        }

    def summary(self) -> str:
        """A few lines for a person."""

        def word(passed: bool) -> str:
            return "PASSED" if passed else "FAILED"

        ran = self.report is None or self.report.simulation.status != "not-run"
        lines = [
            f"Immune Report: {self.skill_name}",
            f"  Static Analysis: {word(self.static_analysis_passed)}",
            f"  Dynamic Simulation: {word(self.simulation_passed) if ran else 'NOT RUN'}",
            f"  Permission Check: {word(self.permission_check_passed)}",
            f"  Final Verdict: {'PROMOTED' if self.promoted else 'REJECTED'}",
        ]
        if self.rejection_reason:
            lines.append(f"  Reason: {self.rejection_reason}")
        return "\n".join(lines)


class ImmuneSystem:
    """All layers for candidates; by the strict profile, unless another one or a configuration is named.

    Rejected candidates are moved to `quarantine_dir` where one is given, except those already in it.
    """

    def __init__(
        self,
        quarantine_dir: str | Path | None = None,
        require_simulation: bool = True,
        llm_client: object = None,
        *,
        config: str | Path | None = None,
        profile: Profile | None = None,
    ) -> None:
        self.quarantine_dir = Path(quarantine_dir) if quarantine_dir is not None else None
        self.require_simulation = require_simulation
        self.llm = llm_client
        self._config = config
        self._profile: Profile | None = profile or (None if config else "strict")

    async def process_candidate(self, skill_path: str | Path) -> ImmuneReport:
        """Takes one candidate through all layers; whatever goes wrong is a rejection."""
        path = Path(skill_path)
        reports = await asyncio.to_thread(self._process, path)
        if len(reports) == 1:
            return reports[0]
        return _rejected(path, f"{path} holds {len(reports)} skills; name one")

    async def scan_directory(self, directory: str | Path) -> list[ImmuneReport]:
        """Takes every skill below a folder through all layers."""
        return await asyncio.to_thread(self._process, Path(directory))

    def _process(self, path: Path) -> list[ImmuneReport]:
        if not path.exists():
            return [_rejected(path, f"File not found: {path}")]
        if _engine.NATIVE_FAULT is not None:
            return [_rejected(path, _engine.NATIVE_FAULT)]
        try:
            gate = Gate(self._config, self._profile, static_only=not self.require_simulation)
            reports = gate.scan(path, quarantine_to=self._destination(path))
        except FileNotFoundError as error:
            return [] if path.is_dir() else [_rejected(path, str(error))]
        except (OSError, ValueError) as error:
            return [_rejected(path, str(error))]
        return [self._judged(report) for report in reports]

    def _destination(self, path: Path) -> Path | None:
        if self.quarantine_dir is None:
            return None
        inside = path.resolve().is_relative_to(self.quarantine_dir.resolve())
        return None if inside else self.quarantine_dir

    def _judged(self, report: Report) -> ImmuneReport:
        passed = report.simulation.status in ("passed", "not-applicable")
        first = report.reasons[0].message if report.reasons else None
        return ImmuneReport(
            skill_name=report.name,
            skill_path=Path(report.path),
            static_analysis_passed=report.scan.status == "passed",
            static_violations=_violations(report, layers=("load", "L1")),
            simulation_passed=passed,
            simulation_result=_simulation(report) if self.require_simulation else None,
            permission_check_passed=report.permissions.status == "passed",
            required_permissions=_required(report),
            promoted=report.promoted,
            rejection_reason=None if report.promoted else first or report.verdict,
            quarantined_to=Path(report.moved_to) if report.moved_to else None,
            report=report,
        )


def create_immune_system(
    quarantine_dir: str | Path | None = None,
    require_simulation: bool = True,
    llm_client: object = None,
) -> ImmuneSystem:
    """The same as the class."""
    return ImmuneSystem(quarantine_dir, require_simulation, llm_client)


@functools.cache
def _static_gate() -> Gate:
    return Gate(profile="strict", static_only=True)


def _violations(
    report: Report, layers: tuple[str, ...] = ("load", "L1", "L2", "L3")
) -> list[SecurityViolation]:
    """Every place of every rule that is a reason, and reasons without a rule by themselves."""
    if report.promoted:
        return []
    reasons = [reason for reason in report.reasons if reason.layer in layers]
    rules = {reason.rule for reason in reasons}
    found = [_violation(finding) for finding in report.findings if finding.id in rules]
    for reason in reasons:
        if not any(reason.rule == violation.rule_id for violation in found):
            line = reason.location.line if reason.location else 0
            rule = reason.rule or f"SEC-{reason.kind.upper()}"
            found.append(SecurityViolation(rule, reason.message, line, ""))
    return found


def _violation(finding: Finding) -> SecurityViolation:
    description = f"{finding.message}: {finding.detail}" if finding.detail else finding.message
    snippet = finding.snippet[:SNIPPET_CHARS]
    return SecurityViolation(finding.id, description, finding.location.line, snippet)


def _required(report: Report) -> list[str]:
    effects = report.json["effects"]
    return sorted({*effects["inferred"], *effects["observed"]})


def _simulation(report: Report) -> SimulationResult:
    trace: dict[str, Any] = report.json["trace"] or {"phases": []}
    phases: list[dict[str, Any]] = trace["phases"]
    passed = report.simulation.status == "passed"
    if not phases:
        return SimulationResult(passed, "", report.simulation.summary, None, 0)
    last = phases[-1]
    stderr: str = last["stderr"]
    if not passed:
        stderr = "\n".join(filter(None, [report.simulation.summary, stderr]))
    duration = sum(phase["wall_ms"] for phase in phases)
    return SimulationResult(passed, last["stdout"], stderr, last["exit"]["code"], duration)


def _rejected(path: Path, reason: str) -> ImmuneReport:
    return ImmuneReport(skill_name=path.name, skill_path=path, rejection_reason=reason)
