//! Asks everything there is to ask, in a process of its own, so that its time can be told from the engine's.

use std::collections::BTreeMap;
use std::time::Instant;

use aws_sdk_dynamodb::Client;
use futures_util::FutureExt;
use jiff::Timestamp;
use local::system::token_entry;
use ops_api::{App, config, handle};
use serde_json::json;
use shared::config::Vars;
use shared::gateway::Request;
use shared::store::{EntityIndex, EventStore};

use crate::fill::TABLE;
use crate::meter::{Meter, cpu_ms};

/// The command that the process is started with.
pub const CHILD: &str = "ask";
const TOKEN: &str = "bench";
/// Each question is asked so often, and once before.
const ROUNDS: usize = 5;
const GROUPS: [&str; 10] = [
    "event_type",
    "entity_type",
    "category",
    "level",
    "livemode",
    "account",
    "api_version",
    "source_ip",
    "hour",
    "event_type_hour",
];

/// The process: lets the health check judge once, asks, and prints a line for each question.
pub async fn child(engine: &str, cloudwatch: &str, traffic: &str) {
    let vars = vars(engine, cloudwatch);
    let lookup = |name: &str| vars.get(name).cloned();
    let given = Vars::new(&lookup);
    let watching = health_check::config::Config::from_vars(&given).now_or_never().unwrap();
    let watching = health_check::handler::App::new(watching.unwrap());
    health_check::handler::run(&watching, Timestamp::now()).await.unwrap();
    let meter = Meter::default();
    let mut config = config::Config::from_vars(&given).await.unwrap();
    let client = local::table::client(engine).config().to_builder().interceptor(meter.clone());
    config.store =
        EventStore::new(Client::from_conf(client.build()), TABLE.to_owned(), EntityIndex::OFF);
    let app = App::new(config).unwrap();
    for (hours, range) in [(24, "24h"), (720, "30d")] {
        let over = format!("time_range_hours={hours}");
        let mut questions = vec![("/v1/metrics".to_owned(), over.clone())];
        let groups = GROUPS.map(|by| ("/v1/analytics".to_owned(), format!("group_by={by}&{over}")));
        questions.extend(groups);
        for path in ["errors", "security", "reports", "webhook-analytics"] {
            questions.push((format!("/v1/{path}"), over.clone()));
        }
        questions.push(("/v1/reports".to_owned(), format!("format=html&{over}")));
        questions.push(("/v1/health".to_owned(), String::new()));
        questions.push(("/".to_owned(), format!("range={range}")));
        questions.push(("/security".to_owned(), format!("range={range}")));
        questions.push(("/events".to_owned(), over.clone()));
        for (path, query) in questions {
            print!("{traffic} {hours:>6} ");
            ask(&app, &meter, &path, &query).await;
        }
    }
}

async fn ask(app: &App, meter: &Meter, path: &str, query: &str) {
    let event = json!({
        "rawPath": path, "rawQueryString": query,
        "headers": {"authorization": format!("Bearer {TOKEN}"), "cache-control": "no-cache"},
        "requestContext": {"http": {"method": "GET", "sourceIp": "127.0.0.1"}},
    });
    let request: Request = serde_json::from_value(event).unwrap();
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for _ in 0..=ROUNDS {
        meter.take();
        let (begun, cpu) = (Instant::now(), cpu_ms());
        let answer = handle(app, &request, "bench").await;
        walls.push(begun.elapsed().as_secs_f64() * 1_000.0);
        cpus.push(cpu_ms() - cpu);
        assert_eq!(answer.status_code, 200, "{path}?{query}: {}", answer.body);
        bytes = answer.body.len();
    }
    let units = meter.take();
    let median = |mut times: Vec<f64>| {
        times.remove(0);
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    };
    let what = match query.split('&').find(|pair| !pair.contains("range")) {
        Some(pair) if !pair.is_empty() => format!("{path}?{pair}"),
        _ => path.to_owned(),
    };
    println!(
        "{what:<40} {:>8.0} {:>8.0} {:>9} {:>11.1} {:>7.0}",
        median(cpus),
        median(walls),
        units.requests,
        units.log + units.other,
        bytes as f64 / 1_000.0
    );
}

fn vars(engine: &str, cloudwatch: &str) -> BTreeMap<&'static str, String> {
    [
        ("AWS_REGION", local::REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", local::CREDENTIALS.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", local::CREDENTIALS.to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", engine.to_owned()),
        ("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.to_owned()),
        ("TABLE_NAME", TABLE.to_owned()),
        ("STACK_NAME", "bench".to_owned()),
        ("PAGE_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:page".to_owned()),
        ("TICKET_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:ticket".to_owned()),
        ("WEBHOOK_OUTCOMES", "expected".to_owned()),
        ("WEBHOOK_API_TOKENS", token_entry("bench", "operator", TOKEN)),
    ]
    .into()
}
