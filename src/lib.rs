//! Countersign: nothing reaches production without a countersignature, and anyone can prove it.

pub mod ids;
pub mod clock;
pub mod event;
pub mod command;
pub mod requirement;
pub mod promotion;
pub mod policy;
pub mod authz;
pub mod audit;
pub mod markdown;
pub mod effect;
pub mod check_run;
pub mod comment;
pub mod db;
pub mod github;
pub mod settings;
pub mod telemetry;
pub mod app;
pub mod query;
pub mod handlers;
pub mod worker;
pub mod server;
pub mod sandbox;
pub mod cli;
