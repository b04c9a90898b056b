//! Makers' own installers, which their instructions pipe to a shell.

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

#[cfg(test)]
mod tests {
    use super::*;

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
