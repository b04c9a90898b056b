//! Programs that run what follows their options: `sudo`, `env`, `xargs`.

use super::super::What;
use super::super::call::Call;
use super::super::run::Run;
use super::join;
use crate::pattern::value::{Taint, Value};

/// Options of wrappers that take a value of their own.
pub(super) const WRAPPERS: &[(&str, &[&str])] = &[
    (
        "sudo",
        &[
            "-u", "-g", "-p", "-C", "-h", "-r", "-t", "--user", "--group",
        ],
    ),
    ("doas", &["-u", "-C"]),
    ("nohup", &[]),
    ("setsid", &[]),
    ("command", &[]),
    ("builtin", &[]),
    ("exec", &["-a"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n", "-p"]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("timeout", &["-s", "-k", "--signal", "--kill-after"]),
    ("busybox", &[]),
    ("toybox", &[]),
    ("unbuffer", &[]),
    ("caffeinate", &["-t", "-w"]),
    ("time", &["-f", "-o"]),
    ("env", &["-u", "-C", "-S"]),
    ("xargs", &["-I", "-n", "-P", "-L", "-d", "-s", "-a", "-E"]),
    ("parallel", &["-j"]),
    ("watch", &["-n"]),
    ("chroot", &[]),
    ("unshare", &[]),
    ("proot", &["-r", "-b", "-w"]),
    ("script", &[]),
    ("flock", &["-w"]),
    ("torsocks", &[]),
    ("proxychains", &["-f"]),
    ("proxychains4", &["-f"]),
    ("wine", &[]),
    ("strace", &["-o", "-e", "-s", "-P", "-E"]),
    ("ltrace", &["-o", "-e", "-s"]),
    ("valgrind", &[]),
    ("taskset", &["-c"]),
    ("chrt", &[]),
    ("numactl", &["-N", "-m"]),
    ("setpriv", &[]),
    ("setarch", &[]),
    ("linux64", &[]),
    ("pkexec", &["--user"]),
    ("runuser", &["-u", "-g", "-G"]),
    ("systemd-run", &["-p", "-u", "--unit", "--property", "-E"]),
    ("systemd-inhibit", &[]),
    ("dbus-run-session", &[]),
    ("dbus-launch", &[]),
    ("ssh-agent", &["-t"]),
    ("xvfb-run", &["-s", "-n"]),
    ("fakeroot", &[]),
    ("eatmydata", &[]),
    ("firejail", &[]),
    ("cpulimit", &["-l"]),
    ("chpst", &["-u"]),
    ("daemonize", &["-p", "-o", "-e", "-c"]),
    ("entr", &[]),
    ("rlwrap", &[]),
    ("logsave", &["-a"]),
    ("torify", &[]),
    ("tsocks", &[]),
    ("run-one", &[]),
    ("chronic", &[]),
    ("ifne", &[]),
    ("softlimit", &["-m"]),
    ("gosu", &[]),
    ("su-exec", &[]),
    ("start-stop-daemon", &["-u", "-c", "-p", "--pidfile"]),
];

pub(super) fn environment(run: &mut Run, call: &Call<'_>) -> Value {
    let mut rest = call.arguments;
    while let Some((first, tail)) = rest.split_first() {
        let takes_value = matches!(first.text.as_str(), "-u" | "-C" | "--unset" | "--chdir");
        if first.text == "-S" {
            let joined = join(tail);
            return run.nested(&joined.text, &call.span, call.input);
        }
        if !(first.text.starts_with('-') || first.text.contains('=')) {
            break;
        }
        if let Some((name, value)) = first.text.split_once('=').filter(|_| !takes_value) {
            let value = value.to_owned();
            run.fact(
                &call.span,
                What::Assign {
                    name: name.to_owned(),
                    value,
                },
            );
        }
        rest = tail.get(usize::from(takes_value)..).unwrap_or_default();
    }
    if rest.is_empty() {
        return Value::unknown(Taint::ENVIRONMENT);
    }
    if call.name == "printenv" {
        let secret = rest
            .iter()
            .any(|name| crate::pattern::places::is_secret_name(&name.text));
        return Value::unknown(if secret {
            Taint::TOKEN
        } else {
            Taint::default()
        });
    }
    run.given(rest, call.input, &call.span)
}

/// `sudo`, `xargs` and their like run what follows their options.
pub(super) fn wrapped(run: &mut Run, call: &Call<'_>, options: &[&str]) -> Value {
    let mut rest = call.arguments;
    if call.name == "command"
        && rest
            .first()
            .is_some_and(|first| matches!(first.text.as_str(), "-v" | "-V"))
    {
        let mut found = join(rest.get(1..).unwrap_or_default());
        found.push(&Value::text("\n"));
        return found;
    }
    while let Some((first, tail)) = rest.split_first() {
        let positional = match call.name.as_str() {
            "taskset" | "chrt" | "cpulimit" | "timeout" => {
                first.text.starts_with(|c: char| c.is_ascii_digit())
            }
            "chroot" | "flock" | "logsave" => first.text.starts_with('/'),
            _ => first.text.contains('=') && call.name == "sudo",
        };
        let gives_line = first.text.starts_with('-') && first.text.ends_with('c');
        if gives_line && matches!(call.name.as_str(), "script" | "flock" | "runuser") {
            // What follows the line is where it is recorded, or an argument of it.
            let line = tail.first().map_or("", |line| line.text.as_str());
            return run.nested(line, &call.span, call.input);
        }
        if !first.text.starts_with('-') && !positional {
            break;
        }
        let takes_value = options.contains(&first.text.as_str());
        rest = tail.get(usize::from(takes_value)..).unwrap_or_default();
    }
    if let Some(line) = rest.first()
        && matches!(call.name.as_str(), "watch" | "parallel")
        && line.text.contains(' ')
    {
        return run.nested(&line.text, &call.span, call.input);
    }
    let mut words = rest.to_vec();
    if matches!(call.name.as_str(), "xargs" | "parallel") {
        let mut piped = call.input.clone();
        piped.text.truncate(piped.text.trim_end().len());
        let placeholder = words.iter_mut().find(|word| word.text.contains("{}"));
        match placeholder {
            Some(word) => {
                *word = Value {
                    text: word.text.replace("{}", &piped.text),
                    taint: word.taint | piped.taint,
                }
            }
            None => words.push(piped),
        }
    }
    run.given(&words, call.input, &call.span)
}
