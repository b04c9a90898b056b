//! CPython's marshal format, read for the names in code objects and for nothing else.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::reader::Reader;

/// Objects read from one file.
const MAX_OBJECTS: usize = 500_000;
const TOO_LARGE: &str = "it is larger than the scanner's bounds";
/// How deep objects may nest.
const MAX_DEPTH: usize = 100;

/// What the code objects of a module use.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Globals, attributes and imports.
    pub(super) names: BTreeSet<String>,
    /// Text constants.
    pub(super) texts: BTreeSet<String>,
}

/// Shared, because a tuple may hold one tuple many times, and that one another.
#[derive(Debug, Clone)]
enum Object {
    Text(Rc<str>),
    Tuple(Rc<[Object]>),
    Other,
}

struct Objects<'b> {
    reader: Reader<'b>,
    magic: u16,
    references: Vec<Object>,
    objects: usize,
    found: Names,
}

/// Reads a marshalled module; `magic` is the number in the file's header.
pub(super) fn read(bytes: &[u8], magic: u16) -> Result<Names, &'static str> {
    let mut objects = Objects {
        reader: Reader::new(bytes),
        magic,
        references: Vec::new(),
        objects: 0,
        found: Names::default(),
    };
    objects.object(0)?;
    Ok(objects.found)
}

impl Objects<'_> {
    fn object(&mut self, depth: usize) -> Result<Object, &'static str> {
        self.objects += 1;
        if depth > MAX_DEPTH || self.objects > MAX_OBJECTS {
            return Err(TOO_LARGE);
        }
        let code = self.reader.number(1)?;
        let slot = if code & 0x80 != 0 {
            self.references.push(Object::Other);
            Some(self.references.len() - 1)
        } else {
            None
        };
        let object = self.body(u8::try_from(code & 0x7f).unwrap_or(0), depth)?;
        if let Some(place) = slot.and_then(|slot| self.references.get_mut(slot)) {
            *place = object.clone();
        }
        Ok(object)
    }

    fn body(&mut self, code: u8, depth: usize) -> Result<Object, &'static str> {
        match code {
            b'N' | b'F' | b'T' | b'S' | b'.' | b'0' => {}
            b'i' => {
                self.reader.take(4)?;
            }
            b'I' | b'g' => {
                self.reader.take(8)?;
            }
            b'y' => {
                self.reader.take(16)?;
            }
            b'l' => {
                let digits = self.reader.number(4)?;
                let digits = if digits > 0x8000_0000 {
                    0x1_0000_0000 - digits
                } else {
                    digits
                };
                self.reader
                    .take(digits.checked_mul(2).ok_or("a length overflows")?)?;
            }
            b'f' | b'x' => {
                let length = self.reader.number(1)?;
                self.reader.take(length)?;
            }
            b's' => {
                let length = self.reader.number(4)?;
                self.reader.take(length)?;
            }
            b'u' | b't' | b'a' | b'A' => {
                let length = self.reader.number(4)?;
                return self.text(length);
            }
            b'z' | b'Z' => {
                let length = self.reader.number(1)?;
                return self.text(length);
            }
            b'(' | b'[' | b'<' | b'>' => {
                let count = self.reader.number(4)?;
                return self.sequence(count, depth);
            }
            b')' => {
                let count = self.reader.number(1)?;
                return self.sequence(count, depth);
            }
            b'{' => {
                while self.reader.bytes.get(self.reader.at) != Some(&b'0') {
                    self.object(depth + 1)?;
                    self.object(depth + 1)?;
                }
                self.reader.take(1)?;
            }
            b':' => {
                for _ in 0..3 {
                    self.object(depth + 1)?;
                }
            }
            b'r' => {
                let index = self.reader.number(4)?;
                return self
                    .references
                    .get(index)
                    .cloned()
                    .ok_or("a reference leads nowhere");
            }
            b'c' => self.code(depth)?,
            _ => return Err("it has a type that is not known"),
        }
        Ok(Object::Other)
    }

    fn text(&mut self, length: usize) -> Result<Object, &'static str> {
        let text = String::from_utf8_lossy(self.reader.take(length)?);
        Ok(Object::Text(Rc::from(text.as_ref())))
    }

    fn sequence(&mut self, count: usize, depth: usize) -> Result<Object, &'static str> {
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.object(depth + 1)?);
        }
        Ok(Object::Tuple(items.into()))
    }

    /// The fields of a code object, whose order changed with 3.8 and 3.11.
    fn code(&mut self, depth: usize) -> Result<(), &'static str> {
        let numbers = match self.magic {
            3400..=3449 => 6,
            3450..=3999 => 5,
            _ => return Err("its version of Python is not known"),
        };
        self.reader.take(numbers * 4)?;
        self.object(depth + 1)?;
        let constants = self.object(depth + 1)?;
        let names = self.object(depth + 1)?;
        let mut found = std::mem::take(&mut self.found);
        self.texts_of(&constants, 0, &mut found.texts)?;
        self.texts_of(&names, 0, &mut found.names)?;
        self.found = found;
        // 3.8 to 3.10: varnames, freevars, cellvars, filename, name; then: localsplus names and kinds, filename, name, qualname.
        for _ in 0..5 {
            self.object(depth + 1)?;
        }
        self.reader.take(4)?;
        let tables = if numbers == 5 { 2 } else { 1 };
        for _ in 0..tables {
            self.object(depth + 1)?;
        }
        Ok(())
    }

    /// The texts in a constant; each that is looked at counts, however often it is shared.
    fn texts_of(
        &mut self,
        object: &Object,
        depth: usize,
        texts: &mut BTreeSet<String>,
    ) -> Result<(), &'static str> {
        self.objects += 1;
        if depth > MAX_DEPTH || self.objects > MAX_OBJECTS {
            return Err(TOO_LARGE);
        }
        match object {
            Object::Text(text) => {
                if !texts.contains(text.as_ref()) {
                    texts.insert(text.as_ref().to_owned());
                }
            }
            Object::Tuple(items) => {
                for item in items.iter() {
                    self.texts_of(item, depth + 1, texts)?;
                }
            }
            Object::Other => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code object of Python 3.11 with these constants and the name `system`.
    fn code(constants: &[u8]) -> Vec<u8> {
        let mut bytes = vec![b'c'];
        bytes.extend([0; 20]);
        bytes.extend(b"s\0\0\0\0");
        bytes.extend(constants);
        bytes.extend(b")\x01z\x06system");
        bytes.extend(b"NNNNN\0\0\0\0NN");
        bytes
    }

    #[test]
    fn texts_are_found_in_tuples_of_tuples() {
        let names = read(&code(b")\x01)\x01)\x01z\x04curl"), 3495).unwrap();
        assert!(names.texts.contains("curl") && names.names.contains("system"));
    }

    #[test]
    fn tuples_that_hold_one_another_many_times_cost_no_more_than_their_bound() {
        let mut constants = b")\x1f".to_vec();
        constants.extend(b"\xa9\x02NN");
        for level in 0..30_u8 {
            constants.extend(b"\xa9\x08");
            for _ in 0..8 {
                constants.extend([b'r', level, 0, 0, 0]);
            }
        }
        assert_eq!(read(&code(&constants), 3495).unwrap_err(), TOO_LARGE);
    }
}
