//! Why this GitHub would not do something, as GitHub would say it.

use serde_json::{Value, json};

/// What an act on this GitHub gives back.
pub type Act<T> = Result<T, Refused>;

/// A refusal, with the HTTP status and the text GitHub answers.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{status}: {message}")]
pub struct Refused {
    /// The HTTP status of the answer.
    pub status: u16,
    /// The `message` of the answer.
    pub message: String,
    /// The `errors` of the answer, if it has any.
    pub errors: Option<Value>,
    /// What goes into `X-Accepted-GitHub-Permissions`, if a permission was missing.
    pub accepted: Option<String>,
}

impl Refused {
    /// A refusal with a status and a text.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: None, accepted: None }
    }

    /// It does not exist, or the caller may not know that it does.
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// The caller is who they say, and may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }

    /// The installation lacks a permission, such as `checks=write`.
    pub fn lacks(permission: &str) -> Self {
        let accepted = Some(permission.to_owned());
        Self { accepted, ..Self::new(403, "Resource not accessible by integration") }
    }

    /// The request was understood and cannot be done.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(422, message)
    }

    /// A field breaks a rule, said in GitHub's form.
    pub fn validation(resource: &str, field: &str, message: &str) -> Self {
        let error = json!({"resource": resource, "code": "custom", "field": field, "message": message});
        Self { errors: Some(json!([error])), ..Self::new(422, "Validation Failed") }
    }

    /// The body of the answer.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": self.status.to_string(),
        });
        if let (Some(errors), Some(fields)) = (&self.errors, body.as_object_mut()) {
            fields.insert("errors".to_owned(), errors.clone());
        }
        body
    }
}
