//! What is printed once, when everything answers: where things are and what to try.

use std::path::Path;

use local::system::{OPERATOR_TOKEN, SIGNING_SECRET};

use super::style::{bold, dim};

/// The address of the pages: a browser that follows it is let in without asking.
pub(super) fn page_link(port: u16) -> String {
    format!("http://operator:{OPERATOR_TOKEN}@127.0.0.1:{port}/")
}

/// The address of an event, or of all.
pub(super) fn log_link(port: u16, event_id: Option<&str>) -> String {
    let base = format!("{}v1/events", page_link(port));
    event_id.map_or(base.clone(), |id| format!("{base}/{id}"))
}

/// The block; every command in it works as printed. `database` is the engine's address and the
/// table's name, `data` the folder of an engine of our own.
pub(super) fn ready(
    port: u16,
    secrets: &[String],
    (endpoint, table): (&str, &str),
    data: Option<&Path>,
) -> String {
    let address = format!("127.0.0.1:{port}");
    let mut send = "cargo run -- send charge.succeeded".to_owned();
    let mut broken = "cargo run -- break failures-12".to_owned();
    if port != 9000 {
        send.push_str(&format!(" --port {port}"));
        broken.push_str(&format!(" --port {port}"));
    }
    match secrets.first() {
        Some(secret) if secret != SIGNING_SECRET => send.push_str(&format!(" --secret {secret}")),
        _ => {}
    }
    let rows = [
        ("Overview", page_link(port)),
        ("Event log", log_link(port, None)),
        ("Health", format!("http://operator:{OPERATOR_TOKEN}@{address}/v1/health")),
        ("Issues", format!("http://operator:{OPERATOR_TOKEN}@{address}/v1/issues")),
        ("Numbers", format!("http://operator:{OPERATOR_TOKEN}@{address}/v1/metrics")),
        ("Webhooks", format!("http://{address}/webhooks/stripe")),
        ("Signing secret", secrets.join("\n                  ")),
        ("Operator token", OPERATOR_TOKEN.to_owned()),
        ("Database", format!("{endpoint}, table {table}")),
    ];
    let kept = data.map(|data| {
        let hint = dim("(kept between runs; --fresh throws it away)");
        ("Data", format!("{} {hint}", data.display()))
    });
    let mut block = format!("\n{}\n\n", bold("Hookwatch is ready."));
    for (name, value) in rows.into_iter().chain(kept) {
        block.push_str(&format!("  {name:<14}  {value}\n"));
    }
    block.push_str(&format!(
        "
Try, in another terminal:

  {send}
  curl -H 'authorization: Bearer {OPERATOR_TOKEN}' http://{address}/v1/events
  stripe listen --forward-to {address}/webhooks/stripe
      {}
  {broken}
      {}

{}
",
        dim("it prints a signing secret of its own: start again with `cargo run -- --secret whsec_...`"),
        dim("and `mend` it; `break --list` tells what can be broken"),
        dim(
            "Alarms are evaluated here, by a stand-in for CloudWatch. Ctrl-C stops everything.\nRequests and alarms, times in UTC:"
        ),
    ));
    block
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::ready;

    #[test]
    fn commands_fit_the_run() {
        let database = ("http://127.0.0.1:1", "events");
        let usual =
            ready(9000, &["whsec_local_development".to_owned()], database, Some(Path::new("/d")));
        assert!(usual.contains("send charge.succeeded\n"), "{usual}");
        let other = ready(9100, &["whsec_x".to_owned()], database, None);
        assert!(other.contains("send charge.succeeded --port 9100 --secret whsec_x\n"), "{other}");
        assert!(
            other.contains("http://operator:local-operator@127.0.0.1:9100/v1/events\n"),
            "{other}"
        );
    }
}
