//! From attempts of a process to effects of a skill: what the interpreter does for itself is taken off.

pub(crate) mod places;
pub(crate) mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use skillgate_model::{Effect, EffectKind, Observation};

use self::places::{DECOYS, ENVIRONMENT, OWN, PATH, ROUTINE};
use crate::cases::values::MARK;
use crate::native::notify::Attempt;
use crate::native::spec::{HOME, WORK};
use crate::proxy;

/// Different observations of one run; what does not fit is counted.
const MOST: usize = 1000;

/// An effect, whether it was allowed, its witness, whether it was a decoy.
type Seen = (Effect, bool, &'static str, bool);

/// What a run tried, counted.
pub(crate) struct Observer<'a> {
    top: &'a str,
    visible: &'a [String],
    programs: &'a [String],
    noise: Option<&'a BTreeSet<Effect>>,
    has_proxy: bool,
    found: BTreeMap<Seen, (u64, Option<String>)>,
    heard: witness::Heard,
    dropped: u64,
    during: Option<String>,
    arguments: Option<String>,
}

impl<'a> Observer<'a> {
    /// Paths of the jail lie below `top`; `visible` can be read, `programs` executed; `noise` is what an empty skill does too.
    pub(crate) fn new(
        top: &'a str,
        visible: &'a [String],
        programs: &'a [String],
        noise: Option<&'a BTreeSet<Effect>>,
    ) -> Self {
        Self {
            top,
            visible,
            programs,
            noise,
            has_proxy: false,
            found: BTreeMap::new(),
            heard: witness::Heard::default(),
            dropped: 0,
            during: None,
            arguments: None,
        }
    }

    /// Says that the jail has a way to the proxy.
    pub(crate) fn with_proxy(self, has_proxy: bool) -> Self {
        Self { has_proxy, ..self }
    }

    /// Says which module or case is running from now on.
    pub(crate) fn during(&mut self, target: Option<String>, arguments: Option<String>) {
        self.during = target;
        self.arguments = arguments;
    }

    /// Everything seen, sorted, and how much did not fit.
    pub(crate) fn finish(self) -> (Vec<Observation>, u64) {
        let found =
            self.found
                .into_iter()
                .map(
                    |((effect, allowed, witness, decoy), (count, during))| Observation {
                        effect,
                        allowed,
                        count,
                        witness: witness.to_owned(),
                        during,
                        decoy,
                    },
                );
        let mut found: Vec<Observation> = found.collect();
        self.heard.confirm(&mut found);
        (found, self.dropped)
    }

    /// Takes an attempt seen from outside; `let_through` is false where the supervisor refused it itself.
    pub(crate) fn attempted(&mut self, attempt: &Attempt, let_through: bool) {
        match attempt {
            Attempt::Read(path) => self.read(path),
            Attempt::Write(path) => self.change(EffectKind::FilesystemWrite, path),
            Attempt::Delete(path) => self.change(EffectKind::FilesystemDelete, path),
            Attempt::Execute(path) => {
                // A search along PATH tries places where the granted program is not.
                let searched = PATH
                    .iter()
                    .any(|folder| Path::new(path).parent() == Some(Path::new(folder)));
                let granted =
                    |program: &String| program == path || searched && base(program) == base(path);
                let allowed = let_through && self.programs.iter().any(granted);
                self.note(
                    EffectKind::ProcessSpawn,
                    Some(base(path)),
                    allowed,
                    "syscall",
                    false,
                );
            }
            // The ways to the resolver and to the proxy; what they are asked for is told apart.
            Attempt::Connect(ip, 53) if ip.is_loopback() => {}
            Attempt::Connect(ip, proxy::PORT) if ip.is_loopback() && let_through => {}
            Attempt::Connect(ip, port) => {
                self.note(
                    EffectKind::NetworkConnect,
                    Some(&address(*ip, *port)),
                    false,
                    "syscall",
                    false,
                );
            }
            Attempt::Listen(ip, port) => {
                self.note(
                    EffectKind::NetworkListen,
                    Some(&address(*ip, *port)),
                    false,
                    "syscall",
                    false,
                );
            }
            Attempt::Resolve(name) => {
                self.note(
                    EffectKind::NetworkResolve,
                    Some(name),
                    false,
                    "syscall",
                    false,
                );
            }
            Attempt::Load(path) if let_through => self.read(path),
            Attempt::Load(path) => {
                let path = self.place(path);
                self.note(EffectKind::NativeLoad, Some(&path), false, "syscall", false);
            }
            Attempt::Hidden => self.note(EffectKind::FilesystemRead, None, false, "syscall", false),
            Attempt::Socket => self.note(EffectKind::NetworkConnect, None, false, "syscall", false),
            Attempt::Control => {
                self.note(EffectKind::ProcessControl, None, false, "syscall", false)
            }
        }
    }

    /// Takes what the proxy was asked for.
    pub(crate) fn proxied(&mut self, effect: Effect, granted: bool, count: u64) {
        let key = (effect, granted, "proxy", false);
        let (seen, _) = self.found.entry(key).or_insert((0, None));
        *seen += count;
    }

    /// Takes what Python's own hooks saw.
    pub(crate) fn audited(&mut self, event: &[String]) {
        let mut words = event.iter().map(String::as_str);
        let (name, first, second) = (words.next(), words.next(), words.next());
        let Some(first) = first.filter(|text| !text.is_empty()) else {
            return;
        };
        match name {
            Some("open") => return self.heard.opened(first),
            Some("fork") => return self.heard.forked(),
            _ => {}
        }
        let port = match second {
            Some("https") => "443",
            Some("http") => "80",
            Some("None") | None => "0",
            Some(port) => port,
        };
        let with_port = if port == "0" {
            first.to_owned()
        } else {
            format!("{first}:{port}")
        };
        if self.has_proxy && first == "127.0.0.1" && port == proxy::PORT.to_string() {
            return;
        }
        let (kind, resource) = match name {
            Some("resolve") if port == "0" => (EffectKind::NetworkResolve, Some(first)),
            Some("resolve" | "connect") => (EffectKind::NetworkConnect, Some(with_port.as_str())),
            Some("listen") => (EffectKind::NetworkListen, Some(with_port.as_str())),
            Some("spawn") => (EffectKind::ProcessSpawn, Some(base(first))),
            Some("native") => (EffectKind::NativeLoad, Some(first)),
            // Every variable at once.
            Some("env") if first == "*" => (EffectKind::EnvRead, None),
            Some("env") if ENVIRONMENT.contains(&first) => return,
            Some("env") => (EffectKind::EnvRead, Some(first)),
            Some("eval") => (EffectKind::CodeEval, None),
            _ => return,
        };
        let allowed = match kind {
            EffectKind::NativeLoad | EffectKind::CodeEval => true,
            EffectKind::ProcessSpawn => self
                .programs
                .iter()
                .any(|program| base(program) == base(first)),
            _ => false,
        };
        self.note(kind, resource, allowed, "audit", false);
    }

    /// A path as it reads in a jail; one of the host that only looks like it gets a name of its own.
    fn place(&self, path: &str) -> String {
        if self.top.is_empty() || path.starts_with("/dev/shm") {
            return path.to_owned();
        }
        match path.strip_prefix(self.top) {
            Some(inside) if inside.starts_with('/') => inside.to_owned(),
            Some(_) | None if OWN.iter().any(|own| Path::new(path).starts_with(own)) => {
                format!("/host{path}")
            }
            Some(_) | None => path.to_owned(),
        }
    }

    fn read(&mut self, path: &str) {
        let path = self.place(path);
        let path = path.as_str();
        let below = |top: &str| Path::new(path).starts_with(top);
        if DECOYS
            .iter()
            .any(|(decoy, _)| below(decoy) || decoy_folder(path, decoy))
        {
            return self.note(
                EffectKind::FilesystemRead,
                Some(&shown(path)),
                false,
                "syscall",
                true,
            );
        }
        let own = OWN.into_iter().any(below) && !below(HOME);
        if own && path.ends_with(".so") {
            return self.note(EffectKind::NativeLoad, Some(path), false, "syscall", false);
        }
        let devices = [
            "/dev/null",
            "/dev/zero",
            "/dev/full",
            "/dev/random",
            "/dev/urandom",
        ];
        let own_process = path
            .strip_prefix("/proc/")
            .is_some_and(|rest| rest.starts_with("self") || rest.starts_with("thread-self"));
        let boring = own
            || below("/harness")
            || devices.contains(&path)
            || own_process
            || ROUTINE.iter().any(|top| below(top))
            || self.visible.iter().any(|top| below(top))
            || library(path);
        if !boring {
            self.note(
                EffectKind::FilesystemRead,
                Some(&shown(path)),
                false,
                "syscall",
                false,
            );
        }
    }

    fn change(&mut self, kind: EffectKind, path: &str) {
        let path = self.place(path);
        let path = path.as_str();
        let below = |top: &str| Path::new(path).starts_with(top);
        if below("/tmp") || below("/dev/shm") || path == "/dev/null" || path == WORK || path == HOME
        {
            return;
        }
        let decoy = DECOYS.iter().any(|(decoy, _)| below(decoy));
        let allowed = below(WORK) || below(HOME);
        let shown = path
            .strip_prefix("/work/")
            .map_or_else(|| shown(path), str::to_owned);
        self.note(kind, Some(&shown), allowed, "syscall", decoy);
    }

    fn note(
        &mut self,
        kind: EffectKind,
        resource: Option<&str>,
        allowed: bool,
        witness: &'static str,
        decoy: bool,
    ) {
        let made_up = |resource: &&str| {
            let given = self.arguments.as_deref().unwrap_or("");
            resource.to_ascii_lowercase().contains(MARK)
                && given.to_ascii_lowercase().contains(MARK)
        };
        // A name that only repeats an argument of ours says nothing about the skill.
        let effect = match resource {
            Some(resource) if !made_up(&resource) => {
                Effect::on(kind, resource.chars().take(512).collect::<String>())
            }
            Some(_) | None => Effect::any(kind),
        };
        if self.noise.is_some_and(|noise| noise.contains(&effect)) {
            return;
        }
        let key = (effect, allowed, witness, decoy);
        if let Some((count, _)) = self.found.get_mut(&key) {
            *count += 1;
        } else if self.found.len() < MOST {
            self.found.insert(key, (1, self.during.clone()));
        } else {
            self.dropped += 1;
        }
    }
}

/// The folder of a decoy, when it holds nothing else (`~/.ssh`, not `~/.config` or the work directory).
fn decoy_folder(path: &str, decoy: &str) -> bool {
    let shared = [HOME, WORK, "/home/agent/.config", "/home/agent/.docker"];
    !shared.contains(&path)
        && Path::new(decoy).starts_with(path)
        && Path::new(path).starts_with(HOME)
}

/// Places where the dynamic loader and Python look for libraries, there or not.
fn library(path: &str) -> bool {
    let tops = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];
    let folder = Path::new(path)
        .parent()
        .and_then(Path::to_str)
        .unwrap_or("");
    tops.iter().any(|top| Path::new(folder).starts_with(top))
        && (path.contains(".so") || path.contains("python"))
}

/// The path as the skill would write it.
fn shown(path: &str) -> String {
    match path.strip_prefix(HOME) {
        Some("") => "~".to_owned(),
        Some(rest) if rest.starts_with('/') => format!("~{rest}"),
        Some(_) | None => path.to_owned(),
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn address(ip: IpAddr, port: u16) -> String {
    match ip {
        IpAddr::V4(ip) => format!("{ip}:{port}"),
        IpAddr::V6(ip) => format!("[{ip}]:{port}"),
    }
}
