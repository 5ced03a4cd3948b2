//! Countersign: nothing reaches production without a countersignature, and anyone can prove it.

pub mod app;
pub mod audit;
pub mod authz;
pub mod check_run;
pub mod cli;
pub mod clock;
pub mod command;
pub mod comment;
pub mod db;
pub mod effect;
pub mod event;
pub mod github;
pub mod handlers;
pub mod ids;
pub mod markdown;
pub mod policy;
pub mod promotion;
pub mod query;
pub mod requirement;
pub mod sandbox;
pub mod server;
pub mod settings;
pub mod telemetry;
pub mod worker;
