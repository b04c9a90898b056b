//! What a rule may say to the facts engine: the keys under `match:`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::expression::AsciiExpression;

/// What a rule says to the facts engine; all keys but the first seven and `flow` narrow the match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FactsMatch {
    /// Resolved names that are called, or referred to when no argument matters; `*.m` is a method of anything.
    pub(crate) call: Vec<String>,
    /// Resolved names that are handed on without being called.
    pub(crate) reference: Vec<String>,
    /// Modules that are imported, or something below them is.
    pub(crate) import: Vec<String>,
    /// Attributes taken from anything, also as a text in `getattr` or a subscript.
    pub(crate) attribute: Vec<String>,
    /// Constant texts, literal or folded.
    pub(crate) string: Option<StringMatch>,
    /// A class is derived from one of these.
    pub(crate) base: Vec<String>,
    /// Attributes of modules and classes that are given a value.
    pub(crate) set: Vec<String>,
    /// A name, attribute or key is given a value.
    pub(crate) assign: Option<AssignMatch>,
    /// Another rule inferred an effect of this rule's kind, on a resource whose text matches.
    pub(crate) resource: Option<AsciiExpression>,
    /// And the same text does not match this.
    pub(crate) but: Option<AsciiExpression>,
    /// Data goes from an origin to a sink.
    pub(crate) flow: Option<FlowMatch>,
    /// Conditions on arguments, by position, keyword or both: `0|args`.
    pub(crate) argument: BTreeMap<String, Condition>,
    /// A condition that any argument meets.
    pub(crate) any: Option<Condition>,
    /// A condition on the object whose method is called.
    pub(crate) receiver: Option<Condition>,
    /// Only in code that runs then.
    pub(crate) when: Vec<When>,
    /// Whether a reference without a call counts too; by default when no argument matters.
    pub(crate) referenced: Option<bool>,
}

/// When code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    /// As soon as the module is imported.
    Import,
    /// When something calls it.
    Call,
    /// While the package is installed.
    Install,
}

/// Constant texts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StringMatch {
    /// One of these is in it, in ASCII of any case.
    pub(crate) contains: Vec<String>,
    /// And it matches this.
    #[serde(default)]
    pub(crate) matches: Option<AsciiExpression>,
    /// And this, before it or behind it.
    #[serde(default)]
    pub(crate) with: Option<AsciiExpression>,
    /// Whether lists of what is bad, and expressions that look for it, hold such texts too.
    #[serde(default)]
    pub(crate) quoted: bool,
}

/// An assignment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignMatch {
    /// The last name of the target, or the constant key of a subscript.
    pub(crate) target: AsciiExpression,
    /// The value.
    #[serde(default)]
    pub(crate) value: Condition,
    /// Whether keyword arguments and defaults of parameters count as assignments.
    #[serde(default)]
    pub(crate) keywords: bool,
}

/// A flow.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowMatch {
    /// Origins, any of them.
    pub(crate) from: Vec<String>,
    /// Origins that must be there too.
    #[serde(default)]
    pub(crate) and: Vec<String>,
    /// Origins that must not be there.
    #[serde(default)]
    pub(crate) but: Vec<String>,
    /// A sink class of the catalogue.
    pub(crate) to: String,
}

/// A condition on a value; all keys given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Condition {
    /// It has one of these origins; `untrusted` is every origin that others control.
    pub(crate) tainted: Option<Words>,
    /// It is one of these constants.
    pub(crate) value: Option<Literals>,
    /// It is a text, with gaps or without, that matches.
    pub(crate) matches: Option<AsciiExpression>,
    /// It is not given at all.
    pub(crate) missing: Option<bool>,
    /// It is a number smaller than this.
    pub(crate) below: Option<i64>,
    /// It is wholly known.
    pub(crate) constant: Option<bool>,
    /// It is a list of arguments rather than one text.
    pub(crate) list: Option<bool>,
    /// It was read from a file whose path stands in the code, and came from nowhere else.
    pub(crate) own: Option<bool>,
    /// It came from elsewhere and was checked.
    pub(crate) checked: Option<bool>,
    /// It is, or names, one of these.
    pub(crate) reference: Vec<String>,
    /// This does not hold.
    pub(crate) not: Option<Box<Condition>>,
    /// Any of these holds.
    pub(crate) either: Vec<Condition>,
}

/// One word or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Words {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Words {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(word) => std::slice::from_ref(word),
            Self::Many(words) => words,
        }
        .iter()
        .map(String::as_str)
    }
}

/// One constant or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Literals {
    /// Several.
    Many(Vec<Literal>),
    /// One.
    One(Literal),
}

impl Literals {
    pub(crate) fn as_slice(&self) -> &[Literal] {
        match self {
            Self::One(literal) => std::slice::from_ref(literal),
            Self::Many(literals) => literals,
        }
    }
}

/// A constant of Python.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Literal {
    /// `True`, `False`.
    Bool(bool),
    /// A number.
    Int(i64),
    /// Text.
    Text(String),
    /// `None`.
    Nothing(()),
}

/// Where the resource of a rule's effect is found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceMatch {
    /// The argument, `0|file`; `self` is the object whose method is called.
    pub(crate) argument: String,
    /// How the text is read.
    #[serde(rename = "as")]
    pub(crate) form: Form,
    /// The argument with the mode of `open`: writing modes turn a read into a write.
    #[serde(default)]
    pub(crate) mode: Option<String>,
}

/// How a resource is read from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// A path.
    Path,
    /// A host, or a pair of host and port.
    Host,
    /// A URL, of which host and port are kept.
    Url,
    /// A command line or a list, of which the program is kept.
    Command,
    /// Any name.
    Name,
}
