//! check_run
