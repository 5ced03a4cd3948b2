//! In rules 1 each entry of `known_authors` was compared with everything that a commit calls somebody.

use crate::policy::facts::Contributor;
use crate::policy::rule::Case;

pub(in crate::policy::rule) fn is_unknown(contributor: &Contributor, case: Case<'_>) -> bool {
    let named = |text: &str| {
        case.environment.require.known_authors.iter().any(|known| known.eq_ignore_ascii_case(text))
    };
    contributor.id.is_none()
        && !named(&contributor.called)
        && !contributor.email.as_deref().is_some_and(named)
}
