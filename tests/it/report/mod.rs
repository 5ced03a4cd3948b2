//! Reports of scanners, tests and builds: read, compared, judged, shown.

mod absence;
mod alerts;
mod artifacts;
mod check_run;
mod corpus;
mod end_to_end;
mod fixtures;
mod leaks;
pub mod samples;
mod secrets;
mod signatures;
mod signed;
mod storage;
mod uploads;
mod waive;
