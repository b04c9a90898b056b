//! Programs in languages that no engine follows: known shapes of attack, line by line.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{say, tail};
use crate::source::Source;
use crate::{Artifact, Sink};

/// Shapes that have no honest reading in PowerShell, batch, VBScript, Perl, Ruby, PHP and AppleScript.
static ATTACKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?:",
        r"(?:iex|invoke-expression)\b[^\n]*(?:downloadstring|iwr|irm|invoke-webrequest|invoke-restmethod|frombase64string|webclient)|",
        r"(?:downloadstring|iwr|irm|invoke-webrequest|invoke-restmethod|frombase64string)\b[^\n]*\|\s*(?:iex|invoke-expression)|",
        r"powershell[^\n]*\s-(?:e|ec|enc|encodedcommand)\s+[a-z0-9+/=]{16,}|",
        r"(?:set|add)-mppreference|disablerealtimemonitoring|amsiutils|amsiinitfailed|",
        r"certutil[^\n]*-(?:urlcache|decode)|bitsadmin[^\n]*/transfer|mshta\s+(?:https?:|javascript:|vbscript:)|rundll32[^\n]*javascript:|regsvr32[^\n]*/i:https?:|",
                r"nslookup[^\n]*\|[^\n]*\b(?:iex|invoke-expression)|for\s+/f[^\n]*nslookup[^\n]*\bdo\s+(?:cmd|call|start)|net\s+use\s[^\n]*\\\\[^\n]*(?:@\d+|webdav|davwwwroot)|",
        r"reg\s+add[^\n]*currentversion\\run|new-itemproperty[^\n]*currentversion\\run|schtasks[^\n]*/create|",
        r"(?:curl|wget|fetch)\b[^\n|]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|base64\s+(?:-d|-D|--decode)[^\n]*\|\s*(?:ba|z)?sh\b|/dev/tcp/|",
        r"eval\s*\(?\s*(?:base64_decode|gzinflate|str_rot13|unpack|pack|Base64\.decode64|MIME::Base64|open\(|URI\.open|Net::HTTP|file_get_contents\s*\(\s*['\x22]https?)|",
        r"(?:system|exec|passthru|shell_exec|popen)\s*\(\s*\$_(?:GET|POST|REQUEST|COOKIE)|",
        r"io\.popen\s*\([^\n]*(?:curl|wget)|os\.execute\s*\([^\n]*(?:curl|wget)[^\n]*\||",
        r"do shell script\s+[^\n]*(?:curl|base64)[^\n]*\||",
        r"fsockopen\s*\([^\n]*|new-object\s+(?:system\.)?net\.sockets\.tcpclient|tcpsocket\.(?:new|open)[^\n]*exec|use\s+socket;[^\n]*exec\b",
        r")"
    ))
    .expect("the pattern is a constant that the tests compile")
});

/// A variable that is given what was downloaded or decoded, and one that is run.
static FETCHED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\$(\w+)\s*=[^\n]*(?:downloadstring|\biwr\b|\birm\b|invoke-webrequest|invoke-restmethod|frombase64string)")
        .expect("the pattern is a constant that the tests compile")
});
static RUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:iex|invoke-expression)\b[\s(\x22]*\$(\w+)|\$(\w+)[^\n]*\|\s*(?:iex|invoke-expression)\b")
        .expect("the pattern is a constant that the tests compile")
});

/// Where a variable is run that another line filled from the network.
fn executed_later(text: &str) -> Vec<std::ops::Range<usize>> {
    let names = |found: regex::Captures<'_>| {
        let name = found.get(1).or_else(|| found.get(2));
        name.map_or_else(String::new, |name| name.as_str().to_ascii_lowercase())
    };
    let fetched: HashSet<String> = FETCHED.captures_iter(text).map(names).collect();
    if fetched.is_empty() {
        return Vec::new();
    }
    let runs = RUN.captures_iter(text);
    let ranges = runs.filter_map(|found| {
        let range = found.get(0)?.range();
        fetched.contains(&names(found)).then_some(range)
    });
    ranges.take(64).collect()
}

pub(super) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let text = artifact.text();
    say(sink, artifact, "foreign-script", String::new());
    let source = Source::new(&text);
    if let Some(rule) = sink.rules().check("foreign-attack") {
        for place in ATTACKS.find_iter(&text).take(64) {
            sink.report(rule, artifact, &source, place.range(), None, None);
        }
    }
    for place in executed_later(&text) {
        if let Some(rule) = sink.rules().check("foreign-attack") {
            sink.report(rule, artifact, &source, place, None, None);
        }
    }
    tail::examine(artifact, sink);
    sink.examined("data");
}
