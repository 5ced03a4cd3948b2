//! Lists come in pages, and the `Link` header leads from one to the next.

use serde_json::{Value, json};

use super::{Call, Reply};
use crate::state::State;

const DEFAULT: usize = 30;
const LARGEST: usize = 100;

/// One page of a list; with `field`, the list stands in an object under it beside `total_count`.
pub(crate) fn paged(state: &State, call: &Call, field: Option<&str>, all: &[Value]) -> Reply {
    let read = |name: &str| call.query(name).and_then(|value| value.parse::<usize>().ok());
    let size = read("per_page").unwrap_or(DEFAULT).clamp(1, LARGEST);
    let page = read("page").unwrap_or(1).max(1);
    let shown: Vec<&Value> = all.iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    let body = match field {
        Some(field) => json!({"total_count": all.len(), field: shown}),
        None => json!(shown),
    };
    let last = all.len().div_ceil(size).max(1);
    let mut reply = Reply::ok(body);
    if last > 1 {
        reply.headers.push(("Link".to_owned(), links(state, call, page, last)));
    }
    reply
}

fn links(state: &State, call: &Call, page: usize, last: usize) -> String {
    let mut links = Vec::new();
    if page > 1 {
        links.push((1, "first"));
        links.push((page - 1, "prev"));
    }
    if page < last {
        links.push((page + 1, "next"));
        links.push((last, "last"));
    }
    let shown = links.iter().map(|(to, rel)| {
        let url = link(state, call, "page", &to.to_string());
        format!("<{url}>; rel=\"{rel}\"")
    });
    shown.collect::<Vec<String>>().join(", ")
}

/// The call's own URL with one query parameter replaced.
pub(super) fn link(state: &State, call: &Call, name: &str, value: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(call.query.iter().filter(|(key, _)| key != name));
    query.append_pair(name, value);
    format!("{}{}?{}", state.api_url, call.path, query.finish())
}
