//! One operation of DynamoDB, signed by hand.

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use ring::{digest, hmac};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::Failure;
use crate::http::Connection;

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

pub struct DynamoDb {
    connection: Connection<Box<dyn Stream>>,
    host: String,
    region: String,
    table: String,
    key_id: String,
    secret_key: String,
    token: String,
}

pub enum Put {
    Stored,
    Duplicate,
}

impl DynamoDb {
    /// Connects to `AWS_ENDPOINT_URL_DYNAMODB`; with TLS, by the system's certificates.
    pub fn connect() -> Result<Self, Failure> {
        let url = env::var("AWS_ENDPOINT_URL_DYNAMODB")?;
        let (scheme, host) = url.split_once("://").ok_or("no URL")?;
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match scheme {
            "https" => {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                let ring = Arc::new(rustls::crypto::ring::default_provider());
                let config = ClientConfig::builder_with_provider(ring)
                    .with_safe_default_protocol_versions()?
                    .with_root_certificates(roots)
                    .with_no_client_auth();
                let name = host.split(':').next().unwrap_or(host).to_owned();
                let client = ClientConnection::new(Arc::new(config), ServerName::try_from(name)?)?;
                let mut stream = StreamOwned::new(client, stream);
                // The handshake now, at start, as the connection of the real function is opened.
                stream.conn.complete_io(&mut stream.sock)?;
                Box::new(stream)
            }
            _ => Box::new(stream),
        };
        Ok(Self {
            connection: Connection::new(stream),
            host: host.to_owned(),
            region: env::var("AWS_REGION")?,
            table: env::var("TABLE_NAME")?,
            key_id: env::var("AWS_ACCESS_KEY_ID")?,
            secret_key: env::var("AWS_SECRET_ACCESS_KEY")?,
            token: env::var("AWS_SESSION_TOKEN").unwrap_or_default(),
        })
    }

    /// Puts an item that must not be there yet.
    pub fn put_new(&mut self, item: &Value, now: u64) -> Result<Put, Failure> {
        let body = json!({
            "TableName": self.table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
        })
        .to_string();
        let request = self.signed(&body, now);
        let answer = self.connection.call(request.as_bytes())?;
        let said = String::from_utf8_lossy(&answer.body);
        match answer.status {
            200 => Ok(Put::Stored),
            400 if said.contains("ConditionalCheckFailedException") => Ok(Put::Duplicate),
            status => Err(format!("DynamoDB answered {status}: {said}").into()),
        }
    }

    /// Signature Version 4, as the AWS documentation describes it.
    fn signed(&self, body: &str, now: u64) -> String {
        const TARGET: &str = "DynamoDB_20120810.PutItem";
        const NAMES: &str = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
        let (day, time) = utc(now);
        let Self { host, region, token, .. } = self;
        let canonical = format!(
            "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:{host}\nx-amz-date:{time}\n\
             x-amz-security-token:{token}\nx-amz-target:{TARGET}\n\n{NAMES}\n{}",
            sha256(body)
        );
        let scope = format!("{day}/{region}/dynamodb/aws4_request");
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", sha256(&canonical));
        let first = format!("AWS4{}", self.secret_key).into_bytes();
        let key = [day.as_str(), region, "dynamodb", "aws4_request"]
            .iter()
            .fold(first, |key, part| mac(&key, part).as_ref().to_vec());
        let signature = hex(mac(&key, &to_sign).as_ref());
        format!(
            "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-amz-json-1.0\r\n\
             x-amz-date: {time}\r\nx-amz-security-token: {token}\r\nx-amz-target: {TARGET}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={NAMES}, \
             Signature={signature}\r\ncontent-length: {}\r\n\r\n{body}",
            self.key_id,
            body.len()
        )
    }
}

fn mac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn sha256(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `20260131` and `20260131T235959Z`: the civil date of days since 1970, in whole numbers.
fn utc(seconds: u64) -> (String, String) {
    let (mut days, of_day) = (seconds / 86_400, seconds % 86_400);
    let is_leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let day = format!("{year:04}{month:02}{:02}", days + 1);
    let time = format!("{:02}{:02}{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60);
    (day.clone(), format!("{day}T{time}Z"))
}
