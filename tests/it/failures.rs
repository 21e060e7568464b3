//! A database that fails: Stripe is told to try again, in time, and the event is there after that,
//! once.

use std::time::{Duration, Instant};

use local::system::System;
use tests::hookwatch::{Hookwatch, event};
use tests::proxy::{Mode, Proxy};

/// A system whose receiver reaches its database through a proxy. The table is in the engine of a
/// system that nobody sends to.
async fn behind_proxy() -> (Hookwatch, Proxy, System) {
    let database = System::start(local::system::SystemOptions::default()).await.unwrap();
    let proxy = Proxy::before(database.dynamodb_endpoint()).await;
    let endpoint = proxy.endpoint.clone();
    let engine = database.dynamodb_endpoint().to_owned();
    let hookwatch = Hookwatch::start_with(|options| {
        options.engine = local::system::EngineChoice::External(engine);
        options.max_instances = 1;
        for package in ["webhook-receiver", "ops-api"] {
            let variables = options.variables.entry(package.to_owned()).or_default();
            variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint.clone());
        }
    })
    .await;
    (hookwatch, proxy, database)
}

#[tokio::test]
async fn an_event_that_could_not_be_stored_is_there_after_stripes_retry_once() {
    let (hookwatch, proxy, _database) = behind_proxy().await;
    for (mode, id) in
        [(Mode::Refuse, "evt_refuse"), (Mode::Throttle, "evt_throttle"), (Mode::Hang, "evt_hang")]
    {
        let body = event(id, "charge.succeeded");
        proxy.set(mode);
        let asked = Instant::now();
        let failed = hookwatch.deliver(body.as_bytes()).await;
        assert_eq!((failed.status, failed.code()), (500, "internal"), "{mode:?}");
        assert!(asked.elapsed() < Duration::from_secs(8), "{mode:?}: {:?}", asked.elapsed());
        let read = hookwatch.get(&format!("/v1/events/{id}")).await;
        assert_eq!((read.status, read.code()), (500, "internal"), "{mode:?}");
        let health = hookwatch.get("/v1/health").await;
        let told = (health.status, health.body["overall_status"].as_str());
        assert_eq!(told, (200, Some("critical")), "{mode:?}: {health:?}");
        let issue = &health.body["active_issues"][0];
        assert_eq!(issue["type"], "database_unhealthy", "{mode:?}: {health:?}");
        assert_eq!(health.body["recommendations"][0], issue["recommendation"]);
        let forged = hookwatch.post(body.as_bytes(), &[]).await;
        assert_eq!(forged.status, 400, "{mode:?}: a refusal needs no database");
        proxy.set(Mode::Pass);
        let retried = hookwatch.deliver(body.as_bytes()).await;
        assert_eq!(
            (retried.status, retried.body["status"].as_str()),
            (200, Some("stored")),
            "{mode:?}"
        );
        let page = hookwatch.get(&format!("/v1/events/{id}")).await;
        assert_eq!(page.body["deliveries"].as_array().unwrap().len(), 1, "{mode:?}");
    }
    hookwatch.log_with(&["event not stored", "evt_refuse", "evt_throttle", "evt_hang"]).await;
    // What could not be counted then is counted later.
    hookwatch.rejections("", 3).await;
}

#[tokio::test]
async fn a_cold_start_with_a_database_that_hangs_answers_within_the_functions_limit() {
    let (hookwatch, proxy, _database) = behind_proxy().await;
    hookwatch.system.host("webhook-receiver").unwrap().kill_instances().await;
    proxy.set(Mode::Hang);
    let asked = Instant::now();
    let answer = hookwatch.deliver(event("evt_1", "charge.succeeded").as_bytes()).await;
    assert_eq!((answer.status, answer.code()), (500, "internal"));
    assert!(asked.elapsed() < Duration::from_secs(9), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_slow_database_makes_slow_answers_and_nothing_worse() {
    let (hookwatch, proxy, _database) = behind_proxy().await;
    proxy.set(Mode::Slow);
    let body = event("evt_1", "charge.succeeded");
    for status in ["stored", "duplicate"] {
        let answer = hookwatch.deliver(body.as_bytes()).await;
        assert_eq!((answer.status, answer.body["status"].as_str()), (200, Some(status)));
    }
    let page = hookwatch.get("/v1/events/evt_1").await;
    assert_eq!(page.body["deliveries"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_answer_that_was_lost_does_not_make_a_duplicate_of_the_sdks_retry() {
    let (hookwatch, proxy, _database) = behind_proxy().await;
    proxy.set(Mode::LoseOneAnswer);
    let answer = hookwatch.deliver(event("evt_1", "charge.succeeded").as_bytes()).await;
    assert_eq!((answer.status, answer.body["status"].as_str()), (200, Some("stored")));
    let page = hookwatch.get("/v1/events/evt_1").await;
    assert_eq!(page.body["deliveries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_connection_is_open_before_the_first_webhook() {
    let (hookwatch, proxy, _database) = behind_proxy().await;
    let before = proxy.connections();
    hookwatch.deliver(event("evt_1", "charge.succeeded").as_bytes()).await;
    assert_eq!(proxy.connections(), before);
}

#[tokio::test]
async fn a_killed_instance_is_replaced_and_what_was_answered_is_there() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    assert_eq!(hookwatch.deliver(event("evt_1", "charge.succeeded").as_bytes()).await.status, 200);
    hookwatch.system.host("webhook-receiver").unwrap().kill_instances().await;
    assert_eq!(hookwatch.deliver(event("evt_2", "charge.succeeded").as_bytes()).await.status, 200);
    for id in ["evt_1", "evt_2"] {
        assert_eq!(hookwatch.get(&format!("/v1/events/{id}")).await.status, 200);
    }
}
