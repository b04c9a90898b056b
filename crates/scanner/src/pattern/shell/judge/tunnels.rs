//! Ways into the machine: tunnels to the outside, and doors without a password.

/// Whether a command opens a way into the machine.
pub(super) fn opens(name: &str, words: &[&str]) -> bool {
    let has = |word: &str| words.contains(&word);
    match name {
        "ssh" | "autossh" => words.iter().any(|word| {
            word.strip_prefix('-')
                .is_some_and(|flags| !flags.starts_with('-') && is_remote_forward(flags))
        }),
        "ngrok" => has("tcp") || has("http") || has("start"),
        "cloudflared" => has("tunnel"),
        "chisel" | "frpc" | "rathole" | "localtunnel" | "lt" | "bore" => !words.is_empty(),
        "ttyd" | "gotty" | "shell2http" => !words.is_empty(),
        "tailscale" => has("up") && words.iter().any(|word| word.starts_with("--auth")),
        "dockerd" | "docker" => words.iter().any(|word| word.starts_with("tcp://0.0.0.0")),
        "x11vnc" => has("-nopw"),
        "vncserver" => has("None"),
        "code-server" => has("none") || has("--auth=none"),
        "jupyter" | "jupyter-lab" | "jupyter-notebook" => words
            .iter()
            .any(|word| word.ends_with(".token=") || word.ends_with("token=''")),
        _ => false,
    }
}

/// `-R` among flags none of which before it takes the rest of the word.
fn is_remote_forward(flags: &str) -> bool {
    flags
        .find('R')
        .and_then(|at| flags.get(..at))
        .is_some_and(|before| before.chars().all(|flag| "fNnTqCgvt46AxX".contains(flag)))
}
