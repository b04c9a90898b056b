//! Package managers: where they are told to look, and what they are told to run.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::repositories;
use crate::expression::constant;
use crate::pattern::{hosts, install_scripts};

static INDEX_OPTION: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?:--extra-index-url|--index-url|(?:^| )-i|--registry|--index|--source)[ =](?:https?://)?(?P<host>[\w.-]+)",
    )
});
static KEPT_INDEX: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?:index[-_]url|registry|npmRegistryServer)[ =]+[\x22']?https?://(?P<host>[\w.-]+)")
});
static ADDED_SCRIPT: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"scripts\W{1,4}(?:pre|post)?install\W{0,4}=[^=]|[\x22\\](?:pre|post)?install[\x22\\]+\s*:",
    )
});

const OFFICIAL_INDEXES: &[&str] = &[
    "pypi.org",
    "test.pypi.org",
    "pypi.python.org",
    "files.pythonhosted.org",
    "registry.npmjs.org",
    "rubygems.org",
    "download.pytorch.org",
    "registry.yarnpkg.com",
    "npm.pkg.github.com",
    "pypi.nvidia.com",
    "jsr.io",
    "npm.jsr.io",
];

/// Whether packages are published on this host.
pub(in crate::pattern::shell) fn is_official_index(host: &str) -> bool {
    OFFICIAL_INDEXES.contains(&host)
}

/// Whether a command makes an installer run something.
pub(super) fn adds_install_script(name: &str, words: &[&str]) -> bool {
    match name {
        "npm" | "pnpm" | "yarn" | "bun" => sets_script(words),
        "jq" | "yq" | "sed" | "gsed" | "perl" => writes_script(words),
        _ => false,
    }
}

/// `npm pkg set scripts.postinstall=…`.
fn sets_script(words: &[&str]) -> bool {
    words.starts_with(&["pkg", "set"])
        && words.iter().any(|word| {
            let script = word.strip_prefix("scripts.");
            script.is_some_and(|script| {
                let (name, command) = script.split_once('=').unwrap_or((script, ""));
                install_scripts::is_run_at_install(name, command)
            })
        })
}

/// A filter that puts a script into a manifest which an installer runs.
fn writes_script(words: &[&str]) -> bool {
    words.iter().any(|word| ADDED_SCRIPT.is_match(word))
        && words.iter().any(|word| word.ends_with("package.json"))
}

/// Whether a command installs from where nobody published the package, or says so for later.
pub(super) fn looks_elsewhere(name: &str, joined: &str) -> bool {
    let installer = matches!(
        name,
        "pip"
            | "pip3"
            | "uv"
            | "npm"
            | "pnpm"
            | "yarn"
            | "gem"
            | "bun"
            | "cargo"
            | "brew"
            | "uvx"
            | "npx"
            | "pipx"
            | "deno"
            | "helm"
            | "ansible-pull"
            | "conda"
            | "mamba"
            | "rpm"
            | "nix"
            | "kubectl"
    );
    installer && (foreign_index(joined) || joined.contains("config") && keeps_foreign_index(joined))
}

/// Whether settings name an index of somebody else.
pub(super) fn keeps_foreign_index(settings: &str) -> bool {
    KEPT_INDEX.captures(settings).is_some_and(is_foreign)
}

fn is_foreign(found: Captures<'_>) -> bool {
    found
        .name("host")
        .is_some_and(|host| is_foreign_host(host.as_str()))
}

/// Whether an index is neither an official one nor the script's own machine or neighbour.
fn is_foreign_host(host: &str) -> bool {
    let local = host.starts_with("localhost") || host.starts_with("127.");
    !is_official_index(host) && !local && host.contains('.')
}

/// Variables that say where a package manager looks.
pub(super) fn is_index(name: &str) -> bool {
    matches!(
        name.to_ascii_uppercase().as_str(),
        "PIP_INDEX_URL"
            | "PIP_EXTRA_INDEX_URL"
            | "UV_INDEX_URL"
            | "UV_EXTRA_INDEX_URL"
            | "UV_DEFAULT_INDEX"
            | "NPM_CONFIG_REGISTRY"
            | "YARN_REGISTRY"
            | "YARN_NPM_REGISTRY_SERVER"
            | "GEM_SOURCE"
            | "POETRY_REPOSITORIES_DEFAULT_URL"
    )
}

/// Whether an address is that of a foreign index.
pub(super) fn is_foreign_index(url: &str) -> bool {
    let host = hosts::host_of(url).filter(|_| url.contains("://"));
    host.is_some_and(|host| is_foreign_host(&host))
}

fn foreign_index(joined: &str) -> bool {
    let foreign = INDEX_OPTION.captures(joined).is_some_and(is_foreign);
    let installs = [
        "install", "add", "tap", "-i ", "--from", "-y", "run", "apply", "-U", "-c ",
    ]
    .iter()
    .any(|word| joined.contains(word));
    let address = installs
        && joined.split_whitespace().any(|word| {
            let url = word.strip_prefix("git+").unwrap_or(word);
            url.starts_with("http://")
                || url.starts_with("https://")
                    && repositories::foreign_repository(url)
                        .is_some_and(|host| !is_official_index(&host))
        });
    foreign || address || joined.contains("--trusted-host")
}
