//! `GET /v1/events/{id}`, and who may ask.

use data_encoding::BASE64;
use local::system::token_entry;
use shared::log::{OutcomeParticulars, Verdict};
use shared::store::{EntityIndex, StoredPayload};
use tests::hookwatch::{Hookwatch, event};
use tests::log::{Log, at, delivery, outcome, retention};

#[tokio::test]
async fn the_page_speaks_the_guides_debugging_names() {
    let hookwatch = Hookwatch::start().await;
    hookwatch.deliver(event("evt_1", "charge.succeeded").as_bytes()).await;
    let page = hookwatch.get("/v1/events/evt_1").await.body;
    assert_eq!(page["stripe_event_id"], "evt_1");
    assert_eq!(page["event_type"], "charge.succeeded");
    assert_eq!(page["processing_status"], "received");
    assert_eq!(page["processing_attempts"], 0);
    for unknown in ["error_message", "processing_started_at", "processing_completed_at"] {
        assert!(page[unknown].is_null() && page.get(unknown).is_some(), "{unknown}");
    }
    assert_eq!(page["payload"]["state"], "kept");
    assert!(page["payload"].get("body").is_none(), "a body is shown only when it is asked for");
}

#[tokio::test]
async fn an_unknown_event_is_a_404_in_the_one_error_shape() {
    let hookwatch = Hookwatch::start().await;
    for id in ["evt_unknown", "evt%20unknown", &"e".repeat(256), "%F0%9F%92%A3"] {
        let answer = hookwatch.get(&format!("/v1/events/{id}")).await;
        assert_eq!((answer.status, answer.code()), (404, "event_not_found"), "{id}");
        assert!(
            answer.body["error"]["message"].is_string() && answer.body["request_id"].is_string()
        );
    }
    for bad in ["/v1/events/evt_1?payload=maybe", "/v1/events/evt_1?x=1"] {
        assert_eq!(hookwatch.get(bad).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn only_a_known_token_whose_role_reads_is_let_in() {
    let hookwatch = Hookwatch::start_with(|options| {
        let tokens = [("ann", "viewer", "v"), ("app", "writer", "w"), ("op", "operator", "o")];
        let tokens = tokens.map(|(name, role, token)| token_entry(name, role, token)).join(",");
        options.secrets.insert("ApiTokens".to_owned(), tokens);
    })
    .await;
    let basic = |pair: &str| format!("Basic {}", BASE64.encode(pair.as_bytes()));
    for (authorization, status, code) in [
        (None, 401, "token_missing"),
        (Some("Bearer x".to_owned()), 401, "token_wrong"),
        (Some("Bearer ".to_owned()), 401, "token_wrong"),
        (Some(" ".to_owned()), 401, "token_missing"),
        (Some("Bearer".to_owned()), 401, "token_wrong"),
        (Some(basic("o:x")), 401, "token_wrong"),
        (Some("Bearer w".to_owned()), 403, "forbidden"),
        (Some("Bearer v".to_owned()), 200, ""),
        (Some("bearer o".to_owned()), 200, ""),
        (Some(basic("anyone:v")), 200, ""),
    ] {
        let answer = hookwatch.get_as("/v1/events", authorization.as_deref()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{authorization:?}");
        assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    let hidden = hookwatch.get_as("/v1/events/evt_1", None).await;
    assert_eq!(hidden.status, 401, "who is unknown learns nothing of what exists");
}

#[tokio::test]
async fn an_outcome_shows_however_often_the_event_was_delivered() {
    let log = Log::new(EntityIndex::OFF).await;
    let first = delivery("evt_1", at(0));
    log.store.put_delivery(&first, StoredPayload::NotKept, retention()).await.unwrap();
    for n in 1..=600 {
        let mut again = delivery("evt_1", at(n));
        again.verdict = Verdict::Duplicate;
        log.store.put_repetition(&again, retention()).await.unwrap();
    }
    let outcome = outcome("evt_1", at(700));
    let rest = OutcomeParticulars::default();
    log.store.put_outcome(&outcome, &rest, b"hash", retention()).await.unwrap();
    let event = log.store.load_event(&first.event_id, at(800)).await.unwrap();
    assert_eq!((event.deliveries.len(), event.outcomes.len(), event.has_more), (500, 1, true));
}
