//! What nsjail is told, in the text form of its own `config.proto`; every field was read in its source.

use std::fmt::Write;

use crate::guest;
use crate::native::root::{DEVICES, ETC};
use crate::native::spec::{SKILL, Spec};

/// The payload's user and group inside.
const AGENT: u32 = 1000;
/// What the interpreter of process 1 adds to the payload's processes.
const OWN_PROCESSES: u32 = 1;
/// Process 1 places descriptors at fixed numbers below this.
const DESCRIPTORS: u32 = 1024;

/// The configuration for one run in this interpreter; the payload has this user and group on the host.
pub(crate) fn config(spec: &Spec, python: &str, outside: (u32, u32), supervisor: &str) -> String {
    let limits = &spec.limits;
    let seconds = limits.wall_ms.div_ceil(1000) + 2 * guest::GRACE_SECONDS;
    let mut text = format!(
        "mode: ONCE\nhostname: \"sandbox\"\ncwd: \"/\"\ntime_limit: {seconds}\nlog_level: INFO\nnice_level: 0\n\
         keep_env: false\nkeep_caps: false\ndisable_no_new_privs: false\n\
         clone_newnet: true\nclone_newuser: true\nclone_newns: true\nclone_newpid: true\nclone_newipc: true\n\
         clone_newuts: true\nclone_newcgroup: true\niface_no_lo: true\nmount_proc: false\n"
    );
    // Those of the payload are set by process 1, which needs more descriptors and has to plant larger files.
    for name in ["as", "cpu", "fsize", "stack"] {
        line(&mut text, format_args!("rlimit_{name}_type: HARD"));
    }
    line(&mut text, format_args!("rlimit_core: 0"));
    line(&mut text, format_args!("rlimit_nofile: {DESCRIPTORS}"));
    line(
        &mut text,
        format_args!(
            "rlimit_nproc: {}\nrlimit_nproc_type: VALUE",
            limits.pids + OWN_PROCESSES
        ),
    );
    for name in ["memlock", "rtprio", "msgqueue"] {
        line(
            &mut text,
            format_args!("rlimit_{name}: 0\nrlimit_{name}_type: VALUE"),
        );
    }
    line(
        &mut text,
        format_args!(
            "uidmap {{ inside_id: \"{AGENT}\" outside_id: \"{}\" count: 1 }}",
            outside.0
        ),
    );
    line(
        &mut text,
        format_args!(
            "gidmap {{ inside_id: \"{AGENT}\" outside_id: \"{}\" count: 1 }}",
            outside.1
        ),
    );
    for variable in &spec.env {
        line(&mut text, format_args!("envar: {}", quoted(variable)));
    }
    mounts(&mut text, spec);
    // Its supervisor comes last, for whoever reads a list of processes.
    let arguments = ["-I", "-S", "-B", "-c", guest::PROGRAM, "-", "0", supervisor];
    let arguments: String = arguments
        .iter()
        .map(|argument| format!(" arg: {}", quoted(argument)))
        .collect();
    line(
        &mut text,
        format_args!("exec_bin {{ path: {}{arguments} }}", quoted(python)),
    );
    text
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _cannot_fail = writeln!(text, "{line}");
}

/// An empty root in memory, the interpreter's files, small file systems that can be written.
fn mounts(text: &mut String, spec: &Spec) {
    let harmless = "nosuid: true nodev: true";
    line(
        text,
        format_args!(
            "mount {{ dst: \"/\" fstype: \"tmpfs\" options: \"size=4194304,mode=0755\" {harmless} }}"
        ),
    );
    for path in &spec.visible {
        let path = quoted(path);
        line(
            text,
            format_args!("mount {{ src: {path} dst: {path} is_bind: true {harmless} }}"),
        );
    }
    for path in DEVICES {
        line(
            text,
            format_args!(
                "mount {{ src: \"{path}\" dst: \"{path}\" is_bind: true rw: true nosuid: true }}"
            ),
        );
    }
    for (link, target) in spec
        .links
        .iter()
        .filter(|(link, _)| !link.starts_with(SKILL))
    {
        let (link, target) = (quoted(link), quoted(target));
        line(
            text,
            format_args!("mount {{ src: {target} dst: {link} is_symlink: true }}"),
        );
    }
    for (path, content) in ETC {
        line(
            text,
            format_args!(
                "mount {{ dst: \"{path}\" src_content: {} {harmless} }}",
                quoted(content)
            ),
        );
    }
    line(
        text,
        format_args!(
            "mount {{ dst: \"/proc\" fstype: \"proc\" options: \"subset=pid,hidepid=invisible\" {harmless} noexec: true \
             mandatory: false }}"
        ),
    );
    for (path, bytes, nodes) in guest::memory_files(spec) {
        let options = format!("size={bytes},nr_inodes={nodes},mode=0700,uid={AGENT},gid={AGENT}");
        line(
            text,
            format_args!(
                "mount {{ dst: \"{path}\" fstype: \"tmpfs\" options: \"{options}\" rw: true noexec: true {harmless} }}"
            ),
        );
    }
}

/// A string of the protobuf text format.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b'\n' => quoted.push_str("\\n"),
            0x20..0x7f => quoted.push(char::from(byte)),
            _ => {
                let _cannot_fail = write!(quoted, "\\{byte:03o}");
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
