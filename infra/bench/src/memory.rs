//! What a function holds after a thousand events, and after many more.

use local::runtime_api::FunctionSpec;
use serde::Serialize;

use crate::event::{Signer, Source};
use crate::kernel;
use crate::life::{self, LifeError};

/// After so many events the first look.
pub const FIRST_LOOK: u64 = 1_000;
/// And the second.
pub const LAST_LOOK: u64 = 100_000;

/// Memory in KB.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Growth {
    /// Resident after [`FIRST_LOOK`].
    pub first: u64,
    /// Resident after [`LAST_LOOK`].
    pub last: u64,
    /// Most that was ever resident.
    pub peak: u64,
}

/// Runs one instance for [`LAST_LOOK`] events.
///
/// # Errors
/// When the function fails, or answers wrongly.
pub async fn growth(spec: FunctionSpec, source: &Source) -> Result<Growth, LifeError> {
    let (host, pid, _) = life::start(spec).await?;
    life::many(&host, source, Signer::Stripe, FIRST_LOOK).await?;
    let first = kernel::memory(pid)?.resident;
    life::many(&host, source, Signer::Stripe, LAST_LOOK - FIRST_LOOK).await?;
    let memory = kernel::memory(pid)?;
    host.stop().await;
    Ok(Growth { first, last: memory.resident, peak: memory.peak })
}
