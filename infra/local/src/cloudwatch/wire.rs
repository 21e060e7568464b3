//! Smithy RPC v2 CBOR: `POST /service/GraniteServiceVersion20100801/operation/<operation>`, CBOR in and
//! out (<https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>).

use std::io::Read;
use std::sync::Mutex;

use ciborium::Value as Cbor;
use flate2::read::GzDecoder;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

use super::lock;
use super::operations::{Refused, call};
use super::record::Record;
use super::state::State;
use crate::server::{Answer, body};

const PREFIX: &str = "/service/GraniteServiceVersion20100801/operation/";
/// Largest request, sent and unpacked.
const LARGEST: usize = 1024 * 1024;
/// The tag of a time, in seconds since 1970.
const TIME: u64 = 1;

/// Answers one request, which it also records where there is a record. What cannot be recorded is
/// refused: a record with holes would prove nothing.
pub(super) async fn answer(
    state: &Mutex<State>,
    record: Option<&Record>,
    request: Request<Incoming>,
) -> Answer {
    let (request, incoming) = request.into_parts();
    let operation = request.uri.path().strip_prefix(PREFIX).map(str::to_owned);
    let is_packed = request.headers.get(CONTENT_ENCODING).is_some_and(|of| of == "gzip");
    let bytes = body(incoming, LARGEST).await.unwrap_or_default();
    let recorded = record.map_or(Ok(()), |record| record.append(&request, &bytes));
    let input = decoded(&bytes, is_packed);
    let result = match (operation, input) {
        _ if recorded.is_err() => Err(Refused {
            kind: "InternalServiceFault",
            message: "the request cannot be recorded".to_owned(),
        }),
        (Some(operation), Some(input)) => {
            let mut state = lock(state);
            state.remember(&operation, &input);
            call(&mut state, &operation, input, Timestamp::now())
        }
        _ => Err(Refused {
            kind: "SerializationException",
            message: "this is no request of CloudWatch's".to_owned(),
        }),
    };
    let (status, output) = match result {
        Ok(output) => (StatusCode::OK, output),
        Err(Refused { kind, message }) => {
            let kind = format!("com.amazonaws.cloudwatch#{kind}");
            (StatusCode::BAD_REQUEST, json!({"__type": kind, "message": message}))
        }
    };
    let mut encoded = Vec::new();
    // Writing to memory does not fail.
    drop(ciborium::into_writer(&to_cbor(output), &mut encoded));
    let mut answer = Response::new(Full::new(Bytes::from(encoded)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
    headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    answer
}

fn decoded(bytes: &[u8], is_packed: bool) -> Option<Value> {
    let mut unpacked = Vec::new();
    let bytes = match is_packed {
        true => {
            let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
            GzDecoder::new(bytes).take(most).read_to_end(&mut unpacked).ok()?;
            &unpacked
        }
        false => bytes,
    };
    to_json(ciborium::from_reader(bytes).ok()?)
}

fn to_json(value: Cbor) -> Option<Value> {
    Some(match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(of) => Value::Bool(of),
        Cbor::Text(text) => Value::String(text),
        Cbor::Integer(number) => json!(i64::try_from(number).ok()?),
        Cbor::Float(number) => Value::Number(Number::from_f64(number)?),
        Cbor::Tag(TIME, seconds) => to_json(*seconds)?,
        Cbor::Array(values) => {
            Value::Array(values.into_iter().map(to_json).collect::<Option<_>>()?)
        }
        Cbor::Map(members) => {
            let member =
                |(name, value): (Cbor, Cbor)| Some((name.into_text().ok()?, to_json(value)?));
            Value::Object(members.into_iter().map(member).collect::<Option<Map<_, _>>>()?)
        }
        _ => return None,
    })
}

fn to_cbor(value: Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(of) => Cbor::Bool(of),
        Value::String(text) => Cbor::Text(text),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cbor::Integer(whole.into()),
            None => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        Value::Array(values) => Cbor::Array(values.into_iter().map(to_cbor).collect()),
        Value::Object(members) => {
            let members =
                members.into_iter().map(|(name, value)| (Cbor::Text(name), to_cbor(value)));
            Cbor::Map(members.collect())
        }
    }
}
