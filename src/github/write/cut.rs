//! Cutting texts to what GitHub takes.

const ENDING: &str = "…";
const FENCE: &str = "\n```\n";

/// At most `most` bytes, never in the middle of a character, with an ellipsis where something is missing.
///
/// GitHub counts characters; bytes are never fewer.
pub(crate) fn line(text: &str, most: usize) -> String {
    cut(text, most, ENDING)
}

/// The same for Markdown: a code fence that is left open is closed.
pub(crate) fn markdown(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let kept = cut(text, most.saturating_sub(FENCE.len()), ENDING);
    let fences = kept.lines().filter(|line| line.trim_start().starts_with("```")).count();
    if fences % 2 == 0 { kept } else { kept + FENCE }
}

fn cut(text: &str, most: usize, ending: &str) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(most.saturating_sub(ending.len()));
    format!("{}{ending}", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(line("größe", 7), "größe");
        assert_eq!(line("größer", 7), "grö…");
        assert_eq!(markdown("a\n```\nbbbbbbbbbbbb", 17), "a\n```\nbbb…\n```\n");
    }

    proptest! {
        #[test]
        fn never_longer_than_allowed(text in ".{0,200}", most in 16_usize..150) {
            prop_assert!(line(&text, most).len() <= most);
            prop_assert!(markdown(&text, most).len() <= most);
        }
    }
}
