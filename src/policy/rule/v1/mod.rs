//! What rules 1 said where later rules say something else. Nothing here changes any more.

pub(super) mod contributors;
