//! On the webhook endpoint.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use local::stripe::sign;
use local::system::SIGNING_SECRET;
use serde_json::json;
use tests::hookwatch::{Hookwatch, event};
use tokio::io::AsyncWriteExt;

use super::{Attack, answer, check, code, connect, raw, wire};

const PATH: &str = "POST /webhooks/stripe";

/// The attacks on the receiver. `evt_1`, `evt_2` and so on are genuine and to be stored; `evt_x` is not.
fn on_the_receiver() -> Vec<Attack> {
    let now = Timestamp::now().as_second();
    let header = |secret: &str, time: i64, body: &[u8]| {
        format!("Stripe-Signature: {}", sign(secret, time, body))
    };
    let [first, second, third, fourth, fifth] =
        [1, 2, 3, 4, 5].map(|n| event(&format!("evt_{n}"), "charge.succeeded").into_bytes());
    let unwanted = event("evt_x", "charge.succeeded").into_bytes();
    let genuine = header(SIGNING_SECRET, now, &unwanted);
    let value = genuine.split_once(": ").unwrap().1;
    let forged = header("whsec_guessed", now, &unwanted);
    let forged_value = forged.split_once(": ").unwrap().1;
    let attack = |name, status, code, headers: &[&str], body: &[u8]| Attack {
        name,
        request: wire(PATH, headers, body),
        status,
        code,
    };
    let at = |name, line: &str, status, code| Attack {
        name,
        request: wire(line, &[&genuine], &unwanted),
        status,
        code,
    };
    let own = header(SIGNING_SECRET, now, &first);
    let [first_time, last_time] =
        [i64::MIN, i64::MAX].map(|time| header(SIGNING_SECRET, time, &unwanted));
    let badly_framed = |name, line: &str, body: &[u8]| Attack {
        name,
        request: raw(PATH, &[&genuine, line], body),
        status: 400,
        code: "",
    };
    // Of several times the first counts, as with Stripe's own libraries.
    let earlier = forged_value.replace(&format!("t={now}"), &format!("t={}", now - 1));
    let joined = format!("Stripe-Signature: {earlier}, {value}");
    let beside = header(SIGNING_SECRET, now, &fifth).replace(": ", &format!(": {forged_value}, "));
    let both = header(SIGNING_SECRET, now, &second)
        .replace(",v1=", &format!(",v1={},v1=", "0".repeat(64)));
    let chunks = [&format!("{:x}\r\n", 10).into_bytes(), &fourth[..10], b"\r\n"].concat();
    let rest = format!("{:x}\r\n", fourth.len() - 10).into_bytes();
    let chunks = [&chunks, &rest[..], &fourth[10..], b"\r\n0\r\n\r\n"].concat();
    let compressed = zstd::encode_all(&unwanted[..], 3).unwrap();
    let altered = [&unwanted[..], b" "].concat();
    let large = vec![b'x'; 1_100_000];
    vec![
        attack("nothing odd", 200, "stored", &[&own], &first),
        attack("replay", 200, "duplicate", &[&own], &first),
        attack(
            "replay after six minutes",
            400,
            "timestamp_too_old",
            &[&header(SIGNING_SECRET, now - 360, &unwanted)],
            &unwanted,
        ),
        attack(
            "signed ahead",
            400,
            "timestamp_in_future",
            &[&header(SIGNING_SECRET, now + 360, &unwanted)],
            &unwanted,
        ),
        attack("another account's signature", 400, "signature_mismatch", &[&forged], &unwanted),
        attack("the least of all times", 400, "malformed_signature", &[&first_time], &unwanted),
        attack("the last of all times", 400, "malformed_signature", &[&last_time], &unwanted),
        attack("a signature of other bytes", 400, "signature_mismatch", &[&genuine], &altered),
        attack("no signature", 400, "missing_signature", &[], &unwanted),
        attack(
            "test signature alone",
            400,
            "no_v1_signature",
            &[&format!("Stripe-Signature: t={now},v0={}", "0".repeat(64))],
            &unwanted,
        ),
        attack(
            "two headers, the forged one first",
            400,
            "malformed_signature",
            &[&forged, &genuine],
            &unwanted,
        ),
        attack(
            "two headers, the genuine one first",
            400,
            "malformed_signature",
            &[&genuine, &forged],
            &unwanted,
        ),
        attack(
            "joined values",
            400,
            "malformed_signature",
            &[&format!("{forged},{value}")],
            &unwanted,
        ),
        attack(
            "joined values and a blank, of another time",
            400,
            "signature_mismatch",
            &[&joined],
            &unwanted,
        ),
        attack("joined values and a blank, of the same time", 200, "stored", &[&beside], &fifth),
        attack("a wrong v1 beside the right one", 200, "stored", &[&both], &second),
        attack(
            "odd case",
            200,
            "stored",
            &[&header(SIGNING_SECRET, now, &third).replace("Stripe-Signature", "sTRIPE-sIGNATURE")],
            &third,
        ),
        attack(
            "a name that looks alike",
            400,
            "missing_signature",
            &[&genuine.replace("Stripe-Signature", "Stripe_Signature")],
            &unwanted,
        ),
        attack("a blank in the name", 400, "", &[&genuine.replace(':', " :")], &unwanted),
        attack(
            "an address in a header",
            400,
            "signature_mismatch",
            &["X-Forwarded-For: 3.18.12.63", "Forwarded: for=3.18.12.63", &forged],
            &unwanted,
        ),
        attack(
            "a compressed body",
            400,
            "signature_mismatch",
            &[&genuine, "Content-Encoding: zstd"],
            &compressed,
        ),
        attack(
            "a body that is not base64 of itself",
            400,
            "signature_mismatch",
            &[&genuine, "Content-Type: application/octet-stream"],
            &altered,
        ),
        Attack {
            name: "a body in chunks",
            request: raw(
                PATH,
                &[&header(SIGNING_SECRET, now, &fourth), "Transfer-Encoding: chunked"],
                &chunks,
            ),
            status: 200,
            code: "stored",
        },
        Attack {
            name: "a chunk without a size",
            request: raw(
                PATH,
                &[&genuine, "Transfer-Encoding: chunked"],
                b"xyz\r\n{}\r\n0\r\n\r\n",
            ),
            status: 400,
            code: "",
        },
        Attack {
            name: "two lengths",
            request: raw(PATH, &[&genuine, "Content-Length: 2", "Content-Length: 3"], b"{} "),
            status: 400,
            code: "",
        },
        Attack {
            name: "a length and chunks, of which the chunks count",
            request: raw(
                PATH,
                &[&genuine, "Content-Length: 5", "Transfer-Encoding: chunked"],
                b"2\r\n{}\r\n0\r\n\r\n",
            ),
            status: 400,
            code: "signature_mismatch",
        },
        badly_framed(
            "chunks, and then not",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            b"0\r\n\r\n",
        ),
        badly_framed("chunks by another name", "Transfer-Encoding: xchunked", &unwanted),
        badly_framed("a length with a sign", "Content-Length: +2", b"{}"),
        badly_framed("a folded header", "X-Folded: a\r\n b", b""),
        badly_framed("a zero byte", "X-Zero: a\0b", b""),
        attack("a large body, unsigned", 413, "body_too_large", &[], &large),
        at("another method", "PUT /webhooks/stripe", 405, "method_not_allowed"),
        at("a slash more", "POST /webhooks//stripe", 404, ""),
        at("a slash behind", "POST /webhooks/stripe/", 404, ""),
        at("capitals", "POST /WEBHOOKS/STRIPE", 404, ""),
        at("dots", "POST /v1/../webhooks/stripe", 404, ""),
        at("a slash as an escape", "POST /webhooks%2fstripe", 404, ""),
    ]
}

#[tokio::test]
async fn nothing_that_is_tried_on_the_receiver_is_taken_for_genuine() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let attacks = on_the_receiver();
    check(&hookwatch, &attacks).await;
    // Each is counted under its cause, as from the address that it came from, whatever its headers say.
    let mut expected = BTreeMap::<&str, u64>::new();
    for attack in attacks.iter().filter(|a| matches!(a.status, 400 | 413) && !a.code.is_empty()) {
        *expected.entry(attack.code).or_default() += 1;
    }
    let mut seen = BTreeMap::<String, u64>::new();
    let refused = hookwatch.rejections("", expected.values().sum()).await;
    for entry in &refused {
        assert_eq!(
            (&entry["source_ip"], &entry["refused_genuine"]),
            (&json!("127.0.0.1"), &json!(false))
        );
        let cause = entry["error_code"].as_str().unwrap().to_owned();
        *seen.entry(cause).or_default() += entry["count"].as_u64().unwrap();
    }
    let seen: BTreeMap<&str, u64> = seen.iter().map(|(cause, n)| (cause.as_str(), *n)).collect();
    assert_eq!(seen, expected);
    let stored = hookwatch.entries("/v1/events?limit=200&kind=delivery", 6).await;
    let mut ids: Vec<_> = stored.iter().map(|entry| entry["event_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["evt_1", "evt_1", "evt_2", "evt_3", "evt_4", "evt_5"]);
    let log = hookwatch.log_with(&[]).await;
    assert!(!log.contains("panicked") && !log.contains("evt_x"), "{log}");
}

#[tokio::test]
async fn who_sends_slowly_keeps_nobody_waiting_and_loses_nothing() {
    let hookwatch = Hookwatch::start_with(|options| options.max_instances = 1).await;
    let body = event("evt_slow", "charge.succeeded");
    let header = sign(SIGNING_SECRET, Timestamp::now().as_second(), body.as_bytes());
    let request = wire(PATH, &[&format!("Stripe-Signature: {header}")], body.as_bytes());
    let mut waiting = Vec::new();
    for _ in 0..50 {
        let mut connection = connect(&hookwatch).await;
        connection.write_all(&request[..request.len() - 40]).await.unwrap();
        waiting.push(connection);
    }
    let meanwhile = event("evt_meanwhile", "charge.succeeded");
    assert_eq!(hookwatch.deliver(meanwhile.as_bytes()).await.body["status"], "stored");
    let mut slow = waiting.pop().unwrap();
    drop(waiting);
    for byte in &request[request.len() - 40..] {
        slow.write_all(&[*byte]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (status, text) = answer(slow).await;
    assert_eq!(
        (status, code(&text).as_str()),
        (200, "stored"),
        "of half a request nothing is kept"
    );
}
