//! The table itself: whether it has what the log needs of it.

use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, KeyType, Projection,
    ProjectionType, TimeToLiveStatus,
};

use super::{EventStore, StoreError, item, keys};
use crate::health::TableFault;

impl EventStore {
    /// What the table lacks. Two calls of the control plane, which cost nothing.
    pub async fn table_faults(&self) -> Result<Vec<TableFault>, StoreError> {
        let table = self.client.describe_table().table_name(&self.table).send().await;
        let table = table.map_err(|error| StoreError::request("DescribeTable", &error))?;
        let indexes = table.table.and_then(|table| table.global_secondary_indexes);
        let has_index = indexes.unwrap_or_default().iter().any(is_time_index);
        let expiry = self.client.describe_time_to_live().table_name(&self.table).send().await;
        let expiry = expiry.map_err(|error| StoreError::request("DescribeTimeToLive", &error))?;
        let expires = expiry.time_to_live_description().is_some_and(|described| {
            let status = described.time_to_live_status();
            matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
                && described.attribute_name() == Some(item::EXPIRES_AT)
        });
        let faults = [(has_index, TableFault::TimeIndex), (expires, TableFault::TimeToLive)];
        Ok(faults.into_iter().filter(|(is_there, _)| !is_there).map(|(_, fault)| fault).collect())
    }
}

fn is_time_index(index: &GlobalSecondaryIndexDescription) -> bool {
    let unusable =
        matches!(index.index_status(), Some(IndexStatus::Creating | IndexStatus::Deleting));
    let is_key = |(element, (name, kind)): (&KeySchemaElement, (&str, KeyType))| {
        element.attribute_name() == name && *element.key_type() == kind
    };
    let expected = [(keys::LOG_PK, KeyType::Hash), (keys::LOG_SK, KeyType::Range)];
    index.index_name() == Some(keys::TIME_INDEX)
        && !unusable
        && index.key_schema().len() == expected.len()
        && index.key_schema().iter().zip(expected).all(is_key)
        && index.projection().is_some_and(holds_the_entry)
}

fn holds_the_entry(projection: &Projection) -> bool {
    let has = |name: &str| projection.non_key_attributes().iter().any(|other| other == name);
    projection.projection_type() == Some(&ProjectionType::All)
        || (has(item::LEAN) && has(item::EXPIRES_AT))
}
