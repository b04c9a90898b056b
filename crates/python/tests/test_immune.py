"""The names of the Omni immune system."""

import asyncio
import json

import pytest
from skills import DANGEROUS, SAFE

from skillgate import (
    ImmuneReport,
    ImmuneSystem,
    SecurityViolation,
    SkillSimulator,
    StaticValidator,
    create_immune_system,
    is_code_safe,
    scan_code_security,
)


def test_safe_code_is_safe():
    assert scan_code_security(SAFE) == (True, [])
    assert is_code_safe(SAFE) and StaticValidator.quick_check(SAFE)


def test_dangerous_code_breaks_rules_by_import_and_by_call():
    is_safe, violations = scan_code_security(DANGEROUS)
    assert not is_safe and not is_code_safe(DANGEROUS)
    rules = {violation["rule_id"] for violation in violations}
    assert len(rules) >= 3 and all(rule.startswith("SEC-") for rule in rules)
    assert any("IMPORT" in rule for rule in rules)
    assert any("CALL" in rule or "PATTERN" in rule for rule in rules)
    assert any(violation["line"] == 6 and "eval" in violation["snippet"] for violation in violations)
    assert all(len(violation["snippet"]) <= 80 for violation in violations)
    assert all("IMPORT" in rule for rule in StaticValidator.validate_imports(DANGEROUS))
    assert StaticValidator.validate_imports(DANGEROUS) and not StaticValidator.validate_imports(SAFE)


@pytest.mark.parametrize(
    "code",
    [b"x = '\xff'\n", "x = '\ud800'\n", b"def broken(:\n", b"\x00"],
)
def test_what_cannot_be_read_is_never_safe(code, tmp_path):
    is_safe, violations = scan_code_security(code)
    assert not is_safe and violations and not is_code_safe(code)
    file = tmp_path / "skill.py"
    file.write_bytes(code.encode(errors="surrogatepass") if isinstance(code, str) else code)
    assert StaticValidator.scan(file)[0] is False


def test_a_file_that_is_not_there_is_not_safe(tmp_path):
    is_safe, violations = StaticValidator.scan(tmp_path / "none.py")
    assert not is_safe and "none.py" in violations[0].description


def test_a_violation_is_plain_data_and_one_line():
    violation = SecurityViolation("SEC-CALL-001", "calls eval", 3, "eval(x)")
    assert repr(violation) == "[SEC-CALL-001] calls eval (Line 3)"
    assert SecurityViolation.from_dict(violation.to_dict()) == violation
    assert repr(SecurityViolation.from_dict({})) == "[UNKNOWN]  (Line 0)"


def test_a_dangerous_candidate_is_rejected_and_moved(tmp_path):
    candidate = tmp_path / "bad.py"
    candidate.write_text(DANGEROUS)
    immune = ImmuneSystem(tmp_path / "quarantine", require_simulation=False)
    report = asyncio.run(immune.process_candidate(candidate))
    assert not report.promoted and report.rejection_reason and report.static_violations
    assert report.quarantined_to.exists() and not candidate.exists()
    assert "FAILED" in report.summary() and "REJECTED" in report.summary()
    again = asyncio.run(immune.process_candidate(report.quarantined_to.parent))
    assert not again.promoted


def test_a_safe_candidate_is_promoted_and_says_that_it_was_not_simulated(tmp_path):
    candidate = tmp_path / "good.py"
    candidate.write_text(SAFE)
    immune = create_immune_system(require_simulation=False)
    report = asyncio.run(immune.process_candidate(candidate))
    assert report.promoted and report.rejection_reason is None and candidate.exists()
    assert "PASSED" in report.summary() and "PROMOTED" in report.summary()
    assert "Dynamic Simulation: NOT RUN" in report.summary()
    assert "not simulated" in report.report.verdict
    assert json.loads(json.dumps(report.to_dict()))["static_analysis"]["passed"] is True


def test_a_file_that_is_not_there_is_rejected(tmp_path):
    report = asyncio.run(ImmuneSystem().process_candidate(tmp_path / "none.py"))
    assert isinstance(report, ImmuneReport)
    assert not report.promoted and "not found" in report.rejection_reason


def test_a_folder_gives_one_report_for_each_skill(tmp_path):
    (tmp_path / "good.py").write_text(SAFE)
    (tmp_path / "_bad.py").write_text(DANGEROUS)
    immune = ImmuneSystem(require_simulation=False)
    reports = asyncio.run(immune.scan_directory(tmp_path))
    assert len(reports) == 2 and sum(report.promoted for report in reports) == 1


def test_a_simulation_runs_or_has_not_passed(tmp_path):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(SAFE + "\nprint('hello from inside')\n")
    bad.write_text("raise SystemExit(0)\n")
    simulator = SkillSimulator()
    result = asyncio.run(simulator.verify_skill(good))
    if result.exit_code is None:
        assert not result.passed and "not run" in result.stderr
    else:
        assert result.passed and "hello from inside" in result.stdout
        assert json.dumps(result.to_dict())
    assert not asyncio.run(simulator.verify_skill(bad)).passed
    assert not asyncio.run(simulator.verify_skill(tmp_path / "none.py")).passed
