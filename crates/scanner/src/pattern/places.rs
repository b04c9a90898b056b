//! Files and hosts that mean something: credentials, start-up files, an agent's own settings, paste sites.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::value::UNKNOWN;
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

/// An IPv4 address in whatever way a resolver reads it: one number, hexadecimal or octal parts.
fn plain_address(host: &str) -> Option<std::net::Ipv4Addr> {
    let host = host.split(':').next().unwrap_or(host);
    let number = |part: &str| match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
        None => part.parse().ok(),
    };
    let parts: Vec<u32> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    let room = 4_usize.checked_sub(first.len())?;
    let mut whole = u64::from(*last);
    for (index, part) in first.iter().enumerate() {
        whole += u64::from(*part) << (24_usize.checked_sub(8 * index)?);
    }
    let fits = room > 0 && first.iter().all(|part| *part < 256);
    u32::try_from(whole)
        .ok()
        .filter(|_| fits)
        .map(std::net::Ipv4Addr::from)
}

static METADATA: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"169\.254\.169\.254|169\.254\.170\.2|metadata\.google\.internal|100\.100\.100\.200|fd00:ec2::254",
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
    CREDENTIALS.is_match(path)
}

/// Whether a path leads to a project's secrets.
pub(crate) fn is_project_secret(path: &str) -> bool {
    PROJECT_SECRETS.is_match(path) && !path.contains("example") && !path.contains("template")
}

/// Whether a path leads to what an agent obeys or remembers.
pub(crate) fn is_agent_setting(path: &str) -> bool {
    AGENT_SETTINGS.is_match(path)
}

/// Names of variables that hold a credential.
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

/// Whether a host answers a cloud machine about itself.
pub(crate) fn is_metadata(host: &str) -> bool {
    METADATA.is_match(host)
        || plain_address(host).is_some_and(|address| METADATA.is_match(&address.to_string()))
}

/// Names of variables that hold what a person typed as a password.
pub(crate) fn is_password_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains("passw") || lower.contains("passphrase") || lower.ends_with("_pwd")
}

/// Whether a host is a public address of numbers.
pub(crate) fn is_bare_address(host: &str) -> bool {
    let plain = host.split(':').next().unwrap_or(host);
    plain.parse::<std::net::Ipv4Addr>().is_ok_and(|address| {
        !address.is_private() && !address.is_loopback() && !address.is_unspecified()
    })
}

/// Hosts whose installers are piped to a shell by their makers' own instructions.
const INSTALLERS: &[&str] = &[
    "astral.sh",
    "sh.rustup.rs",
    "static.rust-lang.org",
    "get.docker.com",
    "get.k3s.io",
    "bun.sh",
    "bun.com",
    "deno.land",
    "get.pnpm.io",
    "install.python-poetry.org",
    "deb.nodesource.com",
    "rpm.nodesource.com",
    "get.helm.sh",
    "cli.github.com",
    "claude.ai",
    "ollama.com",
    "ollama.ai",
    "fly.io",
    "get.sdkman.io",
    "starship.rs",
    "mise.run",
    "mise.jdx.dev",
    "pixi.sh",
    "bootstrap.pypa.io",
    "aka.ms",
    "packages.microsoft.com",
    "apt.releases.hashicorp.com",
    "sdk.cloud.google.com",
    "awscli.amazonaws.com",
    "foundry.paradigm.xyz",
    "get.volta.sh",
    "pyenv.run",
    "get.modular.com",
    "install.determinate.systems",
    "nixos.org",
    "sh.brew.sh",
    "opencode.ai",
    "cursor.com",
    "download.docker.com",
    "dl.google.com",
    "cli.run.nodejs.org",
    "yarnpkg.com",
    "dl.yarnpkg.com",
    "get.rvm.io",
    "railway.app",
    "railway.com",
    "apt.llvm.org",
    "get.chezmoi.io",
    "moonrepo.dev",
    "fnm.vercel.app",
    "sh.nodejs.org",
    "get.jetify.com",
];

/// Repositories whose raw files are such installers.
const INSTALLER_REPOSITORIES: &[&str] = &[
    "nvm-sh/nvm",
    "Homebrew/install",
    "helm/helm",
    "ohmyzsh/ohmyzsh",
    "pyenv/pyenv-installer",
    "rbenv/rbenv-installer",
    "asdf-vm/asdf",
    "conda-forge/miniforge",
    "astral-sh/uv",
    "golangci/golangci-lint",
    "aquasecurity/trivy",
    "anchore/syft",
    "anchore/grype",
];

/// Whether this address is a maker's published installer, asked for over TLS.
pub(crate) fn is_known_installer(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else {
        return false;
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let raw = matches!(host, "raw.githubusercontent.com" | "github.com");
    INSTALLERS.contains(&host.trim_start_matches("www."))
        || raw
            && INSTALLER_REPOSITORIES.iter().any(|name| {
                path.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
}

/// Services that take requests or files from anyone.
const DROPS: &[&str] = &[
    "webhook.site",
    "requestbin.com",
    "requestbin.net",
    "pipedream.net",
    "oast.fun",
    "oast.me",
    "oast.pro",
    "oast.live",
    "oast.site",
    "oastify.com",
    "interact.sh",
    "burpcollaborator.net",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "ngrok-free.dev",
    "trycloudflare.com",
    "serveo.net",
    "localtunnel.me",
    "loca.lt",
    "transfer.sh",
    "file.io",
    "0x0.st",
    "pastebin.com",
    "paste.ee",
    "termbin.com",
    "hastebin.com",
    "ix.io",
    "sprunge.us",
    "dpaste.com",
    "anonfiles.com",
    "gofile.io",
    "bashupload.com",
    "temp.sh",
    "catbox.moe",
    "api.telegram.org",
    "beeceptor.com",
    "hookb.in",
    "canarytokens.com",
    "dnslog.cn",
    "ceye.io",
    "rentry.co",
    "glot.io",
    "requestcatcher.com",
    "mockbin.org",
];

/// Host and port of an address that is asked; a bot whose name is not in the program is its user's own.
pub(crate) fn contacted(url: &str) -> Option<String> {
    let host = host_of(url)?;
    let plain = host.strip_suffix(":443").unwrap_or(&host);
    if plain != BOTS {
        return Some(host);
    }
    let own = url
        .split_once("/bot")
        .is_some_and(|(_, name)| name.starts_with(UNKNOWN));
    Some(if own {
        format!("{BOTS}:443")
    } else {
        plain.to_owned()
    })
}

/// The service whose bots carry messages, each by a name that is its key.
const BOTS: &str = "api.telegram.org";

/// Whether a host is one where things are dropped for someone unnamed to collect.
pub(crate) fn is_drop(host: &str) -> bool {
    if host.strip_suffix(":443") == Some(BOTS) {
        return false;
    }
    let host = host.split(':').next().unwrap_or(host);
    DROPS.iter().any(|drop| {
        host.strip_suffix(drop)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// Host and port of an address, without user and path.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let plain = host.split(':').next()?;
    let looks =
        plain.contains('.') || plain == "localhost" || host.starts_with('[') || !scheme.is_empty();
    let valid = plain.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'[' | b']')
    });
    (looks && valid && !host.is_empty()).then(|| host.to_ascii_lowercase())
}

static INSTALL_SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"["']?\b(?P<name>(?:pre|post)?install|prepare)["']?\s*:\s*["']?(?P<command>[^"'\n,}]*)"#,
    )
});

/// Tools whose own instructions say that they run when a package is installed.
const INSTALL_TOOLS: [&str; 14] = [
    "husky",
    "lefthook",
    "simple-git-hooks",
    "patch-package",
    "prisma",
    "electron-builder",
    "node-gyp",
    "tsc",
    "npm run build",
    "nuxt prepare",
    "svelte-kit",
    "playwright install",
    "is-ci",
    "wxt prepare",
];

/// Whether an installer runs the script of this name, and its command is none of a known tool.
pub(crate) fn is_run_at_install(name: &str, command: &str) -> bool {
    let runs = matches!(name, "preinstall" | "install" | "postinstall" | "prepare");
    let of_tool = |part: &str| {
        let part = part.trim().trim_start_matches("npx ");
        part.is_empty() || INSTALL_TOOLS.iter().any(|tool| part.starts_with(tool))
    };
    let plain = !command.contains(['$', '`', '>', '(']);
    runs && !(plain && !command.trim().is_empty() && command.split(['&', '|', ';']).all(of_tool))
}

/// Whether this text makes a manifest run a script when its package is installed.
pub(crate) fn is_install_script(path: &str, text: &str) -> bool {
    path.ends_with("package.json")
        && text.contains("scripts")
        && INSTALL_SCRIPT.captures_iter(text).any(|found| {
            let part = |name| found.name(name).map_or("", |part| part.as_str());
            is_run_at_install(part("name"), part("command"))
        })
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

    #[test]
    fn a_host_is_read_from_an_address() {
        assert_eq!(
            host_of("https://u:p@Ex.org:8443/a?b").as_deref(),
            Some("ex.org:8443")
        );
        assert_eq!(host_of("file.txt/x").as_deref(), Some("file.txt"));
        assert_eq!(host_of("data"), None);
    }

    #[test]
    fn a_known_installer_needs_its_own_host_and_tls() {
        assert!(is_known_installer("https://astral.sh/uv/install.sh"));
        assert!(!is_known_installer("http://astral.sh/uv/install.sh"));
        assert!(!is_known_installer("https://astral.sh.evil.example/x"));
        assert!(!is_known_installer(
            "https://raw.githubusercontent.com/evil/nvm-sh/nvm/x"
        ));
    }
}
