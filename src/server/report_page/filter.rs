//! Which of the findings somebody wants to see.

use serde::Deserialize;

use crate::check_run::scans::{Group, groups};
use crate::report::{Novelty, Problem, Severity, Standing};

/// How many findings stand on one page.
pub(super) const PER_PAGE: usize = 200;

/// What the address says after the question mark. What is not understood filters nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    pub(crate) key: String,
    /// This severity only.
    pub(crate) severity: String,
    /// Found by this tool.
    pub(crate) tool: String,
    /// `open`, or the word of one [`Standing`](Is).
    pub(crate) state: String,
    /// From 1 on.
    pub(crate) page: String,
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    New,
    Unknown,
    Existing,
    Fixed,
    Waived,
    Suppressed,
    OfForks,
}

impl Is {
    pub(super) const ALL: [Self; 7] = [
        Self::New,
        Self::Unknown,
        Self::Existing,
        Self::Fixed,
        Self::Waived,
        Self::Suppressed,
        Self::OfForks,
    ];

    /// The word in the address and in the list.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unknown => "no-baseline",
            Self::Existing => "existing",
            Self::Fixed => "fixed",
            Self::Waived => "waived",
            Self::Suppressed => "suppressed",
            Self::OfForks => "of-forks",
        }
    }

    /// The words that people choose from.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Unknown => "open, no baseline",
            Self::Existing => "existing",
            Self::Fixed => "fixed",
            Self::Waived => "waived",
            Self::Suppressed => "suppressed",
            Self::OfForks => "of forks, does not count",
        }
    }

    fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Unknown | Self::Existing)
    }
}

impl Filter {
    /// The findings that fit, the worst first, with what became of each.
    pub(super) fn fitting<'a>(&self, standing: &'a Standing) -> Vec<(Is, &'a Problem)> {
        let open = standing.open.iter().map(|problem| (novelty(problem), problem));
        let rest = [
            (Is::Fixed, &standing.fixed),
            (Is::Waived, &standing.waived),
            (Is::Suppressed, &standing.suppressed),
            (Is::OfForks, &standing.of_forks),
        ];
        let rest = rest.into_iter().flat_map(|(is, problems)| problems.iter().map(move |one| (is, one)));
        let fitting: Vec<(Is, &Problem)> = open.chain(rest).filter(|(is, one)| self.fits(*is, one)).collect();
        let in_order = |wanted: Is| {
            let these = fitting.iter().filter(move |(is, _)| *is == wanted).map(|(_, problem)| *problem);
            let groups: Vec<Group<'a>> = groups(these);
            groups.into_iter().flat_map(|group| group.problems).map(move |problem| (wanted, problem))
        };
        Is::ALL.into_iter().flat_map(in_order).collect()
    }

    fn fits(&self, is: Is, problem: &Problem) -> bool {
        let state = match self.state.as_str() {
            "" => true,
            "open" => is.is_open(),
            word => is.as_str() == word || !Is::ALL.iter().any(|known| known.as_str() == word),
        };
        let severity = Severity::from_word(&self.severity);
        state
            && severity.is_none_or(|severity| problem.severity == severity)
            && (self.tool.is_empty() || problem.said.iter().any(|said| *said.tool == *self.tool))
    }

    /// Which page, of so many: from 1 on.
    pub(super) fn page_of(&self, pages: usize) -> usize {
        self.page.parse::<usize>().unwrap_or(1).clamp(1, pages.max(1))
    }

    /// The address of another page of the same list.
    pub(super) fn at_page(&self, page: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let parts =
            [("key", &self.key), ("severity", &self.severity), ("tool", &self.tool), ("state", &self.state)];
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.append_pair("page", &page.to_string());
        format!("?{}", query.finish())
    }
}

fn novelty(problem: &Problem) -> Is {
    match problem.novelty {
        Novelty::New => Is::New,
        Novelty::Unknown => Is::Unknown,
        Novelty::Existing => Is::Existing,
    }
}
