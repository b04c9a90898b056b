//! One permission decision, beside globset and a list that is scanned, on the same rules.
//!
//! `cargo bench -p skillgate-permissions --bench decide`; the group `decide` makes a thousand
//! decisions at a time, so its microseconds are nanoseconds of one decision.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use skillgate_permissions::{Policy, PolicyText, Request, check_permission};

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

/// With `--features cedar-oracle`: the exported policy, decided by Cedar, a hundred times.
#[cfg(feature = "cedar-oracle")]
fn cedar(criterion: &mut Criterion) {
    use cedar_policy::{
        Authorizer, Context, Decision, Entities, PolicySet, Request as CedarRequest,
        RestrictedExpression,
    };
    use skillgate_permissions::cedar::{CedarValue, context, export};

    let rules = Rules::new(100);
    let policy = rules.policy();
    let exported: PolicySet = export(&policy).text.parse().unwrap();
    let (authorizer, entities) = (Authorizer::new(), Entities::empty());
    let names: Vec<String> = rules.requests().into_iter().take(100).collect();
    let request = |name: &String| {
        let attributes = context(&Request::tool(name)).unwrap();
        let attributes = attributes.into_iter().map(|(key, value)| match value {
            CedarValue::Bool(value) => (key, RestrictedExpression::new_bool(value)),
            CedarValue::Long(value) => (key, RestrictedExpression::new_long(value)),
            CedarValue::String(value) => (key, RestrictedExpression::new_string(value)),
        });
        CedarRequest::new(
            "Skill::\"any\"".parse().unwrap(),
            "Action::\"use\"".parse().unwrap(),
            "Tool::\"any\"".parse().unwrap(),
            Context::from_pairs(attributes).unwrap(),
            None,
        )
        .unwrap()
    };
    let requests: Vec<CedarRequest> = names.iter().map(request).collect();
    let decide = |request| {
        authorizer
            .is_authorized(request, &exported, &entities)
            .decision()
    };
    for (name, request) in names.iter().zip(&requests) {
        let allow = policy.decide(&Request::tool(name)).allow;
        assert_eq!(decide(request) == Decision::Allow, allow, "{name}");
    }
    let mut group = criterion.benchmark_group("a hundred decisions, 100 rules");
    group.bench_function("policy, with rule and reason", |b| {
        b.iter(|| {
            for name in &names {
                let _ = black_box(policy.decide(&Request::tool(black_box(name))));
            }
        });
    });
    group.bench_function("cedar, context made before", |b| {
        b.iter(|| {
            for request in &requests {
                black_box(decide(black_box(request)));
            }
        });
    });
    group.finish();
}

#[cfg(not(feature = "cedar-oracle"))]
fn cedar(_: &mut Criterion) {}

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
    targets = names, cedar, resources, compile
}
criterion_main!(benches);
