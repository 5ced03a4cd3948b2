//! x
pub use crate::github::write::{Button, Conclusion};
use crate::{ids::*, promotion::*};
pub struct CheckRun {
    pub name: String,
    pub external_id: String,
    pub status: CheckStatus,
    pub title: String,
    pub summary: String,
    pub buttons: Vec<Button>,
}
pub enum CheckStatus {
    InProgress,
    Completed(Conclusion),
}
pub const APPROVE: &str = "approve";
pub const REJECT: &str = "reject";
pub fn of_promotion(_p: &Promotion) -> CheckRun {
    let p = _p;
    CheckRun {
        name: format!("countersign/{}", p.tuple.environment),
        external_id: p.id().to_string(),
        status: CheckStatus::InProgress,
        title: p.state.name().to_owned(),
        summary: String::new(),
        buttons: vec![],
    }
}
pub fn parse_external_id(_: &str) -> Option<PromotionId> {
    None
}
