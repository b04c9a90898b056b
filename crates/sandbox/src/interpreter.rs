//! The Python that runs skills: found once, behind any shim, with the files it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

/// An interpreter and what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// The program itself, links resolved.
    pub(crate) program: String,
    /// The name it is started under, which tells it where its environment lies.
    pub(crate) name: String,
    /// `CPython 3.11.7`.
    pub(crate) version: String,
    /// Read-only paths; no path lies below another.
    pub(crate) visible: Vec<String>,
    /// Links of the root, for instance `/lib` to `usr/lib`.
    pub(crate) links: Vec<(String, String)>,
    /// The dynamic loader, which the kernel executes for it.
    pub(crate) loader: Option<String>,
}

/// Asks the interpreter itself; its libraries are read from its own memory map after it has loaded the usual ones.
pub(crate) const QUESTION: &str = r#"
import sys, os
for name in ("ssl", "sqlite3", "ctypes", "lzma", "bz2", "hashlib", "uuid", "readline", "curses", "decimal"):
    try: __import__(name)
    except Exception: pass
maps = [line.split(None, 5)[5].strip() for line in open("/proc/self/maps") if line.count("/")]
def quote(x): return '"' + x.replace("\\", "\\\\").replace('"', '\\"') + '"'
def array(xs): return "[" + ",".join(quote(x) for x in xs if '\n' not in x) + "]"
print('{"program":%s,"name":%s,"version":%s,"paths":%s,"maps":%s}' % (
    quote(os.path.realpath(sys.executable)), quote(sys.executable),
    quote("%s %d.%d.%d" % (("CPython",) + sys.version_info[:3])),
    array([p for p in sys.path if p]), array(sorted(set(maps)))))
"#;

/// Read by libraries of every second skill, the same on every machine of its kind.
pub(crate) const DATA: [&str; 6] = [
    "/etc/ld.so.cache",
    "/etc/ssl/certs",
    "/usr/share/zoneinfo",
    "/usr/share/ca-certificates",
    "/usr/lib/ssl",
    "/usr/lib/locale",
];

#[derive(Deserialize)]
struct Answer {
    program: String,
    name: String,
    version: String,
    paths: Vec<String>,
    maps: Vec<String>,
}

/// The interpreter that was configured, or the machine's `python3`; each is asked once per process.
pub(crate) fn python(configured: Option<&Path>) -> Result<Arc<Interpreter>, String> {
    type Known = BTreeMap<PathBuf, Result<Arc<Interpreter>, String>>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let program = configured.map_or_else(|| PathBuf::from("python3"), program);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = known.entry(program.clone());
    entry
        .or_insert_with(|| find(&program).map(Arc::new))
        .clone()
}

/// A virtual environment is named by its folder or by its interpreter.
fn program(configured: &Path) -> PathBuf {
    if configured.is_dir() {
        return configured.join("bin/python3");
    }
    configured.to_owned()
}

/// The same in an image, which cannot be looked into: whatever does not lie in a `bin` is an environment.
pub(crate) fn program_in_image(configured: Option<&Path>) -> String {
    let Some(configured) = configured else {
        return "python3".to_owned();
    };
    let folder = configured.parent().and_then(Path::file_name);
    let program = if folder.is_some_and(|name| name == "bin") {
        configured.to_owned()
    } else {
        configured.join("bin/python3")
    };
    program.to_string_lossy().into_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this crate is the one that starts processes"
)]
fn find(program: &Path) -> Result<Interpreter, String> {
    let shown = program.display();
    let output = Command::new(program)
        .args(["-I", "-c", QUESTION])
        .current_dir("/")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| format!("`{shown}` cannot be started: {error}"))?;
    let answer: Answer = serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("`{shown}` is no Python that runs here ({})", output.status))?;
    Ok(described(answer))
}

fn described(answer: Answer) -> Interpreter {
    let mut wanted: BTreeSet<PathBuf> = DATA.iter().map(PathBuf::from).collect();
    wanted.insert(PathBuf::from(&answer.program));
    wanted.insert(PathBuf::from(&answer.name));
    wanted.extend(environment_files(Path::new(&answer.name)).map(PathBuf::from));
    wanted.extend(answer.paths.iter().map(PathBuf::from));
    let library = |path: &&String| path.contains(".so");
    let libraries = answer.maps.iter().filter(library).map(PathBuf::from);
    wanted.extend(libraries.filter_map(|path| path.parent().map(Path::to_owned)));
    let mut loader = None;
    for path in ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"] {
        if let Ok(real) = Path::new(path).canonicalize() {
            wanted.insert(PathBuf::from(path));
            loader = Some(real.to_string_lossy().into_owned());
        }
    }
    let mut interpreter = Interpreter {
        program: answer.program,
        name: answer.name,
        version: answer.version,
        visible: Vec::new(),
        links: Vec::new(),
        loader,
    };
    show(&wanted, &mut interpreter.visible, &mut interpreter.links);
    interpreter
}

/// A virtual environment says beside or above its program where its base is.
pub(crate) fn environment_files(name: &Path) -> impl Iterator<Item = String> {
    let folders = name.ancestors().skip(1).take(2);
    folders.map(|folder| folder.join("pyvenv.cfg").to_string_lossy().into_owned())
}

/// Resolves links on the way to each path: their targets become visible, the links are made again.
pub(crate) fn show(
    wanted: &BTreeSet<PathBuf>,
    visible: &mut Vec<String>,
    links: &mut Vec<(String, String)>,
) {
    let mut real = BTreeSet::new();
    let mut made = BTreeSet::new();
    let mut waiting: Vec<PathBuf> = wanted.iter().cloned().collect();
    // Links that lead in circles are given up.
    let mut steps = 0;
    while let Some(path) = waiting.pop() {
        let mut ancestors: Vec<&Path> = path.ancestors().collect();
        ancestors.reverse();
        let Some(link) = ancestors.into_iter().find(|part| part.is_symlink()) else {
            if path.exists() {
                real.insert(path);
            }
            continue;
        };
        let Ok(target) = link.read_link() else {
            continue;
        };
        let rest = path.strip_prefix(link).unwrap_or(Path::new(""));
        let next = link
            .parent()
            .unwrap_or(Path::new("/"))
            .join(&target)
            .join(rest);
        steps += 1;
        if steps < 1024 {
            waiting.push(normal(&next));
        }
        made.insert((link.to_path_buf(), target));
    }
    let covered = |path: &Path, by: &BTreeSet<PathBuf>| {
        path.ancestors().skip(1).any(|above| by.contains(above))
    };
    let text = |path: &Path| path.to_str().map(str::to_owned);
    visible.extend(
        real.iter()
            .filter(|path| !covered(path, &real))
            .filter_map(|path| text(path)),
    );
    // A link below a visible directory is there already.
    let outside = made.iter().filter(|(link, _)| !covered(link, &real));
    links.extend(outside.filter_map(|(link, target)| Some((text(link)?, text(target)?))));
}

fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::from("/");
    for part in path.components() {
        match part {
            std::path::Component::Normal(name) => parts.push(name),
            std::path::Component::ParentDir => drop(parts.pop()),
            std::path::Component::RootDir
            | std::path::Component::CurDir
            | std::path::Component::Prefix(_) => {}
        }
    }
    parts
}
