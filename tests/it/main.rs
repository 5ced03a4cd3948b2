//! Every scenario in one binary, so that it links once.
