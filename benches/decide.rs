//! One permission decision, beside globset and a list that is scanned, on the same rules.
//!
//! `cargo bench -p skillgate-permissions --bench decide`; the group `decide` makes a thousand
//! decisions at a time, so its microseconds are nanoseconds of one decision. With `--features peers`
//! Cedar and Casbin decide on the same rules in the same run.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use skillgate_permissions::{Policy, PolicyText, Request, check_permission};

#[cfg(feature = "peers")]
#[path = "decide/peers.rs"]
mod peers;

/// Nine allows to one deny; a tenth of the allows are wildcards.
struct Rules {
    allow: Vec<String>,
    deny: Vec<String>,
}

impl Rules {
    fn new(count: usize) -> Self {
        let category = |n: usize| format!("category{}", n / 10);
        let allow = |n: usize| match n % 10 {
            0 => format!("{}:read_*", category(n)),
            1 if n % 50 == 1 => format!("server:{}:**", category(n)),
            _ => format!("{}:tool_{n}", category(n)),
        };
        let denies = count / 10;
        Self {
            allow: (0..count - denies).map(allow).collect(),
            deny: (0..denies)
                .map(|n| format!("{}:read_secret", category(n * 10)))
                .collect(),
        }
    }

    fn policy(&self) -> Policy {
        Policy::compile(&PolicyText {
            allow: &self.allow,
            deny: &self.deny,
            quarantined: &[],
        })
        .unwrap()
    }

    /// A thousand names: two thirds granted, the rest denied, near misses or unknown.
    fn requests(&self) -> Vec<String> {
        let rules = self.allow.len();
        let request = |n: usize| {
            let rule = n * 7919 % rules;
            let category = format!("category{}", rule / 10);
            match n % 10 {
                0 => format!("{category}x.tool_{rule}"),
                1 => format!("unknown.tool_{n}"),
                2 => format!("{category}.read_secret"),
                3 => format!("{category}.read_file{n}"),
                _ => format!("{category}.tool_{rule}"),
            }
        };
        (0..1000).map(request).collect()
    }
}

/// The same rules as globs over names whose separators are `/`.
struct Globs {
    allow: GlobSet,
    deny: GlobSet,
}

impl Globs {
    fn new(rules: &Rules) -> Self {
        let set = |scopes: &[String]| {
            let mut set = GlobSetBuilder::new();
            for scope in scopes {
                let path = scope.replace(':', "/");
                let mut glob = GlobBuilder::new(&path);
                set.add(glob.literal_separator(true).build().unwrap());
            }
            set.build().unwrap()
        };
        Self {
            allow: set(&rules.allow),
            deny: set(&rules.deny),
        }
    }

    fn decide(&self, name: &str) -> bool {
        self.allow.is_match(name) && !self.deny.is_match(name)
    }
}

fn names(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    for count in [2, 100, 1000, 10_000] {
        let rules = Rules::new(count.max(2));
        let (policy, globs) = (rules.policy(), Globs::new(&rules));
        let requests = rules.requests();
        let mapped: Vec<String> = requests.iter().map(|name| name.replace('.', "/")).collect();
        for (name, mapped) in requests.iter().zip(&mapped) {
            let decision = policy.decide(&Request::tool(name));
            assert_eq!(decision.allow, globs.decide(mapped), "{name}");
        }
        group.throughput(Throughput::Elements(requests.len() as u64));
        group.bench_function(
            BenchmarkId::new("policy, with rule and reason", count),
            |b| {
                b.iter(|| {
                    for name in &requests {
                        let _ = black_box(policy.decide(&Request::tool(black_box(name))));
                    }
                });
            },
        );
        group.bench_function(
            BenchmarkId::new("globset, separators mapped before", count),
            |b| {
                b.iter(|| {
                    for name in &mapped {
                        black_box(globs.decide(black_box(name)));
                    }
                });
            },
        );
        if count <= 100 {
            group.bench_function(
                BenchmarkId::new("list, not compiled, allows only", count),
                |b| {
                    b.iter(|| {
                        for name in &requests {
                            black_box(check_permission(black_box(name), &rules.allow));
                        }
                    });
                },
            );
        }
    }
    group.finish();
}

/// A hundred decisions at a time, over a hundred rules.
#[cfg(feature = "peers")]
fn peers(criterion: &mut Criterion) {
    let rules = Rules::new(100);
    let (policy, globs) = (rules.policy(), Globs::new(&rules));
    let names: Vec<String> = rules.requests().into_iter().take(100).collect();
    let mapped: Vec<String> = names.iter().map(|name| name.replace('.', "/")).collect();
    let cedar = peers::Cedar::new(&policy, &names);
    let casbin = peers::Casbin::new(&rules.allow, &rules.deny);
    for (at, (name, mapped)) in names.iter().zip(&mapped).enumerate() {
        let allow = policy.decide(&Request::tool(name)).allow;
        assert_eq!(globs.decide(mapped), allow, "{name}");
        assert_eq!(cedar.decide(at), allow, "{name}");
        assert_eq!(casbin.decide(mapped), allow, "{name}");
    }
    let mut group = criterion.benchmark_group("a hundred decisions, 100 rules");
    group.bench_function("policy, with rule and reason", |b| {
        b.iter(|| {
            for name in &names {
                let _ = black_box(policy.decide(&Request::tool(black_box(name))));
            }
        });
    });
    group.bench_function("globset, separators mapped before", |b| {
        b.iter(|| {
            mapped
                .iter()
                .filter(|name| globs.decide(black_box(name)))
                .count()
        });
    });
    group.bench_function("cedar, context made before", |b| {
        b.iter(|| {
            (0..names.len())
                .filter(|at| cedar.decide(black_box(*at)))
                .count()
        });
    });
    group.bench_function("casbin, separators mapped before", |b| {
        b.iter(|| {
            mapped
                .iter()
                .filter(|name| casbin.decide(black_box(name)))
                .count()
        });
    });
    group.finish();
}

#[cfg(not(feature = "peers"))]
fn peers(_: &mut Criterion) {}

fn resources(criterion: &mut Criterion) {
    let mut rules = Rules::new(100);
    rules.allow.extend(
        [
            "filesystem:read(./**)",
            "network:connect(*.example.com:443)",
            "process:spawn(git)",
            "env:read(LANG)",
        ]
        .map(str::to_owned),
    );
    let policy = rules.policy();
    let mut group = criterion.benchmark_group("decide on a resource, 104 rules");
    for request in [
        Request::on("filesystem.read", "./data/../src/lib.rs"),
        Request::on("network.connect", "api.example.com:443"),
        Request::on("process.spawn", "/usr/bin/git"),
        Request::on("env.read", "LANG"),
    ] {
        assert!(policy.decide(&request).allow);
        group.bench_function(request.name, |b| {
            b.iter(|| black_box(policy.decide(black_box(&request))));
        });
    }
    group.finish();
}

fn compile(criterion: &mut Criterion) {
    let rules = Rules::new(100);
    criterion.bench_function("compile 100 rules", |b| {
        b.iter(|| black_box(rules.policy()))
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(40);
    targets = names, peers, resources, compile
}
criterion_main!(benches);
