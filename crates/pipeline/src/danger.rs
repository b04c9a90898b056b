//! The dangerous kinds: what the built-in policy does not grant, the standard profile denies to every
//! skill that does not declare it and was not granted it.

use skillgate_model::{Effect, EffectKind};
use skillgate_permissions::DEFAULT_DENIES;

use crate::permit::BUILT_IN;

/// Why an effect is dangerous, in a few words; `None` for ordinary work.
pub(crate) fn danger(effect: &Effect) -> Option<&'static str> {
    if BUILT_IN.decide_effect(effect).allow {
        return None;
    }
    let deny = BUILT_IN.denying(effect);
    let rule = deny.and_then(|deny| {
        DEFAULT_DENIES
            .iter()
            .find(|rule| rule.scope == deny.as_str())
    });
    Some(rule.map_or_else(|| of_kind(effect.kind), |rule| rule.reason))
}

const fn of_kind(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::CodeEval => "executes data as code",
        EffectKind::NativeLoad => "loads machine code",
        EffectKind::NetworkListen => "accepts connections",
        EffectKind::ProcessControl => "reaches into other processes",
        EffectKind::FilesystemRead
        | EffectKind::FilesystemWrite
        | EffectKind::FilesystemDelete
        | EffectKind::NetworkConnect
        | EffectKind::NetworkResolve
        | EffectKind::ProcessSpawn
        | EffectKind::EnvRead
        | EffectKind::EnvWrite
        | EffectKind::CodeImport => "always needs a grant",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dangerous_kinds_are_told_from_ordinary_ones() {
        for text in [
            "code:eval",
            "native:load(libc.so.6)",
            "network:listen(0.0.0.0:80)",
            "filesystem:read(~/.ssh/id_rsa)",
            "filesystem:read(/home/me/.aws/credentials)",
            "filesystem:write(~/.bashrc)",
            "filesystem:write(/etc/cron.d/x)",
            "filesystem:write(./.claude/settings.json)",
            "filesystem:delete(/usr/bin/x)",
        ] {
            assert!(danger(&text.parse().unwrap()).is_some(), "{text}");
        }
        for text in [
            "filesystem:read(data.csv)",
            "filesystem:read",
            "filesystem:write",
            "filesystem:write(/tmp/out)",
            "filesystem:write(out/report.md)",
            "env:read(HOME)",
            "process:spawn(git)",
            "filesystem:read(~/.sshx)",
            "network:connect(example.com:443)",
            "network:listen(127.0.0.1:8000)",
        ] {
            assert!(danger(&text.parse().unwrap()).is_none(), "{text}");
        }
    }
}
