"""The gate for skills that machines write, and the check before every tool call."""

from skillgate._engine import NATIVE_FAULT, Decision, check_permission
from skillgate.errors import SecurityError
from skillgate.gate import Gate
from skillgate.immune import (
    ImmuneReport,
    ImmuneSystem,
    SecurityViolation,
    SimulationResult,
    SkillSimulator,
    StaticValidator,
    create_immune_system,
    is_code_safe,
    scan_code_security,
)
from skillgate.policy import Policy
from skillgate.report import Finding, Layer, Location, Reason, Report
from skillgate.run_time import (
    Call,
    CallBlocked,
    Change,
    Immune,
    Recorded,
    Remedy,
    StoreUnavailable,
    ToolQuarantined,
)

__all__ = [
    "NATIVE_FAULT",
    "Call",
    "CallBlocked",
    "Change",
    "Decision",
    "Finding",
    "Gate",
    "Immune",
    "ImmuneReport",
    "ImmuneSystem",
    "Layer",
    "Location",
    "Policy",
    "Reason",
    "Recorded",
    "Remedy",
    "Report",
    "SecurityError",
    "SecurityViolation",
    "SimulationResult",
    "SkillSimulator",
    "StaticValidator",
    "StoreUnavailable",
    "ToolQuarantined",
    "check_permission",
    "create_immune_system",
    "is_code_safe",
    "scan_code_security",
]
