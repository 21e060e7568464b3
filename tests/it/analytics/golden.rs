//! A small log whose every number was worked out by hand: three hours of outcomes of two types, three hours
//! before them, and a day when the log began.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::system::local_parameters;
use serde_json::{Value, json};
use shared::log::{
    Cause, Diagnosis, Entity, Failure, OutcomeParticulars, ProcessingResult, Rejection, Rejections,
};
use shared::rollup::Grain;
use shared::store::{EntityIndex, EventStore, StoredPayload};
use tests::hookwatch::Hookwatch;
use tests::log::{delivery, outcome, retention};

pub struct Golden {
    /// The system.
    pub hookwatch: Hookwatch,
    store: EventStore,
    /// Where the three hours begin.
    pub base: Timestamp,
}

impl Golden {
    pub async fn new() -> Self {
        let hookwatch = Hookwatch::start_with(|options| {
            options.parameters = local_parameters();
            options.parameters.insert("Outcomes".to_owned(), "expected".to_owned());
        })
        .await;
        let client = local::table::client(hookwatch.system.dynamodb_endpoint());
        let table = hookwatch.system.table().to_owned();
        let store = EventStore::new(client, table, EntityIndex::OFF);
        let ago = Timestamp::now() - SignedDuration::from_hours(5);
        let golden = Self { hookwatch, store, base: Grain::Hour.bucket_of(ago).start };
        golden.fill().await;
        golden
    }

    /// Minutes after the beginning.
    pub fn at(&self, minutes: i64) -> Timestamp {
        self.base + SignedDuration::from_mins(minutes)
    }

    pub async fn succeed(&self, id: &str, event_type: &str, minutes: i64, millis: u64) {
        self.put(id, event_type, minutes, millis, ProcessingResult::Succeeded).await;
    }

    pub async fn fail(&self, id: &str, event_type: &str, minutes: i64, error: [&str; 3]) {
        let [kind, code, message] =
            error.map(|text| Some(text.to_owned()).filter(|t| !t.is_empty()));
        let failure =
            Failure { message, error_type: kind, error_code: code, is_last_attempt: false };
        self.put(id, event_type, minutes, 4_000, ProcessingResult::Failed(failure)).await;
    }

    async fn put(&self, id: &str, kind: &str, minutes: i64, millis: u64, result: ProcessingResult) {
        let mut entry = outcome(id, self.at(minutes));
        let is_first_type = kind == "charge.failed";
        entry.event_type = kind.to_owned();
        entry.result = result;
        entry.processing_time = Duration::from_millis(millis);
        entry.account = is_first_type.then(|| "acct_1".to_owned());
        entry.livemode = Some(is_first_type);
        entry.entity = Some(Entity { entity_type: "charge".to_owned(), id: None });
        entry.api_version = Some("2026-10-28.endive".to_owned());
        let rest = OutcomeParticulars::default();
        self.store.put_outcome(&entry, &rest, b"h", retention()).await.unwrap();
    }

    async fn fill(&self) {
        let (a, b) = ("charge.failed", "invoice.paid");
        self.succeed("evt_begin", a, -1_440, 1_000).await;
        for n in 0..2 {
            self.succeed(&format!("evt_pa{n}"), a, -170, 1_000).await;
        }
        for n in 0..8 {
            self.succeed(&format!("evt_pb{n}"), b, -100, 1_000).await;
        }
        self.succeed("evt_a1", a, 3, 1_000).await;
        self.succeed("evt_a2", a, 17, 2_000).await;
        self.succeed("evt_a3", a, 61, 3_000).await;
        self.fail("evt_a4", a, 62, ["timeout", "", "no answer for ch_12 after 30 s"]).await;
        for n in 0..4 {
            self.succeed(&format!("evt_b{n}"), b, 125, 500).await;
        }
        let refused = "database_error";
        self.fail("evt_b4", b, 126, [refused, "E1", "connection to orders refused"]).await;
        self.fail("evt_b5", b, 141, [refused, "E1", "connection to invoices refused"]).await;
        for (n, minutes) in [(1, 5), (2, 66), (3, 67)] {
            let mut entry = delivery(&format!("evt_d{n}"), self.at(minutes));
            entry.event.event_type = Some(a.to_owned());
            entry.event.account = Some("acct_1".to_owned());
            self.store.put_delivery(&entry, StoredPayload::NotKept, retention()).await.unwrap();
        }
        let minute = self.at(90);
        let count = |address: &str, cause, refused_genuine, count| Rejection {
            minute,
            instance: "one".to_owned(),
            source_ip: Some(address.to_owned()),
            cause,
            refused_genuine,
            diagnosis: None,
            skew_seconds: None,
            count,
        };
        let trimmed = Rejection {
            diagnosis: Some(Diagnosis::BodyTrimmed),
            ..count("203.0.113.9", Cause::SignatureMismatch, false, 1)
        };
        let counts = vec![
            count("203.0.113.9", Cause::SignatureMismatch, false, 39),
            trimmed,
            count("203.0.113.9", Cause::MissingSignature, false, 2),
            count("3.18.12.63", Cause::SignatureMismatch, true, 3),
        ];
        let rejections = Rejections { minute, instance: "one".to_owned(), counts };
        self.store.put_rejections(&rejections, retention()).await.unwrap();
        let cause = Cause::TokenWrong;
        let counts =
            vec![count("203.0.113.7", cause, false, 3), count("203.0.113.9", cause, false, 1)];
        let tokens = Rejections { minute, instance: "one".to_owned(), counts };
        self.store.put_wrong_tokens(&tokens, retention()).await.unwrap();
    }

    /// What every answer says of its range.
    pub fn span(&self) -> Value {
        json!({
            "time_range_hours": 3.0, "from": self.base, "through": self.at(180), "incomplete": false,
            "log_begins": null, "generated_at": ANY, "read": ANY,
        })
    }

    /// What every answer says that takes a filter, without one.
    pub fn filtered(&self) -> Value {
        let filter = json!({"event_type": null, "livemode": null, "account": null});
        with(&with(&self.span(), &filter), &json!({"uncertain": 0, "unreadable": 0}))
    }

    /// The answer for the three hours.
    pub async fn ask(&self, path: &str) -> Value {
        let sign = if path.contains('?') { '&' } else { '?' };
        let (from, to) = (self.base, self.at(180));
        let answer = self.hookwatch.get(&format!("{path}{sign}from={from}&to={to}")).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    pub async fn csv(&self, table: &str) -> String {
        let (from, to) = (self.base, self.at(180));
        let path = format!("/v1/reports?format=csv&table={table}&from={from}&to={to}");
        let answer = self.hookwatch.get(&path).await;
        assert!(answer.headers["content-type"].starts_with("text/csv"), "{answer:?}");
        assert_eq!(
            answer.headers["content-disposition"],
            format!("attachment; filename=\"hookwatch-{table}.csv\"")
        );
        answer.text
    }
}

/// Stands for whatever is there.
pub const ANY: &str = "<any>";

/// Numbers within 1 %, all else the same; no member is missing and none is too much.
pub fn check(found: &Value, expected: &Value, path: &str) {
    match (found, expected) {
        (_, Value::String(any)) if any == ANY => {}
        (Value::Object(found), Value::Object(expected)) => {
            for (name, expected) in expected {
                let value = found.get(name).unwrap_or_else(|| panic!("no {path}.{name}"));
                check(value, expected, &format!("{path}.{name}"));
            }
            let more = found.keys().find(|name| !expected.contains_key(*name));
            assert_eq!(more, None, "{path} has more than was worked out");
        }
        (Value::Array(found), Value::Array(expected)) => {
            assert_eq!(found.len(), expected.len(), "{path}: {found:?}");
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                check(found, expected, &format!("{path}[{index}]"));
            }
        }
        (Value::Number(a), Value::Number(b)) if b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= b.abs() * 0.01, "{path}: {a} instead of {b}");
        }
        (found, expected) => assert_eq!(found, expected, "{path}"),
    }
}

/// Only the members that are named.
pub fn check_some(found: &Value, expected: &Value, path: &str) {
    for (name, expected) in expected.as_object().unwrap() {
        check(&found[name], expected, &format!("{path}.{name}"));
    }
}

/// The members of one object and of another.
pub fn with(a: &Value, b: &Value) -> Value {
    let mut both = a.clone();
    both.as_object_mut().unwrap().extend(b.as_object().unwrap().clone());
    both
}
