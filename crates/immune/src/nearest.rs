//! The known signature that is most like a new one, for a remedy that may help too.

use std::collections::BTreeSet;

use skillgate_model::Signature;

/// Below this share of common words two failures have nothing to do with each other.
const ENOUGH: f64 = 0.6;

/// The nearest of the tool's own signatures, and how near it is, from 0.6 to 1.
pub fn nearest<'a>(
    failure: &Signature,
    known: impl IntoIterator<Item = &'a Signature>,
) -> Option<(&'a Signature, f64)> {
    let mut best: Option<(&Signature, f64)> = None;
    for candidate in known {
        let score = likeness(failure, candidate);
        let better = best.is_none_or(|(other, most)| {
            score > most || (score == most && candidate.hash < other.hash)
        });
        if candidate.tool == failure.tool && score >= ENOUGH && better {
            best = Some((candidate, score));
        }
    }
    best
}

/// Jaccard's index over class, code, words of the message and shape.
fn likeness(a: &Signature, b: &Signature) -> f64 {
    if a.hash == b.hash {
        return 1.0;
    }
    let (a, b) = (words(a), words(b));
    let common = a.intersection(&b).count();
    let all = a.union(&b).count();
    common as f64 / all.max(1) as f64
}

fn words(signature: &Signature) -> BTreeSet<String> {
    let message = signature.message.split_whitespace().map(str::to_owned);
    let rest = [
        format!("class {}", signature.class),
        format!("code {}", signature.code),
        format!("shape {}", signature.shape),
    ];
    message.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, sign};

    fn signed(tool: &str, message: &str) -> Signature {
        sign(&Failure {
            tool,
            class: "",
            code: "",
            message,
            arguments: &serde_json::json!({"path": "x"}),
        })
    }

    #[test]
    fn the_likest_of_the_same_tool_is_found() {
        let known = [
            signed("pdf", "OSError: cannot open document: broken xref table"),
            signed("pdf", "OSError: cannot open document: password required"),
            signed("csv", "OSError: cannot open document: broken xref entry"),
        ];
        let failure = signed("pdf", "OSError: cannot open document: broken xref entry");
        let (found, score) = nearest(&failure, &known).unwrap();
        assert_eq!(found, &known[0]);
        assert!((0.6..1.0).contains(&score), "{score}");
    }

    #[test]
    fn what_is_unlike_all_has_no_nearest() {
        let known = [signed("pdf", "OSError: cannot open document")];
        assert_eq!(
            nearest(&signed("pdf", "TimeoutError: no answer"), &known),
            None
        );
    }
}
