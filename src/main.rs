//! The program: parse the command line, run one subcommand, exit.

fn main() {}
