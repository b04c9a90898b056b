//! Scans folders as skills and prints what each would be quarantined for: `skills RULES FOLDER…`.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::path::{Path, PathBuf};

use skillgate_model::{Confidence, Content, Manifest, Severity, Skill, SkillFile, SkillKind};
use skillgate_scanner::{Rules, Scanner};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let rules = arguments.next().ok_or("usage: skills RULES FOLDER…")?;
    let mut files = Vec::new();
    collect(&rules, &rules, &mut |path, bytes| {
        if path.ends_with(".yml") {
            files.push((
                PathBuf::from(path),
                String::from_utf8_lossy(&bytes).into_owned(),
            ));
        }
    })?;
    let scanner = Scanner::new(Rules::parse(files)?);
    for folder in arguments {
        let skill = load(&folder)?;
        let scan = scanner.scan(&skill);
        let gates = |finding: &&skillgate_model::Finding| {
            finding.rule.severity >= Severity::High && finding.rule.confidence >= Confidence::Medium
        };
        let flagged = scan.findings.iter().any(|finding| gates(&finding));
        println!(
            "{}\t{}",
            if flagged { "FLAGGED" } else { "clean" },
            folder.display()
        );
        for finding in &scan.findings {
            let excerpt = finding
                .excerpt
                .as_ref()
                .map_or("", |excerpt| excerpt.text.trim());
            println!(
                "\t{}\t{}\t{}:{}\t{}\t{}",
                if gates(&finding) { "!" } else { "-" },
                finding.rule.id,
                finding.location.path,
                finding.location.line,
                finding.detail.as_deref().unwrap_or(""),
                excerpt.chars().take(220).collect::<String>()
            );
        }
    }
    Ok(())
}

fn load(folder: &Path) -> Result<Skill, Box<dyn Error>> {
    let mut files = Vec::new();
    let root = if folder.is_dir() {
        folder
    } else {
        folder.parent().unwrap_or(folder)
    };
    collect(root, folder, &mut |path, bytes| {
        files.push(SkillFile {
            path: path.to_owned(),
            raw: PathBuf::from(path),
            mode: 0o644,
            size: bytes.len() as u64,
            sha256: String::new(),
            content: Content::Bytes(bytes.into()),
        });
    })?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Skill {
        name: folder.display().to_string(),
        kind: SkillKind::Folder,
        root: folder.to_owned(),
        manifest: Manifest::default(),
        manifest_path: None,
        files,
        digest: String::new(),
    })
}

fn collect(root: &Path, path: &Path, each: &mut dyn FnMut(&str, Vec<u8>)) -> std::io::Result<()> {
    if path.is_symlink() {
        return Ok(());
    }
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(root, &entry?.path(), each)?;
        }
        return Ok(());
    }
    let name = path
        .strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned();
    each(&name, std::fs::read(path)?);
    Ok(())
}
