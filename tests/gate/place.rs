//! A folder of its own for each test, the real binary in it, and what came of running it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// What a busy machine with a debug build may need; whoever takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_skillgate");

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::canonicalize(root).unwrap()
}

/// A home and a working folder that nobody else uses.
pub(crate) struct Place {
    root: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("home")).unwrap();
        fs::create_dir(root.path().join("work")).unwrap();
        Self { root }
    }

    /// The same, with one skill file.
    pub(crate) fn with(path: &str, content: impl AsRef<[u8]>) -> Self {
        let place = Self::new();
        place.write(path, content);
        place
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// A path in the working folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join("work").join(path)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Names below a folder, sorted.
    pub(crate) fn list(&self, path: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(path)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The binary in the working folder, with nothing of the tester's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(self.path(""))
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        finish(self.command(arguments))
    }

    /// `skillgate scan --format json` with these arguments.
    pub(crate) fn scan(&self, arguments: &[&str]) -> Outcome {
        self.run(&[&["scan", "--format", "json"], arguments].concat())
    }

    /// The same without the simulation, for what layers 1 and 3 decide.
    pub(crate) fn scan_static(&self, arguments: &[&str]) -> Outcome {
        self.scan(&[&["--static-only"], arguments].concat())
    }
}

/// What the binary printed and how it ended.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs to the end, and proves that it neither hangs, nor panics, nor prints what steers a terminal.
pub(crate) fn finish(command: Command) -> Outcome {
    let outcome = finish_in_colour(command);
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains('\u{1b}'), "a raw escape: {text:?}");
    }
    outcome
}

/// A copy of the program cannot start while a child that another test has just forked still holds it open for writing.
fn spawned(command: &mut Command) -> Child {
    let began = Instant::now();
    loop {
        match command.spawn() {
            Err(error)
                if error.kind() == ErrorKind::ExecutableFileBusy
                    && began.elapsed() < Duration::from_secs(10) =>
            {
                thread::sleep(Duration::from_millis(20));
            }
            child => return child.unwrap(),
        }
    }
}

/// The same where escapes are wanted.
pub(crate) fn finish_in_colour(mut command: Command) -> Outcome {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawned(&mut command);
    let stdout = drain(child.stdout.take().unwrap());
    let stderr = drain(child.stderr.take().unwrap());
    let status = ended(child);
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    assert!(
        !stderr.contains("panicked") && status.signal().is_none(),
        "{status}\n{stderr}"
    );
    Outcome {
        status,
        stdout,
        stderr,
    }
}

fn drain(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).expect("the output is UTF-8")
    })
}

/// Waits for the end, and kills what does not end.
pub(crate) fn ended(mut child: Child) -> ExitStatus {
    let pid = Pid::from_raw(child.id().try_into().unwrap());
    let (sender, receiver) = mpsc::channel();
    let waiter = thread::spawn(move || sender.send(child.wait().unwrap()));
    let status = receiver.recv_timeout(PATIENCE);
    if status.is_err() {
        kill(pid, Signal::SIGKILL).unwrap();
    }
    waiter.join().unwrap().ok();
    status.expect("the binary hangs")
}

impl Outcome {
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "\n{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Both streams hold this text.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(said, "{text:?} in\n{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }

    #[track_caller]
    pub(crate) fn reports(&self) -> Vec<Report> {
        let Value::Array(reports) = self.document()["reports"].take() else {
            panic!("no reports in {}", self.stdout);
        };
        reports.into_iter().map(Report).collect()
    }

    /// The only report.
    #[track_caller]
    pub(crate) fn report(&self) -> Report {
        let mut reports = self.reports();
        assert_eq!(reports.len(), 1, "{}", self.stdout);
        reports.remove(0)
    }
}

/// One report of the format `json`.
#[derive(Debug)]
pub(crate) struct Report(pub(crate) Value);

impl Report {
    pub(crate) fn name(&self) -> &str {
        self.0["skill"]["name"].as_str().unwrap()
    }

    pub(crate) fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    pub(crate) fn digest(&self) -> &str {
        self.0["skill"]["digest"].as_str().unwrap()
    }

    pub(crate) fn promoted(&self) -> bool {
        self.0["verdict"]["decision"] == "promote"
    }

    pub(crate) fn complete(&self) -> bool {
        self.0["verdict"]["complete"] == true
    }

    pub(crate) fn reasons(&self) -> Vec<Value> {
        self.0["verdict"]["reasons"].as_array().unwrap().clone()
    }

    /// Rules and kinds of all reasons.
    pub(crate) fn grounds(&self) -> BTreeSet<String> {
        let words = |reason: &Value| [reason["rule"].clone(), reason["kind"].clone()];
        let words = self.reasons().iter().flat_map(words).collect::<Vec<_>>();
        words
            .iter()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect()
    }

    /// Rule, line and column of every finding.
    pub(crate) fn findings(&self) -> Vec<(String, u64, u64)> {
        let place = |finding: &Value| {
            let location = &finding["location"];
            (
                finding["id"].as_str().unwrap().to_owned(),
                location["line"].as_u64().unwrap(),
                location["column"].as_u64().unwrap(),
            )
        };
        let findings = self.0["findings"].as_array().unwrap();
        findings.iter().map(place).collect()
    }

    /// Lines on which a rule found something.
    pub(crate) fn lines_of(&self, rule: &str) -> Vec<u64> {
        let findings = self.findings().into_iter();
        findings
            .filter(|(id, ..)| id == rule)
            .map(|(_, line, _)| line)
            .collect()
    }

    pub(crate) fn texts(&self, pointer: &str) -> Vec<String> {
        let list = self.0.pointer(pointer).and_then(Value::as_array).unwrap();
        list.iter()
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    }

    /// Quarantined, and not because of something that is merely missing.
    #[track_caller]
    pub(crate) fn is_bad(&self) -> &Self {
        let bad = self.reasons().iter().any(|one| one["kind"] != "incomplete");
        assert!(!self.promoted() && bad, "{:#}", self.0["verdict"]);
        self
    }

    /// Quarantined because something could not be examined, and said to be so.
    #[track_caller]
    pub(crate) fn is_incomplete(&self) -> &Self {
        assert!(
            !self.promoted() && !self.complete(),
            "{:#}",
            self.0["verdict"]
        );
        self
    }

    #[track_caller]
    pub(crate) fn is_promoted(&self) -> &Self {
        assert!(self.promoted(), "{:#}", self.0["verdict"]);
        self
    }

    /// Something in the report speaks of this.
    #[track_caller]
    pub(crate) fn mentions(&self, text: &str) -> &Self {
        assert!(
            self.0.to_string().contains(text),
            "{text:?} in {:#}",
            self.0
        );
        self
    }
}

/// Whether skills can be simulated here; a machine that must be able to names the backend in `SKILLGATE_REQUIRE`.
pub(crate) fn simulates() -> bool {
    static SIMULATES: LazyLock<bool> = LazyLock::new(|| {
        let outcome = Place::new().run(&["doctor", "--json"]);
        let rows: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let mut rows = rows.as_array().unwrap().iter();
        let usable = rows.any(|row| row["available"] == true);
        let required = std::env::var("SKILLGATE_REQUIRE").unwrap_or_default();
        assert!(usable || required.is_empty(), "{}", outcome.stdout);
        if !usable {
            println!("skipped: no backend can simulate a skill here");
        }
        usable
    });
    *SIMULATES
}
