//! Data that is kept, locked and thrown away, through the API that a function uses.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Engine, EngineError};
use crate::table;
use crate::template::Template;

/// A folder of this test's own.
fn folder(name: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("local-{}-{name}", std::process::id()));
    drop(std::fs::remove_dir_all(&path));
    path
}

/// Makes the table (again), puts an item where `put`, and counts what is there.
async fn visit(engine: &Engine, put: bool) -> i32 {
    let template = Template::read(&crate::workspace().join("template.yaml")).unwrap();
    let client = table::client(engine.endpoint());
    table::create(&client, &template.table(&Default::default()).unwrap(), "events").await.unwrap();
    if put {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let item =
            client.put_item().table_name("events").item("pk", text("a")).item("sk", text("b"));
        item.send().await.unwrap();
    }
    client.scan().table_name("events").send().await.unwrap().count()
}

#[tokio::test]
async fn data_outlives_its_engine_unless_thrown_away() {
    let path = folder("kept");
    assert_eq!(visit(&Engine::directory(&path).unwrap(), true).await, 1);
    assert_eq!(visit(&Engine::directory(&path).unwrap(), false).await, 1);
    assert_eq!(visit(&Engine::fresh_directory(&path).unwrap(), false).await, 0);
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn data_is_used_by_one_engine_at_a_time() {
    let path = folder("locked");
    let first = Engine::directory(&path).unwrap();
    assert!(matches!(Engine::fresh_directory(&path), Err(EngineError::Locked(_))));
    drop(first);
    assert!(Engine::directory(&path).is_ok());
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn a_table_of_another_shape_is_not_taken() {
    let engine = Engine::memory().unwrap();
    visit(&engine, false).await;
    let template = Template::read(&crate::workspace().join("template.yaml")).unwrap();
    let mut other = template.table(&Default::default()).unwrap();
    other.indexes[0].name = "another".to_owned();
    let error =
        table::create(&table::client(engine.endpoint()), &other, "events").await.unwrap_err();
    assert!(error.to_string().contains("its indexes"), "{error}");
}
