//! Pickle's opcodes, walked with a stack of texts and nothing else.

use std::collections::{BTreeSet, HashMap};

use crate::data::reader::Reader;

/// Opcodes walked in one pickle.
const MAX_OPCODES: usize = 2_000_000;
/// Texts kept on the stack and in the memo.
const MAX_STACK: usize = 200_000;
/// Longest text that is kept, in bytes: no module has such a name, so what is longer is data.
const MAX_NAME: usize = 512;

/// Why a walk over a pickle that may be a good one ends.
pub(super) const TOO_LARGE: &str = "it is larger than the scanner's bounds";

/// Something a pickle names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A callable: module and name.
    Global(String, String),
    /// A callable whose name is put together while it is loaded.
    Computed,
    /// A callable by its number in the reader's registry.
    Extension(u32),
}

/// What stands on the stack, as far as naming callables needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Text(String),
    Mark,
    Other,
}

/// A walk over one pickle.
pub(super) struct Walk {
    pub(super) events: BTreeSet<Event>,
    /// Something that was named is called.
    pub(super) calls: bool,
    /// The pickle's length, or why it is none.
    pub(super) end: Result<usize, &'static str>,
    /// How many bytes were looked at.
    pub(super) cost: usize,
}

struct Machine<'b> {
    reader: Reader<'b>,
    stack: Vec<Item>,
    memo: HashMap<u32, Item>,
    events: BTreeSet<Event>,
    calls: bool,
}

impl Walk {
    pub(super) fn over(bytes: &[u8]) -> Self {
        let mut machine = Machine {
            reader: Reader::new(bytes),
            stack: Vec::new(),
            memo: HashMap::new(),
            events: BTreeSet::new(),
            calls: false,
        };
        let end = machine.run();
        let cost = match end {
            // A line was looked for to the very end.
            Err(_) if machine.reader.expects_line => bytes.len(),
            Ok(_) | Err(_) => machine.reader.at,
        };
        Self {
            events: machine.events,
            calls: machine.calls,
            end,
            cost,
        }
    }
}

impl Machine<'_> {
    fn run(&mut self) -> Result<usize, &'static str> {
        for _ in 0..MAX_OPCODES {
            let opcode = self.reader.byte()?;
            if opcode == b'.' {
                return Ok(self.reader.at);
            }
            self.step(opcode)?;
            if self.stack.len() > MAX_STACK {
                return Err(TOO_LARGE);
            }
        }
        Err(TOO_LARGE)
    }

    fn push_text(&mut self, text: &[u8]) {
        if text.len() < MAX_NAME {
            self.stack
                .push(Item::Text(String::from_utf8_lossy(text).into_owned()));
        } else {
            self.other();
        }
    }

    /// A text with escapes is put together when it is loaded.
    fn push_line(&mut self, line: &[u8]) {
        let text = line
            .strip_prefix(b"'")
            .or_else(|| line.strip_prefix(b"\""))
            .unwrap_or(line);
        let text = text
            .strip_suffix(b"'")
            .or_else(|| text.strip_suffix(b"\""))
            .unwrap_or(text);
        if memchr::memchr(b'\\', text).is_some() {
            self.other();
        } else {
            self.push_text(text);
        }
    }

    fn other(&mut self) {
        self.stack.push(Item::Other);
    }

    fn pop(&mut self) -> Item {
        self.stack.pop().unwrap_or(Item::Other)
    }

    fn pop_mark(&mut self) {
        while let Some(item) = self.stack.pop() {
            if item == Item::Mark {
                return;
            }
        }
    }

    fn put(&mut self, key: usize) {
        let top = self.stack.last().cloned().unwrap_or(Item::Other);
        if self.memo.len() < MAX_STACK {
            self.memo
                .insert(u32::try_from(key).unwrap_or(u32::MAX), top);
        }
    }

    fn get(&mut self, key: usize) {
        let item = self
            .memo
            .get(&u32::try_from(key).unwrap_or(u32::MAX))
            .cloned();
        self.stack.push(item.unwrap_or(Item::Other));
    }

    /// Python reads more spellings of a number; whoever needs one hides which text is meant.
    fn decimal(line: &[u8]) -> Result<usize, &'static str> {
        std::str::from_utf8(line)
            .ok()
            .and_then(|digits| digits.trim().parse::<u32>().ok())
            .and_then(|key| usize::try_from(key).ok())
            .ok_or("a key of its memo is no plain number")
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each group of the format's opcodes"
    )]
    fn step(&mut self, opcode: u8) -> Result<(), &'static str> {
        match opcode {
            b'(' => self.stack.push(Item::Mark),
            b'0' => {
                self.pop();
            }
            b'1' => self.pop_mark(),
            b'2' => {
                let top = self.stack.last().cloned().unwrap_or(Item::Other);
                self.stack.push(top);
            }
            b'F' | b'I' | b'L' => {
                self.reader.line()?;
                self.other();
            }
            b'P' => {
                self.reader.line()?;
                self.other();
            }
            b'J' => {
                self.reader.take(4)?;
                self.other();
            }
            b'K' => {
                self.reader.take(1)?;
                self.other();
            }
            b'M' => {
                self.reader.take(2)?;
                self.other();
            }
            b'G' => {
                self.reader.take(8)?;
                self.other();
            }
            b'N' | b']' | b'}' | b')' | 0x88 | 0x89 | 0x8f | 0x97 => self.other(),
            b'Q' => {
                self.pop();
                self.other();
            }
            b'S' | b'V' => {
                let line = self.reader.line()?;
                self.push_line(line);
            }
            b'T' | b'X' | b'B' => self.sized_text(4)?,
            b'U' | b'C' | 0x8c => self.sized_text(1)?,
            0x8d | 0x8e | 0x96 => self.sized_text(8)?,
            0x8a => self.sized_other(1)?,
            0x8b => self.sized_other(4)?,
            b'c' => {
                let (module, name) = (self.reader.line()?, self.reader.line()?);
                self.global(module, name);
                self.other();
            }
            b'i' => {
                let (module, name) = (self.reader.line()?, self.reader.line()?);
                self.global(module, name);
                self.calls = true;
                self.pop_mark();
                self.other();
            }
            0x93 => self.stack_global(),
            0x82..=0x84 => {
                let width = [1, 2, 4]
                    .get(usize::from(opcode - 0x82))
                    .copied()
                    .unwrap_or(1);
                let code = self.reader.number(width)?;
                self.events
                    .insert(Event::Extension(u32::try_from(code).unwrap_or(u32::MAX)));
                self.other();
            }
            b'R' | b'b' | 0x81 => {
                self.calls = true;
                self.pop();
                self.pop();
                self.other();
            }
            0x92 => {
                self.calls = true;
                for _ in 0..3 {
                    self.pop();
                }
                self.other();
            }
            b'o' | b'd' | b'l' | b't' | 0x91 => {
                self.calls |= opcode == b'o';
                self.pop_mark();
                self.other();
            }
            b'a' => {
                self.pop();
            }
            b's' => {
                self.pop();
                self.pop();
            }
            b'e' | b'u' | 0x90 => self.pop_mark(),
            0x85 => self.tuple(1),
            0x86 => self.tuple(2),
            0x87 => self.tuple(3),
            b'p' => {
                let key = Self::decimal(self.reader.line()?)?;
                self.put(key);
            }
            b'q' => {
                let key = self.reader.number(1)?;
                self.put(key);
            }
            b'r' => {
                let key = self.reader.number(4)?;
                self.put(key);
            }
            0x94 => {
                let key = self.memo.len();
                self.put(key);
            }
            b'g' => {
                let key = Self::decimal(self.reader.line()?)?;
                self.get(key);
            }
            b'h' => {
                let key = self.reader.number(1)?;
                self.get(key);
            }
            b'j' => {
                let key = self.reader.number(4)?;
                self.get(key);
            }
            0x80 => {
                if self.reader.byte()? > 5 {
                    return Err("its protocol is not known");
                }
            }
            0x95 => {
                self.reader.take(8)?;
            }
            0x98 => {}
            _ => return Err("it has an opcode that is not known"),
        }
        Ok(())
    }

    fn tuple(&mut self, count: usize) {
        for _ in 0..count {
            self.pop();
        }
        self.other();
    }

    fn sized_text(&mut self, width: usize) -> Result<(), &'static str> {
        let length = self.reader.number(width)?;
        let text = self.reader.take(length)?;
        self.push_text(text);
        Ok(())
    }

    fn sized_other(&mut self, width: usize) -> Result<(), &'static str> {
        let length = self.reader.number(width)?;
        self.reader.take(length)?;
        self.other();
        Ok(())
    }

    fn global(&mut self, module: &[u8], name: &[u8]) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.events.insert(Event::Global(text(module), text(name)));
    }

    fn stack_global(&mut self) {
        let (name, module) = (self.pop(), self.pop());
        self.events.insert(match (module, name) {
            (Item::Text(module), Item::Text(name)) => Event::Global(module, name),
            _ => Event::Computed,
        });
        self.other();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &[(&str, &str)]) {
        let walk = Walk::over(bytes);
        assert_eq!(walk.end, Ok(bytes.len()));
        let expected: Vec<_> = expected
            .iter()
            .map(|(module, name)| Event::Global((*module).into(), (*name).into()))
            .collect();
        assert_eq!(walk.events.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn callables_are_read_from_every_protocol() {
        check(b"cos\nsystem\n(S'id'\ntR.", &[("os", "system")]);
        check(b"(S'id'\nios\nsystem\n.", &[("os", "system")]);
        check(
            b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
            &[("posix", "system")],
        );
        check(
            b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x940h\x00h\x01\x93.",
            &[("posix", "system")],
        );
        check(b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s.", &[]);
    }

    #[test]
    fn a_name_that_is_computed_is_said_so() {
        let walk = Walk::over(b"\x80\x04\x8c\x02os)\x93.");
        assert_eq!(walk.events, BTreeSet::from([Event::Computed]));
        let walk = Walk::over(b"\x80\x04S'o\\x73'\nS'system'\n\x93.");
        assert_eq!(walk.events, BTreeSet::from([Event::Computed]));
    }

    #[test]
    fn a_key_that_only_python_reads_as_a_number_is_refused() {
        assert!(Walk::over(b"\x80\x04S'os'\np1_0\n.").end.is_err());
    }

    #[test]
    fn cut_and_foreign_bytes_are_refused() {
        assert!(Walk::over(b"\x80\x04\x8c\xff").end.is_err());
        assert!(Walk::over(b"\x80\x04\xfe").end.is_err());
        assert!(Walk::over(b"").end.is_err());
    }
}
