//! Every request we send must be one that GitHub documents, and every answer of the fake one that it gives.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use countersign::github::fake::faults::Recorded;
use jsonschema::Validator;
use serde_json::{Value, json};

static CONTRACT: OnceLock<Option<Contract>> = OnceLock::new();

struct Contract {
    operations: Vec<Operation>,
    definitions: Value,
    validators: Mutex<HashMap<String, &'static Validator>>,
}

/// What GitHub documents and the contract leaves out, which was cut before the log was anchored and before reports
/// were compared: git data and the history of a commit, with the fields that a body may have.
/// <https://docs.github.com/en/rest/git>, <https://docs.github.com/en/rest/commits/commits#list-commits>
const BEYOND: [(&str, &[&str]); 9] = [
    ("GET /repos/{owner}/{repo}/commits", &[]),
    ("POST /repos/{owner}/{repo}/git/trees", &["base_tree", "tree"]),
    (
        "POST /repos/{owner}/{repo}/git/commits",
        &["message", "tree", "parents", "author", "committer", "signature"],
    ),
    ("POST /repos/{owner}/{repo}/git/refs", &["ref", "sha"]),
    ("PATCH /repos/{owner}/{repo}/git/refs/heads/{branch}", &["sha", "force"]),
    // Alerts: <https://docs.github.com/en/rest/code-scanning>, <https://docs.github.com/en/rest/dependabot/alerts>,
    // <https://docs.github.com/en/rest/secret-scanning>.
    ("GET /repos/{owner}/{repo}/code-scanning/alerts", &[]),
    ("GET /repos/{owner}/{repo}/code-scanning/analyses", &[]),
    ("GET /repos/{owner}/{repo}/dependabot/alerts", &[]),
    ("GET /repos/{owner}/{repo}/secret-scanning/alerts", &[]),
];

struct Operation {
    name: String,
    method: String,
    path: Vec<String>,
    schema: Value,
}

/// What is wrong with these requests and answers.
pub fn complaints(recorded: &[Recorded]) -> Vec<String> {
    let contract = CONTRACT.get_or_init(|| {
        let file = countersign_material::shared("github/contract.jsonschema.json")?;
        let text = std::fs::read_to_string(file).unwrap();
        Some(Contract::new(serde_json::from_str(&text).unwrap()))
    });
    let Some(contract) = contract else { return Vec::new() };
    recorded.iter().flat_map(|one| contract.complaints(one)).collect()
}

impl Contract {
    fn new(mut document: Value) -> Self {
        let definitions = document["$defs"].take();
        let Value::Object(mut operations) = document["operations"].take() else { panic!("operations") };
        // The schema of this one list wants every account to be a person and an enterprise at once.
        operations["GET /app/installations"]["responses"]["200"]["schema"] =
            json!({ "type": "array", "items": { "$ref": "#/$defs/installation" } });
        let operations = operations
            .into_iter()
            .map(|(name, schema)| {
                let (method, path) = name.split_once(' ').unwrap();
                let path = path.trim_start_matches('/').split('/').map(str::to_owned).collect();
                Operation { method: method.to_owned(), path, schema, name: name.clone() }
            })
            .collect();
        Self { operations, definitions, validators: Mutex::default() }
    }

    fn complaints(&self, one: &Recorded) -> Vec<String> {
        let called = format!("{} {}", one.method, one.path);
        if let Some((_, fields)) = BEYOND.iter().find(|(name, _)| is_operation(name, one)) {
            return strange_fields(&called, fields, &one.request_body);
        }
        let Some(operation) = self.operation(one) else {
            return vec![format!("{called} is not in the contract")];
        };
        let mut found = Vec::new();
        let known = &operation.schema["query"];
        for (name, _) in &one.query {
            let listed = match known {
                Value::Array(names) => names.iter().any(|known| known == name || known["name"] == *name),
                Value::Object(names) => names.contains_key(name) || names["properties"].get(name).is_some(),
                _ => false,
            };
            if !listed {
                found.push(format!("{called}: the query {name} is not in the contract"));
            }
        }
        if !one.request_body.is_null() && !operation.schema["request_strict"].is_null() {
            let validator =
                self.validator(&format!("{} request", operation.name), &operation.schema["request_strict"]);
            found.extend(
                validator
                    .iter_errors(&one.request_body)
                    .map(|error| format!("{called} request: {error} at {}", error.instance_path())),
            );
        }
        let schema = &operation.schema["responses"][one.status.to_string()]["schema"];
        if (200..300).contains(&one.status) && !schema.is_null() && !one.response_body.is_null() {
            let validator = self.validator(&format!("{} {}", operation.name, one.status), schema);
            found.extend(
                validator
                    .iter_errors(&one.response_body)
                    .take(3)
                    .map(|error| format!("{called} answer: {error} at {}", error.instance_path())),
            );
        }
        found
    }

    /// Longer literal paths are better fits than those with more holes; a git ref may hold slashes.
    fn operation(&self, one: &Recorded) -> Option<&Operation> {
        let parts: Vec<&str> = one.path.trim_start_matches('/').split('/').collect();
        let fits = |operation: &&Operation| {
            let template = &operation.path;
            let open_end = template.last().is_some_and(|last| last == "{ref}" || last == "{path}");
            let lengths = template.len() == parts.len() || (open_end && parts.len() > template.len());
            operation.method == one.method
                && lengths
                && template.iter().zip(&parts).all(|(hole, part)| hole.starts_with('{') || hole == part)
        };
        let literal =
            |operation: &&Operation| operation.path.iter().filter(|part| !part.starts_with('{')).count();
        self.operations.iter().filter(fits).max_by_key(literal)
    }

    fn validator(&self, name: &str, schema: &Value) -> &'static Validator {
        let mut validators = self.validators.lock().unwrap();
        validators.entry(name.to_owned()).or_insert_with(|| {
            let mut schema = schema.clone();
            schema["$defs"] = self.definitions.clone();
            schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
            Box::leak(Box::new(jsonschema::validator_for(&schema).unwrap()))
        })
    }
}

fn is_operation(name: &str, one: &Recorded) -> bool {
    let (method, template) = name.split_once(' ').unwrap();
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), one.path.split('/').collect());
    let same = |(wanted, there): (&&str, &&str)| wanted.starts_with('{') || wanted == there;
    one.method == method && template.len() == path.len() && template.iter().zip(&path).all(same)
}

fn strange_fields(called: &str, fields: &[&str], body: &Value) -> Vec<String> {
    let given = body.as_object().into_iter().flat_map(|body| body.keys());
    let strange = given.filter(|name| !fields.contains(&name.as_str()));
    strange.map(|name| format!("{called}: the field {name} is not documented")).collect()
}
