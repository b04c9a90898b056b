//! Rules of the gate itself: what loading, simulation and comparison have to say.

use std::sync::Arc;

use skillgate_model::{Confidence, Effect, Finding, Layer, Location, RuleInfo, Severity, Taxonomy};

/// One rule that no engine of the scanner speaks for.
#[derive(Debug, Clone, Copy)]
pub struct GateRule {
    /// Stable for ever.
    pub id: &'static str,
    /// The bad pattern in a few words.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How often it is right.
    pub confidence: Confidence,
    /// Who speaks.
    pub layer: Layer,
    /// One sentence.
    pub message: &'static str,
    /// One sentence: the next step.
    pub remedy: &'static str,
}

macro_rules! gate_rules {
    ($($name:ident = $id:literal, $severity:ident, $confidence:ident, $layer:ident, $title:literal, $message:literal, $remedy:literal;)*) => {
        $(pub(crate) const $name: GateRule = GateRule {
            id: $id, title: $title, severity: Severity::$severity,
            confidence: Confidence::$confidence, layer: Layer::$layer,
            message: $message, remedy: $remedy,
        };)*
        /// Every rule of the gate itself, sorted by id.
        pub const GATE_RULES: &[GateRule] = &[$($name),*];
    };
}

gate_rules! {
    REFUSED_SCOPE = "GATE-DECL-001", Medium, High, Permit, "declared scope that declares nothing",
        "declares a scope that is malformed or covers everything",
        "name what the skill needs, for instance `filesystem:read(./**)`";
    HOSTILE_MANIFEST = "GATE-LOAD-001", High, High, Load, "hostile manifest",
        "has a manifest that was built to harm or confuse its reader",
        "write plain `key: value` lines without tags, anchors or duplicate keys";
    BROKEN_MANIFEST = "GATE-LOAD-002", Low, High, Load, "broken manifest",
        "has a manifest that cannot be read, so it declares nothing",
        "start SKILL.md with a line `---`, `name:` and `description:`, and a line `---`";
    SAME_NAME = "GATE-LOAD-003", Medium, High, Load, "name of another skill",
        "bears the name of another candidate with other content",
        "rename one of the two";
    SECOND_OPINION = "GATE-OPINION-001", Medium, Low, Scan, "doubt of a language model",
        "has words that a language model doubts",
        "read the quoted words; remove them, or accept the finding";
    DECOY = "GATE-SIM-001", Critical, High, Simulate, "decoy secret opened",
        "opened a decoy at a place where secrets lie",
        "remove the code that looks for secrets";
    FORBIDDEN_CALL = "GATE-SIM-002", High, High, Simulate, "forbidden system call",
        "was killed for a system call that no skill needs",
        "remove the code that talks to the kernel directly";
    IMPORT_HANGS = "GATE-SIM-003", High, High, Simulate, "import that does not end",
        "does not finish importing within the limits of time",
        "move the work from module level into a function";
    CALL_HANGS = "GATE-SIM-004", Medium, High, Simulate, "call that does not end",
        "does not finish its calls within the limits of time",
        "give every loop and wait an end";
    MEMORY = "GATE-SIM-005", High, High, Simulate, "memory exhausted",
        "used more memory than it may",
        "process the data in pieces";
    OUTPUT = "GATE-SIM-006", High, High, Simulate, "output flood",
        "wrote more output than it may",
        "print a summary instead of the data";
    SIGNAL = "GATE-SIM-007", High, High, Simulate, "death by signal",
        "died by a signal",
        "remove the code that crashes the interpreter";
    NO_ANSWER = "GATE-SIM-008", High, High, Simulate, "runner ended by the skill",
        "ended the process that examined it before the results were in",
        "remove calls that end the process at import or inside a tool";
    IMPORT_FAILS = "GATE-SIM-009", Low, High, Simulate, "import that fails",
        "has a module that raises an exception when it is imported",
        "make the module importable without arguments, files or variables";
    MISSING_MODULE = "GATE-SIM-010", Info, High, Simulate, "missing dependency",
        "imports a module that the sandbox lacks",
        "install it in the environment named by the profile to have this part simulated";
    MISMATCH = "GATE-SIM-011", Low, High, Simulate, "docstring example that is wrong",
        "returns something else than its docstring says",
        "correct the example or the code";
    UNFORESEEN = "GATE-SIM-012", Medium, High, Simulate, "behaviour the code does not show",
        "did something in the sandbox that the static scan did not foresee",
        "write the effect where it can be read, and declare it";
    CRASH = "GATE-SIM-013", Medium, High, Simulate, "call that kills the interpreter",
        "kills the interpreter when it is called",
        "check arguments before they reach native code, and bound recursion";
    FAULT = "GATE-SIM-014", Info, High, Simulate, "call that fails for arguments of its own types",
        "raises an exception of a programming error for arguments of the types it names",
        "handle these arguments, or name narrower types";
    VARIES = "GATE-SIM-015", Info, High, Simulate, "result that varies",
        "gives another result when it is called again with the same arguments",
        "take the clock, randomness and files as arguments where a result must be repeatable";
    REMEMBERS = "GATE-SIM-016", Info, High, Simulate, "leak between calls",
        "lets a call see what an earlier one left in memory",
        "keep state in arguments and results instead of module variables and mutable defaults";
    ELSEWHERE = "GATE-SIM-017", High, High, Simulate, "other behaviour at another date or on another machine",
        "acts in another way under another date, host name and environment",
        "do the same whenever and wherever it runs";
    DEPENDS = "GATE-SIM-018", Info, High, Simulate, "result that depends on date or machine",
        "gives another result under another date, host name and environment",
        "take the date and the machine's properties as arguments";
    WITNESSES = "GATE-SIM-019", Medium, High, Simulate, "witnesses that disagree",
        "did something that the system calls show and Python's own hooks do not",
        "remove the code that goes around the interpreter or takes its hooks away";
}

impl GateRule {
    /// The rule in the form that findings carry.
    pub fn info(&self) -> RuleInfo {
        RuleInfo {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            severity: self.severity,
            confidence: self.confidence,
            excusable: false,
            message: self.message.to_owned(),
            remedy: self.remedy.to_owned(),
            taxonomy: Taxonomy::default(),
        }
    }

    pub(crate) fn finding(
        &self,
        location: Location,
        effect: Option<Effect>,
        detail: impl Into<Option<String>>,
    ) -> Finding {
        let detail = detail.into();
        let seed = format!(
            "{}\0{}\0{}",
            self.id,
            location.path,
            detail.as_deref().unwrap_or_default()
        );
        let fingerprint =
            skillgate_model::hex(&<sha2::Sha256 as sha2::Digest>::digest(seed.as_bytes()));
        Finding {
            rule: Arc::new(self.info()),
            layer: self.layer,
            location,
            effect,
            infers: false,
            detail,
            decoded: Vec::new(),
            excerpt: None,
            fingerprint: fingerprint.get(..32).unwrap_or_default().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_the_gate_are_sorted_and_unique() {
        assert!(GATE_RULES.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
