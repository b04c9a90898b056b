//! Services by the names of their variables and their hosts: a token belongs to one of them.

/// The first bit of a set that stands for a service.
pub(crate) const FIRST_MARK: usize = 34;

/// A word in the names of its variables, and words in its hosts; at most 30, one bit each.
const SERVICES: [(&str, &[&str]); 28] = [
    ("AWS", &["amazonaws", "aws"]),
    ("GITHUB", &["github"]),
    ("NPM", &["npmjs", "npm", "yarnpkg"]),
    ("OPENAI", &["openai", "oai", "azure"]),
    ("ANTHROPIC", &["anthropic", "claude"]),
    ("GOOGLE", &["google", "youtube", "gcp"]),
    ("AZURE", &["azure", "microsoft", "windows"]),
    ("SLACK", &["slack"]),
    ("STRIPE", &["stripe"]),
    ("HUGGING", &["huggingface", "hf."]),
    ("DISCORD", &["discord"]),
    ("DOCKER", &["docker"]),
    ("GITLAB", &["gitlab"]),
    ("PYPI", &["pypi"]),
    ("CLOUDFLARE", &["cloudflare", "workers.dev"]),
    ("GEMINI", &["google", "gemini"]),
    ("VERCEL", &["vercel"]),
    ("TELEGRAM", &["telegram"]),
    ("SENDGRID", &["sendgrid"]),
    ("TWILIO", &["twilio"]),
    ("SUPABASE", &["supabase"]),
    ("NOTION", &["notion"]),
    ("LINEAR", &["linear"]),
    ("HEROKU", &["heroku"]),
    ("NETLIFY", &["netlify"]),
    ("DIGITALOCEAN", &["digitalocean"]),
    ("DATADOG", &["datadog"]),
    ("SHOPIFY", &["shopify"]),
];

/// The service to which a variable's token belongs.
pub(crate) fn of_variable(name: &str) -> Option<usize> {
    let upper = name.to_ascii_uppercase();
    let upper = if upper.starts_with("GH_") {
        "GITHUB"
    } else {
        &upper
    };
    SERVICES.iter().position(|(word, _)| upper.contains(word))
}

/// The services to which a host belongs.
pub(crate) fn of_host(host: &str) -> impl Iterator<Item = usize> {
    SERVICES
        .iter()
        .enumerate()
        .filter(move |(_, (_, words))| words.iter().any(|word| host.contains(word)))
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_and_its_host_belong_together() {
        let github = of_variable("GH_TOKEN");
        assert_eq!(github, of_variable("MY_GITHUB_PAT"));
        assert!(of_host("api.github.com").any(|at| Some(at) == github));
        assert!(!of_host("collect.example").any(|at| Some(at) == github));
        assert_eq!(of_variable("ACME_TOKEN"), None);
    }
}
