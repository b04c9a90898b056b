//! Names that are chosen while a program runs: what is picked by them, and what happens when it is called.

use ruff_text_size::TextRange;

use super::checks::Check;
use super::interp::Interp;
use super::knowledge::DANGEROUS;
use super::origin::Origins;
use super::value::{GAP, Shape, Value};

/// How grave it is to call what was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Picked {
    /// From names that hold harmless and dangerous callables alike.
    Mixed,
    /// From names that exist to run things, or by a name that strangers choose.
    Grave,
}

/// Who chooses such a name is not the one who wrote the code.
const STRANGERS: Origins = Origins::NETWORK
    .union(Origins::WEB)
    .union(Origins::DECODED)
    .union(Origins::DECRYPTED)
    .union(Origins::SOCKET);

/// Objects some of whose callables delete or overwrite.
const REACHING: &[&str] = &["shutil", "pathlib.Path()"];

impl<'a> Interp<'a, '_> {
    /// What an attribute or item is that is picked from `object` by a name that is not known.
    pub(crate) fn picked(
        &mut self,
        object: &Value<'a>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let picked = object
            .choices()
            .iter()
            .filter_map(|choice| self.picked_from(choice, key, range))
            .max();
        let mut value = object.derived().with(key);
        if let Some(picked) = picked {
            value.shape = Shape::Picked(picked);
        }
        value
    }

    fn picked_from(
        &mut self,
        object: &Value<'a>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Option<Picked> {
        if !may_be_dangerous(key) {
            return None;
        }
        let by_stranger = key.from.meets(STRANGERS);
        match &object.shape {
            Shape::Name(name) if self.is_guarded(object) => {
                let path = self.index.names.path(*name);
                self.dynamic_access(&path, range);
                Some(Picked::Grave)
            }
            Shape::Name(name) if REACHING.contains(&self.index.names.path(*name).as_str()) => {
                Some(Picked::Mixed)
            }
            Shape::Names(_) if by_stranger => Some(Picked::Grave),
            Shape::Names(_) => Some(Picked::Mixed),
            Shape::Name(_) | Shape::Foreign if by_stranger => Some(Picked::Grave),
            Shape::Name(_) | Shape::Foreign if key.from.meets(Origins::INPUT) => {
                Some(Picked::Mixed)
            }
            Shape::Picked(picked) => Some(*picked),
            _ => None,
        }
    }

    /// Says that something picked by a name that is not known is called.
    pub(crate) fn picked_is_called(&mut self, picked: Picked, range: TextRange) {
        let check = match picked {
            Picked::Grave => Check::DynamicCall,
            Picked::Mixed => Check::PickedCall,
        };
        self.report_check(check, range, None);
    }

    /// The members of an object as pairs, or all objects of the interpreter.
    pub(crate) fn members(&self, object: Option<&Value<'a>>) -> Value<'a> {
        let member = match object {
            None => Some(Picked::Mixed),
            Some(object) if self.is_guarded(object) => Some(Picked::Grave),
            Some(_) => None,
        };
        match (member, object) {
            (Some(picked), None) => Value::list(vec![Value::of(Shape::Picked(picked))]),
            (Some(picked), Some(_)) => {
                let pair = vec![Value::UNKNOWN, Value::of(Shape::Picked(picked))];
                Value::list(vec![Value::list(pair)])
            }
            (None, object) => object.map_or(Value::UNKNOWN, Value::derived),
        }
    }

    /// Whether names of this object must not be picked while the program runs.
    pub(crate) fn is_guarded(&self, object: &Value<'a>) -> bool {
        object
            .as_name()
            .and_then(|name| self.index.entry(name))
            .is_some_and(|entry| entry.guarded)
    }
}

/// Whether a name that is known in part may turn out to be one that runs or reaches something.
fn may_be_dangerous(key: &Value<'_>) -> bool {
    let Some(text) = key.as_gapped() else {
        return true;
    };
    let (Some((before, _)), Some((_, after))) = (text.split_once(GAP), text.rsplit_once(GAP))
    else {
        return true;
    };
    DANGEROUS.iter().any(|name| {
        name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
    }) || before.starts_with("__")
}
