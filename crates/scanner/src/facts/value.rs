//! What is known of a value: its shape as far as it is known, and where it came from.

use std::ops::Deref;
use std::rc::Rc;

use super::names::Name;
use super::origin::{Chain, Origins, Services, Sinks};
use super::picked::Picked;
use super::scope::{ClassId, FunctionId, Scope};

/// Stands in a folded text for a part that is not known.
pub(crate) const GAP: char = '\u{FFFC}';

/// Elements of a container that are asked whether anything is known of them.
const LOOKED_AT: usize = 16;

/// Text that lies in the syntax tree, or was folded.
#[derive(Debug, Clone)]
pub(crate) enum Text<'a> {
    /// A literal.
    Borrowed(&'a str),
    /// The result of folding.
    Owned(Rc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

/// Bytes that lie in the syntax tree, or were folded.
#[derive(Debug, Clone)]
pub(crate) enum Data<'a> {
    /// A literal.
    Borrowed(&'a [u8]),
    /// The result of folding.
    Owned(Rc<[u8]>),
}

impl Deref for Data<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(data) => data,
            Self::Owned(data) => data,
        }
    }
}

/// What a value is, as far as it is known.
#[derive(Debug, Clone)]
pub(crate) enum Shape<'a> {
    /// Nothing is known.
    Unknown,
    /// Something imported that no rule and no catalogue line speaks of.
    Foreign,
    /// `None`.
    Nothing,
    /// `True` or `False`.
    Bool(bool),
    /// A number that fits.
    Int(i64),
    /// Text; a [`GAP`] stands for each part that is not known.
    Str(Text<'a>),
    /// Bytes.
    Bytes(Data<'a>),
    /// A `pathlib` path, with gaps like text.
    Path(Text<'a>),
    /// A known dotted name.
    Name(Name),
    /// A list, tuple or set, element by element.
    List(Rc<Vec<Value<'a>>>),
    /// A dictionary with the keys that are known.
    Dict(Rc<Vec<(Value<'a>, Value<'a>)>>),
    /// A function of this file.
    Function(FunctionId),
    /// A class of this file.
    Class(ClassId),
    /// An object of a class of this file.
    Instance(ClassId),
    /// A method taken from an object: the object, and what is called.
    Bound(Rc<(Value<'a>, Value<'a>)>),
    /// `functools.partial`: what is called, and its first arguments.
    Partial(Rc<(Value<'a>, Vec<Value<'a>>)>),
    /// A file opened for writing: the path, and the variable that held it.
    Handle(Rc<(Value<'a>, Option<&'a str>)>),
    /// The names of a scope: `globals()`, `vars()`, another module of the skill.
    Names(Rc<Scope<'a>>),
    /// Picked from something by a name that is not known.
    Picked(Picked),
    /// One of a few, after branches met.
    OneOf(Rc<Vec<Value<'a>>>),
}

/// A value.
#[derive(Debug, Clone)]
pub(crate) struct Value<'a> {
    /// What it is.
    pub(crate) shape: Shape<'a>,
    /// Where it, or a part of it, came from.
    pub(crate) from: Origins,
    /// Which sinks it was made safe for.
    pub(crate) safe: Sinks,
    /// How it was decoded.
    pub(crate) chain: Chain,
    /// Whose credentials are in it.
    pub(crate) services: Services,
}

impl<'a> Value<'a> {
    /// Nothing is known, so it is safe for nothing.
    pub(crate) const UNKNOWN: Self = Self {
        shape: Shape::Unknown,
        from: Origins::NONE,
        safe: Sinks::NONE,
        chain: Chain::NONE,
        services: Services::NONE,
    };
    /// Where adding up the origins of parts begins.
    pub(crate) const NEUTRAL: Self = Self::of(Shape::Unknown);

    pub(crate) const fn of(shape: Shape<'a>) -> Self {
        Self {
            shape,
            from: Origins::NONE,
            safe: Sinks::ALL,
            chain: Chain::NONE,
            services: Services::NONE,
        }
    }

    pub(crate) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::of(Shape::Str(Text::Owned(text.into())))
    }

    pub(crate) fn bytes(data: impl Into<Rc<[u8]>>) -> Self {
        Self::of(Shape::Bytes(Data::Owned(data.into())))
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        let mut value = Self::NEUTRAL;
        for item in &items {
            value.taint_with(item);
        }
        value.shape = Shape::List(Rc::new(items));
        value
    }

    /// An unknown value from these origins.
    pub(crate) const fn tainted(from: Origins) -> Self {
        Self {
            shape: Shape::Unknown,
            from,
            safe: Sinks::NONE,
            chain: Chain::NONE,
            services: Services::NONE,
        }
    }

    /// An unknown value with the origins of this one.
    pub(crate) fn derived(&self) -> Self {
        Self {
            shape: Shape::Unknown,
            from: self.from,
            safe: self.safe,
            chain: self.chain,
            services: self.services,
        }
    }

    /// This shape, with the origins of `other` added.
    #[must_use]
    pub(crate) fn with(mut self, other: &Self) -> Self {
        self.taint_with(other);
        self
    }

    /// Adds the origins of a part; what is safe is what is safe in all parts.
    pub(crate) fn taint_with(&mut self, part: &Self) {
        // What comes from nowhere makes nothing unsafe that comes from somewhere.
        self.safe = match (self.from.is_nowhere(), part.from.is_nowhere()) {
            (true, false) => part.safe,
            (false, true) => self.safe,
            _ => self.safe.both(part.safe),
        };
        self.from = self.from.union(part.from);
        self.chain = self.chain.or(part.chain);
        self.services = self.services.union(part.services);
    }

    /// What a function returns, with the origins of what it was given in place of those of its parameters.
    pub(crate) fn given(mut self, blend: &Self) -> Self {
        match &mut self.shape {
            Shape::List(items) | Shape::OneOf(items)
                if items.iter().any(Self::is_made_of_parameters) =>
            {
                let items = Rc::make_mut(items);
                for item in items.iter_mut().take(LOOKED_AT) {
                    *item = std::mem::replace(item, Self::UNKNOWN).given(blend);
                }
            }
            _ => {}
        }
        if self.is_made_of_parameters() {
            let own = Origins::INNER
                .union(Origins::PARAM)
                .union(Origins::TOOL)
                .union(Origins::WRAPPED)
                .union(Origins::WEB);
            self.from = self.from.without(own).union(blend.from);
            self.chain = self.chain.or(blend.chain);
            self.services = self.services.union(blend.services);
            // What the function made safe stays so whatever it was given.
        }
        self
    }

    fn is_made_of_parameters(&self) -> bool {
        self.from.meets(Origins::INNER)
    }

    /// Adds origins, safe for nothing.
    #[must_use]
    pub(crate) fn from(mut self, origins: Origins) -> Self {
        if !origins.is_empty() {
            self.from = self.from.union(origins);
            self.safe = Sinks::NONE;
        }
        self
    }

    /// Whether it is, or holds, more than data: something that has a name.
    pub(crate) fn may_be_known(&self) -> bool {
        match &self.shape {
            Shape::Unknown
            | Shape::Foreign
            | Shape::Nothing
            | Shape::Bool(_)
            | Shape::Int(_)
            | Shape::Str(_)
            | Shape::Bytes(_)
            | Shape::Path(_) => false,
            Shape::List(items) => items.iter().take(LOOKED_AT).any(Self::may_be_known),
            _ => true,
        }
    }

    /// Whether something is known of it that a function can pass on: a text, a number, something to call.
    pub(crate) fn has_content(&self) -> bool {
        match &self.shape {
            Shape::Str(text) | Shape::Path(text) => text.chars().any(|c| c != GAP),
            Shape::Bytes(_)
            | Shape::Int(_)
            | Shape::Name(_)
            | Shape::Function(_)
            | Shape::Class(_)
            | Shape::Bound(_)
            | Shape::Partial(_)
            | Shape::Handle(_)
            | Shape::Names(_)
            | Shape::Picked(_) => true,
            Shape::List(items) => items.iter().take(LOOKED_AT).any(Self::has_content),
            Shape::Dict(pairs) => pairs
                .iter()
                .take(LOOKED_AT)
                .any(|(_, value)| value.has_content()),
            Shape::OneOf(values) => values.iter().any(Self::has_content),
            Shape::Unknown
            | Shape::Foreign
            | Shape::Nothing
            | Shape::Bool(_)
            | Shape::Instance(_) => false,
        }
    }

    /// The whole text, where all of it is known.
    pub(crate) fn as_text(&self) -> Option<&str> {
        self.as_gapped().filter(|text| !text.contains(GAP))
    }

    /// The text with its gaps.
    pub(crate) fn as_gapped(&self) -> Option<&str> {
        match &self.shape {
            Shape::Str(text) | Shape::Path(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match &self.shape {
            Shape::Bytes(data) => Some(data),
            _ => None,
        }
    }

    /// Text or bytes, as bytes.
    pub(crate) fn as_raw(&self) -> Option<&[u8]> {
        self.as_bytes()
            .or_else(|| self.as_text().map(str::as_bytes))
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self.shape {
            Shape::Int(number) => Some(number),
            Shape::Bool(flag) => Some(i64::from(flag)),
            _ => None,
        }
    }

    pub(crate) fn as_name(&self) -> Option<Name> {
        match self.shape {
            Shape::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn is_constant(&self) -> bool {
        match &self.shape {
            Shape::Nothing | Shape::Bool(_) | Shape::Int(_) | Shape::Bytes(_) => true,
            Shape::Str(text) | Shape::Path(text) => !text.contains(GAP),
            Shape::List(items) => items.iter().all(Self::is_constant),
            Shape::OneOf(values) => values.iter().all(Self::is_constant),
            _ => false,
        }
    }

    /// Whether it is true in a condition, where that is known.
    pub(crate) fn truth(&self) -> Option<bool> {
        match &self.shape {
            Shape::Nothing => Some(false),
            Shape::Bool(flag) => Some(*flag),
            Shape::Int(number) => Some(*number != 0),
            Shape::Str(text) => (!text.contains(GAP)).then(|| !text.is_empty()),
            Shape::Bytes(data) => Some(!data.is_empty()),
            _ => None,
        }
    }

    /// Each value it may be: itself, or the members of a choice.
    pub(crate) fn choices(&self) -> &[Self] {
        match &self.shape {
            Shape::OneOf(values) => values,
            _ => std::slice::from_ref(self),
        }
    }

    /// How it prints when formatted into a text.
    pub(crate) fn printed(&self) -> Option<String> {
        match &self.shape {
            Shape::Str(text) | Shape::Path(text) => Some(text.to_string()),
            Shape::Int(number) => Some(number.to_string()),
            Shape::Bool(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
            Shape::Nothing => Some("None".to_owned()),
            _ => None,
        }
    }
}
