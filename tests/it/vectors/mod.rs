//! What others published, and what our bytes were when independent implementations accepted them.
//!
//! Those of C2SP were written by the Go reference code (`golang.org/x/mod/sumdb`, `transparency-dev/formats` and
//! `merkle`); they lie in the package `doubleentry` 0.8 (MIT or Apache-2.0), and are read from there.

mod c2sp;
mod keys;
mod notes;
mod oracles;
mod proofs;
mod tiles;
mod tree;
mod trees;
mod witnesses;
