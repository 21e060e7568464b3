//! What is most probably wrong with a refused request, and what to do: for operators, never for whoever
//! sent it.

use super::Cause;
use super::class::named;

named! {
    /// The most probable reason of a refusal.
    Diagnosis {
        /// There is no signature header.
        NoHeader = "no_header",
        /// Two signature headers have become one.
        HeaderJoined = "header_joined",
        /// The header's elements have spaces between them.
        HeaderSpaced = "header_spaced",
        /// The header has another form.
        HeaderForm = "header_form",
        /// Only schemes that prove nothing.
        OnlyOtherSchemes = "only_other_schemes",
        /// Signed with a secret that was taken out of use.
        RetiredSecret = "retired_secret",
        /// The body has lost or gained white space at its end.
        BodyTrimmed = "body_trimmed",
        /// The body has lost or gained a byte order mark.
        BodyMarked = "body_byte_order_mark",
        /// The body has other ends of lines.
        BodyLineEnds = "body_line_ends",
        /// The body is the same JSON, written anew.
        BodyReserialised = "body_reserialised",
        /// The body is the same text in another character encoding.
        BodyReencoded = "body_reencoded",
        /// The body is base64 where it was not, or the reverse.
        BodyBase64 = "body_base64",
        /// The body has become a string of JSON.
        BodyQuoted = "body_quoted",
        /// From Stripe, an event of live mode.
        LiveSecret = "live_secret",
        /// From Stripe, an event of test mode.
        TestSecret = "test_secret",
        /// From Stripe, an event of a connected account.
        ConnectSecret = "connect_secret",
        /// From Stripe, an event that only names its object.
        ThinSecret = "thin_secret",
        /// Not from Stripe's addresses, an event of test mode.
        CliSecret = "cli_secret",
        /// No secret of ours, no alteration that we know, and nothing that tells whose.
        UnknownSecret = "unknown_secret",
        /// Sent long after it was signed.
        Stale = "stale",
        /// Signed with a time to come.
        Future = "future",
        /// Larger than an unsigned body may be.
        TooLarge = "too_large",
        /// Said to be base64 and is not.
        NotBase64 = "not_base64",
        /// From an address that operators deny.
        Denied = "denied",
        /// Genuine, from an address that is not in the list.
        Unlisted = "unlisted",
        /// Genuine, with another user agent than Stripe's.
        OddUserAgent = "odd_user_agent",
        /// A token of the operations API that is in no list.
        UnknownToken = "unknown_token",
    }
}

impl Diagnosis {
    /// What a cause means where nothing more is known.
    pub fn of(cause: Cause) -> Self {
        match cause {
            Cause::MissingSignature => Self::NoHeader,
            Cause::MalformedSignature => Self::HeaderForm,
            Cause::NoV1Signature => Self::OnlyOtherSchemes,
            Cause::SignatureMismatch => Self::UnknownSecret,
            Cause::TimestampTooOld => Self::Stale,
            Cause::TimestampInFuture => Self::Future,
            Cause::BodyTooLarge => Self::TooLarge,
            Cause::InvalidBodyEncoding => Self::NotBase64,
            Cause::SourceDenied => Self::Denied,
            Cause::SourceNotListed => Self::Unlisted,
            Cause::UserAgentNotAllowed => Self::OddUserAgent,
            Cause::TokenWrong => Self::UnknownToken,
        }
    }

    /// What it means and how to mend it.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::NoHeader => {
                "Not from Stripe, or something before us drops headers: let it pass Stripe-Signature on."
            }
            Self::HeaderJoined => {
                "Two Stripe-Signature headers came as one: the sender, or a proxy, adds a second. Let only Stripe's through."
            }
            Self::HeaderSpaced => {
                "The header's elements are separated by a comma and a space: something before us rewrites headers."
            }
            Self::HeaderForm => "Not from Stripe: its header has the form t=...,v1=....",
            Self::OnlyOtherSchemes => {
                "The header has no v1, only schemes that prove nothing (v0 is a fake for tests): not from Stripe, or something before us cuts the header."
            }
            Self::RetiredSecret => {
                "Signed with a secret that is listed as retired: the endpoint's secret in Stripe was not rolled, or rolled back. Put that endpoint's present secret in force."
            }
            Self::BodyTrimmed => {
                "The signature is right for the body with other white space at its end: something before us trims or ends bodies. It must pass their bytes on unchanged."
            }
            Self::BodyMarked => {
                "The signature is right but for a byte order mark: something before us adds or removes it. It must pass bodies on unchanged."
            }
            Self::BodyLineEnds => {
                "The signature is right for the body with other ends of lines: something before us treats it as text. It must pass bodies on unchanged."
            }
            Self::BodyReserialised => {
                "The signature is right for the same JSON with other white space or escapes: something before us parses bodies and writes them anew. It must pass their bytes on unchanged."
            }
            Self::BodyReencoded => {
                "The signature is right for the same text in UTF-8: something before us takes bodies for Latin-1 or Windows-1252, or turns them into it. It must pass their bytes on unchanged."
            }
            Self::BodyBase64 => {
                "The signature is right for the body decoded from, or encoded as, base64: something before us changes its encoding without saying so (isBase64Encoded)."
            }
            Self::BodyQuoted => {
                "The signature is right for the text that the body is as a JSON string: something before us puts bodies into JSON of its own (a mapping template, say). It must pass their bytes on unchanged."
            }
            Self::LiveSecret => {
                "None of our secrets made the signature; Stripe sent it, an event of live mode. In this order: the live endpoint's secret is missing here, was rolled in Stripe and not here, or another live endpoint or account sends to this address."
            }
            Self::TestSecret => {
                "None of our secrets made the signature; Stripe sent it, an event of test mode. In this order: the test endpoint's secret is missing here, was rolled in Stripe and not here, or another test endpoint, sandbox or account sends to this address."
            }
            Self::ConnectSecret => {
                "None of our secrets made the signature; Stripe sent it, an event of a connected account. Most probably the Connect endpoint's secret is missing here, or was rolled: it is another than that of the account's own endpoint, and each mode has one."
            }
            Self::ThinSecret => {
                "None of our secrets made the signature; Stripe sent it, a thin event. Most probably the secret of its event destination is missing here, or was rolled: it is another than that of an endpoint for snapshot events."
            }
            Self::CliSecret => {
                "None of our secrets made the signature; an event of test mode, not from Stripe's addresses. In this order: the Stripe CLI (stripe listen prints the secret that it signs with), a test of ours with another secret, Stripe through a proxy that hides its address, or a forgery."
            }
            Self::UnknownSecret => {
                "None of our secrets made the signature. In this order: a forgery; where the address is Stripe's, the secret of another endpoint, mode (live, test), account or Connect, or one rolled in Stripe and not here: compare with the endpoint's. Only some requests a second are looked at closer."
            }
            Self::Stale => {
                "The signature is right and older than 300 s: somebody replays a captured request, something before us holds requests back, or our clock is ahead. The skew says by how many seconds."
            }
            Self::Future => {
                "The signature is right and its time lies more than 300 s ahead: our clock is behind. The skew says by how many seconds."
            }
            Self::TooLarge => "Over 1 MB and not signed: not from Stripe.",
            Self::NotBase64 => {
                "The request says that its body is base64, and it is not: look at what stands between the gateway and the function."
            }
            Self::Denied => "The address is on the operators' own list, which is enforced.",
            Self::Unlisted => {
                "Genuine, and refused: the address is none that we know Stripe to send from, and the rule is enforced. Most probably the list is stale: compare it with docs.stripe.com/ips, set WEBHOOK_STRIPE_ADDRESSES. A proxy of ours shows its own address."
            }
            Self::OddUserAgent => {
                "Genuine, and refused: its user agent is not Stripe's, and the rule is enforced. Something before us changes it, or Stripe has: set the rule to monitor."
            }
            Self::UnknownToken => {
                "Somebody guesses tokens, or a tool still has one that was taken out: find whose it is by its address."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_and_diagnosis_is_explained_and_in_the_runbook() {
        let runbook = include_str!("../../../infra/README.md");
        for cause in Cause::ALL {
            assert!(runbook.contains(&format!("`{cause}`")), "{cause}");
            assert!(Diagnosis::ALL.contains(&Diagnosis::of(*cause)));
        }
        for diagnosis in Diagnosis::ALL {
            assert!(runbook.contains(&format!("`{diagnosis}`")), "{diagnosis}");
            assert!(diagnosis.explanation().ends_with('.'));
        }
    }
}
