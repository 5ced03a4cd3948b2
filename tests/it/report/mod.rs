//! Reports of scanners, tests and builds: read, compared, judged, shown.

mod corpus;
mod fixtures;
mod secrets;
