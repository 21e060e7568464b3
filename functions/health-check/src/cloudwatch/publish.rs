//! Data to CloudWatch.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::MetricDatum;

use super::CloudWatchError;

/// Data that one call may carry (PutMetricData).
const MOST_DATA: usize = 1_000;
/// Values that one call carries at most: with 18 bytes each, well under the megabyte that it may have.
const MOST_VALUES: usize = 40_000;

/// Publishes data: one call for typical traffic, none for no data.
///
/// # Errors
/// The first call that failed; what was published before it stays.
pub async fn publish(
    client: &Client,
    namespace: &str,
    data: Vec<MetricDatum>,
) -> Result<(), CloudWatchError> {
    for data in calls(data) {
        let call = client.put_metric_data().namespace(namespace).set_metric_data(Some(data));
        call.send().await.map_err(|error| CloudWatchError::new("PutMetricData", &error))?;
    }
    Ok(())
}

/// The data by the calls that they go with.
fn calls(data: Vec<MetricDatum>) -> Vec<Vec<MetricDatum>> {
    let mut calls: Vec<Vec<MetricDatum>> = Vec::new();
    let mut values = 0;
    for datum in data {
        let more = datum.values().len().max(1);
        match calls.last_mut() {
            Some(call) if call.len() < MOST_DATA && values + more <= MOST_VALUES => {
                values += more;
                call.push(datum);
            }
            _ => {
                values = more;
                calls.push(vec![datum]);
            }
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(count: usize, values: usize) -> Vec<MetricDatum> {
        let datum = MetricDatum::builder().metric_name("x").set_values(Some(vec![1.0; values]));
        vec![datum.build(); count]
    }

    #[test]
    fn a_call_holds_what_it_may() {
        for (count, values, expected) in [
            (0, 0, &[][..]),
            (26, 150, &[26]),
            (1_000, 1, &[1_000]),
            (1_001, 0, &[1_000, 1]),
            (300, 150, &[266, 34]),
        ] {
            let calls = calls(data(count, values));
            let sizes: Vec<usize> = calls.iter().map(Vec::len).collect();
            assert_eq!(sizes, expected, "{count} of {values}");
        }
    }
}
