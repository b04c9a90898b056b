//! CPython's marshal format, read for the names in code objects and for nothing else.

use std::collections::BTreeSet;

use super::reader::Reader;

/// Objects read from one file.
const MAX_OBJECTS: usize = 500_000;
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

#[derive(Debug, Clone)]
enum Object {
    Text(String),
    Tuple(Vec<Object>),
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
            return Err("it is larger than the scanner's bounds");
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
        Ok(Object::Text(
            String::from_utf8_lossy(self.reader.take(length)?).into_owned(),
        ))
    }

    fn sequence(&mut self, count: usize, depth: usize) -> Result<Object, &'static str> {
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.object(depth + 1)?);
        }
        Ok(Object::Tuple(items))
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
        for constant in texts_of(&constants) {
            self.found.texts.insert(constant.to_owned());
        }
        for name in texts_of(&names) {
            self.found.names.insert(name.to_owned());
        }
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
}

fn texts_of(object: &Object) -> Vec<&str> {
    match object {
        Object::Tuple(items) => items
            .iter()
            .flat_map(|item| {
                if let Object::Text(text) = item {
                    Some(text.as_str())
                } else {
                    None
                }
            })
            .collect(),
        Object::Text(_) | Object::Other => Vec::new(),
    }
}
