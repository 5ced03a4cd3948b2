//! A bar on the terminal, for what takes long.

use std::io::{IsTerminal as _, stderr};

use crate::cli::complain;

const WIDTH: usize = 30;

/// Shows nothing where nobody looks.
#[derive(Debug)]
pub(super) struct Progress {
    shown: Option<u64>,
    on_terminal: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { shown: None, on_terminal: stderr().is_terminal() }
    }

    /// So many of so many are done.
    pub(super) fn show(&mut self, done: u64, all: u64) {
        let percent = done.saturating_mul(100) / all.max(1);
        if self.on_terminal && self.shown != Some(percent) {
            self.shown = Some(percent);
            complain(&format!("\r{}", bar(percent, done, all)));
        }
    }

    /// Makes the line empty again.
    pub(super) fn end(self) {
        if self.shown.is_some() {
            complain("\r\u{1b}[2K");
        }
    }
}

fn bar(percent: u64, done: u64, all: u64) -> String {
    let filled = WIDTH * usize::try_from(percent.min(100)).unwrap_or(100) / 100;
    format!("[{}{}] {percent:3} %  {done} of {all} entries", "#".repeat(filled), " ".repeat(WIDTH - filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_up() {
        assert_eq!(bar(0, 0, 7), format!("[{}]   0 %  0 of 7 entries", " ".repeat(30)));
        assert_eq!(bar(50, 3, 6), format!("[{}{}]  50 %  3 of 6 entries", "#".repeat(15), " ".repeat(15)));
        assert_eq!(bar(100, 7, 7), format!("[{}] 100 %  7 of 7 entries", "#".repeat(30)));
    }
}
