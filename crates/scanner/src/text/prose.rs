//! Sentences against the rules that read them.

use std::ops::Range;
use std::sync::Arc;

use skillgate_model::Severity;

use super::Page;
use super::address::{addresses, bare_host};
use super::cut::sentences;
use super::document::{Block, BlockKind, Code, Document, lines};
use super::engine::Engine;
use super::found::Found;
use super::host::{Place, is_villain, place};
use super::lexicon::{Concept, Hit};
use super::matcher::{Mood, Scope};
use super::owner::Owner;
use super::phrase::{Around, Marks};
use super::polarity::Meant;
use super::reading::Reading;
use super::sentence::Sentence;
use super::token::{Token, TokenKind};
use crate::{Rule, Sink};

/// Sentences on each side in which a phrase may find what it looks for around its own.
const NEAR: usize = 2;

/// Bytes of a page beside `SKILL.md` that an agent reads as a whole rather than looks things up in.
const SHORT_PAGE: usize = 4_096;

/// Runs every rule that reads sentences over every block that is meant as an instruction.
///
/// In a page that teaches security, in programs and in data, what somebody does is described: `commands_only`.
pub(crate) fn examine(
    page: &Page<'_>,
    document: &Document,
    engine: &Engine,
    commands_only: bool,
    sink: &mut Sink<'_>,
) {
    if document.blocks.is_empty() && document.codes.is_empty() {
        return;
    }
    let mut reader = Reader {
        engine: engine.reading(),
        text: page.text(),
        acted_on: page.is_acted_on() || page.text().len() <= SHORT_PAGE,
        owner: page.owner(),
        named: (!page.is_acted_on()).then(|| page.owner().by_all(page.text())),
        commands_only,
        found: Found::default(),
        woken: Vec::new(),
        spoken_of: Vec::new(),
        said: Vec::new(),
        matches: Vec::new(),
    };
    let quoted = document
        .codes
        .iter()
        .filter(|code| is_prose(&code.language));
    let strings = document.codes.iter().filter(|code| is_data(&code.language));
    let strings = strings.flat_map(|code| strings_of(page.text(), code));
    let quoted: Vec<Block> = quoted
        .flat_map(|code| paragraphs(page.text(), code))
        .chain(strings)
        .collect();
    for block in document.blocks.iter().chain(&quoted) {
        reader.begin(block);
        let (range, comments) = (block.range.clone(), &document.comments);
        sentences(page.text(), range, comments, |sentence| {
            reader.sentence(block, sentence);
        });
    }
    for (rule, range, hidden) in reader.held() {
        sink.report(
            &rule,
            page.artifact,
            &page.source,
            range.clone(),
            None,
            None,
        );
        if hidden && rule.info.severity >= Severity::High {
            page.check(sink, "hidden-comment", range, Some(rule.info.title.clone()));
        }
    }
}

/// What has been read of a page.
struct Reader<'e> {
    engine: &'e Reading,
    text: &'e str,
    /// The page is acted on, or so short that it is read as a whole.
    acted_on: bool,
    owner: &'e Owner,
    /// Whom a page without a description speaks of.
    named: Option<Owner>,
    commands_only: bool,
    found: Found,
    woken: Vec<usize>,
    /// What "it" and "them" may stand for in the next sentence.
    spoken_of: Vec<Concept>,
    /// What each sentence says that phrases look for around theirs.
    said: Vec<Marks>,
    matches: Vec<Match>,
}

/// A phrase that holds in a sentence, if the sentences around it say what it needs.
struct Match {
    owner: usize,
    range: Range<usize>,
    hidden: bool,
    sentence: usize,
    around: Around,
}

impl Reader<'_> {
    /// A heading and a comment have nothing to do with the sentences before them.
    fn begin(&mut self, block: &Block) {
        if matches!(block.kind, BlockKind::Heading(_) | BlockKind::Comment) {
            self.spoken_of.clear();
            self.said.extend([0; NEAR]);
        }
    }

    fn sentence(&mut self, block: &Block, sentence: &Sentence<'_>) {
        let engine = self.engine;
        let found = &mut self.found;
        engine.lexicon.find(sentence, &mut found.hits);
        engine.lexicon.refer(&self.spoken_of, &mut found.hits);
        for (at, token) in sentence.tokens.iter().enumerate() {
            if is_foreign(self.owner, token) {
                found
                    .hits
                    .extend(engine.foreign.and_then(|one| Hit::at(one, at)));
                let named = self.named.as_ref();
                if is_used(self.text, token) && named.is_none_or(|all| is_foreign(all, token)) {
                    found
                        .hits
                        .extend(engine.stranger.and_then(|one| Hit::at(one, at)));
                }
            }
        }
        let hidden = block.kind == BlockKind::Comment;
        if let (true, Some(concept)) = (hidden, engine.hidden) {
            found.hits.extend(Hit::at(concept, 0));
        }
        found.hits.retain(|hit| {
            let token = sentence.tokens.get(usize::from(hit.start));
            !token.is_some_and(|token| token.quoted) || !engine.deeds.contains(&hit.concept)
        });
        found.index(sentence, engine.lexicon.len());
        let meant = engine.polarity.meant(sentence, found);
        self.spoken_of = things(engine, block, found, meant);
        let described = block.context.described && !hidden && !sentence.addresses_an_agent();
        let marks = match described {
            true => 0,
            false => engine.neighbours.marks(found, meant),
        };
        if meant.begins != 0 {
            self.judge(block, sentence, meant, described);
        }
        self.said.push(marks);
    }

    fn judge(&mut self, block: &Block, sentence: &Sentence<'_>, meant: Meant, described: bool) {
        self.engine.candidates(&self.found, &mut self.woken);
        let commands = sentence.commands();
        let mut settled = None;
        for (owner, phrase) in self
            .woken
            .iter()
            .filter_map(|at| self.engine.phrases.get(*at))
        {
            let Some(says) = self.engine.says.get(*owner) else {
                continue;
            };
            if settled == Some(*owner) || described && says.scope != Scope::Described {
                continue;
            }
            if says.scope == Scope::Acted && !self.acted_on && block.kind != BlockKind::Comment {
                continue;
            }
            if says.foreign && !self.engine.foreign.is_some_and(|one| self.found.has(one)) {
                continue;
            }
            // A table lists more than it orders, so that only its commands are meant.
            let commanded = self.commands_only
                || phrase.commands
                || says.mood == Mood::Imperative
                || block.kind == BlockKind::Row;
            let allowed = Meant {
                begins: meant.begins & if commanded { commands } else { u128::MAX },
                ..meant
            };
            let starts = phrase.starts(&self.found, allowed);
            if starts != 0
                && let Some(first) = sentence.tokens.get(starts.trailing_zeros() as usize)
                && let Some(last) = sentence.tokens.last()
            {
                self.matches.push(Match {
                    owner: *owner,
                    range: first.range.start..last.range.end,
                    hidden: block.kind == BlockKind::Comment,
                    sentence: self.said.len(),
                    around: phrase.around,
                });
                if phrase.around == Around::default() {
                    settled = Some(*owner);
                }
            }
        }
    }

    /// The matches whose neighbours agree, each rule once in a sentence.
    fn held(self) -> Vec<(Arc<Rule>, Range<usize>, bool)> {
        let mut held = Vec::new();
        let mut last = None;
        for one in self.matches {
            let from = one.sentence.saturating_sub(NEAR);
            let near = self
                .said
                .iter()
                .skip(from)
                .take(one.sentence - from + NEAR + 1);
            let said = near.fold(0, |all, marks| all | marks);
            let agrees = one.around.needs & !said == 0 && one.around.excuses & said == 0;
            let place = Some((one.sentence, one.owner));
            if agrees
                && last != place
                && let Some(says) = self.engine.says.get(one.owner)
            {
                last = place;
                held.push((Arc::clone(&says.rule), one.range, one.hidden));
            }
        }
        held
    }
}

/// Blocks that hold prompts, messages and settings rather than programs.
fn is_prose(language: &str) -> bool {
    matches!(
        language,
        "text" | "txt" | "markdown" | "md" | "prompt" | "xml" | "yaml" | "yml" | "plaintext"
    )
}

/// Blocks that hold examples of data, of which an agent reads the strings as well.
fn is_data(language: &str) -> bool {
    matches!(language, "json" | "jsonc" | "json5" | "toml" | "csv")
}

/// Bytes from which on a string can say something.
const SPOKEN: usize = 24;

/// The strings of a block of data that may be sentences.
fn strings_of<'a>(text: &'a str, code: &'a Code) -> impl Iterator<Item = Block> + 'a {
    let body = text.get(code.range.clone()).unwrap_or("");
    let mut quotes = memchr::memchr_iter(b'"', body.as_bytes());
    let pairs = std::iter::from_fn(move || Some((quotes.next()? + 1, quotes.next()?)));
    pairs
        .filter(|(start, end)| end.saturating_sub(*start) >= SPOKEN)
        .map(|(start, end)| Block {
            kind: BlockKind::Paragraph,
            range: code.range.start + start..code.range.start + end,
            context: code.context,
        })
}

/// The lines of a block of prose, run together up to the next empty one.
fn paragraphs(text: &str, code: &Code) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in lines(text.get(..code.range.end).unwrap_or(""))
        .skip_while(|line| line.start < code.range.start)
    {
        let empty = text
            .get(line.clone())
            .is_none_or(|line| line.trim().is_empty());
        match blocks.last_mut() {
            Some(block) if open && !empty => block.range.end = line.end,
            _ if !empty => blocks.push(Block {
                kind: BlockKind::Paragraph,
                range: line,
                context: code.context,
            }),
            _ => {}
        }
        open = !empty;
    }
    blocks
}

/// What "it" and "them" may stand for in the next sentence.
fn things(engine: &Reading, block: &Block, found: &Found, meant: Meant) -> Vec<Concept> {
    let mut things: Vec<Concept> = found
        .hits
        .iter()
        .filter(|hit| meant.spoken_of & 1 << hit.start.min(127) != 0)
        .map(|hit| hit.concept)
        .filter(|concept| engine.lexicon.is_thing(*concept))
        .collect();
    things.dedup();
    if block.context.described {
        things.clear();
    }
    things
}

/// Whether a sentence uses a foreign address rather than refers to it: neither the target of a link, nor a name
/// as short as a product's, nor the example of an attack.
fn is_used(text: &str, token: &Token<'_>) -> bool {
    let before = text.get(..token.range.start).unwrap_or("");
    let linked = ["](", "](<", "<", "href=\"", "src=\"", "]: "];
    let host = token.text.rsplit("://").next().unwrap_or(&token.text);
    let host = host.split(['/', ':', '?']).next().unwrap_or(host);
    let named = token.kind == TokenKind::Path && host.matches('.').count() < 2;
    !named && !is_villain(host) && !linked.iter().any(|mark| before.ends_with(mark))
}

fn is_foreign(owner: &Owner, token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::Url => addresses(&token.text).any(|address| owner.is_foreign(&address)),
        TokenKind::Email => token
            .text
            .rsplit('@')
            .next()
            .is_some_and(|host| owner.is_foreign_host(host)),
        TokenKind::Path => bare_host(&token.text).is_some_and(|host| {
            !matches!(place(host, host), Place::Known | Place::Local) && owner.is_foreign_host(host)
        }),
        TokenKind::Word | TokenKind::Number | TokenKind::Account => false,
    }
}
