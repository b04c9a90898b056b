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

__all__ = [
    "NATIVE_FAULT",
    "Decision",
    "Finding",
    "Gate",
    "ImmuneReport",
    "ImmuneSystem",
    "Layer",
    "Location",
    "Policy",
    "Reason",
    "Report",
    "SecurityError",
    "SecurityViolation",
    "SimulationResult",
    "SkillSimulator",
    "StaticValidator",
    "check_permission",
    "create_immune_system",
    "is_code_safe",
    "scan_code_security",
]
