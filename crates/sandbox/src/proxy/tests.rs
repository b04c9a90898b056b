//! What the proxy lets through.

use super::*;

#[test]
fn addresses_of_the_own_network_are_known() {
    for private in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "ff02::1",
    ] {
        assert!(is_private(private.parse().unwrap()), "{private}");
    }
    for public in [
        "93.184.216.34",
        "8.8.8.8",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
    ] {
        assert!(!is_private(public.parse().unwrap()), "{public}");
    }
}

#[test]
fn only_a_whole_destination_is_one() {
    let of = |text: &str| Destination::of(&text.parse().unwrap()).map(|place| place.text());
    assert_eq!(
        of("network:connect(API.example.com:443)"),
        Some("api.example.com:443".to_owned())
    );
    assert_eq!(of("network:connect([::1]:80)"), Some("[::1]:80".to_owned()));
    for open in [
        "network:connect(example.com)",
        "network:connect(*.example.com:443)",
        "network:connect",
        "network:resolve(example.com)",
        "process:spawn(a:1)",
    ] {
        assert_eq!(of(open), None, "{open}");
    }
}

#[test]
fn requests_name_their_destination_and_lose_what_is_for_the_proxy() {
    let found = request(b"GET http://a.example:8080/x?y HTTP/1.1\r\nHost: a.example\r\nProxy-Authorization: secret\r\n\r\n").unwrap();
    assert_eq!(found.place.text(), "a.example:8080");
    let head = String::from_utf8(found.head).unwrap();
    assert_eq!(
        head,
        "GET /x?y HTTP/1.1\r\nConnection: close\r\nHost: a.example\r\n\r\n"
    );
    let found = request(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(
        (found.place.text().as_str(), found.head.len()),
        ("a.example:443", 0)
    );
}

#[test]
fn what_is_no_request_is_none() {
    for text in [
        "GET / HTTP/1.1\r\n\r\n",
        "CONNECT a HTTP/1.1\r\n\r\n",
        "CONNECT a:0 HTTP/1.1\r\n\r\n",
        "CONNECT a b:1 HTTP/1.1\r\n\r\n",
        "GET ftp://a/ HTTP/1.1\r\n\r\n",
        "\r\n\r\n",
        "CONNECT a:1 SPDY\r\n\r\n",
        "GET http://user@a/ HTTP/1.1\r\n\r\n",
    ] {
        assert!(request(text.as_bytes()).is_none(), "{text}");
    }
}
