//! Reports of the kind that the gate makes: promoted, quarantined, incomplete, and one full of hostile text.

use std::sync::Arc;

use skillgate_model::{
    CaseOutcome, CaseResult, Confidence, Control, Coverage, Decision, Effect, EffectKind,
    EffectTable, Examination, Excerpt, Exit, ExitReason, FileChange, Finding, Layer, LayerReport,
    LayerStatus, Location, NotEnforced, Observation, Phase, PhaseTrace, Profile, Reason,
    ReasonKind, Report, RuleInfo, Severity, SkillKind, SkillSummary, Taxonomy, Tier, Trace,
    Verdict,
};

/// The set that snapshots are made of.
pub(crate) fn all() -> Vec<Report> {
    vec![promoted(), quarantined(), incomplete()]
}

pub(crate) fn promoted() -> Report {
    let read = Effect::on(EffectKind::FilesystemRead, "./input.csv");
    let open = rule(
        "SEC-CALL-005",
        Severity::Low,
        "opens a file",
        "declare filesystem:read",
    );
    let mut report = blank("csv-clean", "skills/csv-clean");
    report.skill.description = Some("Cleans a CSV file: trims, drops empty rows.".to_owned());
    report.scan = layer(
        LayerStatus::Passed,
        "3 files, 1 finding without weight",
        840,
    );
    report.simulation = layer(
        LayerStatus::Passed,
        "native, 2 runs, 6 cases returned",
        412_000,
    );
    report.permissions = layer(
        LayerStatus::Passed,
        "1 effect needed, declared and granted",
        31,
    );
    report.effects = EffectTable {
        declares: true,
        declared: texts(&["filesystem:read(./**)", "env:read(LANG)"]),
        granted: texts(&["filesystem:read(./**)", "env:read(*)"]),
        inferred: vec![read.clone()],
        observed: vec![read.clone()],
        unused: texts(&["env:read(LANG)"]),
        ..EffectTable::default()
    };
    report.findings = vec![Finding {
        effect: Some(read),
        excerpt: Some(excerpt(
            7,
            "def clean(path: str) -> str:\n    with open(path) as file:\n",
            "open(path)",
        )),
        ..finding(open, at("clean.py", 8, 10, 20), "f-31")
    }];
    report.coverage = vec![
        examined("SKILL.md", "markdown", 912, "text"),
        examined("clean.py", "python", 1_480, "facts"),
        examined("data/sample.csv", "csv", 320, "data"),
    ];
    report.trace = Some(trace(Tier::Full, Vec::new()));
    report
}

pub(crate) fn quarantined() -> Report {
    let spawn = Effect::on(EffectKind::ProcessSpawn, "sh");
    let connect = Effect::on(EffectKind::NetworkConnect, "203.0.113.9:443");
    let decoy = Effect::on(EffectKind::FilesystemRead, "~/.aws/credentials");
    let mut report = blank("pdf-tables", "skills/pdf-tables");
    report.verdict.decision = Decision::Quarantine;
    report.skill.description = Some("Extracts tables from PDF files.".to_owned());
    let payload = payload();
    let command = Finding {
        effect: Some(spawn.clone()),
        detail: Some("`fetch.command` comes from the argument `url`".to_owned()),
        excerpt: Some(excerpt(
            21,
            "def fetch(url):\n    command = \"curl -s \" + url\n    os.system(command)\n",
            "os.system(command)",
        )),
        ..finding(shell(), at("scripts/fetch.py", 23, 5, 23), "f-12")
    };
    report.verdict.reasons = vec![
        reason_of(&payload, ReasonKind::Threat, 1),
        reason_of(&command, ReasonKind::Undeclared, 2),
        Reason {
            kind: ReasonKind::Behaviour,
            layer: Layer::Simulate,
            rule: Some("SIM-DECOY-001".to_owned()),
            severity: Severity::High,
            location: Some(Location::file("scripts/run.py")),
            effect: Some(decoy.clone()),
            message: "opened a decoy credential while it was imported".to_owned(),
            remedy: "do not read credentials that the task does not need".to_owned(),
            count: 1,
        },
        Reason {
            kind: ReasonKind::NotGranted,
            layer: Layer::Permit,
            rule: None,
            severity: Severity::Medium,
            location: None,
            effect: Some(connect.clone()),
            message: "declares `network:connect(203.0.113.9:443)`, which the policy does not grant"
                .to_owned(),
            remedy: "ask the operator for the grant, or do without the connection".to_owned(),
            count: 1,
        },
    ];
    report.findings = vec![
        payload,
        command,
        Finding {
            effect: Some(spawn.clone()),
            ..finding(shell(), at("scripts/fetch.py", 40, 5, 31), "f-13")
        },
        finding(
            rule(
                "SEC-IMPORT-003",
                Severity::Medium,
                "imports `socket`",
                "use an HTTP client",
            ),
            at("scripts/fetch.py", 3, 1, 14),
            "f-14",
        ),
    ];
    report.scan = layer(
        LayerStatus::Failed,
        "5 files, 2 threats, 1 effect undeclared",
        2_310,
    );
    report.simulation = layer(
        LayerStatus::Failed,
        "native, 2 runs, a decoy was opened",
        903_000,
    );
    report.permissions = layer(LayerStatus::Failed, "1 undeclared, 1 not granted", 52);
    report.effects = EffectTable {
        declares: true,
        declared: texts(&["filesystem:read(./**)", "network:connect(203.0.113.9:443)"]),
        granted: texts(&["filesystem:read(./**)"]),
        inferred: vec![
            spawn.clone(),
            connect.clone(),
            Effect::any(EffectKind::CodeEval),
        ],
        observed: vec![decoy.clone(), connect.clone()],
        undeclared: vec![spawn, Effect::any(EffectKind::CodeEval), decoy],
        not_granted: vec![connect],
        unused: texts(&["filesystem:read(./**)"]),
    };
    report.coverage = vec![
        examined("SKILL.md", "markdown", 2_048, "text"),
        examined("scripts/fetch.py", "python", 3_100, "facts"),
        examined("scripts/run.py", "python", 14_200, "facts"),
    ];
    report.trace = Some(trace(Tier::Nested, observations()));
    report
}

pub(crate) fn incomplete() -> Report {
    let mut report = blank("image-resize", "./tools/image_resize.py");
    report.skill.kind = SkillKind::File;
    report.verdict = Verdict {
        decision: Decision::Quarantine,
        complete: false,
        qualifiers: texts(&["not simulated"]),
        reasons: vec![Reason {
            kind: ReasonKind::Incomplete,
            layer: Layer::Scan,
            rule: None,
            severity: Severity::Medium,
            location: Some(Location::file("image_resize.py")),
            effect: None,
            message: "`image_resize.py` is not valid UTF-8 and names no other encoding".to_owned(),
            remedy: "save the file as UTF-8".to_owned(),
            count: 1,
        }],
    };
    report.scan = layer(LayerStatus::Incomplete, "1 file, not decoded", 95);
    report.simulation = layer(LayerStatus::NotRun, "switched off by --static-only", 0);
    report.permissions = layer(LayerStatus::NotApplicable, "no effects to compare", 2);
    report.coverage = vec![Coverage {
        path: "image_resize.py".to_owned(),
        kind: "python".to_owned(),
        size: 4_190_000,
        examination: Examination::Unexamined {
            reason: "byte 0xff at offset 17 is not UTF-8".to_owned(),
        },
    }];
    report
}

/// A quarantined report with `text` wherever a candidate's own text can get to.
pub(crate) fn hostile(text: &str) -> Report {
    let mut report = quarantined();
    let own = || text.to_owned();
    report.skill.name = own();
    report.skill.path = own();
    report.skill.description = Some(own());
    report.verdict.qualifiers = vec![own()];
    for reason in &mut report.verdict.reasons {
        reason.message = own();
        reason.effect = Some(Effect::on(EffectKind::EnvRead, text));
        if let Some(location) = &mut reason.location {
            location.path = own();
        }
    }
    for finding in &mut report.findings {
        finding.location.path = own();
        finding.detail = Some(own());
        finding.decoded = vec![own()];
        finding.effect = Some(Effect::on(EffectKind::EnvRead, text));
        finding.excerpt = Some(Excerpt {
            first_line: 3,
            text: format!("{text}\n{text}"),
            start: text.len() as u32 / 2,
            end: u32::MAX,
        });
    }
    for layer in [
        &mut report.scan,
        &mut report.simulation,
        &mut report.permissions,
    ] {
        layer.summary = own();
    }
    let effects = &mut report.effects;
    effects.declared = vec![own()];
    effects.granted = vec![own()];
    effects.unused = vec![own()];
    effects.observed = vec![Effect::on(EffectKind::FilesystemRead, text)];
    report.coverage = vec![Coverage {
        path: own(),
        kind: own(),
        size: 1,
        examination: Examination::Unexamined { reason: own() },
    }];
    if let Some(trace) = &mut report.trace {
        for phase in &mut trace.phases {
            phase.stdout = own();
            phase.stderr = own();
            phase.imported = vec![own()];
            phase.import_errors = vec![(own(), own())];
            phase.missing_modules = vec![own()];
            for case in &mut phase.cases {
                case.target = own();
                case.arguments = own();
                case.detail = own();
            }
            for file in &mut phase.files {
                file.path = own();
            }
            for observation in &mut phase.observations {
                observation.effect = Effect::on(EffectKind::FilesystemRead, text);
                observation.during = Some(own());
            }
        }
    }
    report
}

fn blank(name: &str, path: &str) -> Report {
    Report {
        schema: "skillgate-report/1".to_owned(),
        id: "r-00c0ffee00c0ffee".to_owned(),
        tool: "0.1.0".to_owned(),
        started_at: "2026-11-20T09:30:00Z".to_owned(),
        duration_ms: 914,
        profile: Profile::Standard,
        skill: SkillSummary {
            name: name.to_owned(),
            path: path.to_owned(),
            kind: SkillKind::Folder,
            digest: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8".to_owned(),
            description: None,
            files: 3,
            size: 19_348,
        },
        verdict: Verdict {
            decision: Decision::Promote,
            complete: true,
            qualifiers: Vec::new(),
            reasons: Vec::new(),
        },
        scan: layer(LayerStatus::Passed, "", 0),
        simulation: layer(LayerStatus::Passed, "", 0),
        permissions: layer(LayerStatus::Passed, "", 0),
        effects: EffectTable::default(),
        findings: Vec::new(),
        coverage: Vec::new(),
        trace: None,
    }
}

fn payload() -> Finding {
    Finding {
        effect: Some(Effect::any(EffectKind::CodeEval)),
        detail: Some("the decoded text calls `os.system`".to_owned()),
        decoded: texts(&["base64", "zlib"]),
        excerpt: Some(excerpt(
            13,
            "if __name__ != \"__main__\":\n    exec(zlib.decompress(base64.b64decode(TABLES)))\n",
            "exec(zlib.decompress(base64.b64decode(TABLES)))",
        )),
        ..finding(
            RuleInfo {
                excusable: false,
                taxonomy: Taxonomy {
                    cwe: texts(&["CWE-94", "CWE-506"]),
                    owasp_llm: texts(&["LLM05"]),
                    owasp_asi: texts(&["ASI05"]),
                    owasp_ast: texts(&["AST01 (2026-06)"]),
                    atlas: texts(&["AML.T0050"]),
                },
                ..rule(
                    "SEC-PAYLOAD-001",
                    Severity::Critical,
                    "executes a payload that it decodes first",
                    "ship the code as source",
                )
            },
            at("scripts/run.py", 14, 5, 52),
            "f-11",
        )
    }
}

fn shell() -> RuleInfo {
    RuleInfo {
        taxonomy: Taxonomy {
            cwe: texts(&["CWE-78"]),
            owasp_asi: texts(&["ASI05"]),
            ..Taxonomy::default()
        },
        ..rule(
            "SEC-CALL-008",
            Severity::High,
            "runs a shell command that the caller controls",
            "call `subprocess.run` with a list and no shell",
        )
    }
}

fn rule(id: &str, severity: Severity, message: &str, remedy: &str) -> RuleInfo {
    RuleInfo {
        id: id.to_owned(),
        title: message.to_owned(),
        severity,
        confidence: Confidence::High,
        excusable: true,
        message: message.to_owned(),
        remedy: remedy.to_owned(),
        taxonomy: Taxonomy::default(),
    }
}

fn finding(rule: RuleInfo, location: Location, fingerprint: &str) -> Finding {
    Finding {
        rule: Arc::new(rule),
        layer: Layer::Scan,
        location,
        effect: None,
        infers: true,
        detail: None,
        decoded: Vec::new(),
        excerpt: None,
        fingerprint: fingerprint.to_owned(),
    }
}

fn reason_of(finding: &Finding, kind: ReasonKind, count: u32) -> Reason {
    Reason {
        kind,
        layer: finding.layer,
        rule: Some(finding.rule.id.clone()),
        severity: finding.rule.severity,
        location: Some(finding.location.clone()),
        effect: finding.effect.clone(),
        message: finding.rule.message.clone(),
        remedy: finding.rule.remedy.clone(),
        count,
    }
}

fn excerpt(first_line: u32, text: &str, place: &str) -> Excerpt {
    let start = text.find(place).expect("the place is in the text");
    Excerpt {
        first_line,
        text: text.to_owned(),
        start: start as u32,
        end: (start + place.len()) as u32,
    }
}

fn at(path: &str, line: u32, column: u32, end_column: u32) -> Location {
    Location {
        path: path.to_owned(),
        line,
        column,
        end_line: line,
        end_column,
    }
}

fn layer(status: LayerStatus, summary: &str, duration_us: u64) -> LayerReport {
    LayerReport {
        status,
        summary: summary.to_owned(),
        duration_us,
    }
}

fn examined(path: &str, kind: &str, size: u64, engine: &str) -> Coverage {
    Coverage {
        path: path.to_owned(),
        kind: kind.to_owned(),
        size,
        examination: Examination::Examined {
            engines: texts(&[engine]),
        },
    }
}

fn observations() -> Vec<Observation> {
    let decoy = Effect::on(EffectKind::FilesystemRead, "~/.aws/credentials");
    let connect = Effect::on(EffectKind::NetworkConnect, "203.0.113.9:443");
    vec![
        observation(decoy, true, true),
        observation(connect, false, false),
    ]
}

fn observation(effect: Effect, allowed: bool, decoy: bool) -> Observation {
    Observation {
        effect,
        allowed,
        count: 1,
        witness: "syscall".to_owned(),
        during: Some("scripts.run".to_owned()),
        decoy,
    }
}

fn trace(tier: Tier, observations: Vec<Observation>) -> Trace {
    let missing = NotEnforced {
        control: Control::MountNamespace,
        reason: "user namespaces are switched off; set `kernel.unprivileged_userns_clone=1`"
            .to_owned(),
    };
    Trace {
        backend: "native".to_owned(),
        tier,
        enforced: vec![Control::Landlock, Control::Seccomp, Control::WallLimit],
        not_enforced: if tier == Tier::Nested {
            vec![missing]
        } else {
            Vec::new()
        },
        interpreter: Some("CPython 3.11.7".to_owned()),
        phases: vec![
            phase(Phase::Import, ExitReason::Exit, observations),
            phase(Phase::Call, ExitReason::Timeout, Vec::new()),
        ],
    }
}

fn phase(phase: Phase, reason: ExitReason, observations: Vec<Observation>) -> PhaseTrace {
    PhaseTrace {
        phase,
        exit: Exit {
            reason,
            code: (reason == ExitReason::Exit).then_some(0),
            signal: None,
            detail: None,
        },
        wall_ms: 212,
        cpu_ms: 180,
        peak_memory_bytes: Some(41 << 20),
        stdout: "ready\n".to_owned(),
        stderr: String::new(),
        output_bytes: 6,
        observations,
        dropped: 0,
        imported: texts(&["clean"]),
        import_errors: Vec::new(),
        missing_modules: texts(&["pandas"]),
        cases: vec![CaseResult {
            target: "clean.clean".to_owned(),
            arguments: "('./input.csv',)".to_owned(),
            source: "hint".to_owned(),
            outcome: CaseOutcome::Returned,
            detail: "'a,b\\n1,2'".to_owned(),
            repeated: None,
        }],
        files: vec![FileChange {
            path: "out.csv".to_owned(),
            size: 12,
            kind: "file".to_owned(),
        }],
        shifted: Vec::new(),
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
