//! Programs in languages that no engine follows: known shapes of attack, line by line.

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

pub(super) fn examine(artifact: &Artifact<'_>, sink: &mut Sink<'_>) {
    let text = artifact.text();
    say(sink, artifact, "foreign-script", String::new());
    let source = Source::new(&text);
    if let Some(rule) = sink.rules().check("foreign-attack") {
        for place in ATTACKS.find_iter(&text).take(64) {
            sink.report(rule, artifact, &source, place.range(), None, None);
        }
    }
    tail::examine(artifact, sink);
    sink.examined("data");
}
