//! The alarms that are there, made equal to those that are to be there.

mod load;
mod plan;
mod put;

use aws_sdk_cloudwatch::Client;

use super::alarm::{Alarm, Rule, hash};
use super::error::CloudWatchError;
use plan::{Plan, plan};

/// Alarms that one call may delete (DeleteAlarms).
const MOST_DELETED: usize = 100;

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Synced {
    /// The hash of the desired alarms, to be remembered; `None` when not all was done.
    pub hash: Option<String>,
    /// Names of alarms that were made or changed.
    pub put: Vec<String>,
    /// Names of alarms that were deleted.
    pub deleted: Vec<String>,
    /// Names under our prefix of alarms that are not ours. They were left alone.
    pub foreign: Vec<String>,
    /// Why it was given up. What was done before stays, the next sync does the rest.
    pub failure: Option<CloudWatchError>,
}

/// Makes the stack's alarms equal to `desired`. Nothing is called when that is what was done last
/// (`known_hash`) and it is not time to look whether somebody changed them.
pub async fn sync(
    client: &Client,
    stack: &str,
    desired: &[Alarm],
    known_hash: Option<&str>,
    drift_check_due: bool,
) -> Synced {
    let hash = hash(desired);
    let mut synced = Synced::default();
    if known_hash != Some(&hash) || drift_check_due {
        synced.failure = apply(client, stack, desired, &mut synced).await.err();
    }
    synced.hash = synced.failure.is_none().then_some(hash);
    synced
}

/// Deletes every alarm of the stack that is the health check's, for the end of the stack. Returns their
/// names.
///
/// # Errors
/// The first call that failed; what was deleted before it stays deleted.
pub async fn delete_all(client: &Client, stack: &str) -> Result<Vec<String>, CloudWatchError> {
    let mut synced = Synced::default();
    apply(client, stack, &[], &mut synced).await?;
    Ok(synced.deleted)
}

async fn apply(
    client: &Client,
    stack: &str,
    desired: &[Alarm],
    synced: &mut Synced,
) -> Result<(), CloudWatchError> {
    let found = load::load(client, stack).await?;
    let Plan { puts, overdue, untagged, deleted_composites, deleted, foreign } =
        plan(desired, &found);
    synced.foreign = foreign;
    for arn in untagged {
        put::tag(client, stack, &arn).await?;
    }
    for alarm in puts {
        // CloudWatch acts when a state changes: what turned to alarm in silence would never be told. It is
        // forgotten before the put, since an alarm that tells again is not overdue in the next sync, should
        // this one end here; a metric's, which may have turned again meanwhile, after it too.
        let is_overdue = overdue.contains(alarm.name.as_str());
        if is_overdue {
            put::forget_state(client, alarm).await?;
        }
        put::put(client, stack, alarm).await?;
        if is_overdue && matches!(alarm.rule, Rule::Metric(_)) {
            put::forget_state(client, alarm).await?;
        }
        synced.put.push(alarm.name.clone());
    }
    // Composites first, since what they are made of cannot go before them, and one in a call.
    let composites = deleted_composites.chunks(1);
    for names in composites.chain(deleted.chunks(MOST_DELETED)) {
        let call = client.delete_alarms().set_alarm_names(Some(names.to_vec()));
        call.send().await.map_err(|error| CloudWatchError::new("DeleteAlarms", &error))?;
        synced.deleted.extend_from_slice(names);
    }
    Ok(())
}
