//! Making a text short enough for GitHub without breaking it.

use super::Markdown;

/// Cuts to so many bytes between two lines, never within a code block, and says how much is missing.
///
/// Sections that are open there are closed. Nothing is left if not even that sentence fits.
pub fn cut_to_bytes(markdown: Markdown, limit: usize) -> Markdown {
    if markdown.0.len() <= limit {
        return markdown;
    }
    let lines: Vec<&str> = markdown.0.split_inclusive('\n').collect();
    let mut cut = Cut::default();
    let mut best = None;
    for (index, line) in lines.iter().enumerate() {
        if cut.is_clean_before(line) {
            let ending = ending(cut.open_sections, lines.len() - index);
            best = (cut.kept + ending.len() <= limit).then_some((cut.kept, ending)).or(best);
        }
        if cut.kept > limit {
            break;
        }
        cut.take(line);
    }
    let Some((kept, ending)) = best else { return Markdown::new() };
    Markdown(format!("{}{ending}", markdown.0.get(..kept).unwrap_or_default()))
}

/// Where a cut could be made, while going down the lines.
#[derive(Default)]
struct Cut {
    kept: usize,
    open_fence: usize,
    open_sections: usize,
}

impl Cut {
    /// Not within a code block, nor between a table's header and the line under it.
    fn is_clean_before(&self, line: &str) -> bool {
        self.open_fence == 0 && !line.starts_with("| ---")
    }

    fn take(&mut self, line: &str) {
        self.kept += line.len();
        let text = line.trim();
        let ticks = text.len() - text.trim_start_matches('`').len();
        let after = text.trim_start_matches('`');
        if self.open_fence > 0 {
            let closes = ticks >= self.open_fence && after.is_empty();
            self.open_fence = if closes { 0 } else { self.open_fence };
        } else if ticks >= 3 && !after.contains('`') {
            self.open_fence = ticks;
        } else if text.starts_with("<details") && !text.ends_with("</details>") {
            self.open_sections += 1;
        } else if text.starts_with("</details>") {
            self.open_sections = self.open_sections.saturating_sub(1);
        }
    }
}

fn ending(open_sections: usize, left_out: usize) -> String {
    let lines = if left_out == 1 { "line" } else { "lines" };
    let closing = "\n\n</details>".repeat(open_sections);
    format!("\n*… {left_out} more {lines}, left out because GitHub takes no longer text.*{closing}\n")
}
