//! Programs that talk to other machines: what they send, what they fetch.

mod upload;
mod web;

use std::ops::Range;

use super::super::call::Call;
use super::super::run::Run;
use super::super::{What, judge};
use crate::authority::without_port;
use crate::pattern::value::{Taint, Value};
use crate::pattern::{hosts, places};

/// The output of a program that uses the network, `None` when it is none.
pub(super) fn run(run: &mut Run, call: &Call<'_>) -> Option<Value> {
    Some(match call.name.as_str() {
        "curl" | "wget" | "http" | "https" | "xh" | "httpie" | "aria2c" | "fetch" | "lynx"
        | "axel" | "GET" | "POST" | "lwp-request" | "w3m" | "links" | "elinks" => {
            web::web(run, call)
        }
        "nc" | "ncat" | "netcat" | "socat" | "telnet" | "cryptcat" => raw_client(run, call),
        "getent" if !asks_hosts(call) => return None,
        "finger" | "whois" | "logger" => names(run, call),
        "dig" | "nslookup" | "host" | "drill" | "resolvectl" | "getent" => names(run, call),
        "ping" | "traceroute" => names(run, call),
        "scp" | "rsync" | "sftp" | "ftp" | "lftp" | "ssh" | "rclone" | "gsutil" | "s3cmd"
        | "mc" => copy(run, call),
        "pscp" | "rdiff-backup" | "unison" | "duplicity" | "azcopy" | "s5cmd" | "b2" | "oci"
        | "ossutil" | "obsutil" | "restic" | "borg" | "kopia" | "bup" | "tarsnap" | "rustic"
        | "smbclient" | "ncftpput" | "wput" | "tftp" | "cadaver" | "croc" | "wormhole"
        | "magic-wormhole" | "ffsend" | "ipfs" | "transfer" | "filebin" | "pastebinit"
        | "sendme" | "onionshare" | "onionshare-cli" | "gist" => {
            upload::judge(run, call);
            Value::unknown(Taint::NETWORK)
        }
        "aws" | "az" | "gcloud"
            if call.arguments.iter().any(|argument| {
                matches!(
                    argument.text.as_str(),
                    "cp" | "sync" | "mv" | "rsync" | "upload" | "upload-batch" | "put-object"
                )
            }) =>
        {
            copy(run, call)
        }
        "gh" | "glab"
            if call.arguments.iter().any(|argument| {
                matches!(
                    argument.text.as_str(),
                    "issue" | "pr" | "gist" | "release" | "api"
                )
            }) =>
        {
            copy(run, call)
        }
        "mail" | "mailx" | "sendmail" | "mutt" | "msmtp" => copy(run, call),
        _ => return None,
    })
}

/// Other databases of `getent` are files of this machine.
fn asks_hosts(call: &Call<'_>) -> bool {
    let database = call.arguments.first();
    database.is_some_and(|name| name.text.contains("hosts"))
}

/// Judges data that leaves the machine.
pub(in super::super) fn sent(run: &mut Run, taint: Taint, target: &str, span: &Range<usize>) {
    // Who signs with a credential of its own tells an own service which machine it is.
    let signed = taint.has(Taint::TOKEN) && !taint.of_any_service();
    let taint = if signed {
        taint.without(Taint::MACHINE)
    } else {
        taint
    };
    let detail = format!("{} → {target}", taint.describe());
    if taint.has(Taint::SECRET | Taint::ISSUED | Taint::SESSION) {
        run.check(span, "shell-credentials-sent", detail);
    } else if taint.has(Taint::ENVIRONMENT) || taint.has(Taint::TOKEN) && taint.of_several() {
        run.check(span, "shell-environment-sent", detail);
    } else if taint.has(Taint::SYSTEM) {
        run.check(span, "shell-system-file-sent", detail);
    } else if taint.has(Taint::MACHINE) {
        run.check(span, "shell-identity-sent", detail);
    } else if taint.has(Taint::PERSONAL | Taint::TREE)
        || taint.has(Taint::FILE) && hosts::is_bare_address(target)
    {
        run.check(span, "shell-files-sent", detail);
    } else if taint.has(Taint::FILE) && taint.has(Taint::ENCODED) {
        run.check(span, "shell-encoded-file-sent", detail);
    } else if taint.has(Taint::TOKEN) {
        run.check(span, "shell-token-sent", detail);
    }
}

/// `nc`, `socat`, `telnet`: bytes in both directions, a shell with `-e`.
pub(super) fn raw_client(run: &mut Run, call: &Call<'_>) -> Value {
    let words: Vec<&str> = call.words().collect();
    let is_shell = |word: &str| {
        let lower = word.to_ascii_lowercase();
        ["/sh", "/bash", "/zsh", "cmd.exe", "powershell"]
            .iter()
            .any(|name| lower.contains(name))
            || super::is_shell(&lower)
    };
    let executes = words.iter().any(|word| {
        let flags = word.strip_prefix('-').unwrap_or("");
        !flags.starts_with('-') && !flags.is_empty() && (flags.contains('e') || flags.contains('c'))
            || *word == "--exec"
            || *word == "--sh-exec"
    }) && words.iter().any(|word| is_shell(word));
    let socat = call.name == "socat"
        && words.iter().any(|word| {
            word.to_ascii_uppercase().contains("EXEC:")
                || word.to_ascii_uppercase().contains("SYSTEM:")
        });
    let host = words
        .iter()
        .find(|word| !word.starts_with('-') && word.contains('.'))
        .map_or("the network", |host| host);
    let shell = executes || socat || call.input.taint.has(Taint::SHELL);
    if shell {
        run.check(
            &call.span,
            "shell-reverse-shell",
            format!("{} runs a shell for {host}", call.name),
        );
    }
    let listens = words
        .iter()
        .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('l'));
    run.fact(
        &call.span,
        if listens {
            What::Listen
        } else {
            What::Connect(host.to_owned())
        },
    );
    let mut taint = call.input.taint;
    for argument in call.arguments {
        taint |= argument.taint;
        let file = argument.text.split_once(':').filter(|(kind, _)| {
            let kind = kind.to_ascii_uppercase();
            call.name == "socat" && matches!(kind.as_str(), "FILE" | "OPEN" | "GOPEN")
        });
        if let Some((_, path)) = file {
            let path = path.split(',').next().unwrap_or(path);
            taint |= run.read(path, &call.span).taint;
        }
    }
    if judge::mines(&call.input.text) {
        run.check(&call.span, "shell-miner", host);
    }
    if !shell {
        sent(run, taint, host, &call.span);
    }
    if taint.has(Taint::REPEATED) {
        run.check(&call.span, "shell-endless-requests", host);
    }
    Value::unknown(Taint::NETWORK)
}

/// A name that carries data is data sent.
fn names(run: &mut Run, call: &Call<'_>) -> Value {
    for argument in call.arguments {
        let carried = argument.taint;
        if carried.has(
            Taint::SECRET
                | Taint::ENVIRONMENT
                | Taint::FILE
                | Taint::MACHINE
                | Taint::ENCODED
                | Taint::TOKEN,
        ) {
            let detail = format!("{} → {}", carried.describe(), argument.text);
            run.check(&call.span, "shell-dns-data", detail);
        }
    }
    Value::unknown(Taint::NETWORK)
}

/// Paths and input that go to another machine.
fn copy(run: &mut Run, call: &Call<'_>) -> Value {
    upload::judge(run, call);
    let mut taint = call.input.taint;
    let mut target = None;
    for argument in call.operands() {
        taint |= argument.taint;
        if argument.text.contains(':') || argument.text.contains('@') {
            target = Some(argument.text.clone());
        } else if places::is_credential(&argument.text) && call.name != "ssh" {
            taint |= run.read(&argument.text, &call.span).taint;
        } else if let Some(file) = run.files.get(&argument.text) {
            taint |= file.taint;
        }
    }
    let local = call.arguments.last().filter(|last| {
        target.is_some() && !last.text.contains([':', '@']) && !last.text.starts_with('-')
    });
    if let Some(local) = local.filter(|_| matches!(call.name.as_str(), "scp" | "rsync" | "sftp")) {
        run.write(local, &Value::unknown(Taint::NETWORK), &call.span);
    }
    let target = target.unwrap_or_else(|| call.name.clone());
    if let Some(host) = hosts::host_of(without_port(&target)) {
        run.fact(&call.span, What::Connect(host));
    }
    sent(
        run,
        taint.without(Taint::TOKEN | Taint::MACHINE | Taint::FILE | Taint::PERSONAL | Taint::TREE),
        &target,
        &call.span,
    );
    Value::unknown(Taint::NETWORK)
}
