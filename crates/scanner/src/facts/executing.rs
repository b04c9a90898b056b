//! What is imported by a text, executed, decoded or read from the skill itself.

use super::args::Args;
use super::checks::Check;
use super::decoders;
use super::interp::Interp;
use super::names::Name;
use super::origin::{Origins, Sinks};
use super::value::Data;
use super::value::Shape;
use super::value::Value;
use crate::{Kind, unpack};
use ruff_text_size::TextRange;
use std::rc::Rc;

impl<'a> Interp<'a, '_> {
    pub(crate) fn import_by_name(
        &mut self,
        key: &Value<'a>,
        from_list: bool,
        range: TextRange,
        top_only: bool,
    ) -> Value<'a> {
        let Some(path) = key.as_text().map(str::to_owned) else {
            if key.from.meets(
                Origins::DECODED
                    .union(Origins::NETWORK)
                    .union(Origins::DECRYPTED),
            ) {
                self.dynamic_access("import", range);
            }
            return key.derived();
        };
        self.hidden_name(key, &path, range);
        self.indirect_import(&path, range);
        self.imported(&path, range);
        let path = path.trim_start_matches('.');
        let path = if top_only && !from_list {
            path.split('.').next().unwrap_or(path)
        } else {
            path
        };
        let path = path.to_owned();
        self.module_named(&path)
    }

    /// `pydoc.locate("os.system")`, `pkgutil.resolve_name("os:system")`.
    pub(crate) fn locate(&mut self, key: &Value<'a>, range: TextRange) -> Value<'a> {
        let Some(path) = key.as_text().map(|path| path.replace(':', ".")) else {
            return key.derived();
        };
        self.imported(&path, range);
        let value = self
            .index
            .names
            .find(&path)
            .or_else(|| self.index.names.find(&format!("builtins.{path}")));
        let value = value.map_or(Value::of(Shape::Foreign), |name| self.named(name));
        self.referred(&value, range);
        value
    }

    /// `eval`, `exec`, `compile` and the library functions that end in them.
    pub(crate) fn exec(
        &mut self,
        name: Name,
        args: &Args<'a>,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let code = args
            .at(0)
            .or_else(|| args.keyword("source"))
            .or_else(|| args.keyword("stmt"))?;
        let index = self.index;
        let is_compile = matches!(
            index.names.path(name).as_str(),
            "compile" | "ast.parse" | "codeop.compile_command"
        );
        for choice in code.choices().to_vec() {
            self.executed(&choice, range);
        }
        // What `compile` gives is executed by whoever calls it, with the same origins.
        if is_compile {
            return Some(code.clone());
        }
        let literal = code
            .as_text()
            .and_then(|text| self.index.names.find(text.trim()));
        Some(match literal {
            Some(name) => self.named(name),
            None => Value::UNKNOWN,
        })
    }

    /// Constant code that is executed is scanned in turn.
    pub(crate) fn executed(&mut self, code: &Value<'a>, range: TextRange) {
        let Some(raw) = code.as_raw().map(<[u8]>::to_vec) else {
            return;
        };
        if raw.is_empty() {
            return;
        }
        let decoded = code.from.meets(Origins::DECODED) || !code.chain.is_empty();
        let hidden = decoded || (code.from.meets(Origins::FOLDED) && raw.len() > 40);
        if code.from.meets(Origins::ASSET) {
            self.report_check(Check::AssetCode, range, None);
        } else if decoded {
            let shown = format!("decoded by {}", code.chain.words().join(", "));
            self.report_check(Check::DecodedCode, range, Some(self.at_what_time(shown)));
        } else {
            self.report_check(Check::ConstantCode, range, None);
        }
        let mut steps = code.chain.words();
        if steps.is_empty() {
            steps.push(if hidden { "concatenation" } else { "text" }.to_owned());
        }
        self.uncover(range, steps, &raw, Some(Kind::Python));
    }

    /// The output of a decoder of bytes; unknown, and decoded, where the input is not known.
    pub(crate) fn decoded_by(&mut self, decoder: &str, data: &Value<'a>) -> Option<Value<'a>> {
        self.depends |= data.from.meets(Origins::INNER);
        let unknown = data.derived().from(Origins::DECODED);
        let Some(raw) = data.as_raw() else {
            return Some(unknown);
        };
        if raw.len() > decoders::MAX_DECODED || !self.room_for(raw.len()) {
            self.spent = true;
            return Some(unknown);
        }
        let (decoded, step) = match decoder {
            "base64" => (decoders::base64(raw), "base64"),
            "base32" => (decoders::base32(raw), "base32"),
            "base85" => (decoders::base85(raw, false), "base85"),
            "ascii85" => (decoders::base85(raw, true), "base85"),
            "hex" => (decoders::hexadecimal(raw), "hex"),
            _ => {
                let most = decoders::MAX_DECODED;
                match unpack::unpack(raw, most).or_else(|| unpack::inflate(raw, most)) {
                    Some(unpacked) => {
                        // What lies beyond the bound is code that nothing looked at.
                        self.spent |= unpacked.cut;
                        (Some(unpacked.bytes), unpacked.format)
                    }
                    None => (None, "zlib"),
                }
            }
        };
        let Some(decoded) = decoded.filter(|decoded| self.may_fold(decoded.len())) else {
            return Some(unknown);
        };
        let mut value = unknown;
        value.chain = value.chain.then(step);
        value.shape = Shape::Bytes(Data::Owned(decoded.into()));
        Some(value)
    }

    pub(crate) fn room_for(&self, bytes: usize) -> bool {
        self.room >= bytes
    }

    pub(crate) fn decoded_text(&mut self, text: String, step: &str, like: &Value<'a>) -> Value<'a> {
        if !self.may_fold(text.len()) {
            return like.derived().from(Origins::DECODED);
        }
        let mut value = Value::text(text).with(like).from(Origins::DECODED);
        value.chain = value.chain.then(step);
        value
    }

    /// `open(path, mode)`.
    pub(crate) fn open(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let path = args.at(0).or_else(|| args.keyword("file"))?;
        let mode = args.at(1).or_else(|| args.keyword("mode"));
        let mode = mode.map_or(Some("r"), Value::as_text).unwrap_or("r");
        if mode.contains('w')
            && path.from.meets(Origins::EVERYTHING)
            && let Some(class) = self.index.destroy
        {
            self.flow_into(class, path.from, args, None, range, "`open`");
        }
        if mode.contains(['w', 'a', 'x']) {
            return Some(Value::of(Shape::Handle(Rc::new((path.clone(), None)))));
        }
        let from = self.file_origins(path);
        if let Some(content) = path.as_text().and_then(|path| self.asset(path)) {
            let mut value = Value::text(content).from(Origins::ASSET.union(Origins::FILE));
            value.chain = value.chain.then("file");
            return Some(value);
        }
        let object = self.index.names.find("builtins.open()");
        let mut value = Value::of(object.map_or(Shape::Unknown, Shape::Name)).from(from);
        value.from = value
            .from
            .union(path.from.without(Origins::BUILT.union(Origins::FOLDED)));
        if value.from == Origins::FILE
            && path.as_gapped().is_some_and(is_own_module)
            && !self.names_dropped(path)
        {
            value.safe = Sinks::ALL;
        }
        Some(value)
    }

    /// The text of a file of the skill, by the end of its path.
    pub(crate) fn asset(&mut self, path: &str) -> Option<String> {
        const LARGEST: u64 = 1 << 20;
        let path = path.trim_start_matches("./");
        let mut files = self.modules.ending_in(path);
        let file = files.find(|file| file.size <= LARGEST)?;
        let text = std::str::from_utf8(file.bytes()?).ok()?;
        self.may_fold(text.len()).then(|| text.to_owned())
    }
}

/// Whether a path leads to a module of the program itself, which is examined like all its code: `pkg/_version.py`.
fn is_own_module(path: &str) -> bool {
    path.ends_with(".py")
        && !path.starts_with(['/', '~', '\\'])
        && !path.contains([':', '%'])
        && !path.contains("..")
}
