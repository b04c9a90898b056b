//! A PostgreSQL that takes encrypted connections alone, with a certificate of its own authority.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use skillgate_store::Store;

use crate::sample::{act, report, tenant};

fn script(word: &str, folder: &Path) -> String {
    let output = Command::new("bash")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres.sh"))
        .arg(word)
        .arg(folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Stops the server, also when the test fails.
struct Server<'a>(&'a Path);

impl Drop for Server<'_> {
    fn drop(&mut self) {
        script("stop", self.0);
    }
}

/// What went wrong, with its causes.
fn refused(url: &str) -> String {
    let Err(error) = Store::connect(url) else {
        panic!("{url} was connected to");
    };
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[test]
fn an_encrypted_connection_verifies_the_server_and_is_never_given_up_for_a_plain_one() {
    if std::env::var("SKILLGATE_POSTGRES").is_err() {
        println!("skipped: SKILLGATE_POSTGRES names no server");
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    // The server runs as another user.
    fs::set_permissions(parent.path(), Permissions::from_mode(0o711)).unwrap();
    let folder = parent.path().join("pg");
    let url = script("start-tls", &folder);
    let server = Server(&folder);
    let trust = format!("sslrootcert={}", folder.join("ca.pem").display());

    for mode in ["require", "verify-full"] {
        let store = Store::connect(&format!("{url}?sslmode={mode}&{trust}")).unwrap();
        let default = tenant("default");
        let rows = store.tenant(&default);
        rows.put_report(&report(&format!("r-{mode}"), "pdf", "promote"), &act())
            .unwrap();
        assert_eq!(store.check().unwrap(), Vec::<String>::new());
    }
    let plain = refused(&format!("{url}?sslmode=disable"));
    assert!(plain.contains("no encryption"), "{plain}");
    let stranger = refused(&format!("{url}?sslmode=require"));
    assert!(
        stranger.contains("UnknownIssuer") || stranger.contains("no certificate to trust"),
        "{stranger}"
    );
    let address = url.replace("localhost", "127.0.0.1");
    let misnamed = refused(&format!("{address}?sslmode=verify-full&{trust}"));
    assert!(misnamed.contains("not valid for name"), "{misnamed}");
    drop(server);
}

#[test]
fn a_server_without_tls_is_refused_where_tls_was_asked_for() {
    // A server that answers a request for TLS with "N", as PostgreSQL does without certificates.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(b"N").unwrap();
        let mut more = Vec::new();
        stream.read_to_end(&mut more).unwrap();
        more
    });
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-subj", "/CN=a", "-keyout", "/dev/null", "-out"])
        .arg(&ca)
        .output()
        .unwrap();
    assert!(made.status.success());
    let trust = format!("sslmode=require&sslrootcert={}", ca.display());
    let text = refused(&format!("postgresql://u:geheim@127.0.0.1:{port}/d?{trust}"));
    assert!(text.contains("does not support TLS"), "{text}");
    assert_eq!(
        server.join().unwrap(),
        b"",
        "something was sent in plain text"
    );
}
