//! What a view gives back: a page that shows what a request brought, or an error.

use ruff_text_size::TextRange;

use super::args::Args;
use super::checks::Check;
use super::interp::Interp;
use super::origin::Origins;
use super::value::{GAP, Shape, Value};

impl<'a> Interp<'a, '_> {
    /// What a function behind a route gives back is a page.
    pub(crate) fn page_returned(&mut self, page: &Value<'a>, range: TextRange) {
        let function = self.function_at_hand();
        let Some(function) = function.filter(|function| function.public.meets(Origins::WEB)) else {
            return;
        };
        let renders = function.renders;
        if page.from.meets(Origins::ENVIRONMENT) {
            self.report_check(Check::EnvironmentServed, range, None);
        }
        let is_page = |page: &Value<'a>| {
            if matches!(page.shape, Shape::Dict(_)) {
                return false;
            }
            let text = page.as_gapped();
            text.is_some_and(puts_parts_into_html)
                || page.from.meets(Origins::ERROR)
                || renders
                    && text.is_some_and(|text| !text.contains('<') && !text.starts_with(['{', '[']))
        };
        let page = match &page.shape {
            // `return page, 404`
            Shape::List(parts) => parts.first().unwrap_or(page),
            _ => page,
        };
        if let Some(class) = self.index.html
            && page.choices().iter().any(is_page)
            && !page.safe.has(class)
        {
            self.flow_into(
                class,
                page.from,
                &Args::default(),
                None,
                range,
                "the response",
            );
        }
    }
}

/// Whether a part of a page is not known and no more than a step of a path in it.
fn puts_parts_into_html(page: &str) -> bool {
    let mut before = page.split(GAP);
    before.next_back();
    page.contains('<')
        && before.any(|text| {
            let start = text
                .rsplit(['"', '\'', '(', '>', ' '])
                .next()
                .unwrap_or(text);
            let path = start.split_once("://").map_or(start, |(_, rest)| rest);
            !path.contains('/')
        })
}
