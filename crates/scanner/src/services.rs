//! Services that everybody knows: the words of their variables, and the domains they answer under.

use crate::authority::{authority, without_port};

/// Words in the names of a service's variables, and its domains; a name with a dot behind it is what companies call
/// their own server of this kind. At most 30, of which the first sixteen have a bit of their own in Python.
const SERVICES: [(&[&str], &[&str]); 28] = [
    (
        &["AWS"],
        &["amazonaws.com", "amazonaws.com.cn", "aws.amazon.com", "aws"],
    ),
    (
        &["GITHUB", "GH"],
        &[
            "github.com",
            "githubusercontent.com",
            "ghcr.io",
            "githubcopilot.com",
            "github.",
        ],
    ),
    (
        &["NPM"],
        &[
            "npmjs.org",
            "npmjs.com",
            "npm.pkg.github.com",
            "yarnpkg.com",
            "npm.",
        ],
    ),
    (
        &["OPENAI"],
        // Many speak its protocol, and programs for them keep the name of the variable.
        &[
            "openai.com",
            "oaistatic.com",
            "azure.com",
            "openrouter.ai",
            "groq.com",
            "together.xyz",
            "together.ai",
            "deepseek.com",
            "mistral.ai",
            "fireworks.ai",
            "perplexity.ai",
            "openai.",
        ],
    ),
    (
        &["ANTHROPIC", "CLAUDE"],
        &[
            "anthropic.com",
            "claude.ai",
            "claude.com",
            "amazonaws.com",
            "googleapis.com",
        ],
    ),
    (&["SLACK"], &["slack.com", "slack-edge.com"]),
    (&["STRIPE"], &["stripe.com"]),
    (
        &["HF", "HUGGING", "HUGGINGFACE"],
        &["huggingface.co", "hf.co", "hf-mirror.com"],
    ),
    (
        &["PYPI", "TWINE"],
        &["pypi.org", "pythonhosted.org", "pypi."],
    ),
    (
        &["CLOUDFLARE"],
        &["cloudflare.com", "cloudflarestorage.com", "workers.dev"],
    ),
    (&["GITLAB"], &["gitlab.com", "gitlab."]),
    (
        &["DISCORD"],
        &["discord.com", "discordapp.com", "discord.gg"],
    ),
    (&["TELEGRAM"], &["telegram.org", "telegram.me", "t.me"]),
    (&["DOCKER"], &["docker.com", "docker.io"]),
    (
        &["GOOGLE", "GEMINI"],
        &[
            "google.com",
            "googleapis.com",
            "googleusercontent.com",
            "youtube.com",
        ],
    ),
    (
        &["AZURE"],
        &[
            "azure.com",
            "azure.net",
            "microsoft.com",
            "windows.net",
            "microsoftonline.com",
        ],
    ),
    (&["VERCEL"], &["vercel.com", "vercel.app"]),
    (&["SENDGRID"], &["sendgrid.com", "sendgrid.net"]),
    (&["TWILIO"], &["twilio.com"]),
    (&["SUPABASE"], &["supabase.co", "supabase.com", "supabase."]),
    (&["NOTION"], &["notion.com", "notion.so"]),
    (&["LINEAR"], &["linear.app"]),
    (&["HEROKU"], &["heroku.com"]),
    (&["NETLIFY"], &["netlify.com", "netlify.app"]),
    (
        &["DIGITALOCEAN"],
        &["digitalocean.com", "digitaloceanspaces.com"],
    ),
    (&["DATADOG"], &["datadoghq.com", "datadoghq.eu"]),
    (&["SHOPIFY"], &["shopify.com", "myshopify.com"]),
    (&["SENTRY"], &["sentry.io", "sentry."]),
];

/// The service to which a variable's token belongs.
pub(crate) fn of_variable(name: &str) -> Option<usize> {
    let upper = name.to_ascii_uppercase();
    let mut services = SERVICES.iter();
    services.position(|(words, _)| upper.split('_').any(|part| words.contains(&part)))
}

/// Whether a service answers under this host, with a port or without.
pub(crate) fn answers(service: usize, host: &str) -> bool {
    let host = without_port(authority(host)).to_ascii_lowercase();
    let domains = SERVICES
        .get(service)
        .map_or(&[][..], |(_, domains)| domains);
    domains.iter().any(|domain| match domain.strip_suffix('.') {
        Some(label) => host.split('.').next() == Some(label),
        None => host
            .strip_suffix(domain)
            .is_some_and(|before| before.is_empty() || before.ends_with('.')),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_and_its_host_belong_together() {
        let github = of_variable("GH_TOKEN").unwrap();
        assert_eq!(Some(github), of_variable("MY_GITHUB_PAT"));
        for own in ["api.github.com", "github.com", "github.acme.com"] {
            assert!(answers(github, own), "{own}");
        }
        for foreign in [
            "collect.example",
            "api.github.com.example",
            "github-check.com",
            "notgithub.com",
        ] {
            assert!(!answers(github, foreign), "{foreign}");
        }
        assert_eq!(of_variable("ACME_TOKEN"), None);
    }
}
