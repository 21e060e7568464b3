//! The HTTP request that API Gateway, a function URL or a load balancer hands to a function, and
//! the answer they expect, as plain data.
//!
//! Both are ours because a public endpoint must not fall over a request: `lambda_http` 1.3 panics
//! on base64 that does not decode, on a Host header that is no host name and on a query that is no
//! URI. Reading here never fails on the contents of a request, only on something that is no
//! request at all.

mod error_body;
mod headers;
mod request;
mod response;

pub use error_body::ErrorBody;
pub use headers::Headers;
pub use request::{BodyError, Request};
pub use response::Response;
