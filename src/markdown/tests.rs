//! What others may write, and what must become of it.

use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::untrusted::visible;
use super::*;

fn events(markdown: &Markdown) -> Vec<Event<'_>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    Parser::new_ext(markdown.as_str(), options).collect()
}

/// The text of one paragraph that holds nothing but text, as a browser would be given it.
fn only_text(markdown: &Markdown) -> String {
    let events = events(markdown);
    let [Event::Start(Tag::Paragraph), inner @ .., Event::End(TagEnd::Paragraph)] = events.as_slice() else {
        panic!("{markdown:?}: {events:?}");
    };
    inner
        .iter()
        .map(|event| match event {
            Event::Text(text) => text.as_ref(),
            other => panic!("{markdown:?}: {other:?}"),
        })
        .collect()
}

fn only_code(markdown: &Markdown) -> String {
    let events = events(markdown);
    match events.as_slice() {
        [Event::Start(Tag::Paragraph), Event::Code(code), Event::End(TagEnd::Paragraph)] => code.to_string(),
        _ => panic!("{markdown:?}: {events:?}"),
    }
}

/// What GitHub's second reading would make something of.
fn references(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    for (index, window) in characters.windows(2).enumerate() {
        match window {
            ['@' | '#', next] if next.is_alphanumeric() => found.push(format!("{window:?} at {index}")),
            [':', next] if next.is_alphanumeric() || "+-_/".contains(*next) => {
                found.push(format!("{window:?} at {index}"));
            }
            _ => {}
        }
    }
    let lowercase = text.to_lowercase();
    for start in ["www.", "gh-", "ghsa-"] {
        let mut after = lowercase.split(start).skip(1);
        found.extend(after.any(|rest| rest.starts_with(char::is_alphanumeric)).then(|| start.to_owned()));
    }
    let long = lowercase.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= 7);
    found.extend(long.map(str::to_owned));
    found
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().map(visible).collect()
}

const HOSTILE: [&str; 52] = [
    "@alice",
    "@acme/sre",
    "&#64;alice",
    "#123",
    "acme/shop#1",
    "GH-1",
    "gh-22",
    "GHSA-aaaa-bbbb-cccc",
    "3f2a9c1d3f2a9c1d3f2a9c1d3f2a9c1d3f2a9c1d",
    "alice@3f2a9c1",
    "https://evil.example/x",
    "www.evil.example",
    "alice@evil.example",
    "mailto:a@b.example",
    ":tada:",
    "<!-- countersign -->",
    "<img src=x onerror=y>",
    "</details>",
    "[a](https://evil.example)",
    "![a](https://evil.example/x.png)",
    "[a]: https://evil.example",
    "[^1]",
    "[^1]: note",
    "<https://evil.example>",
    "# head",
    "head\n===",
    "head\n---",
    "===",
    "---",
    "***",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "12) item",
    "- [ ] task",
    "> quote",
    "> [!NOTE]",
    "    code",
    "\tcode",
    "```\ncode\n```",
    "~~~",
    "`a`",
    "``a`",
    "*a* **b** _c_ __d__",
    "~~a~~ ~b~",
    "a | b\n--|--",
    "a\\|b \\",
    "$x^2$ $$y$$",
    "a  \nb\\\nc",
    "&amp; &lt;b&gt; &copy;",
    "{{ x }}",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        2 => "[ -~\n\t]{0,8}",
        1 => "[`|\\\\@#:<>&\\[\\]()*_~!$=+.0-9 \n-]{0,8}",
        1 => "[0-9a-fA-FgGhHwW.@-]{0,12}",
        1 => "\\PC{0,4}",
        1 => any::<String>().prop_map(|text| text.chars().take(6).collect()),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

fn check_inline(text: &str) {
    let seen = on_one_line(text);
    let rendered = Markdown::from("x ").with(Untrusted::new(text).inline()).with(" y");
    let shown = only_text(&rendered).replace("\u{200b}", "");
    assert_eq!(shown.replace("  ", " "), format!("x {seen} y").replace("  ", " "), "{text:?}");
    if seen.is_empty() {
        return;
    }
    let rendered = Untrusted::new(text).inline();
    let shown = only_text(&rendered);
    assert_eq!(references(&shown), Vec::<String>::new(), "{text:?} as {rendered}");
    assert_eq!(shown.replace("\u{200b}", ""), seen, "{text:?}");
    assert!(!rendered.as_str().starts_with('/'), "{rendered}");
}

#[test]
fn pitfall_22_untrusted_words_do_nothing() {
    for text in HOSTILE {
        check_inline(text);
        assert_eq!(only_code(&Untrusted::new(text).code()), on_one_line(text), "{text:?}");
    }
    let shown = Untrusted::new("hi @bob, see #1").inline();
    assert_eq!(shown.as_str(), "hi &#64;&#8203;bob, see &#35;&#8203;1");
    assert_eq!(Untrusted::new("us-east-1 v1 it's 50%").inline().as_str(), "us-east-1 v1 it's 50%");
}

#[test]
fn what_cannot_be_seen_is_shown() {
    let text = "a\u{1b}[31m\u{202e}b\0c\u{feff}\u{7f}";
    assert_eq!(only_code(&Untrusted::new(text).code()), "a\u{241b}[31m\u{fffd}b\u{2400}c\u{fffd}\u{2421}");
    assert_eq!(Untrusted::new("\n \t").inline(), Markdown::new());
    assert_eq!(Untrusted::new("").code().as_str(), "` `");
}

#[test]
fn long_text_is_cut_between_characters() {
    assert_eq!(Untrusted::new("äöü").at_most(3).code().as_str(), "`äöü`");
    assert_eq!(Untrusted::new("äöüß").at_most(3).code().as_str(), "`äö…`");
    assert_eq!(Untrusted::new("ab").at_most(0).inline().as_str(), "…");
}

#[test]
fn links_go_to_web_pages_only() {
    let link = |url: &str| Markdown::link(Untrusted::new("a](b)").inline(), &Url::parse(url).unwrap());
    assert_eq!(
        link("https://example.test/a(b)?c=<d>&copy;=|\\`x`").as_str(),
        "[a&#93;&#40;b&#41;](<https://example.test/a%28b%29?c=%3Cd%3E&amp;copy;=%7C%5C%60x%60>)"
    );
    for url in ["javascript:alert(1)", "data:text/html,x", "ftp://x/", "https://github.com@evil.example/"] {
        assert_eq!(link(url).as_str(), "a&#93;&#40;b&#41;", "{url}");
    }
}

#[test]
fn a_long_text_is_cut_between_lines() {
    let row = |n: usize| [Markdown::from(n), Untrusted::new("a|b").code()];
    let table = Markdown::from("<details>\n").with(Markdown::table(["n", "what"], (0..100).map(row)));
    let whole = table.with(Untrusted::new("x\n\ny").block()).with("</details>\n");
    assert_eq!(cut_to_bytes(whole.clone(), whole.as_str().len()), whole);
    for limit in 0..whole.as_str().len() {
        let cut = cut_to_bytes(whole.clone(), limit);
        let text = cut.as_str();
        assert!(text.len() <= limit);
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count(), "{text}");
        assert_eq!(text.matches("```").count() % 2, 0, "{text}");
        assert_eq!(text.matches("| n |").count(), text.matches("| --- |").count(), "{text}");
        assert!(text.lines().filter(|line| line.starts_with('|')).all(|line| line.ends_with(" |")), "{text}");
        assert!(text.is_empty() || text.contains("left out"), "{text}");
    }
    let cut = cut_to_bytes(whole.clone(), 400);
    let (kept, note) = cut.as_str().split_once("\n*… ").unwrap();
    let left_out: usize = note.split_once(' ').unwrap().0.parse().unwrap();
    assert!(kept.ends_with("`a\\|b` |\n"), "{kept}");
    assert_eq!(kept.lines().count() + left_out, whole.as_str().lines().count());
}

proptest! {
    #[test]
    fn inline_text_is_only_text(text in hostile()) {
        check_inline(&text);
    }

    #[test]
    fn code_is_only_code_also_beside_other_code(text in hostile(), other in hostile()) {
        let seen = on_one_line(&text);
        prop_assume!(!seen.is_empty());
        let code = Untrusted::new(&text).code();
        prop_assert_eq!(only_code(&code), seen);
        let both = code.with(Untrusted::new(&other).code());
        let harmless = events(&both).iter().all(|event| matches!(event,
            Event::Code(_) | Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph))
            || matches!(event, Event::Text(text) if text.trim().is_empty()));
        prop_assert!(harmless, "{}", both);
    }

    #[test]
    fn a_block_is_one_block(text in hostile()) {
        let block = Markdown::from("before").with(Untrusted::new(&text).block()).with("after");
        let events = events(&block);
        let starts: Vec<_> = events.iter().filter_map(|event| match event {
            Event::Start(tag) => Some(tag.clone()),
            Event::Text(_) | Event::End(_) => None,
            other => panic!("{block}: {other:?}"),
        }).collect();
        let fenced = Tag::CodeBlock(CodeBlockKind::Fenced("text".into()));
        prop_assert_eq!(starts, vec![Tag::Paragraph, fenced, Tag::Paragraph]);
        prop_assert!(!block.as_str().contains("\n/"));
    }

    #[test]
    fn a_table_keeps_its_shape(rows in prop::collection::vec((hostile(), hostile()), 1..4)) {
        let cells = rows.iter().map(|(a, b)| [Untrusted::new(a).inline(), Untrusted::new(b).code()]);
        let table = Markdown::table(["a", "b"], cells);
        let events = events(&table);
        let count = |end: TagEnd| events.iter().filter(|event| **event == Event::End(end)).count();
        prop_assert_eq!((count(TagEnd::TableRow), count(TagEnd::TableCell)), (rows.len(), 2 * rows.len() + 2));
        let codes: Vec<_> = events.iter().filter_map(|event| match event {
            Event::Code(code) => Some(code.replace('\u{200b}', "")),
            Event::Text(_) | Event::End(_)
            | Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::TableCell) => None,
            other => panic!("{table}: {other:?}"),
        }).collect();
        let seen = |text: &str| if on_one_line(text).is_empty() { " ".to_owned() } else { on_one_line(text) };
        prop_assert_eq!(codes, rows.iter().map(|(_, b)| seen(b)).collect::<Vec<_>>());
    }
}

#[test]
fn a_table_is_cut_between_rows_and_says_how_many_fit() {
    let row = |n: u64| [Markdown::from(n), Markdown::from("x")];
    let (all, shown) = Markdown::table_within(["a", "b"], (1..=3).map(row), 10_000);
    assert_eq!((&all, shown), (&Markdown::table(["a", "b"], (1..=3).map(row)), 3));
    for limit in 0..all.len() {
        let (cut, shown) = Markdown::table_within(["a", "b"], (1..=3).map(row), limit);
        assert_eq!(cut, Markdown::table(["a", "b"], (1..=3).take(shown).map(row)));
        assert!(cut.len() <= limit || shown == 0);
    }
}
