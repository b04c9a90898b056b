"""The gate as an object."""

import os
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
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ValueError, match="no skill"):
        gate.scan(tmp_path / "notes.txt")


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
