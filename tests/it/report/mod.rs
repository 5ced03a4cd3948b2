//! Reports of scanners, tests and builds: read, compared, judged, shown.

mod artifacts;
mod corpus;
mod samples;
mod storage;
mod uploads;
