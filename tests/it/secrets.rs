//! Secrets come from Secrets Manager, and a new one counts from its first use on.

use local::system::{OPERATOR_TOKEN, SIGNING_SECRET, System, SystemOptions, token_entry};
use tests::hookwatch::{Hookwatch, event};

fn put(hookwatch: &Hookwatch, name: &str, value: &str) {
    let arn = hookwatch.system.secret_arn(name).unwrap();
    hookwatch.system.secrets_manager().put(arn, value);
}

fn readings(hookwatch: &Hookwatch, name: &str) -> usize {
    let arn = hookwatch.system.secret_arn(name).unwrap();
    hookwatch.system.secrets_manager().readings(arn)
}

async fn delivered(hookwatch: &Hookwatch, id: &str, secret: &str) -> u16 {
    hookwatch.deliver_with(secret, event(id, "charge.succeeded").as_bytes()).await.status
}

#[tokio::test]
async fn the_first_event_under_a_new_secret_is_accepted_and_the_old_one_still_is() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    assert_eq!(delivered(&hookwatch, "evt_1", SIGNING_SECRET).await, 200);
    put(&hookwatch, "SigningSecrets", &format!("local=whsec_new,old={SIGNING_SECRET}"));
    assert_eq!(delivered(&hookwatch, "evt_2", "whsec_new").await, 200);
    assert_eq!(delivered(&hookwatch, "evt_3", SIGNING_SECRET).await, 200);
    let page = hookwatch.get("/v1/events/evt_2").await.body;
    assert_eq!(page["deliveries"][0]["secret_name"], "local");
    assert_eq!(readings(&hookwatch, "SigningSecrets"), 2);
}

#[tokio::test]
async fn a_flood_of_forged_requests_reads_the_secret_once() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    for _ in 0..30 {
        assert_eq!(delivered(&hookwatch, "evt_1", "whsec_forged").await, 400);
    }
    assert_eq!(readings(&hookwatch, "SigningSecrets"), 2, "at start, and once for the first");
    for _ in 0..30 {
        assert_eq!(hookwatch.get_as("/v1/events", Some("Bearer x")).await.status, 401);
    }
    assert_eq!(readings(&hookwatch, "ApiTokens"), 2, "at start, and once for the first");
}

#[tokio::test]
async fn a_new_token_is_known_at_once() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let entries =
        [token_entry("local", "operator", OPERATOR_TOKEN), token_entry("ann", "viewer", "new")];
    put(&hookwatch, "ApiTokens", &entries.join(","));
    assert_eq!(hookwatch.get_as("/v1/events", Some("Bearer new")).await.status, 200);
    assert_eq!(hookwatch.get("/v1/events").await.status, 200);
}

#[tokio::test]
async fn a_store_that_fails_or_holds_nonsense_changes_nothing() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    put(&hookwatch, "SigningSecrets", "hidden nonsense");
    hookwatch.system.secrets_manager().set_down(true);
    assert_eq!(delivered(&hookwatch, "evt_1", "whsec_forged").await, 400);
    assert_eq!(hookwatch.get_as("/v1/events", Some("Bearer x")).await.status, 401);
    assert_eq!(delivered(&hookwatch, "evt_2", SIGNING_SECRET).await, 200);
    assert_eq!(hookwatch.get("/v1/events").await.status, 200);
    let log = hookwatch.log_with(&["secret not read again", "STRIPE_WEBHOOK_SECRETS_ARN"]).await;
    assert!(!log.contains("hidden"), "{log}");

    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    put(&hookwatch, "SigningSecrets", "hidden nonsense");
    assert_eq!(delivered(&hookwatch, "evt_1", "whsec_forged").await, 400);
    assert_eq!(delivered(&hookwatch, "evt_2", SIGNING_SECRET).await, 200);
    let log = hookwatch.log_with(&["secret not read again", "entry 1 is not of the form"]).await;
    assert!(!log.contains("hidden"), "{log}");
}

#[tokio::test]
async fn a_secret_that_is_missing_or_bad_stops_start_up_and_is_named() {
    for (package, name, variable, value) in [
        ("webhook-receiver", "SigningSecrets", "STRIPE_WEBHOOK_SECRETS_ARN", None),
        ("webhook-receiver", "SigningSecrets", "STRIPE_WEBHOOK_SECRETS_ARN", Some(" ")),
        (
            "webhook-receiver",
            "SigningSecrets",
            "STRIPE_WEBHOOK_SECRETS_ARN",
            Some("live=sk_live_hidden"),
        ),
        ("ops-api", "ApiTokens", "WEBHOOK_API_TOKENS_ARN", None),
        ("ops-api", "ApiTokens", "WEBHOOK_API_TOKENS_ARN", Some("ann=king:hidden")),
    ] {
        let mut options = SystemOptions::default();
        match value {
            Some(value) => drop(options.secrets.insert(name.to_owned(), value.to_owned())),
            None => drop(options.secrets.remove(name)),
        }
        let error = System::start(options).await.err().unwrap().to_string();
        assert!(error.contains(package) && error.contains(variable), "{value:?}: {error}");
        assert!(!error.contains("hidden"), "{error}");
    }
}

/// Calls `infra/token.sh`.
fn token_sh(arguments: &[&str]) -> std::process::Output {
    let script = local::workspace().join("infra/token.sh");
    std::process::Command::new("bash").arg(script).args(arguments).output().unwrap()
}

#[tokio::test]
async fn a_minted_token_lets_in() {
    let output = token_sh(&["ann", "viewer"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (entry, token) = (lines[1], lines[3]);
    let hookwatch = Hookwatch::start_with(|options| {
        options.secrets.insert("ApiTokens".to_owned(), entry.to_owned());
    })
    .await;
    let bearer = format!("Bearer {token}");
    assert_eq!(hookwatch.get_as("/v1/events", Some(&bearer)).await.status, 200);
    for arguments in
        [&["ann"][..], &["ann", "king"], &["a b", "viewer"], &["--odd", "ann", "viewer"]]
    {
        let refused = token_sh(arguments);
        assert!(!refused.status.success() && !refused.stderr.is_empty(), "{arguments:?}");
    }
}
