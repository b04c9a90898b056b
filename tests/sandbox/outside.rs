//! What the machine looks like afterwards: supervisors that are killed, many runs, an ordinary user.
#![expect(
    clippy::disallowed_methods,
    reason = "it starts this very executable as somebody else"
)]

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use skillgate_model::{ExitReason, Phase};

use crate::hostile::{host, jails};
use crate::skill::{backend, phase, run};
use crate::{Test, docker, hostile, skill};

pub(crate) const TESTS: &[Test] = &[
    (
        "nothing_survives_a_killed_supervisor",
        nothing_survives_a_killed_supervisor,
    ),
    (
        "many_runs_leave_nothing_behind",
        many_runs_leave_nothing_behind,
    ),
    ("runs_in_parallel_do_not_meet", runs_in_parallel_do_not_meet),
];

/// Set for a process of these tests that runs one skill for ever.
const FOR_EVER: &str = "SKILLGATE_TEST_FOR_EVER";
/// Somebody without rights.
const SOMEBODY: u32 = 4242;
/// Somebody who may not make namespaces either.
pub(crate) const WITHOUT_NAMESPACES: u32 = 4243;

/// How many runs and kills; the acceptance run asks for 1,000 and 200.
fn rounds(default: u32) -> u32 {
    std::env::var("SKILLGATE_TEST_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// Becomes the supervisor that is going to be killed, or one that comes after it, if asked to.
pub(crate) fn run_for_ever_if_asked() {
    match std::env::var(FOR_EVER).as_deref() {
        Ok("once") => {
            run("");
            std::process::exit(0);
        }
        Ok(_) => drop(run(&hostile::survivor())),
        Err(_) => {}
    }
}

fn nothing_survives_a_killed_supervisor() {
    if backend() == "docker" {
        return no_container_survives_a_killed_supervisor();
    }
    for round in 0..rounds(20) {
        let mut supervisor = Command::new("/proc/self/exe")
            .env(FOR_EVER, "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A different moment of the start each time, the last ones well into the run.
        std::thread::sleep(Duration::from_millis(u64::from(round * 37 % 300)));
        supervisor.kill().unwrap();
        supervisor.wait().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while jails(supervisor.id()) > 0 {
            assert!(Instant::now() < deadline, "round {round}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// The container ends with its supervisor; one that was made and never started goes when the next supervisor comes.
fn no_container_survives_a_killed_supervisor() {
    let mut killed = Vec::new();
    for round in 0..rounds(8) {
        let mut supervisor = Command::new("/proc/self/exe")
            .env(FOR_EVER, "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(round * 211 % 1700)));
        supervisor.kill().unwrap();
        supervisor.wait().unwrap();
        killed.push(supervisor.id());
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while killed
        .iter()
        .any(|pid| !docker::containers(*pid, &[]).is_empty())
    {
        assert!(Instant::now() < deadline, "a container goes on running");
        std::thread::sleep(Duration::from_millis(50));
    }
    let next = Command::new("/proc/self/exe")
        .env(FOR_EVER, "once")
        .status()
        .unwrap();
    assert!(next.success());
    for pid in killed {
        assert_eq!(docker::containers(pid, &["--all"]), Vec::<String>::new());
        assert!(
            !docker::has_door(pid),
            "the socket of a killed supervisor is still there"
        );
    }
}

fn many_runs_leave_nothing_behind() {
    // The launcher of the first run is kept for the others.
    run("");
    let before = host();
    // A container takes seconds.
    let most = if backend() == "docker" { 100 } else { 1000 };
    for _ in 0..rounds(30).min(most) {
        let trace = run("def f(): return 1");
        assert_eq!(phase(&trace, Phase::Call).cases[0].detail, "1");
    }
    assert_eq!(host(), before);
}

fn runs_in_parallel_do_not_meet() {
    let runs: Vec<_> = (0..8)
        .map(|number| {
            std::thread::spawn(move || {
                let text = format!(
                    "import os, time\nassert os.listdir('.') == ['.env']\nopen('mine', 'w').write('{number}')\n\
                     time.sleep(0.1)\ndef f(): return open('mine').read()\n"
                );
                let trace = run(&text);
                let call = phase(&trace, Phase::Call);
                assert_eq!(call.exit.reason, ExitReason::Exit);
                assert_eq!(call.cases[0].detail, format!("'{number}'"), "{call:?}");
            })
        })
        .collect();
    for run in runs {
        run.join().unwrap();
    }
}

fn has_nsjail() -> bool {
    let places = ["/usr/local/bin/nsjail", "/usr/bin/nsjail", "/bin/nsjail"];
    places.iter().any(|path| Path::new(path).exists())
}

/// Everything once more beside the run of root.
pub(crate) struct Beside {
    name: &'static str,
    child: Child,
    folder: PathBuf,
}

/// As an ordinary user, and as one whose user namespaces are switched off; nobody but root can start those.
pub(crate) fn beside(filter: &str) -> Vec<Beside> {
    if !nix::unistd::geteuid().is_root() || skill::backend() != "native" || skill::nested() {
        return Vec::new();
    }
    let nested = [
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        "--unshare-user",
        "--disable-userns",
        "--die-with-parent",
    ];
    let mut beside = vec![
        start("everything as an ordinary user", SOMEBODY, &[], &[], filter),
        start(
            "everything without namespaces",
            WITHOUT_NAMESPACES,
            &nested,
            &[("SKILLGATE_TEST_NESTED", "1")],
            filter,
        ),
    ];
    match docker::image(&[]) {
        Ok(image) => {
            let env = [
                ("SKILLGATE_TEST_BACKEND", "docker"),
                ("SKILLGATE_TEST_IMAGE", image.as_str()),
            ];
            beside.push(start("everything in Docker", 0, &[], &env, filter));
        }
        Err(reason) => skill::skip("docker", &reason),
    }
    if std::env::var_os("SKILLGATE_TEST_NSJAIL").is_some() || has_nsjail() {
        let env = [("SKILLGATE_TEST_BACKEND", "nsjail")];
        beside.push(start("everything in nsjail", 0, &[], &env, filter));
        let name = "everything in nsjail as an ordinary user";
        beside.push(start(name, SOMEBODY, &[], &env, filter));
    } else {
        skill::skip("nsjail", "it is not installed");
    }
    beside
}

fn start(
    name: &'static str,
    user: u32,
    around: &[&str],
    env: &[(&str, &str)],
    filter: &str,
) -> Beside {
    let name_of_folder = name.replace(' ', "-");
    let folder = std::env::temp_dir().join(format!(
        "skillgate-test-{name_of_folder}-{}",
        std::process::id()
    ));
    copy(&hostile::top(), &folder.join("hostile"));
    let program = folder.join("sandbox");
    std::fs::copy("/proc/self/exe", &program).unwrap();
    let output = std::fs::File::create(folder.join("output")).unwrap();
    let mut words: Vec<&std::ffi::OsStr> = around.iter().map(std::ffi::OsStr::new).collect();
    words.extend([program.as_os_str(), std::ffi::OsStr::new(filter)]);
    let mut command = Command::new(words[0]);
    let child = command
        .args(&words[1..])
        .envs(env.iter().copied())
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("SKILLGATE_FIXTURES", &folder)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .uid(user)
        .gid(user)
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", words[0].display()));
    Beside {
        name,
        child,
        folder,
    }
}

impl Beside {
    /// Waits, prints what it printed, says whether all went well.
    pub(crate) fn finish(mut self) -> bool {
        let status = self.child.wait().unwrap();
        let output = std::fs::read_to_string(self.folder.join("output")).unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
        let passed = status.success();
        let word = if passed {
            "ok".to_owned()
        } else {
            format!("FAILED ({status})")
        };
        println!("{output}test {} ... {word}", self.name);
        passed
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
