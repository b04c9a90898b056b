//! Constants written in other notations than an expression: JSON, literals in a text, packed numbers.

use std::rc::Rc;

use ruff_python_ast::{Expr, Number};
use ruff_python_parser::parse_expression;

use super::value::{Shape, Value};

/// How deep lists may lie in each other.
const DEEPEST: u8 = 16;

/// The value of a JSON document.
pub(crate) fn of_json<'a>(document: &serde_json::Value) -> Value<'a> {
    match document {
        serde_json::Value::Null => Value::of(Shape::Nothing),
        serde_json::Value::Bool(flag) => Value::of(Shape::Bool(*flag)),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map_or(Value::UNKNOWN, |number| Value::of(Shape::Int(number))),
        serde_json::Value::String(text) => Value::text(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(of_json).collect()),
        serde_json::Value::Object(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, value)| (Value::text(key.as_str()), of_json(value)));
            Value::of(Shape::Dict(Rc::new(pairs.collect())))
        }
    }
}

/// The value of a Python literal in a text.
pub(crate) fn of_python<'a>(text: &str) -> Option<Value<'a>> {
    // Each level has a byte of its own.
    super::depth::walk(text.len(), || {
        let parsed = parse_expression(text.trim_start()).ok()?;
        of_expr(parsed.expr(), DEEPEST)
    })
}

fn of_expr<'a>(expr: &Expr, depth: u8) -> Option<Value<'a>> {
    let depth = depth.checked_sub(1)?;
    let all = |items: &[Expr]| {
        items
            .iter()
            .map(|item| of_expr(item, depth))
            .collect::<Option<Vec<_>>>()
    };
    Some(match expr {
        Expr::StringLiteral(text) => Value::text(text.value.to_str()),
        Expr::BytesLiteral(bytes) => Value::bytes(bytes.value.bytes().collect::<Vec<u8>>()),
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(int) => Value::of(Shape::Int(int.as_i64()?)),
            Number::Float(_) | Number::Complex { .. } => Value::UNKNOWN,
        },
        Expr::BooleanLiteral(flag) => Value::of(Shape::Bool(flag.value)),
        Expr::NoneLiteral(_) => Value::of(Shape::Nothing),
        Expr::List(list) => Value::list(all(&list.elts)?),
        Expr::Tuple(tuple) => Value::list(all(&tuple.elts)?),
        Expr::Set(set) => Value::list(all(&set.elts)?),
        Expr::Dict(dict) => {
            let pairs = dict.items.iter().map(|item| {
                Some((
                    of_expr(item.key.as_ref()?, depth)?,
                    of_expr(&item.value, depth)?,
                ))
            });
            Value::of(Shape::Dict(Rc::new(pairs.collect::<Option<_>>()?)))
        }
        _ => return None,
    })
}

/// `socket.inet_aton`.
pub(crate) fn address(text: &str) -> Option<Vec<u8>> {
    let address: std::net::Ipv4Addr = text.parse().ok()?;
    Some(address.octets().to_vec())
}

/// The elements of a list.
pub(crate) fn items<'v, 'a>(value: &'v Value<'a>) -> Option<&'v [Value<'a>]> {
    match &value.shape {
        Shape::List(items) => Some(items),
        _ => None,
    }
}

/// How many elements a list has, where it is not too long.
pub(crate) fn length(value: &Value<'_>) -> Option<usize> {
    items(value)
        .map(<[Value<'_>]>::len)
        .filter(|length| *length <= 1 << 16)
}

/// `struct.pack`, for numbers and bytes.
pub(crate) fn packed(format: &str, values: &[Value<'_>]) -> Option<Vec<u8>> {
    let big = format.starts_with(['>', '!']);
    let mut values = values.iter();
    let mut out = Vec::new();
    let mut count: Option<usize> = None;
    for c in format.chars() {
        if let Some(digit) = c.to_digit(10) {
            let digits = count.unwrap_or(0).checked_mul(10)?;
            count = Some(digits.checked_add(usize::try_from(digit).ok()?)?);
            continue;
        }
        let size = match c {
            'x' | 'c' | 'b' | 'B' | 's' => 1,
            'h' | 'H' => 2,
            'i' | 'I' | 'l' | 'L' | 'f' => 4,
            'q' | 'Q' => 8,
            '<' | '>' | '!' | '=' | '@' | ' ' => continue,
            _ => return None,
        };
        let times = count.take().unwrap_or(1);
        if times > 1 << 16 {
            return None;
        }
        match c {
            's' => out.extend(values.next()?.as_bytes()?.iter().take(times)),
            'x' => out.extend(std::iter::repeat_n(0, times)),
            'c' => (0..times).try_for_each(|_| {
                out.extend(values.next()?.as_bytes()?);
                Some(())
            })?,
            _ => {
                for _ in 0..times {
                    let number = values.next()?.as_int()?.to_be_bytes();
                    let low = number.get(number.len() - size..)?;
                    if big {
                        out.extend(low);
                    } else {
                        out.extend(low.iter().rev());
                    }
                }
            }
        }
    }
    Some(out)
}

/// `int.to_bytes` of the digits of a number.
pub(crate) fn bytes_of_digits(digits: &str) -> Option<Vec<u8>> {
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, digits.get(2..)?),
        Some("0o" | "0O") => (8, digits.get(2..)?),
        Some("0b" | "0B") => (2, digits.get(2..)?),
        _ => (10, digits),
    };
    if digits.len() > 8192 {
        return None;
    }
    // Least significant byte first while it grows.
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.chars().filter(|c| *c != '_') {
        let mut carry = digit.to_digit(radix)?;
        for byte in &mut bytes {
            let sum = u32::from(*byte) * radix + carry;
            *byte = u8::try_from(sum & 0xFF).unwrap_or(0);
            carry = sum >> 8;
        }
        if carry > 0 {
            bytes.push(u8::try_from(carry).ok()?);
        }
    }
    bytes.reverse();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_packed_as_python_packs_them() {
        let numbers = [Value::of(Shape::Int(0x7264)), Value::of(Shape::Int(1))];
        assert_eq!(packed(">HB", &numbers).as_deref(), Some(&b"rd\x01"[..]));
        assert_eq!(packed("<H", &numbers).as_deref(), Some(&b"dr"[..]));
        assert_eq!(packed("2B", &[]), None);
        assert_eq!(packed("99999999999999999999B", &numbers), None);
    }

    #[test]
    fn a_large_number_is_the_bytes_it_spells() {
        assert_eq!(bytes_of_digits("0x6f73").as_deref(), Some(&b"os"[..]));
        assert_eq!(
            bytes_of_digits("140137180374619790623166465239457295988").as_deref(),
            Some(&b"import os; print"[..])
        );
        assert_eq!(bytes_of_digits("0b1_2"), None);
    }
}
