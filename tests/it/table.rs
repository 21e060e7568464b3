//! A table that is not as the template makes it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use health_check::handler::{App, run};
use jiff::{SignedDuration, Timestamp};
use local::template::Template;
use shared::health::{IssueKind, State, TableFault};
use shared::store::{EntityIndex, EventStore};
use tests::log::{Log, at};

use crate::watched::config;

async fn without_index() -> Log {
    let client = local::table::client(tests::log::endpoint());
    let table = format!("log-{:016x}", fastrand::u64(..));
    let template = Template::read(&local::workspace().join("template.yaml")).unwrap();
    let mut definition = template.table(&BTreeMap::new()).unwrap();
    definition.time_to_live = None;
    definition.indexes.clear();
    definition.attributes.retain(|attribute| ["pk", "sk"].contains(&attribute.name.as_str()));
    local::table::create(&client, &definition, &table).await.unwrap();
    let store = EventStore::new(client.clone(), table.clone(), EntityIndex::OFF);
    Log { store, client, table }
}

async fn states(log: &Log, now: Timestamp) -> BTreeMap<String, State> {
    let issues = log.store.issues(now).await.unwrap().into_iter().filter_map(|known| known.issue);
    let issues = issues.filter(|issue| issue.kind == IssueKind::TableMisconfigured);
    issues.map(|issue| (issue.subject.clone().unwrap(), issue.state(now))).collect()
}

#[tokio::test]
async fn a_table_without_its_index_is_an_issue_that_says_the_command() {
    let log = without_index().await;
    let faults = log.store.table_faults().await.unwrap();
    assert_eq!(faults, [TableFault::TimeIndex, TableFault::TimeToLive]);
    let app = App::new(config(&log, &[]));
    let now = at(43_200);
    run(&app, now).await.unwrap_err();
    let both = ["time_index", "time_to_live"].map(|name| (name.to_owned(), State::Opened));
    assert_eq!(states(&log, now).await, BTreeMap::from(both));
    let issues = log.store.issues(now).await.unwrap();
    let issue = issues.iter().find(|known| known.fingerprint == "table_misconfigured:time_index");
    let evidence = &issue.unwrap().issue.as_ref().unwrap().evidence;
    assert!(evidence.contains("aws dynamodb update-table --table-name"), "{evidence}");
    assert!(log.store.latest_snapshot(now).await.unwrap().is_some());
}

#[tokio::test]
async fn a_time_to_live_that_is_switched_on_again_ends_it() {
    let log = Log::new(EntityIndex::OFF).await;
    let app = App::new(config(&log, &[]));
    let mut now = at(43_200);
    run(&app, now).await.unwrap();
    let opened = BTreeMap::from([("time_to_live".to_owned(), State::Opened)]);
    assert_eq!(states(&log, now).await, opened);
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at");
    let change = log.client.update_time_to_live().table_name(&log.table);
    change.time_to_live_specification(ttl.build().unwrap()).send().await.unwrap();
    assert_eq!(log.store.table_faults().await.unwrap(), []);
    for _ in 0..3 {
        now += SignedDuration::from_mins(5);
        run(&app, now).await.unwrap();
    }
    let resolved = BTreeMap::from([("time_to_live".to_owned(), State::Resolved)]);
    assert_eq!(states(&log, now).await, resolved);
}
