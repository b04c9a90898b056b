//! Programs of Windows that run what an address or an encoded word holds.

use super::super::call::Call;
use super::super::run::Run;
use super::join;
use crate::pattern::installers;
use crate::pattern::value::{Taint, Value};

/// Programs of Windows that run what an address or an encoded word holds.
pub(super) fn foreign(run: &mut Run, call: &Call<'_>) -> Value {
    let line = join(call.arguments).text;
    let lower = line.to_ascii_lowercase();
    let encoded = lower.split_whitespace().any(|word| {
        word.len() > 2 && "-encodedcommand".starts_with(word) && word.starts_with("-e")
    });
    if encoded && !matches!(call.name.as_str(), "certutil" | "bitsadmin") {
        run.check(&call.span, "shell-decoded-code", line);
    } else if line
        .split(['\'', '"', ' ', '(', ')'])
        .any(|word| word.contains("://") && !installers::is_known_installer(word))
    {
        let fetches = ["iex", "invoke-expression", "downloadstring", "| iex"];
        let runs = !matches!(
            call.name.as_str(),
            "powershell" | "pwsh" | "certutil" | "bitsadmin"
        ) || fetches.iter().any(|word| lower.contains(word));
        if runs {
            run.check(&call.span, "shell-downloaded-code", line);
        }
    }
    Value::unknown(Taint::default())
}
