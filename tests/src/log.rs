//! A log of its own on a real engine: the embedded one, or the one at `DYNAMODB_ENDPOINT`.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use local::engine::Engine;
use local::template::Template;
use shared::config::Vars;
use shared::log::{
    Category, Delivery, Entity, EventFacts, EventId, Level, Outcome, ProcessingResult,
    RequestFacts, SignatureFacts, Verdict,
};
use shared::store::{EntityIndex, EventStore, Retention};

/// A log in a table of its own.
pub struct Log {
    /// The log.
    pub store: EventStore,
    /// The engine's own client, for what the log does not do.
    pub client: Client,
    /// The table.
    pub table: String,
}

/// The default retention.
pub fn retention() -> Retention {
    Retention::from_vars(&Vars::new(&|_| None)).unwrap()
}

/// An engine for all tests of this process; the client is each test's own, like its runtime.
pub fn endpoint() -> &'static str {
    static ENDPOINT: OnceLock<String> = OnceLock::new();
    ENDPOINT.get_or_init(|| {
        std::env::var("DYNAMODB_ENDPOINT").unwrap_or_else(|_| {
            let engine = Box::leak(Box::new(Engine::memory().unwrap()));
            engine.endpoint().to_owned()
        })
    })
}

impl Log {
    /// An empty log in a table made from the template.
    pub async fn new(entity_index: EntityIndex) -> Self {
        Self::on(local::table::client(endpoint()), entity_index).await
    }

    /// An empty log in a table of its own on some engine.
    pub async fn on(client: Client, entity_index: EntityIndex) -> Self {
        let table = format!("log-{:016x}", fastrand::u64(..));
        let template = Template::read(&local::workspace().join("template.yaml")).unwrap();
        let mut definition = template.table(&BTreeMap::new()).unwrap();
        // DynamoDB Local does delete what expired, and these tests log on a day long ago.
        definition.time_to_live = None;
        local::table::create(&client, &definition, &table).await.unwrap();
        let store = EventStore::new(client.clone(), table.clone(), entity_index);
        Self { store, client, table }
    }

    /// The same table seen with another setting.
    pub fn with(&self, entity_index: EntityIndex) -> EventStore {
        EventStore::new(self.client.clone(), self.table.clone(), entity_index)
    }
}

/// A first delivery.
pub fn delivery(id: &str, received_at: Timestamp) -> Delivery {
    Delivery {
        event_id: EventId::parse(id).unwrap(),
        received_at,
        verdict: Verdict::Accepted,
        event: EventFacts {
            event_type: Some("charge.succeeded".to_owned()),
            created: Some(received_at),
            livemode: Some(true),
            entity: Some(Entity { entity_type: "charge".to_owned(), id: Some(format!("ch_{id}")) }),
            ..EventFacts::default()
        },
        quarantine: None,
        request: RequestFacts {
            request_id: format!("req-{:016x}", fastrand::u64(..)),
            source_ip: Some("3.18.12.63".to_owned()),
            user_agent: None,
            remarks: Default::default(),
        },
        signature: SignatureFacts { secret_name: "live".to_owned(), skew_seconds: 0 },
        body_bytes: 0,
        verify_time: Duration::from_micros(50),
        previous_store_time: None,
    }
}

/// An outcome: a success.
pub fn outcome(id: &str, logged_at: Timestamp) -> Outcome {
    Outcome {
        event_id: EventId::parse(id).unwrap(),
        request_id: "job".to_owned(),
        logged_at,
        ended_at: logged_at,
        result: ProcessingResult::Succeeded,
        processing_time: Duration::from_millis(250),
        retry_attempts: 0,
        event_type: "charge.succeeded".to_owned(),
        livemode: Some(true),
        account: None,
        api_version: None,
        entity: None,
        level: Level::Info,
        category: Category::Business,
        source_ip: None,
        user_agent: None,
        session_id: None,
        correlation_id: None,
    }
}

/// A time on a day long before any test runs, so many seconds after midnight.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_006_400 + seconds).unwrap()
}
