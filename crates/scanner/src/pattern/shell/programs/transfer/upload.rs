//! Programs that take files to another machine: which of their words are files, and where they go.

use super::super::super::What;
use super::super::super::call::Call;
use super::super::super::run::Run;
use super::sent;
use crate::pattern::hosts;
use crate::pattern::value::{Taint, UNKNOWN, Value};

/// Files on their way.
#[derive(Default)]
struct Upload {
    files: Vec<Value>,
    target: String,
}

/// Judges what the call takes along, when it is an upload to a place that the script itself names.
pub(super) fn judge(run: &mut Run, call: &Call<'_>) {
    let Some(upload) = upload(run, call) else {
        return;
    };
    if !is_literal(&upload.target) {
        return;
    }
    let mut taint = call.input.taint.common(Taint::PERSONAL);
    for file in &upload.files {
        taint |= file.taint.common(Taint::PERSONAL);
        let content = match run.files.get(&file.text) {
            Some(written) => written.taint,
            None => run.read(&file.text, &call.span).taint,
        };
        taint |= content.common(Taint::PERSONAL | Taint::SECRET | Taint::ENVIRONMENT);
    }
    if let Some(host) = hosts::host_of(&upload.target) {
        run.fact(&call.span, What::Connect(host));
    }
    sent(run, taint, &upload.target, &call.span);
}

/// The words of a call that are no options, with the value of each option that takes one left out.
fn plain<'c>(call: &Call<'c>, with_value: &[&str]) -> Vec<&'c Value> {
    let mut words = Vec::new();
    let mut skip = false;
    for argument in call.arguments {
        if skip {
            skip = false;
        } else if argument.text.starts_with('-') && argument.text.len() > 1 {
            skip = with_value.contains(&argument.text.as_str());
        } else {
            words.push(argument);
        }
    }
    words
}

fn option<'c>(call: &Call<'c>, names: &[&str]) -> Option<&'c str> {
    let mut pairs = call.arguments.windows(2);
    let apart = pairs.find_map(|pair| match pair {
        [name, value] if names.contains(&name.text.as_str()) => Some(value.text.as_str()),
        _ => None,
    });
    apart.or_else(|| {
        let mut words = call.words();
        words.find_map(|word| {
            let (name, value) = word.split_once('=')?;
            names.contains(&name).then_some(value)
        })
    })
}

fn upload(run: &Run, call: &Call<'_>) -> Option<Upload> {
    let last = |words: Vec<&Value>| -> Option<Upload> {
        let (target, files) = words.split_last()?;
        Some(Upload {
            files: files.iter().map(|file| (*file).clone()).collect(),
            target: target.text.clone(),
        })
    };
    let after = |words: Vec<&Value>, verbs: &[&str]| -> Option<Upload> {
        let at = words
            .iter()
            .position(|word| verbs.contains(&word.text.as_str()))?;
        last(words.get(at + 1..)?.to_vec())
    };
    match call.name.as_str() {
        "scp" | "pscp" | "rsync" | "rdiff-backup" | "unison" | "duplicity" | "azcopy" => {
            let valued = [
                "-e", "-P", "-i", "-o", "-F", "-l", "-c", "-S", "--rsh", "-pw", "-J",
            ];
            let words = plain(call, &valued);
            let words = words.into_iter().filter(|word| word.text != "copy");
            last(words.collect()).filter(|upload| upload.target.contains(':'))
        }
        "rclone" => {
            let verbs = ["copy", "sync", "move", "copyto", "moveto", "rcat", "bisync"];
            // A remote that the script describes itself is no one's that the user set up.
            after(plain(call, &[]), &verbs).filter(|upload| upload.target.starts_with(':'))
        }
        "aws" | "gsutil" | "gcloud" | "mc" | "s3cmd" | "s5cmd" | "az" | "b2" | "oci"
        | "ossutil" | "obsutil" => {
            let verbs = [
                "cp",
                "sync",
                "mv",
                "rsync",
                "mirror",
                "put",
                "upload",
                "upload-file",
                "put-object",
                "upload-batch",
            ];
            if call.name == "az" {
                let file = option(call, &["-s", "--source", "-f", "--file"])?;
                return Some(Upload {
                    files: vec![Value::text(file)],
                    target: option(call, &["-d", "--destination"])?.to_owned(),
                });
            }
            let words = plain(call, &["--region", "--profile", "--endpoint-url"]);
            after(words, &verbs).filter(|upload| upload.target.contains("://"))
        }
        "restic" | "borg" | "kopia" | "bup" | "tarsnap" | "rustic" => backup(run, call),
        "lftp" | "smbclient" | "sftp" | "ftp" | "ncftpput" | "wput" | "tftp" | "cadaver" => {
            typed(call)
        }
        "gh" => {
            let words = plain(call, &["-d", "--desc", "-f", "--filename"]);
            let gist = words.first()?.text == "gist" && words.get(1)?.text == "create";
            let public = call
                .arguments
                .iter()
                .any(|word| matches!(word.text.as_str(), "--public" | "-p"));
            (gist && public).then(|| Upload {
                files: words.into_iter().skip(2).cloned().collect(),
                target: "gist.github.com".to_owned(),
            })
        }
        "ssh" => Some(Upload {
            files: Vec::new(),
            target: plain(call, &["-i", "-p", "-o", "-F", "-l", "-J"])
                .first()?
                .text
                .clone(),
        }),
        "croc" | "wormhole" | "magic-wormhole" | "ffsend" | "ipfs" | "transfer" | "filebin"
        | "pastebinit" | "sendme" | "onionshare" | "onionshare-cli" | "gist" => Some(Upload {
            files: plain(call, &["--code", "--text"])
                .into_iter()
                .cloned()
                .collect(),
            target: format!("{}.net", call.name),
        }),
        _ => None,
    }
}

/// A repository of backups that the script names, by option or by variable.
fn backup(run: &Run, call: &Call<'_>) -> Option<Upload> {
    let variable = ["RESTIC_REPOSITORY", "BORG_REPO"]
        .iter()
        .find_map(|name| run.variables.get(*name))
        .map(|value| value.text.as_str());
    let words = plain(call, &["-r", "--repo", "-p", "--password-file", "-o"]);
    let at = words.iter().position(|word| {
        matches!(
            word.text.as_str(),
            "backup" | "create" | "snapshot" | "save"
        )
    })?;
    let rest = words.get(at + 1..)?;
    let named = option(call, &["-r", "--repo"]).or(variable);
    if named.is_none() && rest.first()?.text.starts_with("::") {
        // The repository stands in a variable that somebody else set.
        return None;
    }
    let (target, files) = match named {
        Some(target) => (target, rest),
        None => (rest.first()?.text.as_str(), rest.get(1..)?),
    };
    Some(Upload {
        files: files.iter().map(|file| (*file).clone()).collect(),
        target: target.to_owned(),
    })
}

/// Files that are named in the lines typed into a client: `put -r folder`, `mirror -R folder`.
fn typed(call: &Call<'_>) -> Option<Upload> {
    let all = call.arguments.iter().chain([call.input]);
    let lines = all.flat_map(|text| text.text.split([';', '\n']));
    let mut files = Vec::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let reversed =
            matches!(verb, "mirror") && line.contains("-R") || line.contains("--reverse");
        if reversed || matches!(verb, "put" | "mput" | "reput" | "send" | "lcd") {
            files.extend(words.filter(|word| !word.starts_with('-')).map(Value::text));
        }
    }
    let valued = ["-u", "-e", "-c", "-p", "-P", "-b", "-i", "-o", "-U", "-W"];
    let words = plain(call, &valued);
    let is_place = |word: &&&Value| {
        let plain = word.text.trim_start_matches('/');
        plain.contains('.') && !word.text.starts_with(['~', '.'])
    };
    let target = words.iter().find(is_place).map(|word| word.text.clone())?;
    let mut rest = words.into_iter().filter(|word| word.text != target);
    if matches!(call.name.as_str(), "ncftpput" | "wput") {
        files.extend(rest.by_ref().cloned());
    }
    Some(Upload { files, target })
}

/// Whether a place is written into the script, and lies outside the network that the machine stands in.
fn is_literal(target: &str) -> bool {
    let target = target.trim_start_matches("//");
    let bucket = ["s3://", "gs://", "b2://", "oss://", "obs://"]
        .iter()
        .find_map(|scheme| target.strip_prefix(scheme));
    if let Some(name) = bucket {
        return !name.starts_with(UNKNOWN) && !name.is_empty();
    }
    if target.starts_with(':') {
        return !target.contains(UNKNOWN);
    }
    let plain = ["rest:", "sftp:", "s3:", "b2:", "azure:", "gs:", "rclone:"]
        .iter()
        .find_map(|scheme| target.strip_prefix(scheme))
        .unwrap_or(target);
    let rest = plain.split_once("://").map_or(plain, |(_, rest)| rest);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split([':', '/']).next().unwrap_or(host);
    let own = ["localhost", "127.", "10.", "192.168.", "172.16."];
    let near = [".local", ".lan", ".home", ".internal", ".home.arpa"];
    host.contains('.')
        && !host.contains([UNKNOWN, '$'])
        && !host.starts_with('.')
        && !own.iter().any(|own| host.starts_with(own))
        && !near.iter().any(|near| host.ends_with(near))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_foreign_when_the_script_names_it_outside_the_own_network() {
        for target in [
            "u@files.example.net:/in",
            "s3://bucket/in",
            "rest:https://vault.example.org/u",
            ":sftp,host=a.example.net:in",
            "rsync://a.example.net/in",
        ] {
            assert!(is_literal(target), "{target}");
        }
        for target in [
            "\u{fffd}:/in",
            "u@nas.local:/in",
            "192.168.1.4:/in",
            "nas:/in",
            "s3://\u{fffd}/in",
            "remote:Documents",
        ] {
            assert!(!is_literal(target), "{target}");
        }
    }
}
