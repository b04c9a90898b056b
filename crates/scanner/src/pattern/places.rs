//! Paths and variables that mean something: credentials, a person's home, what an agent obeys.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;

/// Files that hold credentials or the traces of a person.
static CREDENTIALS: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r"(?i)(?:^|[/\\~])(?:",
        r"\.ssh(?:/?$|/\*|/(?:id_[\w*]+|identity|\w*key\w*|config)(?:$|[^.\w]))|\.aws(?:/?$|/credentials|/config|/\*)|\.azure(?:/|$)|",
        r"\.config/(?:gcloud|gh|solana|op|sops|rclone|hub)(?:/|$)|\.kube(?:/?$|/config)|\.docker/config\.json|",
        r"\.netrc|_netrc|\.npmrc|\.pypirc|\.git-credentials|\.gnupg(?:/|$)|\.password-store|\.vault-token|\.pgpass|\.my\.cnf|",
        r"\.boto|\.s3cfg|\.terraform\.d/credentials|\.cargo/credentials|\.gem/credentials|\.bash_history|\.zsh_history|",
        r"\.python_history|\.mysql_history|\.psql_history|\.electrum|\.bitcoin|\.ethereum|\.exodus|wallet\.dat|",
        r"\.claude/\.credentials|\.claude\.json|\.codex/auth\.json|\.gemini/oauth|",
        r"etc/(?:shadow|gshadow|sudoers|master\.passwd)|proc/[^/\s]+/(?:environ|mem)|var/run/secrets|run/secrets|",
        r"login\.keychain|keychains?(?:/|$)|login data|cookies\.sqlite|key4\.db|logins\.json|",
        r"discord[^\n]*local storage|local extension settings|/leveldb(?:/|$)|telegram desktop/tdata|\.mozilla(?:/|$)|bitwarden|1password|",
        r"(?:chrome|chromium|brave[^/]*|edge|firefox|opera)[^\n]*(?:cookies|local state|login data|default|profiles?)",
        r")"
    ))
});

/// A project's own secrets, which honest tools read and only thieves send.
static PROJECT_SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)(?:^|[/\\])(?:\.env(?:\.(?:local|production|prod|development))?|secrets?\.(?:ya?ml|json|toml|txt)|credentials?\.(?:json|ya?ml|txt)|service[-_]?account[\w-]*\.json|[\w.-]*(?:private|secret)[\w-]*\.(?:pem|key)|\.htpasswd|master\.key|[\w.-]+\.(?:tfstate|kdbx|p12|pfx|jks|keystore|ovpn)|wp-config\.php|id_(?:rsa|ed25519|ecdsa|dsa))$",
    )
});

/// Files that an agent obeys.
static AGENT_SETTINGS: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r"(?i)(?:^|[/\\~])(?:\.(?:claude|codex|cursor|gemini|openclaw|clawdbot|windsurf|continue|aider|agents|copilot)(?:/(?:settings[\w.]*\.json|hooks|rules|mcp\.json|config\.(?:toml|json)|memory|projects/[^\s]*memory)|\.json)|",
        r"CLAUDE(?:\.local)?\.md|AGENTS\.md|GEMINI\.md|MEMORY\.md|SOUL\.md|IDENTITY\.md|\.cursorrules|\.windsurfrules|\.mcp\.json|claude_desktop_config\.json|\.github/copilot-instructions\.md)"
    ))
});

/// Where agents look for what extends them.
static AGENT_EXTENSIONS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)(?:^|[/\\~])\.(?:claude|codex|cursor|gemini|openclaw|clawdbot|windsurf|agents|copilot|opencode)/(?:skills|commands|agents|plugins|extensions|prompts)(?:/|$)",
    )
});

/// Whether a path leads into a folder from which agents load skills, commands or plugins.
pub(crate) fn is_agent_extension(path: &str) -> bool {
    AGENT_EXTENSIONS.is_match(path)
}

/// Whether a path lies in a person's home, and not in a project.
pub(crate) fn is_home(path: &str) -> bool {
    path.starts_with('~')
        || path.starts_with("/root/")
        || path.starts_with("/home/")
        || path.starts_with("/Users/")
}

/// Whether a path leads to credentials.
pub(crate) fn is_credential(path: &str) -> bool {
    // The list of profiles says where credentials lie, and holds none.
    CREDENTIALS.is_match(path) && !path.ends_with("/profiles.ini")
}

/// Whether a path leads to a project's secrets.
pub(crate) fn is_project_secret(path: &str) -> bool {
    PROJECT_SECRETS.is_match(path) && !path.contains("example") && !path.contains("template")
}

/// Whether a path leads to what an agent obeys or remembers.
pub(crate) fn is_agent_setting(path: &str) -> bool {
    AGENT_SETTINGS.is_match(path)
}

/// The path without `x/..`, `.` and doubled slashes; a relative way up that ends in the system's folders leads there.
pub(crate) fn without_detours(path: &str) -> Cow<'_, str> {
    if !["..", "/./", "//"]
        .iter()
        .any(|detour| path.contains(detour))
        || path.contains("://")
    {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(usize::from(path.starts_with('/'))) {
        match (part, parts.last()) {
            ("" | ".", Some(_)) => {}
            ("..", None) if path.starts_with('/') => {}
            ("..", Some(last)) if *last != ".." && *last != "." && *last != "~" => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let ups = parts.iter().take_while(|part| **part == "..").count();
    let system = |part: &&str| matches!(*part, "etc" | "proc" | "root" | "var" | "usr" | "sys");
    let parts = match parts.get(ups) {
        Some(part) if ups > 1 && system(part) => parts.split_off(ups),
        _ if path.starts_with('/') => parts,
        _ => return Cow::Owned(parts.join("/")),
    };
    Cow::Owned(format!("/{}", parts.join("/")))
}

/// Whether a variable of this name holds a credential.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let words = [
        "SECRET",
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "API_KEY",
        "APIKEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
        "CREDENTIAL",
    ];
    words.iter().any(|word| upper.contains(word))
}

/// Whether a variable of this name holds what no service on the web asks for: the address of a database with
/// its password, a key that signs or encrypts.
pub(crate) fn is_kept_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let stores = [
        "DATABASE",
        "DB",
        "POSTGRES",
        "POSTGRESQL",
        "PG",
        "MYSQL",
        "MARIADB",
        "MONGO",
        "MONGODB",
        "REDIS",
        "AMQP",
        "RABBITMQ",
        "CLOUDAMQP",
        "MSSQL",
        "CLICKHOUSE",
    ];
    let address = ["_URL", "_URI", "_DSN", "_PASSWORD", "_PASS"]
        .iter()
        .find_map(|ending| upper.strip_suffix(ending))
        .is_some_and(|owner| {
            stores.iter().any(|store| {
                owner
                    .strip_suffix(store)
                    .is_some_and(|before| before.is_empty() || before.ends_with('_'))
            })
        });
    let words = [
        "CONNECTION_STRING",
        "CONN_STR",
        "CONNSTR",
        "JWT_SECRET",
        "SESSION_SECRET",
        "SESSION_KEY",
        "COOKIE_SECRET",
        "ENCRYPTION_KEY",
        "SIGNING_KEY",
        "SECRET_KEY_BASE",
        "MNEMONIC",
        "SEED_PHRASE",
        "SSH_KEY",
        "PRIVATE_KEY",
        "DEPLOY_KEY",
        "PGPASSWORD",
        "MYSQL_PWD",
        "MASTER_KEY",
    ];
    // A store in the browser has its address in public.
    address && !upper.starts_with("FIREBASE") || words.iter().any(|word| upper.contains(word))
}

/// Whether a variable of this name holds what a person typed as a password.
pub(crate) fn is_password_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains("passw") || lower.contains("passphrase") || lower.ends_with("_pwd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_told_from_look_alikes() {
        for path in [
            "~/.ssh/id_rsa",
            "~/.aws/credentials",
            "/home/a/.ssh",
            "/etc/shadow",
            "$HOME/.netrc",
            "/proc/self/environ",
        ] {
            assert!(is_credential(path), "{path}");
        }
        for path in [
            "~/.ssh/known_hosts",
            "docs/aws.md",
            "src/keychain_test.go",
            "/etc/hosts",
            "id.txt",
        ] {
            assert!(!is_credential(path), "{path}");
        }
        assert!(is_project_secret("./.env") && !is_project_secret(".env.example"));
        assert!(is_agent_setting("~/.claude/settings.json"));
    }

    #[test]
    fn detours_in_a_path_are_taken_out() {
        for (path, direct) in [
            ("/usr/../etc/passwd", "/etc/passwd"),
            ("/usr//./share/x", "/usr/share/x"),
            ("../../../../etc/shadow", "/etc/shadow"),
            ("../src/a.c", "../src/a.c"),
            ("./../a", "./../a"),
            ("docs/../src/a.c", "src/a.c"),
            ("~/../x", "~/../x"),
            ("https://a.example//b/..", "https://a.example//b/.."),
            ("/..", "/"),
        ] {
            assert_eq!(without_detours(path), direct, "{path}");
        }
    }
}
