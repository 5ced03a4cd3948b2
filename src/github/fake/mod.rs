//! The in-memory GitHub.
