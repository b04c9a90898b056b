//! What a simulation showed.

use serde::{Deserialize, Serialize};

use crate::Effect;

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    /// The program ended by itself.
    Exit,
    /// A signal ended it.
    Signal,
    /// The wall clock ran out.
    Timeout,
    /// The CPU time ran out.
    CpuLimit,
    /// Memory ran out.
    Oom,
    /// It wrote more than it may.
    OutputLimit,
    /// The filter killed it for a forbidden system call.
    Denied,
    /// It never ran; never a pass.
    NotRun,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Exit {
    /// Why.
    pub reason: ExitReason,
    /// The exit status, where there was one.
    pub code: Option<i32>,
    /// The signal, where there was one.
    pub signal: Option<i32>,
    /// One sentence for a person, for instance why it was not run.
    pub detail: Option<String>,
}

/// How strongly the machine let the backend isolate.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Nothing ran.
    None,
    /// Landlock, seccomp and rlimits, without namespaces.
    Nested,
    /// Everything.
    Full,
}

/// One thing a backend promises to enforce.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// Own users, no rights outside.
    UserNamespace,
    /// Own mounts and an own root.
    MountNamespace,
    /// Own process numbers.
    PidNamespace,
    /// No network.
    NetworkNamespace,
    /// Own shared memory and queues.
    IpcNamespace,
    /// Own host name.
    UtsNamespace,
    /// Own view of control groups.
    CgroupNamespace,
    /// File access by rule, beneath the mounts.
    Landlock,
    /// System calls by rule.
    Seccomp,
    /// No capabilities, no way to gain any.
    NoPrivileges,
    /// Wall clock.
    WallLimit,
    /// CPU time.
    CpuLimit,
    /// Memory of the whole tree.
    MemoryLimit,
    /// Processes and threads.
    PidLimit,
    /// Size of one file.
    FileLimit,
    /// Size and number of files in the work directory.
    WorkLimit,
    /// Bounded output.
    OutputLimit,
    /// Every attempt is seen from outside the process.
    Observation,
}

/// A control that this run did without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NotEnforced {
    /// Which.
    pub control: Control,
    /// Why, and how to get it.
    pub reason: String,
}

/// The two runs.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Every module is imported, nothing is called.
    Import,
    /// Every module is imported and its tools are called.
    Call,
    /// The same once more under another date, host name and environment.
    Again,
}

/// One effect that was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Observation {
    /// What was tried.
    pub effect: Effect,
    /// Whether the sandbox let it happen.
    pub allowed: bool,
    /// How often.
    pub count: u64,
    /// `syscall` (from outside the process) or `audit` (Python's own hooks).
    pub witness: String,
    /// The module or the case that was running, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub during: Option<String>,
    /// Whether the path was a decoy, whose opening is a finding by itself.
    #[serde(default)]
    pub decoy: bool,
}

/// How one generated call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CaseOutcome {
    /// It returned.
    Returned,
    /// It raised an exception.
    Raised,
    /// A docstring example gave another result than it says.
    Mismatched,
    /// No result came back.
    Missing,
}

/// What came of making a call once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Repetition {
    /// The same.
    Same,
    /// Something else in a new process.
    Varies,
    /// The same in a new process, and something else when that process called it again.
    Remembers,
}

/// One generated call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CaseResult {
    /// `module.function`.
    pub target: String,
    /// The arguments as written, bounded.
    pub arguments: String,
    /// `signature`, `default`, `hint`, `docstring`, `property`, `script`, `model`.
    pub source: String,
    /// How it ended.
    pub outcome: CaseOutcome,
    /// Exception or value, bounded; hostile text.
    pub detail: String,
    /// What came of making it once more, where it was made again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repeated: Option<Repetition>,
}

/// A file the run left behind in its work directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FileChange {
    /// Relative to the work directory.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// `file`, `directory`, `link`, `other`.
    pub kind: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PhaseTrace {
    /// Which.
    pub phase: Phase,
    /// How it ended.
    pub exit: Exit,
    /// Milliseconds.
    pub wall_ms: u64,
    /// Milliseconds of CPU over the whole tree.
    pub cpu_ms: u64,
    /// Largest memory seen, bytes, where it was measured.
    pub peak_memory_bytes: Option<u64>,
    /// Bounded; hostile text.
    pub stdout: String,
    /// Bounded; hostile text.
    pub stderr: String,
    /// Bytes written to both, also those that were cut.
    pub output_bytes: u64,
    /// What was tried, start-up noise of the interpreter taken off.
    pub observations: Vec<Observation>,
    /// Observations that did not fit into the bound.
    pub dropped: u64,
    /// Modules that were imported.
    pub imported: Vec<String>,
    /// Modules that could not be imported, with the exception's text.
    pub import_errors: Vec<(String, String)>,
    /// Third-party modules that the environment lacks.
    pub missing_modules: Vec<String>,
    /// The calls.
    pub cases: Vec<CaseResult>,
    /// What it left behind.
    pub files: Vec<FileChange>,
    /// What was different from the other runs: `date`, `host name`, `environment`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub shifted: Vec<String>,
}

/// Everything a backend saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Trace {
    /// `native`, `docker`, `nsjail`, `simulated`.
    pub backend: String,
    /// How strongly it isolated.
    pub tier: Tier,
    /// What was enforced.
    pub enforced: Vec<Control>,
    /// What was not.
    pub not_enforced: Vec<NotEnforced>,
    /// `CPython 3.11.7`, where Python ran.
    pub interpreter: Option<String>,
    /// The runs; empty when there was nothing to run.
    pub phases: Vec<PhaseTrace>,
}
