//! YAML in which every scalar keeps the text that was written.

use std::collections::BTreeSet;

/// YAML with every scalar as its text, so that `on`, `1e3` and `null` mean what was written.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    /// A number with a point or an exponent, of which only the line it stands on knows the digits.
    Number(f64),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl<'de> serde::Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> serde::de::Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("YAML")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Text(String::new()))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Text(String::new()))
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = access.next_element()? {
            list.push(node);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some((key, value)) = access.next_entry::<String, Node>()? {
            if !seen.insert(key.clone()) {
                return Err(serde::de::Error::custom(format_args!(
                    "duplicate key `{key}`"
                )));
            }
            map.push((key, value));
        }
        Ok(Node::Map(map))
    }
}

/// A version `1.10` is no number: each takes back the text of the first line that gives its key this value.
pub(super) fn as_written(entries: &mut [(String, Node)], yaml: &str) {
    for (key, value) in entries {
        match value {
            Node::Map(inner) => as_written(inner, yaml),
            Node::Number(number) => {
                let text = yaml
                    .lines()
                    .filter_map(|line| line.trim_start().strip_prefix(key.as_str()))
                    .filter_map(|rest| rest.trim_start().strip_prefix(':'))
                    .map(|rest| rest.split(" #").next().unwrap_or(rest).trim())
                    .find(|text| text.parse() == Ok(*number));
                *value = Node::Text(text.map_or_else(|| number.to_string(), str::to_owned));
            }
            Node::Text(_) | Node::List(_) => {}
        }
    }
}

/// A tag such as `!!python/object` stands where a value begins.
pub(super) fn tag(yaml: &str) -> Option<u32> {
    let starts = |line: &str| {
        let value = line.split_once(": ").map_or(line, |(_, value)| value);
        let value = value.trim_start().trim_start_matches("- ").trim_start();
        value.starts_with("!!") || value.starts_with("!<")
    };
    yaml.lines()
        .position(starts)
        .map(|line| u32::try_from(line).unwrap_or(u32::MAX))
}
