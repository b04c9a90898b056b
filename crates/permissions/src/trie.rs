//! A frozen trie over segments: one hash table for all literal edges, lists for the others.

use std::collections::HashMap;

use crate::glob;
use crate::name::{Name, Segments};
use crate::pattern::{Pattern, Tail};

/// Rules by their number, those that deny apart from those that allow, each in rising order.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) deny: Vec<u32>,
    pub(crate) allow: Vec<u32>,
}

#[derive(Debug, Default)]
struct Node {
    /// Whether any literal edge leaves this node.
    literals: bool,
    /// Edges that are globs, `*` among them.
    globs: Vec<(Box<[u8]>, u32)>,
    /// Rules for the name that ends here.
    ends: Rules,
    /// Rules for every name that goes on from here.
    tails: Rules,
}

/// One literal edge; `child` 0 is a free slot, since no edge leads to the root.
#[derive(Debug, Clone, Copy, Default)]
struct Edge {
    node: u32,
    child: u32,
    start: u32,
    bytes: u32,
}

/// All patterns of a policy.
#[derive(Debug)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
    edges: Box<[Edge]>,
    text: Vec<u8>,
}

/// A trie while patterns are added.
#[derive(Debug)]
pub(crate) struct TrieBuilder {
    nodes: Vec<Node>,
    literals: HashMap<(u32, Box<[u8]>), u32>,
    /// The same edges in the order they were added, so that a policy always freezes alike.
    order: Vec<(u32, Box<[u8]>, u32)>,
}

impl TrieBuilder {
    pub(crate) fn new() -> Self {
        Self {
            nodes: vec![Node::default()],
            literals: HashMap::new(),
            order: Vec::new(),
        }
    }

    pub(crate) fn insert(&mut self, pattern: Pattern<'_>, rule: u32, deny: bool) {
        let mut node = 0;
        for segment in pattern.segments() {
            node = self.child(node, segment);
        }
        let Some(node) = self.nodes.get_mut(node as usize) else {
            return;
        };
        let rules = match pattern.tail() {
            Tail::None => &mut node.ends,
            Tail::Open | Tail::Everything => &mut node.tails,
        };
        let list = if deny {
            &mut rules.deny
        } else {
            &mut rules.allow
        };
        list.push(rule);
    }

    fn child(&mut self, parent: u32, segment: &[u8]) -> u32 {
        let next = u32::try_from(self.nodes.len()).expect("a policy has fewer than 2^32 segments");
        let node = self
            .nodes
            .get_mut(parent as usize)
            .expect("edges lead to nodes that exist");
        let child = if glob::is_literal(segment) {
            node.literals = true;
            let key = (parent, Box::from(segment));
            let child = *self.literals.entry(key).or_insert(next);
            if child == next {
                self.order.push((parent, segment.into(), child));
            }
            child
        } else {
            let known = node.globs.iter().find(|(glob, _)| **glob == *segment);
            match known {
                Some((_, child)) => *child,
                None => {
                    node.globs.push((segment.into(), next));
                    next
                }
            }
        };
        if child == next {
            self.nodes.push(Node::default());
        }
        child
    }

    pub(crate) fn freeze(self) -> Trie {
        // At most half full, so that probing ends soon.
        let slots = (self.order.len() * 2).next_power_of_two();
        let mut edges = vec![Edge::default(); slots].into_boxed_slice();
        let mut text = Vec::new();
        for (node, segment, child) in self.order {
            let start = u32::try_from(text.len()).expect("a policy's names are under 4 GiB");
            let edge = Edge {
                node,
                child,
                start,
                bytes: segment.len() as u32,
            };
            text.extend_from_slice(&segment);
            let mut slot = first_slot(node, &segment, slots);
            while let Some(taken) = edges.get_mut(slot) {
                if taken.child == 0 {
                    *taken = edge;
                    break;
                }
                slot = (slot + 1) & (slots - 1);
            }
        }
        Trie {
            nodes: self.nodes,
            edges,
            text,
        }
    }
}

impl Trie {
    /// Shows every list of rules whose pattern matches the name.
    #[inline]
    pub(crate) fn visit<'t>(&'t self, name: Name<'_>, mut seen: impl FnMut(&'t Rules)) {
        self.walk(0, name.segments(), &mut seen);
    }

    fn walk<'t>(&'t self, node: u32, mut rest: Segments<'_>, seen: &mut impl FnMut(&'t Rules)) {
        let mut place = node;
        // Literal edges are followed in a loop; only globs branch.
        loop {
            let Some(node) = self.nodes.get(place as usize) else {
                return;
            };
            let Some(segment) = rest.next() else {
                seen(&node.ends);
                return;
            };
            seen(&node.tails);
            for (pattern, child) in &node.globs {
                if glob::includes(pattern, segment) {
                    self.walk(*child, rest, seen);
                }
            }
            if !node.literals {
                return;
            }
            match self.literal_child(place, segment) {
                Some(child) => place = child,
                None => return,
            }
        }
    }

    #[inline]
    fn literal_child(&self, node: u32, segment: &[u8]) -> Option<u32> {
        let last = self.edges.len() - 1;
        let mut slot = first_slot(node, segment, self.edges.len());
        loop {
            let edge = self.edges.get(slot)?;
            if edge.child == 0 {
                return None;
            }
            if edge.node == node && edge.bytes as usize == segment.len() {
                let start = edge.start as usize;
                if self.text.get(start..start + segment.len()) == Some(segment) {
                    return Some(edge.child);
                }
            }
            slot = (slot + 1) & last;
        }
    }
}

/// Mixes the node and the whole segment; equality is checked afterwards, so this is only for speed.
#[inline]
fn first_slot(node: u32, segment: &[u8], slots: usize) -> usize {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |left: u64, right: u64| {
        let product = u128::from(left ^ MIX) * u128::from(right ^ MIX.rotate_left(29));
        (product as u64) ^ ((product >> 64) as u64)
    };
    let mut hash = u64::from(node) << 8 | segment.len() as u64;
    if let (Some(first), Some(last)) = (segment.first_chunk::<8>(), segment.last_chunk::<8>()) {
        for chunk in segment.get(8..).unwrap_or_default().chunks_exact(8) {
            let word = chunk
                .first_chunk::<8>()
                .map_or(0, |word| u64::from_le_bytes(*word));
            hash = fold(hash, word);
        }
        hash = fold(hash ^ u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    } else if let (Some(first), Some(last)) =
        (segment.first_chunk::<4>(), segment.last_chunk::<4>())
    {
        let word =
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
        hash = fold(hash, word);
    } else {
        let word = segment
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        hash = fold(hash, word);
    }
    (hash >> 20) as usize & (slots - 1)
}
