//! The policy is run on an interpreter of BPF, for both machines, without asking a kernel.

use super::*;

/// What the program answers to a call on `machine` with these arguments.
fn run(machine: Machine, audit: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let program = assemble(&policy(machine, false).unwrap(), machine, true);
    let word = |offset: u32| match offset {
        NUMBER => number,
        ARCHITECTURE => audit,
        _ => {
            let at = (offset - ARGUMENTS) as usize;
            (arguments[at / 8] >> (8 * (at % 8))) as u32
        }
    };
    let (mut at, mut value) = (0, 0);
    loop {
        let step = program[at];
        at += 1;
        let (class, test) = (u32::from(step.code) & 7, u32::from(step.code) & 0xf0);
        let holds = match (class, test) {
            (BPF_RET, _) => return step.k,
            (BPF_LD, _) => {
                value = word(step.k);
                continue;
            }
            (BPF_JMP, BPF_JEQ) => value == step.k,
            (BPF_JMP, BPF_JGE) => value >= step.k,
            (BPF_JMP, BPF_JGT) => value > step.k,
            (BPF_JMP, BPF_JSET) => value & step.k != 0,
            other => panic!("{other:?} is never emitted"),
        };
        at += usize::from(if holds { step.jt } else { step.jf });
    }
}

fn x86_64(number: u32, arguments: [u64; 6]) -> u32 {
    run(Machine::X86_64, 0xc000_003e, number, arguments)
}

const EPERM: u32 = libc::SECCOMP_RET_ERRNO | 1;
const ENOSYS: u32 = libc::SECCOMP_RET_ERRNO | 38;
const EAFNOSUPPORT: u32 = libc::SECCOMP_RET_ERRNO | 97;

#[test]
fn every_line_of_the_policy_can_be_read_on_both_machines() {
    for machine in [Machine::X86_64, Machine::Aarch64] {
        let (full, nested) = (
            policy(machine, false).unwrap(),
            policy(machine, true).unwrap(),
        );
        assert!(full.len() > 70 && nested.len() == full.len() + 16);
    }
}

#[test]
fn another_architecture_and_x32_are_killed() {
    let kill = libc::SECCOMP_RET_KILL_PROCESS;
    assert_eq!(run(Machine::X86_64, 0x4000_0003, 4, [0; 6]), kill);
    assert_eq!(run(Machine::Aarch64, 0xc000_003e, 63, [0; 6]), kill);
    assert_eq!(x86_64(0x4000_0027, [0; 6]), kill);
}

#[test]
fn what_is_not_listed_is_allowed_and_what_is_unknown_does_not_exist() {
    assert_eq!(x86_64(1, [0; 6]), libc::SECCOMP_RET_ALLOW);
    assert_eq!(x86_64(471, [0; 6]), ENOSYS);
    assert_eq!(x86_64(435, [0; 6]), ENOSYS);
}

#[test]
fn clone_makes_threads_and_no_namespaces() {
    assert_eq!(
        x86_64(56, [0x003d_0f00, 0, 0, 0, 0, 0]),
        libc::SECCOMP_RET_ALLOW
    );
    for flag in [
        0x1000_0000_u64,
        0x0002_0000,
        0x2000_0000,
        0x4000_0000,
        0x0200_0000,
    ] {
        assert_eq!(x86_64(56, [flag | 17, 0, 0, 0, 0, 0]), EPERM, "{flag:#x}");
        assert_eq!(
            run(
                Machine::Aarch64,
                0xc000_00b7,
                220,
                [flag | 17, 0, 0, 0, 0, 0]
            ),
            EPERM
        );
    }
}

#[test]
fn only_local_and_internet_sockets_exist() {
    for (family, expected) in [
        (1, libc::SECCOMP_RET_ALLOW),
        (2, libc::SECCOMP_RET_ALLOW),
        (10, libc::SECCOMP_RET_ALLOW),
        (16, EAFNOSUPPORT),
        (17, EAFNOSUPPORT),
        (38, EAFNOSUPPORT),
        (40, EAFNOSUPPORT),
    ] {
        assert_eq!(x86_64(41, [family, 1, 0, 0, 0, 0]), expected, "{family}");
    }
}

#[test]
fn typing_into_the_terminal_is_refused_whatever_the_high_bits() {
    for command in [0x5412_u64, 0x541c, 0xffff_ffff_0000_5412] {
        assert_eq!(x86_64(16, [0, command, 0, 0, 0, 0]), EPERM, "{command:#x}");
    }
    assert_eq!(x86_64(16, [0, 0x5401, 0, 0, 0, 0]), libc::SECCOMP_RET_ALLOW);
}

#[test]
fn the_launchers_descriptors_pass_and_others_are_announced() {
    let notify = libc::SECCOMP_RET_USER_NOTIF;
    assert_eq!(x86_64(322, [1023, 0, 0, 0, 0, 0]), libc::SECCOMP_RET_ALLOW);
    assert_eq!(x86_64(322, [5, 0, 0, 0, 0, 0]), notify);
    assert_eq!(x86_64(46, [1022, 0, 0, 0, 0, 0]), libc::SECCOMP_RET_ALLOW);
    assert_eq!(x86_64(46, [5, 0, 0, 0, 0, 0]), notify);
    assert_eq!(x86_64(44, [5, 0, 0, 0, 0x7fff_0000_0000, 0]), notify);
}

#[test]
fn where_nobody_watches_no_program_is_started() {
    let rules = without_programs(policy(Machine::X86_64, true).unwrap());
    let of = |name: &str| -> Vec<Action> {
        let named = rules.iter().filter(|rule| rule.name == name);
        named.map(|rule| rule.action).collect()
    };
    assert_eq!(of("execve"), [Action::Fail(libc::EACCES)]);
    // The launcher's own way.
    assert_eq!(of("execveat"), [Action::Allow, Action::Refuse]);
}
