"""The gate as an object."""

import os
import subprocess
import sys
import threading
import time

import pytest
from skills import DANGEROUS, SAFE

from skillgate import Gate, Report


@pytest.fixture
def skills(tmp_path):
    (tmp_path / "good.py").write_text(SAFE)
    (tmp_path / "bad.py").write_text(DANGEROUS)
    return tmp_path


def test_a_scan_gives_typed_reports(skills):
    reports = Gate(profile="strict", static_only=True).scan(skills)
    bad, good = reports
    assert isinstance(good, Report) and (bad.name, good.name) == ("bad", "good")
    assert good and good.verdict == "promote (not simulated)" and good.reasons == ()
    assert not bad and bad.reasons and bad.findings
    assert bad.reasons[0].remedy and bad.findings[0].location.path == "bad.py"
    assert good.simulation.status == "not-run"
    assert bad.to_dict()["schema"] == "skillgate-report/1"


def test_an_empty_scan_is_an_error_and_not_an_empty_list(tmp_path):
    gate = Gate(static_only=True)
    with pytest.raises(FileNotFoundError, match="nothing to scan"):
        gate.scan(tmp_path)
    with pytest.raises(FileNotFoundError):
        gate.scan(tmp_path / "none")


def test_a_bad_configuration_is_said_when_the_gate_is_made(tmp_path):
    file = tmp_path / "skillgate.toml"
    with pytest.raises(ValueError, match="cannot be read"):
        Gate(file)
    file.write_text('profle = "strict"\n')
    with pytest.raises(ValueError, match="did you mean `profile`"):
        Gate(file)
    file.write_text('[[grant]]\nskill = "x"\nallow = ["git:["]\n')
    with pytest.raises(ValueError, match="policy"):
        Gate(file)
    with pytest.raises(ValueError, match="no profile"):
        Gate(profile="lax")


def test_the_nearest_configuration_holds_as_for_the_command(skills, monkeypatch):
    (skills / "skillgate.toml").write_text('profile = "observe"\n')
    (skills / "below").mkdir()
    monkeypatch.chdir(skills / "below")
    gate = Gate(static_only=True)
    assert gate.config == str(skills / "skillgate.toml")
    assert all(gate.scan(skills))
    monkeypatch.chdir(skills.parent)
    assert Gate(static_only=True).config is None
    (skills / "skillgate.toml").write_text('profle = "observe"\n')
    monkeypatch.chdir(skills)
    with pytest.raises(ValueError, match="did you mean `profile`"):
        Gate()


def test_a_candidate_does_not_bring_the_configuration_it_is_examined_by(tmp_path, monkeypatch):
    skill = tmp_path / "skill"
    skill.mkdir()
    (skill / "SKILL.md").write_text("---\nname: skill\ndescription: Does nothing.\n---\n")
    (skill / "skillgate.toml").write_text('profile = "observe"\n')
    monkeypatch.chdir(skill)
    with pytest.raises(ValueError, match="lies inside the candidate"):
        Gate(static_only=True).scan(".")


@pytest.mark.parametrize("code", [b"x = '\xff'\n", b"\xff\xfe", "x = '\ud800'\n"])
def test_bytes_that_are_not_utf8_are_a_finding(tmp_path, code):
    gate = Gate(profile="strict", static_only=True)
    report = gate.scan_code(code)
    assert not report and report.findings and not gate.is_code_promoted(code)
    if isinstance(code, bytes):
        (tmp_path / "bad.py").write_bytes(code)
        assert not gate.scan(tmp_path / "bad.py")[0]


INTERRUPTED = """
import os, signal, sys, threading, time
from skillgate import Gate
gate = Gate(static_only=True)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
started = time.perf_counter()
try:
    while True:
        gate.scan(sys.argv[1])
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - started < 5)
    os._exit(0)
"""


def test_ctrl_c_ends_a_scan_at_once(tmp_path):
    (tmp_path / "long.py").write_text("x = [1, 2, 3]\n" * 2_000_000)
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, tmp_path], capture_output=True, text=True, timeout=60
    )
    assert ran.stdout.strip() == "interrupted True", ran.stderr


def test_threads_scan_at_the_same_time():
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core is not enough to see it")
    gate, code = Gate(static_only=True), "x = [1, 2, 3]\n" * 20_000

    def scan_often():
        for _ in range(4):
            gate.is_code_promoted(code)

    def seconds(count):
        threads = [threading.Thread(target=scan_often) for _ in range(count)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - started

    # Twice the work in less than 1.7 times the time; a busy machine gets several tries.
    assert any(seconds(2) < 1.7 * seconds(1) for _ in range(10))


def test_a_scan_lets_other_threads_run(skills):
    (skills / "long.py").write_text("x = [1, 2, 3]\n" * 100_000)
    gate, ticks, done = Gate(static_only=True), [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    started = time.perf_counter()
    gate.scan(skills / "long.py")
    ended = time.perf_counter()
    done.set()
    thread.join()
    inside = [at for at in ticks if started < at < ended]
    assert len(inside) >= 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_can_scan_again(skills):
    gate = Gate(static_only=True)
    gate.scan(skills)
    child = os.fork()
    if child == 0:
        os._exit(0 if len(gate.scan(skills)) == 2 else 1)
    for _ in range(600):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.1)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the fork waits for threads that it does not have")
