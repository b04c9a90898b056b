//! What programs do with their arguments and input, as far as flows need it.

mod archives;
pub(in crate::pattern) mod builtins;
mod carriers;
mod coders;
mod edits;
mod files;
mod filters;
mod interpreters;
mod keepers;
mod listings;
mod one_liners;
mod origin;
mod repository;
mod runners;
mod services;
mod settings;
mod transfer;
mod windows;
mod wrappers;

use super::What;
use super::call::Call;
use super::run::Run;
use crate::pattern::value::{Taint, Value};
use archives::{archive, install, unpack};
use builtins::{alias, declare, echo, positional, printf, read};
use coders::{coded, hashed, openssl, repeating, reversed, substituted, translate};
use files::{copy, mark_executable, remove, tee};
use filters::filter;
use interpreters::{evaluate, interpret, nested_argument, source};
use listings::{disks, find};
use one_liners::commands_inside;
use repository::git;
use services::{enabled, scheduled};
use windows::foreign;
use wrappers::{WRAPPERS, environment, wrapped};

pub(super) use interpreters::{interpreter, is_interpreter, is_shell, is_suspicious};
pub(super) use origin::{executed, run_file};
pub(super) use transfer::sent;

/// What the command writes to its output.
pub(super) fn run(run: &mut Run, call: &Call<'_>) -> Value {
    run.fact(
        &call.span,
        What::Command {
            name: call.name.clone(),
            arguments: call.arguments.to_vec(),
        },
    );
    if call.name == "env" || call.name == "printenv" {
        return environment(run, call);
    }
    if let Some((_, options)) = WRAPPERS.iter().find(|(name, _)| *name == call.name) {
        return wrapped(run, call, options);
    }
    if matches!(call.name.as_str(), "powershell" | "pwsh") {
        foreign(run, call);
    }
    if let Some(kind) = interpreter(&call.name) {
        return interpret(run, call, kind);
    }
    runners::run(run, call);
    if let Some(output) = carriers::run(run, call) {
        return output;
    }
    if call.name == "git" {
        git(run, call);
    }
    if call.name == "security" && call.has(&["dump-keychain", "export"]) {
        let chain = "~/Library/Keychains/login.keychain-db".to_owned();
        run.fact(&call.span, What::Read(chain));
    }
    builds(run, call);
    if let Some(output) = disks(call) {
        return output;
    }
    if let Some(output) = keepers::run(call) {
        return output;
    }
    if let Some(output) = transfer::run(run, call) {
        return output;
    }
    match call.name.as_str() {
        "eval" => evaluate(run, call),
        "source" | "." => source(run, call),
        "echo" | "print" => echo(run, call),
        "printf" => match call.arguments {
            [flag, name, ..] if flag.text == "-v" => {
                let value = printf(run, call);
                run.assign(&name.text, value, &call.span);
                Value::default()
            }
            _ => printf(run, call),
        },
        "export" | "declare" | "local" | "typeset" | "readonly" => declare(run, call),
        "set" if !call.arguments.is_empty() => positional(run, call),
        "sed" | "gsed" => substituted(run, call).unwrap_or_else(|| filter(run, call)),
        "set" | "compgen" if call.arguments.is_empty() => Value::unknown(Taint::ENVIRONMENT),
        "alias" => alias(run, call),
        "trap" => nested_argument(run, call),
        "read" | "mapfile" | "readarray" => read(run, call),
        "su" => match call.after(&["-c"]) {
            Some([code, ..]) => run.nested(&code.text, &call.span, call.input),
            Some([]) | None => Value::default(),
        },
        "base64" | "base32" | "basenc" => coded(run, call, &["-d", "-D", "--decode", "-di", "-id"]),
        "openssl" => openssl(run, call),
        "xxd" | "uudecode" | "hexdump" | "od" => coded(
            run,
            call,
            &["-r", "-p -r", "-r -p", "-rp", "-ps -r", "-r -ps"],
        ),
        "gunzip" | "zcat" | "bzcat" | "xzcat" | "unxz" | "bunzip2" | "zstdcat" | "unzstd" => {
            filter(run, call).tainted(Taint::DECODED)
        }
        "gzip" | "bzip2" | "xz" | "zstd" => coded(run, call, &["-d", "-dc", "-cd", "--decompress"]),
        "rev" => reversed(run, call),
        "tr" => translate(run, call),
        "tee" => tee(run, call),
        "rm" | "unlink" | "rmdir" | "shred" => remove(run, call),
        "crontab" | "at" | "batch" => scheduled(run, call),
        "cp" | "mv" | "install" | "ln" => copy(run, call),
        "gpg" | "gpg2" if call.has(&["-d", "--decrypt"]) => {
            filter(run, call).tainted(Taint::DECODED)
        }
        "unzip" | "unrar" | "7z" | "7za" if !call.has(&["a"]) => unpack(run, call),
        "tar" | "zip" | "7z" | "rar" | "gpg" => archive(run, call),
        "uname" if !names_host(call) => Value::unknown(Taint::default()),
        "arch" | "sw_vers" => Value::unknown(Taint::default()),
        "whoami" | "hostname" | "uname" | "id" | "ifconfig" | "ip" | "lscpu"
        | "system_profiler" | "dmidecode" | "ipconfig" => Value::unknown(Taint::MACHINE),
        "ps" if call
            .arguments
            .iter()
            .any(|flags| flags.text.contains('e') && flags.text.len() < 6) =>
        {
            Value::unknown(Taint::PROCESS | Taint::ENVIRONMENT)
        }
        "ps" => Value::unknown(Taint::PROCESS | Taint::MACHINE),
        "pgrep" | "pidof" => Value::unknown(Taint::PROCESS),
        "ed" | "m4" => commands_inside(run, call),
        "ztcp" => {
            run.check(&call.span, "shell-raw-socket", join(call.arguments).text);
            Value::default()
        }
        "powershell" | "pwsh" | "mshta" | "regsvr32" | "rundll32" | "certutil" | "bitsadmin" => {
            foreign(run, call)
        }
        "mktemp" => run.temporary(),
        "yes" | "seq" => repeating(call),
        "md5sum" | "sha1sum" | "sha224sum" | "sha256sum" | "sha384sum" | "sha512sum" | "shasum"
        | "md5" | "sha1" | "sha256" | "b2sum" | "cksum" => {
            hashed(run, call);
            filter(run, call)
        }
        "git" => Value::unknown(Taint::default()),
        "systemctl" | "launchctl" | "update-rc.d" | "chkconfig" | "rc-update" => {
            enabled(run, call);
            Value::unknown(Taint::default())
        }
        "dpkg" | "rpm" | "apt" | "apt-get" | "dnf" | "yum" | "installer" | "snap" | "code"
        | "codium" | "cursor" | "pip" | "pip3" | "npm" => install(run, call),
        "claude" | "codex" | "gemini" | "aider" | "opencode" | "cursor-agent" => {
            agent(run, call);
            Value::unknown(Taint::default())
        }
        "make" | "gmake" if call.input.taint.has(Taint::NETWORK | Taint::DECODED) => {
            executed(run, call.input, &call.span);
            Value::default()
        }
        "cd" | "pushd" => {
            run.folder = call
                .arguments
                .first()
                .cloned()
                .unwrap_or_else(|| Value::text("~"));
            Value::default()
        }
        "chmod" => {
            mark_executable(run, call);
            Value::default()
        }
        "find" | "fd" => find(run, call),
        "basename" | "dirname" => path_part(call),
        "which" | "type" | "realpath" | "readlink" => join(call.arguments),
        "true" | "false" | ":" | "mkdir" | "sleep" | "exit" | "return" | "shift" | "unset"
        | "test" | "[" | "[[" => Value::default(),
        _ => filter(run, call),
    }
}

/// `uname -a` and `uname -n` say which machine it is; the others say for which machines something is built.
fn names_host(call: &Call<'_>) -> bool {
    call.arguments.iter().any(|flags| {
        matches!(flags.text.as_str(), "--all" | "--nodename")
            || !flags.text.starts_with("--") && flags.text.contains(['a', 'n'])
    })
}

/// Tools that run what lies in a folder: a makefile, a build script, the hooks of a package.
fn builds(run: &mut Run, call: &Call<'_>) {
    let tools = [
        "make", "gmake", "ninja", "cmake", "meson", "npm", "pnpm", "yarn", "pip", "pip3", "cargo",
        "go", "just", "bundle", "poetry", "uv", "pipx",
    ];
    if run.downloaded.is_empty() || !tools.contains(&call.name.as_str()) {
        return;
    }
    let folders = call.words();
    let folders = folders.chain([run.folder.text.as_str()]);
    let own = |folder: &&str| {
        run.downloaded
            .iter()
            .any(|one| one == folder.trim_end_matches('/'))
    };
    let found = folders
        .filter(|folder| folder.len() > 1)
        .find(own)
        .map(str::to_owned);
    if let Some(folder) = found {
        run.check(&call.span, "shell-downloaded-tree", folder);
    }
}

/// The last name of a path, or what stands before it.
fn path_part(call: &Call<'_>) -> Value {
    let Some(path) = call.arguments.first() else {
        return Value::default();
    };
    let (folder, name) = path.text.rsplit_once('/').unwrap_or((".", &path.text));
    let part = if call.name == "basename" {
        name
    } else {
        folder
    };
    let suffix = call
        .arguments
        .get(1)
        .map_or("", |suffix| suffix.text.as_str());
    let part = part.strip_suffix(suffix).unwrap_or(part);
    Value::text(part).tainted(path.taint)
}

/// An agent that is told what the network says.
fn agent(run: &mut Run, call: &Call<'_>) {
    let told = call.arguments.iter().chain([call.input]);
    if told
        .into_iter()
        .any(|words| words.taint.has(Taint::NETWORK))
    {
        run.check(
            &call.span,
            "shell-agent-unguarded",
            "instructions from the network",
        );
    }
}

/// The arguments with a blank between them.
pub(super) fn join(values: &[Value]) -> Value {
    let mut joined = Value::default();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            joined.push(&Value::text(" "));
        }
        joined.push(value);
    }
    joined
}
