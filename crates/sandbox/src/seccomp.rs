//! The policy of `sandbox/seccomp/policy.txt`, read and assembled into a BPF program.

use libc::{
    BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W,
    sock_filter,
};

const POLICY: &str = include_str!("../../../sandbox/seccomp/policy.txt");
const NESTED: &str = include_str!("../../../sandbox/seccomp/nested.txt");

/// Both policies, as written.
pub(crate) const TEXT: [&str; 2] = [POLICY, NESTED];

/// The numbers at which the kernel's `seccomp_data` holds what the filter looks at.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

/// A machine whose call numbers the policy knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    X86_64,
    Aarch64,
}

impl Rule {
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }
}

impl Machine {
    /// The machine this program was built for.
    pub(crate) const fn here() -> Option<Self> {
        if cfg!(target_arch = "x86_64") {
            Some(Self::X86_64)
        } else if cfg!(target_arch = "aarch64") {
            Some(Self::Aarch64)
        } else {
            None
        }
    }

    /// The number of seccomp(2).
    pub(crate) const fn seccomp_number(self) -> u32 {
        match self {
            Self::X86_64 => 317,
            Self::Aarch64 => 277,
        }
    }

    const fn audit_number(self) -> u32 {
        match self {
            Self::X86_64 => 0xc000_003e,
            Self::Aarch64 => 0xc000_00b7,
        }
    }
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Allow,
    Fail(i32),
    /// Announced, then performed.
    Watch,
    /// Announced, never performed.
    Refuse,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Always,
    OneOf(u32, Vec<u32>),
    NoneOf(u32, Vec<u32>),
    AnyBit(u32, u32),
}

/// One line of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) action: Action,
    number: u32,
    pub(crate) condition: Condition,
}

/// The policy's lines for one machine, stricter without namespaces; `Err` names the line that cannot be read.
pub(crate) fn policy(machine: Machine, nested: bool) -> Result<Vec<Rule>, &'static str> {
    let first = if nested { NESTED } else { "" };
    first
        .lines()
        .chain(POLICY.lines())
        .map(|line| (line, line.split('#').next().unwrap_or("").trim()))
        .filter(|(_, rule)| !rule.is_empty())
        .filter_map(|(line, rule)| parse(rule, machine).ok_or(line).transpose())
        .collect()
}

/// The same where nobody answers and no program was granted: the launcher starts the interpreter by another call.
pub(crate) fn without_programs(mut rules: Vec<Rule>) -> Vec<Rule> {
    for rule in rules.iter_mut().filter(|rule| rule.name == "execve") {
        rule.action = Action::Fail(libc::EACCES);
    }
    rules
}

/// `None` is a line that cannot be read, `Some(None)` a call this machine does not have.
fn parse(line: &'static str, machine: Machine) -> Option<Option<Rule>> {
    let mut words = line.split_whitespace();
    let name = words.next()?;
    let action = match words.next()? {
        "allow" => Action::Allow,
        "watch" => Action::Watch,
        "refuse" => Action::Refuse,
        "eperm" => Action::Fail(libc::EPERM),
        "enosys" => Action::Fail(libc::ENOSYS),
        "eafnosupport" => Action::Fail(libc::EAFNOSUPPORT),
        _ => return None,
    };
    let (x86_64, aarch64) = (words.next()?, words.next()?);
    let number = match machine {
        Machine::X86_64 => x86_64,
        Machine::Aarch64 => aarch64,
    };
    let condition = match words.next() {
        None => Condition::Always,
        Some(text) => parse_condition(text)?,
    };
    if words.next().is_some() {
        return None;
    }
    if number == "-" {
        return Some(None);
    }
    Some(Some(Rule {
        name,
        action,
        number: number.parse().ok()?,
        condition,
    }))
}

fn parse_condition(text: &str) -> Option<Condition> {
    let (index, rest) = text.strip_prefix("arg")?.split_at_checked(1)?;
    let index = index.parse().ok().filter(|index| *index < 6)?;
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    let numbers = |text: &str| text.split(',').map(number).collect::<Option<Vec<u32>>>();
    if let Some(list) = rest.strip_prefix("!=") {
        return Some(Condition::NoneOf(index, numbers(list)?));
    }
    if let Some(list) = rest.strip_prefix('=') {
        return Some(Condition::OneOf(index, numbers(list)?));
    }
    Some(Condition::AnyBit(index, number(rest.strip_prefix('&')?)?))
}

/// Assembles the filter; with `observed`, watched and refused calls go to the supervisor.
pub(crate) fn assemble(rules: &[Rule], machine: Machine, observed: bool) -> Vec<sock_filter> {
    let mut program = vec![
        load(ARCHITECTURE),
        jump(BPF_JEQ, machine.audit_number(), 1, 0),
        ret(libc::SECCOMP_RET_KILL_PROCESS),
        load(NUMBER),
    ];
    if machine == Machine::X86_64 {
        // Bit 30 marks x32, a second numbering of the same calls.
        program.push(jump(BPF_JGE, 0x4000_0000, 0, 1));
        program.push(ret(libc::SECCOMP_RET_KILL_PROCESS));
    }
    for rule in rules {
        let verdict = ret(verdict(rule.action, observed));
        if rule.name == "last-known" {
            program.push(jump(BPF_JGT, rule.number, 0, 1));
            program.push(verdict);
            continue;
        }
        let body = body(&rule.condition, verdict);
        program.push(jump(
            BPF_JEQ,
            rule.number,
            0,
            u8::try_from(body.len()).unwrap_or(u8::MAX),
        ));
        program.extend(body);
    }
    program.push(ret(libc::SECCOMP_RET_ALLOW));
    program
}

fn verdict(action: Action, observed: bool) -> u32 {
    match action {
        Action::Allow => libc::SECCOMP_RET_ALLOW,
        Action::Fail(errno) => libc::SECCOMP_RET_ERRNO | errno.cast_unsigned(),
        Action::Watch | Action::Refuse if observed => libc::SECCOMP_RET_USER_NOTIF,
        Action::Watch => libc::SECCOMP_RET_ALLOW,
        Action::Refuse => libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned(),
    }
}

/// The instructions after the number has matched; those that can fall through load the number again.
fn body(condition: &Condition, verdict: sock_filter) -> Vec<sock_filter> {
    let argument = |index: u32| load(ARGUMENTS + 8 * index);
    let count = |list: &[u32]| u8::try_from(list.len()).unwrap_or(u8::MAX);
    match condition {
        Condition::Always => vec![verdict],
        Condition::AnyBit(index, mask) => {
            vec![
                argument(*index),
                jump(BPF_JSET, *mask, 0, 1),
                verdict,
                load(NUMBER),
            ]
        }
        Condition::OneOf(index, list) => {
            let mut code = vec![argument(*index)];
            // Each match jumps over the remaining comparisons and the jump behind them.
            code.extend(
                (0_u8..)
                    .zip(list)
                    .map(|(at, value)| jump(BPF_JEQ, *value, count(list) - at, 0)),
            );
            code.extend([jump(BPF_JEQ, 0, 1, 1), verdict, load(NUMBER)]);
            code
        }
        Condition::NoneOf(index, list) => {
            let mut code = vec![argument(*index)];
            // Each match jumps over the remaining comparisons and the verdict.
            code.extend(
                (0_u8..)
                    .zip(list)
                    .map(|(at, value)| jump(BPF_JEQ, *value, count(list) - at, 0)),
            );
            code.extend([verdict, load(NUMBER)]);
            code
        }
    }
}

fn load(offset: u32) -> sock_filter {
    instruction(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0)
}

fn ret(value: u32) -> sock_filter {
    instruction(BPF_RET | BPF_K, value, 0, 0)
}

fn jump(test: u32, value: u32, yes: u8, no: u8) -> sock_filter {
    instruction(BPF_JMP | test | BPF_K, value, yes, no)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter {
        code: u16::try_from(code).unwrap_or(0),
        jt,
        jf,
        k,
    }
}

#[cfg(test)]
mod tests;
