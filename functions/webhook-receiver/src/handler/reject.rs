//! A request that is refused: what is wrong with it, and that it is counted.

use shared::log::{Cause, Diagnosis};
use shared::store::Refused;

use super::App;
use super::arrival::Arrival;
use crate::doctor::{self, Patient};

/// Counts a refusal; one that is most probably Stripe's is told as well.
pub(super) async fn reject(app: &App, arrival: &Arrival<'_>, cause: Cause) {
    let source_ip = arrival.source_ip();
    let is_published = app.config.sources.publishes(source_ip.as_deref());
    // What a rule refuses after its signature was right is Stripe's, wherever it came from.
    let is_signed = matches!(cause, Cause::SourceNotListed | Cause::UserAgentNotAllowed);
    let refused_genuine = is_published || is_signed;
    let refused = examine(app, arrival, cause, is_published).await;
    if refused_genuine {
        let request_id = arrival.request_id;
        let diagnosis = refused.diagnosis.map(Diagnosis::as_str);
        tracing::warn!(
            request_id,
            source_ip,
            %cause,
            diagnosis,
            "refused a request from Stripe's own address, or of Stripe's"
        );
    }
    app.refusals.count(arrival.at, source_ip.as_deref(), refused, refused_genuine).await;
}

/// What is wrong with a refused request, as far as there is time to find out.
async fn examine(app: &App, arrival: &Arrival<'_>, cause: Cause, is_published: bool) -> Refused {
    let looked_at = Refused::from(cause);
    match cause {
        Cause::TimestampTooOld | Cause::TimestampInFuture => {
            let header = arrival.request.headers().get("stripe-signature");
            let skew_seconds = header.and_then(|header| doctor::skew_seconds(&header, arrival.at));
            Refused { skew_seconds, ..looked_at }
        }
        Cause::MalformedSignature | Cause::NoV1Signature | Cause::SignatureMismatch
            if app.doctor.may(cause, arrival.at, is_published) =>
        {
            let header = arrival.request.headers().get("stripe-signature");
            let body = arrival.request.body().unwrap_or_default();
            let patient = Patient { cause, header: header.as_deref(), body: &body, is_published };
            let secrets = app.config.secrets.current().await;
            Refused { diagnosis: doctor::examine(&patient, &secrets), ..looked_at }
        }
        _ => looked_at,
    }
}
