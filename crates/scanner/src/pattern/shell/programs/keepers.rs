//! Programs that keep credentials, identities and history, and give them out when asked.

use super::super::call::Call;
use crate::pattern::places;
use crate::pattern::value::{Taint, Value};

/// What a keeper writes to its output, `None` when the call asks for nothing kept.
pub(super) fn run(call: &Call<'_>) -> Option<Value> {
    let words: Vec<&str> = call
        .words()
        .filter(|word| !word.starts_with('-') || word.starts_with("--export"))
        .collect();
    let all = |wanted: &[&str]| wanted.iter().all(|word| words.contains(word));
    let any = |wanted: &[&str]| wanted.iter().any(|word| words.contains(word));
    let option = |name: &str| call.arguments.iter().any(|argument| argument.text == name);
    let session = match call.name.as_str() {
        "gh" | "glab" => all(&["auth", "token"]),
        "git" => all(&["credential", "fill"]),
        "gcloud" => any(&["print-access-token", "print-identity-token"]),
        "az" => any(&["get-access-token"]),
        "aws" => all(&["configure", "get"]) || any(&["export-credentials", "get-session-token"]),
        "heroku" => any(&["auth:token"]),
        name => name.starts_with("docker-credential-") || name.starts_with("git-credential-"),
    };
    if session {
        return Some(Value::unknown(Taint::SESSION));
    }
    let issues = match call.name.as_str() {
        "gcloud" => all(&["secrets", "access"]),
        "aws" => any(&[
            "get-secret-value",
            "get-parameter",
            "get-parameters",
            "get-parameters-by-path",
            "assume-role",
            "get-login-password",
        ]),
        "az" => all(&["secret", "show"]),
        "kubectl" | "oc" => {
            any(&["secret", "secrets"]) && any(&["get", "describe"])
                || all(&["config", "view"]) && option("--raw")
                || all(&["create", "token"])
        }
        "op" => any(&["read", "item", "document"]),
        "vault" => any(&["read", "get"]) || all(&["print", "token"]),
        "doppler" => any(&["secrets"]),
        "lpass" => any(&["show", "export"]),
        "keyring" => any(&["get"]),
        "gpg" | "gpg2" => words.iter().any(|word| word.starts_with("--export-secret")),
        _ => false,
    };
    if issues {
        return Some(Value::unknown(Taint::ISSUED));
    }
    let taint = match call.name.as_str() {
        "git" if all(&["config"]) && (any(&["user.email", "user.name"]) || option("--list")) => {
            Taint::MACHINE
        }
        "git" if any(&["bundle"]) => Taint::FILE | Taint::TREE | Taint::PERSONAL,
        "git" if any(&["archive"]) => Taint::FILE | Taint::TREE,
        "git" if any(&["diff", "show", "log", "format-patch", "cat-file", "notes"]) => {
            Taint::FILE | Taint::DATA
        }
        "fc" if option("-l") || option("-ln") => Taint::SECRET,
        "nmcli"
            if words
                .iter()
                .any(|word| word.contains("psk") || word.contains("secret")) =>
        {
            Taint::SECRET
        }
        "xauth" if any(&["list", "extract", "nlist"]) => Taint::SECRET,
        "inotifywait" | "fswatch" | "entr"
            if words.iter().any(|word| places::is_credential(word)) =>
        {
            Taint::SECRET
        }
        "docker" | "podman" if any(&["inspect"]) => Taint::ENVIRONMENT,
        "tcpdump" | "tshark" | "dumpcap" => Taint::PERSONAL,
        "pg_dump" | "pg_dumpall" | "mysqldump" | "mongodump" | "mongoexport" => Taint::PERSONAL,
        "pbpaste" | "xclip" | "xsel" | "wl-paste" | "history" | "secret-tool" | "pass"
        | "lastpass" | "bw" => Taint::SECRET,
        "security"
            if any(&[
                "find-generic-password",
                "find-internet-password",
                "dump-keychain",
                "export",
            ]) =>
        {
            Taint::SECRET
        }
        _ => return None,
    };
    Some(Value::unknown(taint))
}
