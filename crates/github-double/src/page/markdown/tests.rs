use proptest::prelude::*;

use super::*;

struct Acme;

impl References for Acme {
    fn is_mention(&self, name: &str) -> bool {
        ["alice", "bob", "acme/sre"].contains(&name)
    }
    fn issue(&self, number: i64) -> Option<String> {
        (number == 1).then(|| "/acme/shop/pull/1".to_owned())
    }
    fn commit(&self, sha: &str) -> Option<String> {
        "0123456789abcdef".starts_with(sha).then(|| "/acme/shop/commit/0123456789abcdef".to_owned())
    }
}

fn rendered(source: &str) -> String {
    render(source, &Acme).0
}

/// Fails unless every tag is one we write, with attributes we write.
fn check_tags(output: &str) {
    const NAMES: &str = " p h1 h2 h3 h4 h5 h6 blockquote pre code ul ol li em strong del hr br a span div table \
                         thead tbody tr th td input details summary sub sup kbd ";
    const ATTRIBUTES: [&str; 10] =
        ["href", "rel", "class", "disabled", "type", "checked", "open", "start", "/", ""];
    for tag in output.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').expect("a tag ends");
        let mut outside_quotes = inside.split('"').step_by(2).collect::<Vec<_>>().join("\u{1}");
        outside_quotes = outside_quotes.trim_start_matches('/').to_owned();
        let mut words = outside_quotes.split([' ', '\n']);
        let name = words.next().unwrap().trim_end_matches('/');
        assert!(NAMES.contains(&format!(" {name} ")), "<{inside}> in {output}");
        for word in words {
            let attribute = word.split('=').next().unwrap();
            assert!(ATTRIBUTES.contains(&attribute), "{attribute:?} of <{inside}> in {output}");
        }
        if let Some(address) = inside.split_once("href=\"").map(|(_, address)| address.to_ascii_lowercase()) {
            let fine = ["http://", "https://", "/"].iter().any(|start| address.starts_with(start));
            assert!(fine && !address.starts_with("//"), "{address}");
        }
    }
}

/// Fails unless tags close in the order they were opened.
fn check_balance(output: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in output.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').expect("a tag ends");
        let name = inside.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap();
        if ["br", "hr", "input"].contains(&name) {
            continue;
        }
        if inside.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{output}");
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} stay open in {output}");
}

proptest! {
    #[test]
    fn nothing_dangerous_comes_out(words in prop::collection::vec(prop::sample::select(vec![
        "<script>", "</script>", "<img src=x onerror=alert(1)>", "<details>", "</details>", "<details open>",
        "<summary>", "</summary>", "<sub>", "</sub>", "<kbd>", "</kbd>", "<br>", "<!--", "-->", "<svg/onload=a>",
        "[a](javascript:alert(1))", "[b](JaVaScRiPt&colon;alert(1))", "<javascript:alert(1)>", "![c](data:text/html,x)",
        "[d](//evil.example)", "[e](https://a.example/\"onclick=\"x)", "https://a.example/\"onx=1", "@bob", "#1", "0123456",
        "| a | b |\n| --- | ---: |\n| c | d |\n", "> [!NOTE]\n> ", "- [ ] ", "```", "`", "*", "**", "~~", "\n", "\n\n",
        "<a href='javascript:x'>", "</a>", "</div>", "</td>", "</article>", "<", ">", "&lt;script&gt;", "\"", "'", "\\", "1. ",
        "    ", "[r]: javascript:alert(1)\n", "[r]", "<style>", "<p onclick=x>", "text", "\u{0}", "é",
    ]), 0..24), glue in prop::sample::select(vec!["", " ", "\n"])) {
        let output = rendered(&words.join(glue));
        prop_assert!(!output.to_ascii_lowercase().contains("<script"));
        prop_assert!(!output.contains("style="));
        check_tags(&output);
        check_balance(&output);
    }

    #[test]
    fn any_text_renders_safely(source in any::<String>()) {
        let output = rendered(&source);
        check_tags(&output);
        check_balance(&output);
    }
}

#[test]
fn tables_keep_their_alignment_without_inline_styles() {
    let output = rendered("| a | n |\n| --- | ---: |\n| ✅ | 2 |");
    assert_eq!(
        output,
        "<div class=\"table\"><table><thead><tr><th>a</th><th class=\"right\">n</th></tr></thead>\
         <tbody><tr><td>✅</td><td class=\"right\">2</td></tr></tbody></table></div>"
    );
}

#[test]
fn mentions_show_where_github_would_tell_somebody() {
    assert!(rendered("hello @bob, and @acme/sre").contains("<strong class=\"mention\">@acme/sre</strong>"));
    for told in ["\\@bob", "&#64;bob", "(@bob)"] {
        assert!(rendered(told).contains("<strong class=\"mention\">@bob</strong>"), "{told}");
    }
    for quiet in
        ["`@bob`", "@<!-- -->bob", "@\u{200b}bob", "a@bob.example", "@nobody", "```\n@bob\n```", "@bobby"]
    {
        assert!(!rendered(quiet).contains("mention"), "{quiet}");
    }
}

#[test]
fn numbers_commits_and_addresses_become_links() {
    assert!(rendered("see #1.").contains("<a href=\"/acme/shop/pull/1\" rel=\"nofollow noopener\">#1</a>."));
    assert!(rendered("at 0123456 ok").contains("href=\"/acme/shop/commit/0123456789abcdef\""));
    assert!(rendered("(https://a.example/x).").contains("href=\"https://a.example/x\""));
    assert!(!rendered("#2 fedcba9 `0123456` x#1").contains("href"));
}

#[test]
fn raw_html_is_text_except_for_a_few_tags() {
    let folded =
        rendered("<details><summary>More</summary>\n\n**bold**\n\n</details>\n\n<b>no</b><!-- mark -->");
    assert!(folded.contains("<details><summary>More</summary>"), "{folded}");
    assert!(folded.contains("<strong>bold</strong>") && folded.contains("</details>"), "{folded}");
    assert!(folded.contains("&lt;b&gt;no&lt;/b&gt;") && !folded.contains("mark"), "{folded}");
    assert!(!rendered("</details></div>").contains("</d"));
}
