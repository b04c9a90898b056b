"""Calls of tools, checked, timed and recorded, with a real store."""

import asyncio
import json
import multiprocessing
import os
import pickle
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from skillgate import CallBlocked, Immune, ToolQuarantined

SETTINGS = {"enabled": True, "quarantine_threshold": 3, "share_percent": 100, "probes": 1}


def places(tmp_path):
    yield str(tmp_path / "store")
    if url := os.environ.get("SKILLGATE_POSTGRES"):
        yield url


@pytest.fixture
def immune(tmp_path):
    with Immune.open(tmp_path / "store", settings=SETTINGS) as opened:
        yield opened


def fail(immune, tool="fetch", times=3, message="no answer from 10.0.0.{} in {} ms"):
    for number in range(times):
        with pytest.raises(TimeoutError), immune.call(tool, {"url": f"https://{number}.example"}):
            raise TimeoutError(message.format(number, number * 100))


def skillgate(tmp_path, *arguments):
    command = [sys.executable, "-m", "skillgate", *arguments, "--store", str(tmp_path / "store")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_a_call_that_keeps_failing_is_blocked_with_reason_and_time(immune):
    fail(immune)
    assert immune.is_quarantined("fetch", {"url": "x"}) and not immune.is_quarantined("search")
    ran = False
    with pytest.raises(ToolQuarantined) as caught, immune.call("fetch", {"url": "x"}):
        ran = True
    assert not ran, "the body of a blocked call ran"
    blocked = caught.value
    assert (blocked.tool, blocked.remedy) == ("fetch", None)
    assert blocked.reason == "3 failures of one signature within 600 s"
    assert blocked.until > blocked.since and isinstance(blocked, CallBlocked)
    again = pickle.loads(pickle.dumps(blocked))
    assert (again.reason, again.until, str(again)) == (blocked.reason, blocked.until, str(blocked))
    counts = immune.metrics()
    assert counts["skillgate.immune.anomaly.recorded"] == 3
    assert counts["skillgate.immune.execution.blocked"] == 1
    assert 'execution_blocked_total{tenant="default"} 1' in immune.prometheus()
    assert [entry["subject"] for entry in immune.quarantines()] == ["fetch"]


def test_errors_pass_as_they_are_and_calls_are_timed(immune):
    error = KeyError("x")
    call = immune.call("read", ["a", {"b": 1}])
    with pytest.raises(KeyError) as caught, call:
        time.sleep(0.01)
        raise error
    assert caught.value is error
    assert call.seconds >= 0.01 and len(call.recorded.signature) == 64
    with immune.call("read") as call:
        pass
    assert call.recorded.signature is None and call.recorded.changes == ()


def test_functions_and_coroutines_are_decorated(immune):
    @immune.tool()
    def divide(a, b=1):
        return a / b

    @immune.tool("sleep")
    async def nap(seconds):
        await asyncio.sleep(seconds)
        raise OSError(5, "broken")

    assert divide(4, b=2) == 2 and divide.__name__ == "divide"
    for _ in range(5):
        with pytest.raises(TypeError):
            divide()
    assert not immune.is_quarantined("divide"), "the caller's own mistake counted"
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            divide(1, 0)
        with pytest.raises(OSError, match="broken"):
            asyncio.run(nap(0))
    for call in (lambda: divide(1), lambda: asyncio.run(nap(0))):
        with pytest.raises(ToolQuarantined):
            call()
    with pytest.raises(TypeError):
        immune.tool()(lambda: (yield))


def test_cancelled_calls_and_the_callers_own_errors_do_not_count(tmp_path):
    with Immune.open(tmp_path / "s", settings=SETTINGS, caller_errors=(ValueError,)) as immune:
        for error in (asyncio.CancelledError(), KeyboardInterrupt(), ValueError("bad")):
            for _ in range(4):
                with pytest.raises(type(error)), immune.call("fetch"):
                    raise error
        assert not immune.is_quarantined("fetch")
        assert immune.metrics()["skillgate.immune.anomaly.recorded"] == 0


def test_a_remedy_is_handed_out_and_a_trial_call_releases(immune, tmp_path):
    fail(immune)
    signature = immune.record(
        "fetch", {"url": "x"}, TimeoutError("no answer from 10.9.9.9 in 1 ms")
    )
    immune.flush()
    note = ["--procedure", "Use the mirror.", "--resolved-by", "alice"]
    skillgate(tmp_path, "vaccinate", "--signature-hash", signature.signature, *note)
    immune.flush()
    remedy = immune.remedy_for(
        "fetch", TimeoutError("no answer from 10.1.1.1 in 7 ms"), {"url": "y"}
    )
    assert (remedy.resolved_by, remedy.likeness) == ("alice", 1.0)
    assert "> Use the mirror." in remedy.text
    with immune.call("fetch", {"url": "x"}) as call:
        pass
    assert [change.state for change in call.recorded.changes] == ["released"]
    fail(immune)
    with pytest.raises(ToolQuarantined) as caught, immune.call("fetch", {"url": "x"}):
        pass
    assert "> Use the mirror." in caught.value.remedy.text


def test_what_one_process_blocks_another_refuses(tmp_path):
    for number, place in enumerate(places(tmp_path)):
        tool = f"fetch-{os.getpid()}-{number}"
        with Immune.open(place, settings=SETTINGS) as one, Immune.open(place) as two:
            fail(one, tool)
            until = time.monotonic() + 5
            while not two.is_quarantined(tool):
                assert time.monotonic() < until, "the other process never heard of it"
                time.sleep(0.01)


def test_secrets_in_arguments_and_messages_are_not_stored(immune, tmp_path):
    secret = "sk-live-0123456789abcdef0123456789abcdef"
    with pytest.raises(RuntimeError), immune.call("pay", {"token": secret, "n": [secret]}):
        raise RuntimeError(f"401 for key '{secret}'")
    immune.flush()
    immune.close()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "store").iterdir())
    assert secret.encode() not in stored and b"pay" in stored


def test_settings_and_stores_that_cannot_be_used_are_errors(tmp_path):
    with pytest.raises(ValueError, match="TRESHOLD"):
        Immune.open(tmp_path / "s", settings={"treshold": 3})
    with pytest.raises(ValueError):
        Immune.open(tmp_path / "s", tenant="No Tenant")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="cannot be used"):
        Immune.open(tmp_path / "file")
    with pytest.raises(OSError):
        Immune.open("postgresql://nobody@%2Fno%2Fsuch%2Ffolder/x")
    immune = Immune.open(tmp_path / "s")
    immune.close()
    immune.close()
    with pytest.raises(ValueError, match="closed"):
        immune.check("fetch")


def test_threads_share_one_and_none_waits_for_the_store(immune):
    def work(number):
        for _ in range(200):
            with immune.call(f"tool-{number}"):
                pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    immune.flush()


def test_the_guide_works_as_it_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    guide = Path(__file__).parents[3] / "docs" / "run-time.md"
    snippet = re.search(r"```python\n(.*?)```", guide.read_text(), re.S)[1]
    names = {}
    exec(snippet, names)
    names["immune"].close()
    assert (tmp_path / ".skillgate" / "skillgate.db").exists()


def _in_a_fork(immune, answers):
    answers.put(immune.is_quarantined("fetch"))
    fail(immune, "fork")
    immune.flush()
    answers.put(immune.is_quarantined("fork"))
    immune.close()


def test_a_fork_opens_the_store_for_itself(immune):
    fail(immune)
    immune.flush()
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_in_a_fork, args=(immune, answers))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert [answers.get(timeout=5), answers.get(timeout=5)] == [True, True]
    immune.flush()
    assert immune.is_quarantined("fork")


def test_counters_are_sent_to_a_collector(tmp_path, monkeypatch):
    requests = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            requests.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    with Immune.open(tmp_path / "s", settings=SETTINGS) as immune:
        fail(immune)
    server.shutdown()
    scope = requests[-1]["resourceMetrics"][0]["scopeMetrics"][0]
    sums = {metric["name"]: metric["sum"]["dataPoints"][0]["asInt"] for metric in scope["metrics"]}
    assert sums["skillgate.immune.anomaly.recorded"] == "3"
    assert sums["skillgate.immune.quarantine.entered"] == "1"


def test_what_was_recorded_survives_an_interpreter_that_simply_ends(tmp_path):
    program = (
        "from skillgate import Immune\n"
        f"immune = Immune.open({str(tmp_path / 'store')!r})\n"
        "immune.record('fetch', None, 'ValueError: bad')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    with Immune.open(tmp_path / "store") as immune:
        immune.flush()
    listed = [
        sys.executable,
        "-m",
        "skillgate",
        "anomaly",
        "list",
        "--store",
        str(tmp_path / "store"),
    ]
    assert "fetch" in subprocess.run(listed, check=True, capture_output=True, text=True).stdout
