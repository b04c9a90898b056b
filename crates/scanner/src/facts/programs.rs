//! Programs as objects: `sh.git("status")`, `local["rm"]["-rf"]`, and the magics of notebooks.

use std::rc::Rc;

use ruff_text_size::TextRange;

use super::args::Args;
use super::interp::Interp;
use super::names::Name;
use super::origin::Origins;
use super::value::{Shape, Value};

/// Words of a command that are kept: what grows by one word at a time is copied each time.
const MOST_WORDS: usize = 64;

/// Methods of a program that start it as it is.
const STARTS: &[&str] = &[
    "run",
    "run_fg",
    "run_bg",
    "run_tee",
    "run_retcode",
    "popen",
    "__call__",
];

impl<'a> Interp<'a, '_> {
    /// A program that is started when it is called, with these words before its arguments.
    pub(crate) fn program(&mut self, words: Vec<Value<'a>>) -> Option<Value<'a>> {
        if words.len() > MOST_WORDS {
            self.spent = true;
            return None;
        }
        let start = self.index.names.find("sh.Command()")?;
        let mut program = Value::NEUTRAL;
        words.iter().for_each(|word| program.taint_with(word));
        program.shape = Shape::Partial(Rc::new((Value::of(Shape::Name(start)), words)));
        Some(program)
    }

    /// The words of a value that is a program.
    pub(crate) fn program_words(&self, value: &Value<'a>) -> Option<Vec<Value<'a>>> {
        let Shape::Partial(partial) = &value.shape else {
            return None;
        };
        let start = partial.0.as_name()?;
        (self.index.names.find("sh.Command()") == Some(start)).then(|| partial.1.clone())
    }

    /// An attribute or item of a module whose names are programs.
    pub(crate) fn program_named(&mut self, module: Name, program: &str) -> Option<Value<'a>> {
        let entry = self.index.entry(module)?;
        let named = entry.programs.then(|| Value::text(program))?;
        self.program(vec![named])
    }

    /// `git.status`, `rm["-rf"]`: a program with one word more, unless the name starts it.
    pub(crate) fn program_with(
        &mut self,
        program: &Value<'a>,
        more: &Value<'a>,
    ) -> Option<Value<'a>> {
        let mut words = self.program_words(program)?;
        match (&more.shape, more.as_text()) {
            (_, Some(name)) if STARTS.contains(&name) => return Some(program.clone()),
            (_, Some("bake")) => return Some(program.clone()),
            (Shape::List(items), _) => words.extend(items.iter().cloned()),
            _ => words.push(more.clone()),
        }
        self.program(words)
    }

    /// `curl["-s", address] | bash`, `rm["-rf"] & FG`.
    pub(crate) fn programs_joined(
        &mut self,
        pipe: bool,
        left: &Value<'a>,
        right: &Value<'a>,
        range: TextRange,
    ) -> Option<Value<'a>> {
        let mut words = self.program_words(left)?;
        if !pipe {
            return Some(self.call(left, &Args::default(), None, range));
        }
        words.push(Value::text("|"));
        words.extend(self.program_words(right)?);
        self.program(words)
    }

    /// `%sx command`, `%%bash`, `%pip install`: the magics of a notebook that run something.
    pub(crate) fn magic(&mut self, args: &Args<'a>, range: TextRange) -> Option<Value<'a>> {
        let first = args.at(0)?.as_gapped()?.to_owned();
        let (name, rest) = match first.split_once(' ') {
            Some((name, rest)) => (name, Some(Value::text(rest).with(args.at(0)?))),
            None => (&*first, None),
        };
        let body = args.at(2).or(rest.as_ref()).or(args.at(1))?;
        match name.trim_start_matches('%') {
            "sx" | "system" | "sc" | "bash" | "sh" | "script" | "!" | "!!" => {
                self.called_as("get_ipython().system", body.clone(), range);
            }
            installer @ ("pip" | "conda" | "mamba" | "micromamba" | "uv") => {
                let line = body.as_gapped().map(|line| format!("{installer} {line}"));
                let line = Value::text(line?).with(body);
                self.called_as("get_ipython().system", line, range);
            }
            "python" | "python3" | "py" | "pypy" | "time" | "timeit" | "prun" | "capture" => {
                self.called_as("get_ipython().run_cell", body.clone(), range);
            }
            _ => {}
        }
        Some(Value::tainted(args.blend().from).from(Origins::OUTPUT))
    }

    /// What the rules say of a call of `path` with this one argument.
    fn called_as(&mut self, path: &str, argument: Value<'a>, range: TextRange) {
        if let Some(callee) = self.index.names.find(&format!("builtins.{path}")) {
            let callee = Value::of(Shape::Name(callee));
            self.call_value(&callee, vec![argument], range);
        }
    }
}
