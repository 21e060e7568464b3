//! Hookwatch beside what a user would pick instead, on the same job: parse the gateway's event, verify
//! Stripe's signature, one conditional put with the payload, answer.
//!
//! Every function is a process under the Lambda Runtime API of [`local`]; behind it is a DynamoDB that takes
//! everything and keeps nothing ([`null`]). CPU time is the kernel's. [`figure`] holds a figure against its
//! target; benchmarks elsewhere in the workspace write theirs into the same file.

pub mod certificate;
pub mod event;
pub mod figure;
pub mod instructions;
pub mod kernel;
pub mod life;
pub mod memory;
pub mod null;
pub mod peer;
pub mod quota;
pub mod report;
pub mod rows;
pub mod semantics;
pub mod size;
pub mod statistics;
