//! Scripts that an installer runs by itself, and the known tools among them.

use std::sync::LazyLock;

use regex::Regex;

use crate::expression::constant;

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
