//! The policy file as people write it: each mapping's keys once, for the reader and the JSON Schema.

use std::str::FromStr;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::node::{Node, Value};
use super::problem::ProblemCode;
use super::read::{At, FromNode, List, Reader, Scalar, Table, Word, entry};
use super::scans::section::{GateSection, ScansSection};
use super::words::{DurationWord, InputName, Line, NoneWord, NotThat, Slug, WebAddress, WorkflowWord};
use super::{Principal, Source};
use crate::ids::EnvironmentName;

/// The JSON Schema of the policy file, for editors.
pub fn json_schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().with_transform(WithoutNull).into_generator();
    let mut schema = generator.into_root_schema_for::<PolicyFile>();
    schema.insert("title".to_owned(), "Countersign policy (.github/countersign.yml)".into());
    schema.to_value()
}

macro_rules! section {
    (@type required $type:ty) => { At<$type> };
    (@type optional $type:ty) => { Option<At<$type>> };
    (@read required $entries:ident $node:ident $reader:ident $key:literal) => {{
        let node = entry($entries, $key);
        if node.is_none() {
            $reader.missing(&$node.span, $key);
        }
        node.map(|node| At::read(node, $reader))
    }};
    (@read optional $entries:ident $node:ident $reader:ident $key:literal) => {
        match entry($entries, $key) {
            Some(node) => Some(At::read(node, $reader).map(Some)),
            None => Some(Some(None)),
        }
    };
    ($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $key:literal $field:ident: $need:ident $type:ty,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, JsonSchema)]
        #[schemars(deny_unknown_fields)]
        pub(in crate::policy) struct $name {
            $($(#[$field_doc])* #[schemars(rename = $key)] pub(in crate::policy) $field: section!(@type $need $type),)+
        }

        impl FromNode for $name {
            fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
                let entries = reader.section(node, &[$($key),+])?;
                $(let $field = section!(@read $need entries node reader $key);)+
                Some(Self { $($field: $field??,)+ })
            }
        }
    };
}
pub(super) use section;

section! {
    /// What has to hold before a commit may go to an environment. Read from the default branch only.
    PolicyFile {
        /// The version of this format: 1.
        "version" version: required FormatVersion,
        /// Every environment that can be promoted to.
        "environments" environments: required Table<EnvironmentName, EnvironmentSection>,
        /// How the reports of scanners and tests are judged and shown.
        "scans" scans: optional ScansSection,
    }
}

section! {
    /// The rules of one environment.
    EnvironmentSection {
        /// Which commits may be promoted, and who may ask.
        "promote" promote: required PromoteSection,
        /// Who may cancel a promotion to it, besides whoever asked for it and whoever may approve it.
        "cancel" cancel: optional CancelSection,
        /// What has to hold besides.
        "require" require: optional RequireSection,
        /// The `key=value` pairs that a command may give. All others are refused.
        "parameters" parameters: optional Table<InputName, ParameterSection>,
        /// The workflow that deploys. Without one, only a GitHub deployment is made.
        "deploy" deploy: optional DeploySection,
        /// How long a promotion may wait before it is void: 24h unless said otherwise.
        "expires" expires: optional DurationWord,
        /// Where the environment can be seen, for people.
        "url" url: optional WebAddress,
    }
}

section! {
    /// Who may cancel a promotion, besides whoever asked for it and whoever may approve it.
    CancelSection {
        /// Who: user:LOGIN, team:ORGANISATION/SLUG or role:NAME. role:maintain unless said otherwise.
        "by" by: required List<Principal>,
    }
}

section! {
    /// Which commits may be promoted, and who may ask.
    PromoteSection {
        /// Where a commit may come from; any one of these is enough.
        "from" from: required List<Source>,
        /// Who may ask: user:LOGIN, team:ORGANISATION/SLUG or role:NAME.
        "by" by: required List<Principal>,
    }
}

section! {
    /// What has to hold for the commit.
    RequireSection {
        /// Workflows whose newest run on this very commit succeeded.
        "workflows" workflows: optional List<WorkflowWord>,
        /// Checks and commit statuses whose newest result on this very commit is success.
        "checks" checks: optional List<CheckSection>,
        /// Environments in which this very commit was live before.
        "after" after: optional Table<EnvironmentName, AfterSection>,
        /// Who has to agree. `none` says that nobody has to.
        "approvals" approvals: optional ApprovalsSection,
        /// That the commit's reports pass. What is not said here is as in the file's own `scans`.
        "scans" scans: optional GateSection,
        /// Authors who need not be matched with an account: with `@` by an e-mail of their commits, else by their login.
        "known_authors" known_authors: optional List<Line>,
    }
}

section! {
    /// A check by its name and the App that has to report it.
    PinnedCheck {
        /// The check run's name.
        "name" name: required Line,
        /// The App's slug, such as `github-actions`.
        "app" app: optional Slug,
    }
}

section! {
    /// How a commit has to have been in an earlier environment.
    AfterSection {
        /// For how long without a break, such as 30m.
        "soak" soak: optional DurationWord,
    }
}

section! {
    /// So many approvals from these people.
    ApprovalSection {
        /// How many.
        "count" count: required Count,
        /// From whom: user:LOGIN, team:ORGANISATION/SLUG or role:NAME.
        "from" from: required List<Principal>,
        /// Whether those who asked or took part in the change do not count: true unless said otherwise.
        "separation_of_duties" separation_of_duties: optional bool,
    }
}

section! {
    /// One parameter that a command may give.
    ParameterSection {
        /// Which values it may have.
        "type" kind: required ParameterKind,
        /// The values of a choice.
        "values" values: optional List<Scalar>,
        /// The least number.
        "minimum" minimum: optional i64,
        /// The greatest number.
        "maximum" maximum: optional i64,
        /// The most bytes of a string: 64 unless said otherwise, 255 at most.
        "max_length" max_length: optional i64,
        /// The value when the command gives none.
        "default" default: optional Scalar,
        /// Whether the command must give it: false unless said otherwise.
        "required" required: optional bool,
    }
}

section! {
    /// The workflow that deploys.
    DeploySection {
        /// Its file in `.github/workflows`.
        "workflow" workflow: required WorkflowWord,
        /// The inputs it is always given. It also gets the parameters and `countersign_id`.
        "inputs" inputs: optional Table<InputName, Scalar>,
    }
}

/// A check by its name alone or pinned to an App.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub(super) enum CheckSection {
    /// The check run's name or the commit status's context; every App that reports it has to say success.
    Named(Line),
    /// A check by its name and the App that has to report it.
    Pinned(PinnedCheck),
}

impl FromNode for CheckSection {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if matches!(node.value, Value::Mapping(_)) {
            return PinnedCheck::read(node, reader).map(Self::Pinned);
        }
        Line::read(node, reader).map(Self::Named)
    }
}

/// Who has to agree.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub(super) enum ApprovalsSection {
    /// Nobody.
    None(NoneWord),
    /// Each of these rules has to be met.
    Rules(List<ApprovalSection>),
}

impl FromNode for ApprovalsSection {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if matches!(node.value, Value::List(_)) {
            return List::read(node, reader).map(Self::Rules);
        }
        NoneWord::read(node, reader).map(Self::None)
    }
}

/// The version of this format.
#[derive(Debug, Clone)]
pub(super) struct FormatVersion;

impl FromNode for FormatVersion {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let number = i64::read(node, reader)?;
        if number != 1 {
            let message = format!("version {number} of this format is not known");
            reader.wrong(&node.span, ProblemCode::InvalidValue, message, "write `version: 1`");
        }
        Some(Self)
    }
}

/// How many approvals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count(pub(super) u8);

impl FromNode for Count {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let number = i64::read(node, reader)?;
        let count = u8::try_from(number).ok().filter(|count| (1..=20).contains(count));
        if count.is_none() {
            let message = format!("{number} is not a number of approvals");
            let suggestion = "write a number from 1 to 20, or `approvals: none` if nobody has to approve";
            reader.wrong(&node.span, ProblemCode::InvalidValue, message, suggestion);
        }
        count.map(Self)
    }
}

/// Which values a parameter may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum ParameterKind {
    /// One of `values`.
    Choice,
    /// `true` or `false`.
    Boolean,
    /// A whole number from `minimum` to `maximum`.
    Number,
    /// Letters, digits and `. _ - / : @ + ,`, at most `max_length` bytes.
    String,
}

impl ParameterKind {
    /// As it is written.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
        }
    }
}

impl FromStr for ParameterKind {
    type Err = NotThat;
    fn from_str(text: &str) -> Result<Self, NotThat> {
        let all = [Self::Choice, Self::Boolean, Self::Number, Self::String];
        all.into_iter().find(|kind| kind.as_str() == text).ok_or(NotThat)
    }
}

impl Word for ParameterKind {
    const WANTED: &'static str = "a type of parameter: choice, boolean, number or string";
    const EXAMPLE: &'static str = "choice";
    const PATTERN: &'static str = "^(choice|boolean|number|string)$";
}

impl JsonSchema for FormatVersion {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FormatVersion".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": 1 })
    }
}

impl JsonSchema for Count {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": 20 })
    }
}

/// Takes `null` out of the schema: a key is written with a value or not at all.
#[derive(Debug, Clone)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if let Some(serde_json::Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(serde_json::Value::Array(choices)) = schema.get_mut("anyOf") {
            choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
            if let [serde_json::Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                schema.remove("anyOf");
                for (key, value) in only {
                    schema.insert(key, value);
                }
            }
        }
    }
}
