//! Transitions that are told to a collector.

use std::process::Command;

use serde_json::Value;

use crate::program::{ENABLED, RELEASE, json};

/// A collector that takes one request, and what it was sent.
fn collector() -> (String, std::thread::JoinHandle<(String, Value)>) {
    use std::io::{BufRead, BufReader, Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let taken = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
        reader.get_mut().write_all(answer).unwrap();
        (head, serde_json::from_slice(&body).unwrap())
    });
    (address, taken)
}

#[test]
fn every_transition_is_told_to_an_opentelemetry_collector_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |arguments: &[&str]| {
        let (address, taken) = collector();
        let output = Command::new(env!("CARGO_BIN_EXE_skillgate"))
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(ENABLED)
            .env("SKILLGATE_IMMUNE_QUARANTINE_THRESHOLD", "1")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", address)
            .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=abc")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        assert_eq!(errors, "");
        let (head, request) = taken.join().unwrap();
        assert!(head.starts_with("POST /v1/metrics HTTP/1.1"), "{head}");
        assert!(head.to_ascii_lowercase().contains("x-key: abc"), "{head}");
        let metrics = &request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        let name = |metric: &Value| {
            let point = &metric["sum"]["dataPoints"][0];
            format!(
                "{} {}",
                metric["name"].as_str().unwrap(),
                point["asInt"].as_str().unwrap()
            )
        };
        metrics
            .as_array()
            .unwrap()
            .iter()
            .map(name)
            .collect::<Vec<_>>()
    };
    let record = [
        "anomaly",
        "record",
        "--tool",
        "fetch",
        "--message",
        "ValueError: bad",
    ];
    assert_eq!(
        run(&record),
        [
            "skillgate.immune.anomaly.recorded 1",
            "skillgate.immune.quarantine.entered 1"
        ]
    );
    let hash = json(folder, &["anomaly", "list"])[0]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let note = [
        "vaccinate",
        "--signature-hash",
        &hash,
        "--procedure",
        "Wait.",
        "--resolved-by",
        "alice",
    ];
    assert_eq!(run(&note), ["skillgate.immune.vaccinated 1"]);
    let release = [&["quarantine", "release", "fetch"][..], &RELEASE].concat();
    assert_eq!(run(&release), ["skillgate.immune.quarantine.released 1"]);

    let nobody = Command::new(env!("CARGO_BIN_EXE_skillgate"))
        .args([
            "quarantine",
            "add",
            "x",
            "--reason",
            "x",
            "--actor",
            "alice",
        ])
        .current_dir(folder)
        .env_clear()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&nobody.stderr);
    assert!(
        nobody.status.success() && errors.contains("warning: metrics were not taken"),
        "{errors}"
    );
}
