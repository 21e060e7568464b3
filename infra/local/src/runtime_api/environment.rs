//! What the platform tells a function about itself.

use std::net::SocketAddr;

use super::FunctionSpec;
use crate::template::LogFormat;

/// The variables that Lambda sets in an instance with a custom runtime.
pub(super) fn variables(
    spec: &FunctionSpec,
    api: SocketAddr,
    instance: u64,
) -> Vec<(&'static str, String)> {
    let format = match spec.log_format {
        LogFormat::Json => "JSON",
        LogFormat::Text => "Text",
    };
    vec![
        ("AWS_LAMBDA_FUNCTION_NAME", spec.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", spec.memory_mb.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", format.to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", spec.name)),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            format!("[$LATEST]{:016x}{instance:016x}", fastrand::u64(..)),
        ),
        ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
        ("TZ", ":UTC".to_owned()),
        ("_HANDLER", "bootstrap".to_owned()),
    ]
}

/// The function's ARN.
pub(super) fn arn(function: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{function}", crate::REGION, crate::ACCOUNT)
}

/// A random UUID, version 4.
pub(super) fn uuid() -> String {
    let bits = (fastrand::u128(..) & !(0xf << 76 | 0x3 << 62)) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let part = |range| hex.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

/// An X-Ray header of a request that is not sampled.
pub(super) fn trace_id() -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
    let (root, parent) = (fastrand::u128(..) >> 32, fastrand::u64(..));
    format!("Root=1-{now:08x}-{root:024x};Parent={parent:016x};Sampled=0")
}

#[cfg(test)]
mod tests {
    use super::{trace_id, uuid};

    #[test]
    fn ids_have_their_form() {
        for _ in 0..100 {
            let id = uuid();
            assert_eq!(id.len(), 36);
            assert_eq!(id.as_bytes()[14], b'4');
            assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
            assert_eq!(trace_id().len(), "Root=1-".len() + 8 + 1 + 24 + 8 + 16 + 10);
        }
        assert_ne!(uuid(), uuid());
    }
}
