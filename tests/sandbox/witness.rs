//! Two witnesses: the kernel's announcements, and Python's own hooks.

use skillgate_model::{Phase, PhaseTrace};
use skillgate_sandbox::needs_two_witnesses;

use crate::Test;
use crate::skill::{nested, phase, run};

pub(crate) const TESTS: &[Test] = &[
    (
        "what_python_opens_has_two_witnesses",
        what_python_opens_has_two_witnesses,
    ),
    (
        "what_goes_around_python_has_one_witness",
        what_goes_around_python_has_one_witness,
    ),
    (
        "children_that_tell_nobody_are_no_disagreement",
        children_that_tell_nobody_are_no_disagreement,
    ),
];

/// What the kernel announced and nobody else told, of what both must have seen.
fn alone(phase: &PhaseTrace) -> Vec<String> {
    let seen = &phase.observations;
    let told = |effect| {
        let mut others = seen.iter().filter(|seen| seen.witness != "syscall");
        others.any(|seen| seen.effect == effect)
    };
    seen.iter()
        .filter(|seen| seen.witness == "syscall" && needs_two_witnesses(seen))
        .filter(|seen| !told(seen.effect.clone()))
        .map(|seen| seen.effect.to_string())
        .collect()
}

fn what_python_opens_has_two_witnesses() {
    let trace = run("
import os, pathlib, shutil, sqlite3, tempfile
home = os.path.expanduser('~')
def tried(action, *arguments):
    try: action(*arguments)
    except OSError as error: return type(error).__name__
    except sqlite3.Error: return 'refused'
def everything():
    tried(open, home + '/.ssh/id_rsa')
    tried(os.scandir, home + '/.aws')
    tried(os.listdir, home + '/.ssh')
    tried(pathlib.Path(home, '.netrc').read_bytes)
    tried(shutil.copy, home + '/.npmrc', 'copy')
    tried(sqlite3.connect, home + '/.config/google-chrome/Default/Login Data')
    tried(open, '/etc/shadow')
    tried(open, '/root/notes', 'w')
    tried(open, '/etc/cron.d/evil', 'w')
    tried(open, '../etc/evil', 'w')
    tried(open, __file__ + '.log', 'w')
    tried(os.remove, '/etc/hostname')
    tried(os.rename, '/etc/hosts', '/etc/gone')
    tried(os.mkdir, '/opt/evil')
    tried(os.symlink, '/etc/shadow', '/var/evil')
    directory = os.open('.', os.O_RDONLY)
    tried(lambda: os.open('.env', os.O_RDONLY, dir_fd=directory))
    tempfile.NamedTemporaryFile().close()
");
    let call = phase(&trace, Phase::Call);
    let both = call
        .observations
        .iter()
        .filter(|seen| needs_two_witnesses(seen));
    assert!(both.count() > 20, "{:?}", call.observations);
    assert_eq!(alone(call), Vec::<String>::new(), "{:?}", call.cases);
}

fn what_goes_around_python_has_one_witness() {
    let trace = run("
import ctypes, os
def opens():
    libc = ctypes.CDLL(None)
    libc.open(os.path.expanduser('~/.ssh/id_rsa').encode(), 0)
    libc.open(b'/etc/evil', 0o101, 0o600)
    libc.unlink(b'/etc/hostname')
");
    let top = if nested() { 2 } else { 3 };
    assert!(alone(phase(&trace, Phase::Call)).len() >= top);
    assert_eq!(alone(phase(&trace, Phase::Import)), Vec::<String>::new());
}

fn children_that_tell_nobody_are_no_disagreement() {
    let trace = run("
import os
def forks():
    if os.fork() == 0:
        try: open('/etc/evil', 'w')
        finally: os._exit(0)
    os.wait()
");
    let call = phase(&trace, Phase::Call);
    assert_eq!(alone(call), Vec::<String>::new());
    assert!(call.observations.iter().any(|seen| seen.witness == "fork"));
}
