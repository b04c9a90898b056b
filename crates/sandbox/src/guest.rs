//! What the jails of other programs share: the program that is their process 1, and the order it gets.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use skillgate_model::{Content, Effect, EffectKind, Limits, Skill, Tier, hex};

use crate::native::environment;
use crate::native::init::rules;
use crate::native::landlock::Rules;
use crate::native::spec::{DESCRIPTORS, HOME, SKILL, Spec, WORK};
use crate::observe::places::PATH;
use crate::seccomp::{self, Machine};
use crate::{harness, interpreter, phases};

/// Runs as process 1 of the jail, in the interpreter of the jail.
pub(crate) const PROGRAM: &str = include_str!("../../../sandbox/guest.py");
/// How much longer than its limit a run may last before process 1 ends it without being told.
pub(crate) const GRACE_SECONDS: u64 = 10;

/// What process 1 is told beside the specification.
#[derive(Serialize)]
struct Order {
    /// The filter's instructions in hexadecimal, eight bytes each.
    filter: String,
    /// The number of seccomp(2) on this machine.
    seccomp: u32,
    observed: bool,
    descriptors: u64,
    work: &'static str,
    seconds: u64,
    landlock: Rules,
}

/// The order for one run, as the packet that goes with its descriptors.
pub(crate) fn order(spec: &Spec) -> std::io::Result<Vec<u8>> {
    let other = std::io::Error::other;
    let machine = Machine::here().ok_or(std::io::ErrorKind::Unsupported)?;
    let mut policy = seccomp::policy(machine, false).map_err(other)?;
    if !spec.observed && !spec.executable {
        policy = seccomp::without_programs(policy);
    }
    let filter = seccomp::assemble(&policy, machine, spec.observed);
    let instruction = |one: &libc::sock_filter| {
        let mut bytes = one.code.to_ne_bytes().to_vec();
        bytes.extend([one.jt, one.jf]);
        bytes.extend(one.k.to_ne_bytes());
        bytes
    };
    let filter: Vec<u8> = filter.iter().flat_map(instruction).collect();
    Ok(serde_json::to_vec(&Order {
        filter: hex(&filter),
        seccomp: machine.seccomp_number(),
        observed: spec.observed,
        descriptors: DESCRIPTORS,
        work: WORK,
        seconds: spec.limits.wall_ms.div_ceil(1000) + GRACE_SECONDS,
        landlock: rules(spec),
    })?)
}

/// Every folder in memory: its path, how many bytes it holds, how many files and folders.
pub(crate) fn memory_files(spec: &Spec) -> [(&'static str, u64, u64); 6] {
    let (work, count) = (spec.limits.work_bytes, u64::from(spec.limits.work_inodes));
    let skill = spec.planted_bytes() as u64 + (1 << 20);
    [
        (WORK, work, count),
        (HOME, work, count),
        ("/tmp", work, count),
        ("/dev/shm", work / 4, 256),
        (SKILL, skill, nodes(spec)),
        ("/harness", 1 << 20, 16),
    ]
}

/// How many files and folders the planted ones need.
fn nodes(spec: &Spec) -> u64 {
    let folders = |path: &String| 1 + path.matches('/').count();
    let planted = spec.planted.iter().map(|file| &file.path);
    let paths = planted.chain(spec.links.iter().map(|(link, _)| link));
    64 + paths.map(folders).sum::<usize>() as u64
}

/// The interpreter of an image, which cannot be looked at from outside.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Interpreter {
    pub(crate) program: String,
    pub(crate) name: String,
    pub(crate) version: String,
    paths: Vec<String>,
    maps: Vec<String>,
}

impl Interpreter {
    /// What it reads, without paths below one another.
    fn visible(&self) -> Vec<String> {
        let folder = |path: &String| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let libraries = self.maps.iter().filter(|path| path.contains(".so"));
        let mut wanted: BTreeSet<String> = libraries.filter_map(folder).collect();
        wanted.extend(self.paths.iter().cloned());
        wanted.extend([self.program.clone(), self.name.clone()]);
        wanted.extend(interpreter::DATA.map(str::to_owned));
        wanted.extend(interpreter::environment_files(Path::new(&self.name)));
        wanted.into_iter().filter(|path| path != "/").collect()
    }

    /// The dynamic loader, which the kernel executes for it.
    fn loader(&self) -> Option<String> {
        let is_loader = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or("");
            name.starts_with("ld-linux") || name.starts_with("ld-musl")
        };
        self.maps.iter().find(is_loader).cloned()
    }
}

/// One run of a skill with an interpreter inside, or of nothing but the harness.
pub(crate) struct Visit<'a> {
    pub(crate) python: &'a Interpreter,
    pub(crate) limits: &'a Limits,
    pub(crate) skill: Option<&'a Skill>,
    pub(crate) granted: &'a [Effect],
    pub(crate) observed: bool,
}

impl Visit<'_> {
    /// The specification for these files.
    pub(crate) fn spec(&self, contents: &[(String, &[u8])]) -> Spec {
        let python = self.python;
        let granted: Vec<String> = self.granted.iter().flat_map(programs).collect();
        let executable = !granted.is_empty();
        let mut programs = vec![python.program.clone()];
        programs.extend(granted.iter().cloned());
        programs.extend(python.loader());
        let mut visible = python.visible();
        visible.extend(granted);
        Spec {
            tier: Tier::Full,
            top: String::new(),
            privileged: false,
            visible,
            links: links(self.skill),
            programs,
            planted: phases::planted(contents),
            argv: [&python.name, "-I", "-B", "-X", "utf8", harness::PATH]
                .map(str::to_owned)
                .to_vec(),
            env: environment(""),
            limits: self.limits.clone(),
            observed: self.observed,
            executable,
            hostname: None,
            elsewhere: false,
            network: Vec::new(),
        }
    }
}

impl Spec {
    /// One question to an interpreter of which nothing is known; nothing but the question runs.
    pub(crate) fn question(limits: &Limits, python: &str, question: &str) -> Self {
        Self {
            tier: Tier::Full,
            top: String::new(),
            privileged: false,
            visible: vec!["/".to_owned()],
            links: Vec::new(),
            // Process 1 runs in that interpreter and knows where it lies.
            programs: vec![String::new(), "/".to_owned()],
            planted: Vec::new(),
            argv: [python, "-I", "-c", question].map(str::to_owned).to_vec(),
            env: environment(""),
            limits: limits.clone(),
            observed: false,
            executable: false,
            hostname: None,
            elsewhere: false,
            network: Vec::new(),
        }
    }
}

/// Links of a skill that lead to its own files.
pub(crate) fn links(skill: Option<&Skill>) -> Vec<(String, String)> {
    let files = skill.iter().flat_map(|skill| &skill.files);
    let link = |file: &skillgate_model::SkillFile| match &file.content {
        Content::Link {
            target,
            escapes: false,
        } => Some((
            format!("{SKILL}/{}", file.path),
            target.to_string_lossy().into_owned(),
        )),
        _ => None,
    };
    files.filter_map(link).collect()
}

/// Where a program whose execution was granted may lie inside.
fn programs(effect: &Effect) -> Vec<String> {
    let granted = effect
        .resource
        .as_ref()
        .filter(|_| effect.kind == EffectKind::ProcessSpawn);
    match granted {
        None => Vec::new(),
        Some(name) if name.contains('/') => vec![name.clone()],
        Some(name) => PATH
            .iter()
            .map(|folder| format!("{folder}/{name}"))
            .collect(),
    }
}
