//! Reports of scanners, tests and builds: read, compared, judged, shown.

mod corpus;
mod samples;
mod waive;
mod fixtures;
mod signatures;
