//! The seccomp policy in the form that container engines read.

use serde_json::{Value, json};

use crate::seccomp::{self, Action, Condition, Machine, Rule};

/// Gaps between allowed values are listed one by one up to this width.
const WIDEST: u32 = 64;

/// What the engine itself denies, for the life of the container; what the policy only watches is left to the filter
/// inside, which also knows what this format cannot say.
pub(crate) fn profile() -> Result<String, &'static str> {
    let machine = Machine::here().ok_or("no policy for this architecture")?;
    let rules = seccomp::policy(machine, false)?;
    let architecture = match machine {
        Machine::X86_64 => "SCMP_ARCH_X86_64",
        Machine::Aarch64 => "SCMP_ARCH_AARCH64",
    };
    let syscalls: Vec<Value> = rules.iter().flat_map(denied).collect();
    Ok(json!({
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": [architecture],
        "syscalls": syscalls,
    })
    .to_string())
}

fn denied(rule: &Rule) -> Vec<Value> {
    // Process 1 installs the filter inside, which then denies this call to the payload.
    let needed_inside = rule.name == "seccomp" || rule.name == "last-known";
    let Action::Fail(errno) = rule.action else {
        return Vec::new();
    };
    if needed_inside {
        return Vec::new();
    }
    let entry = |arguments: Value| {
        json!({
            "names": [rule.name], "action": "SCMP_ACT_ERRNO", "errnoRet": errno, "args": arguments,
        })
    };
    match &rule.condition {
        Condition::Always => vec![entry(json!([]))],
        Condition::AnyBit(index, mask) => bits(*mask)
            .map(|bit| {
                entry(json!([{ "index": index, "value": bit, "valueTwo": bit, "op": "SCMP_CMP_MASKED_EQ" }]))
            })
            .collect(),
        Condition::OneOf(index, list) => list
            .iter()
            .map(|value| {
                // The low 32 bits decide, as in the kernel.
                entry(json!([{ "index": index, "value": u32::MAX, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ" }]))
            })
            .collect(),
        Condition::NoneOf(index, list) => others(list)
            .into_iter()
            .map(|(value, comparison)| {
                entry(json!([{ "index": index, "value": value, "valueTwo": 0, "op": comparison }]))
            })
            .collect(),
    }
}

fn bits(mask: u32) -> impl Iterator<Item = u32> {
    (0..32).map(|at| 1 << at).filter(move |bit| mask & bit != 0)
}

/// Everything but these values, as comparisons of which one must hold; a gap too wide for this format is left out.
fn others(list: &[u32]) -> Vec<(u32, &'static str)> {
    let mut sorted = list.to_vec();
    sorted.sort_unstable();
    let mut found = Vec::new();
    let mut next = 0;
    for value in sorted {
        if value - next <= WIDEST {
            found.extend((next..value).map(|other| (other, "SCMP_CMP_EQ")));
        }
        next = value.saturating_add(1);
    }
    if next != u32::MAX {
        found.push((next - 1, "SCMP_CMP_GT"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_the_policy_denies_outright_is_denied_by_the_engine_too() {
        let profile: Value = serde_json::from_str(&profile().unwrap()).unwrap();
        let entries = profile["syscalls"].as_array().unwrap();
        let machine = Machine::here().unwrap();
        let left: Vec<&str> = seccomp::policy(machine, false)
            .unwrap()
            .iter()
            .filter(|rule| matches!(rule.action, Action::Fail(_)))
            .map(|rule| rule.name)
            .filter(|name| !entries.iter().any(|entry| entry["names"][0] == *name))
            .collect();
        // The filter inside denies these: numbers without a name, the call that installs it, a condition too wide.
        assert_eq!(left, ["last-known", "seccomp", "personality"]);
    }

    #[test]
    fn other_socket_families_are_all_denied() {
        assert_eq!(
            others(&[1, 2, 10])
                .iter()
                .map(|(value, comparison)| format!("{comparison} {value}"))
                .collect::<Vec<_>>(),
            [
                "SCMP_CMP_EQ 0",
                "SCMP_CMP_EQ 3",
                "SCMP_CMP_EQ 4",
                "SCMP_CMP_EQ 5",
                "SCMP_CMP_EQ 6",
                "SCMP_CMP_EQ 7",
                "SCMP_CMP_EQ 8",
                "SCMP_CMP_EQ 9",
                "SCMP_CMP_GT 10",
            ]
        );
    }
}
