//! The table, made from the template's definition on any engine that speaks DynamoDB.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::{BoxError, BuildError, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, IndexStatus, KeySchemaElement,
    Projection, TableDescription, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use aws_smithy_http_client::Builder;

use crate::template::{Key, TableDefinition};

/// How long a new table may take to become active; an engine on this machine needs milliseconds.
const ACTIVE_WITHIN: Duration = Duration::from_secs(120);

/// Why there is no usable table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The engine refused a call or did not answer.
    #[error(
        "the engine failed at {operation}: check that it is running and that its address is right"
    )]
    Engine {
        /// The DynamoDB operation.
        operation: &'static str,
        /// What the SDK said.
        source: BoxError,
    },
    /// The definition lacks what DynamoDB requires.
    #[error("the template's table is incomplete")]
    Definition(#[from] BuildError),
    /// A kept table has another shape than the template.
    #[error(
        "the table {name} was made from another template ({what} differ): start again with fresh data"
    )]
    Different {
        /// The table's name.
        name: String,
        /// Keys or indexes.
        what: &'static str,
    },
    /// The table did not become active.
    #[error("the table {0} did not become active within two minutes")]
    Waiting(String),
}

/// A client for an engine at `endpoint` that accepts any credentials.
#[must_use]
pub fn client(endpoint: &str) -> Client {
    let credentials = Credentials::new(crate::CREDENTIALS, crate::CREDENTIALS, None, None, "local");
    // The SDK has no time-out of its own: an engine that accepts and never answers would hang it.
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(30)).build();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(crate::REGION))
        .credentials_provider(credentials)
        .timeout_config(timeouts)
        .http_client(Builder::new().build_http())
        .endpoint_url(endpoint)
        .build();
    Client::from_conf(config)
}

/// Makes the table, or checks the one that is there; returns when it can be used.
///
/// # Errors
/// When the engine fails, or when a table of that name has other keys or indexes.
pub async fn create(
    client: &Client,
    definition: &TableDefinition,
    name: &str,
) -> Result<(), TableError> {
    let created = request(client, definition, name)?.send().await;
    if let Err(error) = created
        && !matches!(error.as_service_error(), Some(CreateTableError::ResourceInUseException(_)))
    {
        return Err(engine("CreateTable", error));
    }
    let table = active(client, name).await?;
    same_shape(&table, definition, name)?;
    match &definition.time_to_live {
        Some(attribute) => expire(client, name, attribute).await,
        None => Ok(()),
    }
}

fn request(
    client: &Client,
    definition: &TableDefinition,
    name: &str,
) -> Result<aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder, BuildError>
{
    let mut request =
        client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for attribute in &definition.attributes {
        request = request.attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name(&attribute.name)
                .attribute_type(attribute.kind.as_str().into())
                .build()?,
        );
    }
    for index in &definition.indexes {
        let names = Some(index.projection.attributes.clone()).filter(|names| !names.is_empty());
        let projection = Projection::builder()
            .projection_type(index.projection.kind.as_str().into())
            .set_non_key_attributes(names);
        request = request.global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(&index.name)
                .set_key_schema(Some(key_schema(&index.key)?))
                .projection(projection.build())
                .build()?,
        );
    }
    Ok(request.set_key_schema(Some(key_schema(&definition.key)?)))
}

fn key_schema(key: &[Key]) -> Result<Vec<KeySchemaElement>, BuildError> {
    key.iter()
        .map(|element| {
            KeySchemaElement::builder()
                .attribute_name(&element.attribute)
                .key_type(element.kind.as_str().into())
                .build()
        })
        .collect()
}

async fn active(client: &Client, name: &str) -> Result<TableDescription, TableError> {
    let started = Instant::now();
    while started.elapsed() < ACTIVE_WITHIN {
        let answer = client.describe_table().table_name(name).send().await;
        let table = answer.map_err(|error| engine("DescribeTable", error))?.table;
        if let Some(table) = table
            && table.table_status() == Some(&TableStatus::Active)
            && table
                .global_secondary_indexes()
                .iter()
                .all(|index| index.index_status() == Some(&IndexStatus::Active))
        {
            return Ok(table);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(TableError::Waiting(name.to_owned()))
}

fn same_shape(
    table: &TableDescription,
    wanted: &TableDefinition,
    name: &str,
) -> Result<(), TableError> {
    let different = |what| TableError::Different { name: name.to_owned(), what };
    if table.key_schema() != key_schema(&wanted.key)? {
        return Err(different("its keys"));
    }
    let mut found: Vec<_> = table
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            let projected = index.projection().map_or(&[][..], Projection::non_key_attributes);
            let keys = index.key_schema().to_vec();
            (index.index_name().unwrap_or_default(), keys, sorted(projected))
        })
        .collect();
    let mut expected = Vec::new();
    for index in &wanted.indexes {
        let projected = sorted(&index.projection.attributes);
        expected.push((index.name.as_str(), key_schema(&index.key)?, projected));
    }
    found.sort_by_key(|(name, ..)| *name);
    expected.sort_by_key(|(name, ..)| *name);
    if found == expected { Ok(()) } else { Err(different("its indexes")) }
}

fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names
}

/// Switches expiry on, once: AWS and DynamoDB Local refuse to switch it on a second time.
async fn expire(client: &Client, name: &str, attribute: &str) -> Result<(), TableError> {
    let answer = client.describe_time_to_live().table_name(name).send().await;
    let status = answer
        .map_err(|error| engine("DescribeTimeToLive", error))?
        .time_to_live_description
        .and_then(|description| description.time_to_live_status);
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let wanted =
        TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build()?;
    let update = client.update_time_to_live().table_name(name).time_to_live_specification(wanted);
    match update.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(engine("UpdateTimeToLive", error)),
    }
}

fn engine<E, R>(operation: &'static str, error: SdkError<E, R>) -> TableError
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    TableError::Engine { operation, source: error.into() }
}
