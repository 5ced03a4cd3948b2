//! The flags and the variables behind them, as `--help` shows them.

use std::convert::Infallible;

use clap::{Args, ValueEnum};

use crate::github::Secret;

/// What `serve` can be told.
#[derive(Debug, Clone, Args)]
pub struct ServeFlags {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, env = "COUNTERSIGN_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,

    /// How many connections one address may have at once; behind a proxy all of them come from the proxy's.
    #[arg(
        long,
        env = "COUNTERSIGN_CONNECTIONS_PER_ADDRESS",
        help = "How many connections one address may have at once, of 1024 in all [default: 64 for addresses of the Internet; no bound for this machine and private networks, where proxies stand]",
        value_name = "NUMBER"
    )]
    pub connections_per_address: Option<String>,

    /// Which database.
    #[command(flatten)]
    pub database: DatabaseFlags,

    /// Which log, and who signs it.
    #[command(flatten)]
    pub log: LogFlags,

    /// Where the log is written down outside.
    #[command(flatten)]
    pub anchors: AnchorFlags,

    /// Who signs attestations.
    #[command(flatten)]
    pub attestations: AttestationFlags,

    /// For how many seconds a worker keeps what it claimed; after a crash that work goes on when they are over [default: 90]
    #[arg(long, env = "COUNTERSIGN_LEASE", value_name = "SECONDS")]
    pub lease: Option<String>,

    /// How many hours lie between two verifications of the whole log by the server itself [default: 24]
    #[arg(long, env = "COUNTERSIGN_SELF_AUDIT", value_name = "HOURS")]
    pub self_audit: Option<String>,

    /// Which GitHub, as which App.
    #[command(flatten)]
    pub github: GitHubFlags,

    /// GitHub's pages, for the links in what is written [default: follows from the API's URL]
    #[arg(long, env = "COUNTERSIGN_GITHUB_WEB_URL", value_name = "URL")]
    pub github_web_url: Option<String>,

    /// The secret that GitHub signs webhooks with; several, separated by commas, while it is changed
    #[arg(long, env = "COUNTERSIGN_GITHUB_WEBHOOK_SECRET", value_name = "SECRET", hide_env_values = true, value_parser = secret)]
    pub github_webhook_secret: Option<Secret>,

    /// A file with the webhook secret or secrets, instead of these themselves
    #[arg(long, env = "COUNTERSIGN_GITHUB_WEBHOOK_SECRET_FILE", value_name = "FILE")]
    pub github_webhook_secret_file: Option<String>,

    /// Who may read the log's entries.
    #[command(flatten)]
    pub reader: ReaderFlags,

    /// Which jobs may send reports.
    #[command(flatten)]
    pub oidc: OidcFlags,

    /// Sigstore's trusted root, a `trusted_root.json`, by which keyless signatures of reports are verified.
    #[arg(
        long,
        env = "COUNTERSIGN_TRUSTED_ROOT_FILE",
        help = "Sigstore's trusted_root.json, by which keyless signatures of reports are verified",
        value_name = "FILE"
    )]
    pub trusted_root_file: Option<String>,
}

/// Which jobs may send reports.
#[derive(Debug, Clone, Default, Args)]
pub struct OidcFlags {
    /// Who issues the OIDC tokens of jobs that send reports.
    #[arg(
        long,
        env = "COUNTERSIGN_OIDC_ISSUER",
        help = "Who issues the OIDC tokens of jobs that send reports [default: https://token.actions.githubusercontent.com]",
        value_name = "URL"
    )]
    pub oidc_issuer: Option<String>,

    /// For whom these tokens must be made [default: the public URL]
    #[arg(long, env = "COUNTERSIGN_OIDC_AUDIENCE", value_name = "AUDIENCE")]
    pub oidc_audience: Option<String>,
}

/// Which GitHub, as which App.
#[derive(Debug, Clone, Args)]
pub struct GitHubFlags {
    /// GitHub's REST API.
    #[arg(
        long,
        env = "COUNTERSIGN_GITHUB_API_URL",
        help = "GitHub's REST API: https://api.github.com, https://api.SUB.ghe.com, or https://HOST/api/v3 [default: https://api.github.com]",
        value_name = "URL"
    )]
    pub github_api_url: Option<String>,

    /// The App's id, a number
    #[arg(long, env = "COUNTERSIGN_GITHUB_APP_ID", value_name = "NUMBER")]
    pub github_app_id: Option<String>,

    /// The App's private key in PEM (PKCS#1 or PKCS#8); line breaks may be written as \n
    #[arg(long, env = "COUNTERSIGN_GITHUB_PRIVATE_KEY", value_name = "PEM", hide_env_values = true, value_parser = secret)]
    pub github_private_key: Option<Secret>,

    /// A file with the App's private key, instead of the key itself
    #[arg(long, env = "COUNTERSIGN_GITHUB_PRIVATE_KEY_FILE", value_name = "FILE")]
    pub github_private_key_file: Option<String>,
}

/// Which database.
#[derive(Debug, Clone, Args)]
pub struct DatabaseFlags {
    /// The database.
    #[arg(long, env = "COUNTERSIGN_DATABASE_URL", help = "The database: sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME [default: sqlite://countersign.db]", value_name = "URL", hide_env_values = true, value_parser = secret, visible_alias = "database")]
    pub database_url: Option<Secret>,
}

/// Who may read a log's entries over HTTP.
#[derive(Debug, Clone, Args)]
pub struct ReaderFlags {
    /// The token that readers of the log's entries show over HTTP; at least 16 bytes. A server without one serves no entries
    #[arg(long, env = "COUNTERSIGN_READER_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = secret)]
    pub reader_token: Option<Secret>,

    /// A file with the readers' token, instead of the token itself
    #[arg(long, env = "COUNTERSIGN_READER_TOKEN_FILE", value_name = "FILE")]
    pub reader_token_file: Option<String>,
}

/// Which log, and who signs it.
#[derive(Debug, Clone, Args)]
pub struct LogFlags {
    /// Where people and GitHub reach this server.
    #[arg(
        long,
        env = "COUNTERSIGN_PUBLIC_URL",
        help = "Where people and GitHub reach this server, such as https://countersign.example.com",
        value_name = "URL"
    )]
    pub public_url: Option<String>,

    /// What the log is called in its signed checkpoints; must not change later [default: HOST/log/countersign with the host of the public URL, or localhost/log/countersign]
    #[arg(long, env = "COUNTERSIGN_LOG_ORIGIN", value_name = "NAME")]
    pub log_origin: Option<String>,

    /// The file of the Ed25519 key that signs the log; made with mode 0600 at the first start [default: countersign-log.key]
    #[arg(long, env = "COUNTERSIGN_LOG_KEY_FILE", value_name = "FILE")]
    pub log_key_file: Option<String>,

    /// The file of the key that is being replaced: it signs beside the new one until it is left out
    #[arg(long, env = "COUNTERSIGN_LOG_OLD_KEY_FILE", value_name = "FILE")]
    pub log_old_key_file: Option<String>,

    /// Where the newest checkpoint is kept.
    #[arg(long, env = "COUNTERSIGN_HIGH_WATER", help = "Where the newest checkpoint is kept outside the database, so that a restored backup is noticed: a file, sqlite://FILE, postgres://USER:PASSWORD@HOST/NAME, or none [default: the SQLite file's name and .high-water; with PostgreSQL countersign.high-water]", value_name = "FILE|URL", hide_env_values = true, value_parser = secret)]
    pub high_water: Option<Secret>,
}

/// Who signs attestations.
#[derive(Debug, Clone, Args)]
pub struct AttestationFlags {
    /// The file of the Ed25519 key that signs attestations, another one than the log's; made with mode 0600 at the first start [default: countersign-attestation.key]
    #[arg(long, env = "COUNTERSIGN_ATTESTATION_KEY_FILE", value_name = "FILE")]
    pub attestation_key_file: Option<String>,
}

/// Where the log is written down outside.
#[derive(Debug, Clone, Default, Args)]
pub struct AnchorFlags {
    /// The repository whose branch the log's checkpoints are committed to; the App needs "Contents: write" there [default: none]
    #[arg(long, env = "COUNTERSIGN_ANCHOR_REPOSITORY", value_name = "OWNER/NAME")]
    pub anchor_repository: Option<String>,

    /// The branch in it, which nobody else writes to [default: countersign-audit]
    #[arg(long, env = "COUNTERSIGN_ANCHOR_BRANCH", value_name = "BRANCH")]
    pub anchor_branch: Option<String>,

    /// A file (c2sp.org/tlog-policy) with the witnesses that are asked to sign each checkpoint [default: none]
    #[arg(long, env = "COUNTERSIGN_WITNESS_POLICY", value_name = "FILE")]
    pub witness_policy: Option<String>,

    /// The timestamp authority (RFC 3161) that is asked when it saw the newest checkpoint [default: none]
    #[arg(long, env = "COUNTERSIGN_TSA_URL", value_name = "URL")]
    pub tsa_url: Option<String>,
}

/// What is written about the program's own work.
#[derive(Debug, Clone, Args)]
pub struct TelemetryFlags {
    /// What to log: a level or filters such as info,countersign=debug [default: info for serve, else warn]
    #[arg(long, env = "COUNTERSIGN_LOG", value_name = "FILTER", global = true, help_heading = "Logging")]
    pub log: Option<String>,

    /// The same under its usual name, for when `COUNTERSIGN_LOG` is not set.
    #[arg(
        long,
        env = "RUST_LOG",
        value_name = "FILTER",
        global = true,
        help_heading = "Logging",
        hide = true
    )]
    pub rust_log: Option<String>,

    /// How to log
    #[arg(
        long,
        env = "COUNTERSIGN_LOG_FORMAT",
        value_name = "FORMAT",
        help_heading = "Logging",
        global = true,
        value_enum,
        default_value = "text"
    )]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object in each line.
    Json,
}

impl TelemetryFlags {
    /// What to log; `otherwise` when nothing is said.
    pub fn filter<'f>(&'f self, otherwise: &'f str) -> &'f str {
        let chosen = super::given(self.log.as_deref()).or_else(|| super::given(self.rust_log.as_deref()));
        chosen.unwrap_or(otherwise)
    }
}

/// Takes anything, so that no error of the command line's quotes it.
#[expect(clippy::unnecessary_wraps, reason = "the shape clap asks for")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::from(text))
}
