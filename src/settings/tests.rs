use std::path::Path;

use clap::{CommandFactory as _, Parser};

use super::*;

const PKCS1: &str = include_str!("../../tests/fixtures/github/test-key.pkcs1.pem");

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    flags: ServeFlags,
}

/// Flags that are given win over whatever the environment of the test run holds.
fn read(more: &[&str]) -> Result<Settings, InvalidSetting> {
    let given = |name: &str| more.iter().any(|flag| flag.starts_with(&format!("--{name}=")));
    let mut flags = vec!["countersign".to_owned()];
    let usual = [
        ("listen", ""),
        ("public-url", ""),
        ("database-url", ""),
        ("github-api-url", ""),
        ("github-web-url", ""),
        ("github-app-id", "4711"),
        ("github-private-key", PKCS1),
        ("github-private-key-file", ""),
        ("github-webhook-secret", "hunter2"),
        ("github-webhook-secret-file", ""),
        ("log-origin", ""),
        ("log-key-file", ""),
        ("anchor-repository", ""),
        ("anchor-branch", ""),
        ("witness-policy", ""),
        ("tsa-url", ""),
        ("log-old-key-file", ""),
        ("high-water", ""),
        ("self-audit", ""),
        ("reader-token", ""),
        ("reader-token-file", ""),
    ];
    flags.extend(
        usual.iter().filter(|(name, _)| !given(name)).map(|(name, value)| format!("--{name}={value}")),
    );
    flags.extend(more.iter().map(|&flag| flag.to_owned()));
    Settings::read(&Program::try_parse_from(flags).unwrap().flags)
}

fn secrets(settings: &Settings) -> Vec<&str> {
    settings.webhook_secrets.iter().map(secret::expose).collect()
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(secret::expose(&settings.database_url), "sqlite://countersign.db");
    assert_eq!(settings.github_api_url.as_str(), "https://api.github.com/");
    assert_eq!(settings.github_web_url.unwrap().as_str(), "https://github.com/");
    assert_eq!(settings.public_url, None);
    assert_eq!(settings.app_id, 4711);
    assert_eq!(settings.log.origin.as_str(), "localhost/log/countersign");
    assert_eq!(settings.log.key_file, PathBuf::from("countersign-log.key"));
    assert!(settings.reader.is_none(), "nobody reads the entries");
}

#[test]
fn the_high_water_mark_is_a_file_or_a_second_database_or_left_out() {
    let place = |text: &str| read(&[&format!("--high-water={text}")]).unwrap().log.high_water;
    assert!(place("").is_none());
    assert!(matches!(place("none"), Some(Place::Nowhere)));
    assert!(matches!(place("/var/lib/mark"), Some(Place::File(file)) if file == Path::new("/var/lib/mark")));
    for url in ["sqlite://mark.db", "postgres://u:hunter2@h/d"] {
        let told = place(url);
        assert!(matches!(told, Some(Place::Database(_))), "{told:?}");
        assert!(!format!("{told:?}").contains("hunter2"));
    }
}

#[test]
fn the_pages_follow_from_the_api() {
    for (api, web) in [
        ("https://api.github.com/", Some("https://github.com/")),
        ("https://api.acme.ghe.com", Some("https://acme.ghe.com/")),
        ("https://git.acme.example/api/v3", Some("https://git.acme.example/")),
        ("https://git.acme.example:8443/api/v3/", Some("https://git.acme.example:8443/")),
        ("https://api.acme.example", None),
        ("http://127.0.0.1:8081", None),
    ] {
        let settings = read(&[&format!("--github-api-url={api}")]).unwrap();
        assert_eq!(settings.github_web_url.as_ref().map(Url::as_str), web, "{api}");
    }
    let told = read(&["--github-api-url=http://127.0.0.1:8081", "--github-web-url=http://127.0.0.1:9"]);
    assert_eq!(told.unwrap().github_web_url.unwrap().as_str(), "http://127.0.0.1:9/");
}

#[test]
fn the_log_is_called_after_the_public_host() {
    for (url, origin) in [
        ("https://countersign.example.com/", "countersign.example.com/log/countersign"),
        ("https://example.com:8443/sub", "example.com:8443/log/countersign"),
        ("http://[::1]:8080", "[::1]:8080/log/countersign"),
    ] {
        assert_eq!(read(&[&format!("--public-url={url}")]).unwrap().log.origin.as_str(), origin);
    }
    assert_eq!(read(&["--log-origin=acme.example/l"]).unwrap().log.origin.as_str(), "acme.example/l");
}

#[test]
fn secrets_come_by_value_or_from_a_file_and_several_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "new one , old one\n").unwrap();
    let by_file = format!("--github-webhook-secret-file={}", file.display());
    assert_eq!(secrets(&read(&["--github-webhook-secret=", &by_file]).unwrap()), ["new one", "old one"]);
    assert_eq!(secrets(&read(&["--github-webhook-secret= a,b "]).unwrap()), ["a", "b"]);
    let key = folder.path().join("key.pem");
    std::fs::write(&key, PKCS1).unwrap();
    let by_file = format!("--github-private-key-file={}", key.display());
    assert!(read(&["--github-private-key=", &by_file]).is_ok());
    let escaped = format!("--github-private-key={}", PKCS1.replace('\n', "\\n"));
    assert!(read(&[&escaped]).is_ok());
}

#[test]
fn what_is_wrong_is_said_by_name_and_with_what_to_write() {
    for (flags, variable, said) in [
        (&["--listen=8080"][..], "COUNTERSIGN_LISTEN", "127.0.0.1:8080"),
        (&["--lease=0"], "COUNTERSIGN_LEASE", "from 1 to 3600"),
        (&["--connections-per-address=0"], "COUNTERSIGN_CONNECTIONS_PER_ADDRESS", "from 1 to 1024"),
        (&["--connections-per-address=many"], "COUNTERSIGN_CONNECTIONS_PER_ADDRESS", "from 1 to 1024"),
        (&["--public-url=countersign.example.com"], "COUNTERSIGN_PUBLIC_URL", "https://"),
        (&["--public-url=ftp://x"], "COUNTERSIGN_PUBLIC_URL", "https://"),
        (&["--github-api-url=https://x?y"], "COUNTERSIGN_GITHUB_API_URL", "api/v3"),
        (&["--github-web-url=x"], "COUNTERSIGN_GITHUB_WEB_URL", "https://github.com"),
        (&["--database-url=mysql://x"], "COUNTERSIGN_DATABASE_URL", "sqlite://FILE"),
        (&["--github-app-id="], "COUNTERSIGN_GITHUB_APP_ID", "is not set"),
        (&["--github-app-id=Iv1.x"], "COUNTERSIGN_GITHUB_APP_ID", "not an App's id"),
        (&["--github-private-key="], "COUNTERSIGN_GITHUB_PRIVATE_KEY", "is not set"),
        (&["--github-private-key=x"], "COUNTERSIGN_GITHUB_PRIVATE_KEY", "RSA private key"),
        (&["--github-private-key-file=/x"], "COUNTERSIGN_GITHUB_PRIVATE_KEY", "both set"),
        (&["--github-webhook-secret="], "COUNTERSIGN_GITHUB_WEBHOOK_SECRET", "is not set"),
        (&["--github-webhook-secret=a,,b"], "COUNTERSIGN_GITHUB_WEBHOOK_SECRET", "empty secret"),
        (
            &["--github-webhook-secret=", "--github-webhook-secret-file=/no/such/file"],
            "COUNTERSIGN_GITHUB_WEBHOOK_SECRET_FILE",
            "No such file",
        ),
        (&["--self-audit=0"], "COUNTERSIGN_SELF_AUDIT", "from 1 to 8760"),
        (&["--reader-token=hunter2"], "COUNTERSIGN_READER_TOKEN", "openssl rand -hex 32"),
        (
            &["--reader-token=0123456789abcdef", "--reader-token-file=/x"],
            "COUNTERSIGN_READER_TOKEN",
            "both set",
        ),
        (&["--oidc-issuer=http://issuer.example"], "COUNTERSIGN_OIDC_ISSUER", "https://"),
        (&["--oidc-issuer=x"], "COUNTERSIGN_OIDC_ISSUER", "_services/token"),
        (&["--log-origin=https://x/log"], "COUNTERSIGN_LOG_ORIGIN", "without https://"),
        (&["--log-origin=x/"], "COUNTERSIGN_LOG_ORIGIN", "final slash"),
    ] {
        let error = read(flags).unwrap_err();
        assert_eq!(error.variable, variable, "{flags:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn no_secret_is_ever_printed() {
    let settings = read(&["--database-url=postgres://u:hunter2@h/d"]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!format!("{settings:?}").contains("PRIVATE KEY-----"));
    let broken = read(&["--github-private-key=hunter2"]).unwrap_err();
    assert!(!broken.to_string().contains("hunter2"));
    let both = read(&["--github-webhook-secret=hunter2", "--github-webhook-secret-file=/x"]).unwrap_err();
    assert!(!both.to_string().contains("hunter2"));
    let help = Program::command().render_long_help().to_string();
    assert!(!help.contains("hunter2"));
}

#[test]
fn every_variable_is_in_the_help() {
    let help = Program::command().render_long_help().to_string();
    for variable in [
        "COUNTERSIGN_LISTEN",
        "COUNTERSIGN_CONNECTIONS_PER_ADDRESS",
        "COUNTERSIGN_LEASE",
        "COUNTERSIGN_PUBLIC_URL",
        "COUNTERSIGN_DATABASE_URL",
        "COUNTERSIGN_GITHUB_API_URL",
        "COUNTERSIGN_GITHUB_WEB_URL",
        "COUNTERSIGN_ATTESTATION_KEY_FILE",
        "COUNTERSIGN_GITHUB_APP_ID",
        "COUNTERSIGN_GITHUB_PRIVATE_KEY",
        "COUNTERSIGN_GITHUB_PRIVATE_KEY_FILE",
        "COUNTERSIGN_GITHUB_WEBHOOK_SECRET",
        "COUNTERSIGN_GITHUB_WEBHOOK_SECRET_FILE",
        "COUNTERSIGN_LOG_KEY_FILE",
        "COUNTERSIGN_LOG_ORIGIN",
        "COUNTERSIGN_LOG_OLD_KEY_FILE",
        "COUNTERSIGN_HIGH_WATER",
        "COUNTERSIGN_SELF_AUDIT",
        "COUNTERSIGN_READER_TOKEN",
        "COUNTERSIGN_READER_TOKEN_FILE",
        "COUNTERSIGN_OIDC_ISSUER",
        "COUNTERSIGN_OIDC_AUDIENCE",
    ] {
        assert!(help.contains(&format!("[env: {variable}")), "{variable} in\n{help}");
    }
}

#[test]
fn the_log_is_written_down_outside_where_the_settings_say() {
    let anchors = read(&[]).unwrap().anchors;
    assert!(anchors.branch.is_none() && anchors.timestamps.is_none() && anchors.witnesses().is_empty());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy");
    let policy =
        "witness w1 witness.example/w1+fea3b187+BBOY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK\nquorum w1\n";
    std::fs::write(&file, policy).unwrap();
    let named = format!("--witness-policy={}", file.display());
    let anchors = read(&["--anchor-repository=acme/audit", "--tsa-url=https://tsa.example.com/", &named])
        .unwrap()
        .anchors;
    assert_eq!(anchors.branch.unwrap().to_string(), "the branch countersign-audit of acme/audit");
    assert_eq!(anchors.policy.unwrap().witnesses().len(), 1);

    std::fs::write(&file, "quorum w1\n").unwrap();
    for (flags, says) in [
        (vec!["--anchor-repository=acme"], "Write OWNER/NAME"),
        (vec!["--anchor-repository=acme/audit", "--anchor-branch=a..b"], "no branch can be called"),
        (vec!["--tsa-url=tsa.example.com"], "COUNTERSIGN_TSA_URL"),
        (vec!["--witness-policy=/nowhere/policy"], "cannot be read"),
        (vec![named.as_str()], "line 1 of the policy: no witness and no group above is called w1"),
    ] {
        let error = read(&flags).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_trusted_root_is_one_that_can_be_used() {
    assert!(read(&[]).unwrap().trusted_root.is_none());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trusted_root.json");
    std::fs::write(&file, "{}").unwrap();
    for path in [file.to_str().unwrap(), "/nowhere/trusted_root.json"] {
        let error = read(&[&format!("--trusted-root-file={path}")]).unwrap_err().to_string();
        assert!(error.starts_with("COUNTERSIGN_TRUSTED_ROOT_FILE names"), "{error}");
    }
}

#[test]
fn tokens_of_jobs_are_those_of_github_unless_something_else_is_said() {
    let github = "https://token.actions.githubusercontent.com".to_owned();
    assert_eq!(read(&[]).unwrap().oidc, OidcSettings { issuer: github, audience: None });
    let here = read(&["--oidc-issuer=http://127.0.0.1:3000/x", "--oidc-audience=us"]).unwrap().oidc;
    assert_eq!((here.issuer.as_str(), here.audience.as_deref()), ("http://127.0.0.1:3000/x", Some("us")));
}
