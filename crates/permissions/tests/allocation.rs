//! A decision allocates nothing, counted by the allocator itself.

use allocation_counter::measure;
use skillgate_permissions::{Policy, PolicyText, Request, check_permission};

#[test]
fn no_decision_allocates_whatever_its_cause() {
    let allow = [
        "filesystem:read_*",
        "filesystem:read(./**)",
        "network:connect(*.example.com:443)",
        "process:spawn(git)",
        "env:read(LANG)",
        "mcp:**",
    ]
    .map(str::to_owned);
    let deny = ["filesystem:read(./secret/**)", "mcp:*:delete"].map(str::to_owned);
    let policy = Policy::compile(&PolicyText {
        allow: &allow,
        deny: &deny,
        quarantined: &["mcp.bad.tool".to_owned()],
    })
    .unwrap();
    let requests = [
        Request::tool("filesystem.read_file"),
        Request::tool("mcp.github.delete"),
        Request::tool("mcp.bad.tool"),
        Request::tool("unknown.tool"),
        Request::tool("filesystem..\u{e9}"),
        Request::on("filesystem.read", "a/../b/c.csv"),
        Request::on("filesystem.read", "./secret/key"),
        Request::on("filesystem.read", "../../etc/passwd"),
        Request::on("network.connect", "https://api.EXAMPLE.com/x"),
        Request::on("network.connect", "10.0.0.1:80"),
        Request::on("process.spawn", "/usr/bin/git"),
        Request::on("env.read", "HOME"),
    ];
    let mut allowed = 0;
    let counted = measure(|| {
        for request in &requests {
            allowed += u32::from(policy.decide(request).allow);
        }
        allowed += u32::from(check_permission("mcp.a.b", &allow));
    });
    assert_eq!((counted.count_total, allowed), (0, 5));
    assert_ne!(measure(|| drop(vec![0_u8; 16])).count_total, 0, "it counts");
}
