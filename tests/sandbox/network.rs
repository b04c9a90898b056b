//! What was granted of the network is reached through the proxy, and nothing else.

use std::io::{Read, Write};
use std::net::TcpListener;

use skillgate_model::{Limits, Phase};

use crate::Test;
use crate::skill::{backend, effects, nested, phase, run_with};

pub(crate) const TESTS: &[Test] = &[(
    "only_what_was_granted_is_reached",
    only_what_was_granted_is_reached,
)];

/// Answers every request with one line, for ever.
fn server(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _head = client.read(&mut [0; 4096]);
            let length = answer.len();
            let _gone = write!(
                client,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
            );
        }
    });
    port
}

fn only_what_was_granted_is_reached() {
    // Other tiers and backends have no network at all.
    if backend() != "native" || nested() {
        return;
    }
    let (granted, by_name, other) = (server("granted"), server("by name"), server("other"));
    let text = format!(
        "
import socket, urllib.request
def get(url):
    try: return urllib.request.urlopen(url, timeout=5).read()
    except OSError as error: return str(error)
def granted(): return get('http://127.0.0.1:{granted}/')
def private(): return get('http://localhost:{by_name}/')
def other(): return get('http://127.0.0.1:{other}/')
def tunnel():
    proxy = socket.create_connection(('127.0.0.1', 3128), 5)
    proxy.sendall(b'CONNECT 127.0.0.1:{granted} HTTP/1.1\\r\\n\\r\\n')
    head = proxy.recv(100)
    proxy.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')
    answer = b''
    while part := proxy.recv(1000):
        answer += part
        if answer.endswith(b'granted'):
            break
    return head.split()[1], answer[-7:]
def around():
    socket.create_connection(('127.0.0.1', {granted}), 2)
"
    );
    let grants = [
        format!("network:connect(127.0.0.1:{granted})"),
        format!("network:connect(localhost:{by_name})"),
    ];
    let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
    let trace = run_with(&[("tool.py", &text)], &Limits::default(), &grants);
    let call = phase(&trace, Phase::Call);
    let of = |target: &str| {
        let case = call.cases.iter().find(|case| case.target == target);
        case.map(|case| case.detail.as_str()).unwrap()
    };
    assert_eq!(of("tool.granted"), "b'granted'", "{call:?}");
    assert_eq!(of("tool.private"), "'HTTP Error 403: Forbidden'");
    assert_eq!(of("tool.other"), "'HTTP Error 403: Forbidden'");
    assert_eq!(of("tool.tunnel"), "(b'200', b'granted')");
    assert!(
        of("tool.around").starts_with("OSError"),
        "{}",
        of("tool.around")
    );
    let seen = effects(call);
    for expected in [
        format!("network:connect(127.0.0.1:{granted}) allowed"),
        format!("network:connect(127.0.0.1:{granted}) blocked"),
        format!("network:connect(localhost:{by_name}) blocked"),
        format!("network:connect(127.0.0.1:{other}) blocked"),
    ] {
        assert!(seen.contains(&expected), "{expected}: {seen:?}");
    }
}
