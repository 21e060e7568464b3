//! Where a request comes from, and what follows: rules about addresses and the user agent. An address is
//! the gateway's word, never a header's.

use std::net::IpAddr;
use std::str::FromStr;

use shared::config::{ConfigError, Networks, Vars};
use shared::log::{Cause, Remarks};

/// The addresses that Stripe sends webhooks from. Source: docs.stripe.com/ips ("Webhook notifications"),
/// as of 2026-11. Changes are announced seven days ahead.
const STRIPE: &str = "3.18.12.63,3.130.192.231,13.235.14.237,13.235.122.149,18.211.135.69,\
    35.154.171.200,52.15.183.38,54.88.130.119,54.88.130.237,54.187.174.169,54.187.205.235,\
    54.187.216.72";

/// What Stripe's user agents begin with: `Stripe/1.0 (+https://stripe.com/docs/webhooks)`.
const STRIPE_AGENT: &str = "Stripe/";

/// What becomes of a request that a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing.
    Off,
    /// It is remarked on.
    Monitor,
    /// It is refused.
    Enforce,
}

impl FromStr for Rule {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "off" => Ok(Self::Off),
            "monitor" => Ok(Self::Monitor),
            "enforce" => Ok(Self::Enforce),
            _ => Err(()),
        }
    }
}

/// The rules of a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Sources {
    stripe: Networks,
    address_rule: Rule,
    agent_rule: Rule,
    denied: Networks,
    deny_rule: Rule,
}

impl Sources {
    /// Reads `WEBHOOK_STRIPE_ADDRESSES` (what Stripe publishes, where it is not set),
    /// `WEBHOOK_SOURCE_IP_RULE`, `WEBHOOK_USER_AGENT_RULE`, `WEBHOOK_DENY_ADDRESSES` (none) and
    /// `WEBHOOK_DENY_RULE`: rules are `off`, `monitor` (default) or `enforce`, lists are addresses and
    /// networks, comma-separated.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        let rule = |name| vars.parsed(name, Rule::Monitor, "off, monitor or enforce");
        Ok(Self {
            stripe: Networks::from_vars(vars, "WEBHOOK_STRIPE_ADDRESSES", STRIPE)?,
            address_rule: rule("WEBHOOK_SOURCE_IP_RULE")?,
            agent_rule: rule("WEBHOOK_USER_AGENT_RULE")?,
            denied: Networks::from_vars(vars, "WEBHOOK_DENY_ADDRESSES", "")?,
            deny_rule: rule("WEBHOOK_DENY_RULE")?,
        })
    }

    /// Whether Stripe publishes an address.
    pub fn publishes(&self, address: Option<&str>) -> bool {
        address.and_then(read).is_some_and(|address| self.stripe.contain(address))
    }

    /// Whether a request is refused for its address alone, before anything of it is read.
    pub fn refuse(&self, address: Option<&str>) -> Result<(), Cause> {
        match self.deny_rule == Rule::Enforce && self.denies(address) {
            true => Err(Cause::SourceDenied),
            false => Ok(()),
        }
    }

    /// What is remarkable about a request that Stripe signed, or why it is refused all the same. A
    /// request without an address came past the gateway: there is nothing to compare.
    pub fn remarks(&self, address: Option<&str>, agent: Option<&str>) -> Result<Remarks, Cause> {
        let unlisted = address.is_some() && !self.publishes(address);
        let odd = !agent.is_some_and(|agent| agent.starts_with(STRIPE_AGENT));
        for (rule, is_so, cause) in [
            (self.address_rule, unlisted, Cause::SourceNotListed),
            (self.agent_rule, odd, Cause::UserAgentNotAllowed),
        ] {
            if rule == Rule::Enforce && is_so {
                return Err(cause);
            }
        }
        Ok(Remarks {
            unlisted_source: self.address_rule != Rule::Off && unlisted,
            odd_user_agent: self.agent_rule != Rule::Off && odd,
            denied_source: self.deny_rule != Rule::Off && self.denies(address),
        })
    }

    fn denies(&self, address: Option<&str>) -> bool {
        address.and_then(read).is_some_and(|address| self.denied.contain(address))
    }
}

fn read(address: &str) -> Option<IpAddr> {
    address.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGENT: Option<&str> = Some("Stripe/1.0 (+https://stripe.com/docs/webhooks)");

    fn sources(set: &[(&str, &str)]) -> Result<Sources, ConfigError> {
        let lookup = |name: &str| {
            set.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        Sources::from_vars(&Vars::new(&lookup))
    }

    #[test]
    fn rules_remark_or_refuse() {
        const IP: &str = "WEBHOOK_SOURCE_IP_RULE";
        const UA: &str = "WEBHOOK_USER_AGENT_RULE";
        let remarks = |unlisted_source, odd_user_agent| {
            Ok(Remarks { unlisted_source, odd_user_agent, denied_source: false })
        };
        let (stripe, other) = (Some("3.18.12.63"), Some("203.0.113.7"));
        for (set, address, agent, expected) in [
            (&[][..], stripe, AGENT, remarks(false, false)),
            (&[], Some("::ffff:3.18.12.63"), AGENT, remarks(false, false)),
            (&[], other, AGENT, remarks(true, false)),
            (&[], None, AGENT, remarks(false, false)),
            (&[], Some("odd"), None, remarks(true, true)),
            (&[], stripe, Some("curl/8 Stripe/1.0"), remarks(false, true)),
            (&[(IP, "off"), (UA, "off")], other, None, remarks(false, false)),
            (&[(IP, "enforce")], other, AGENT, Err(Cause::SourceNotListed)),
            (&[(IP, "enforce")], stripe, None, remarks(false, true)),
            (&[(UA, "enforce")], stripe, None, Err(Cause::UserAgentNotAllowed)),
            (
                &[("WEBHOOK_STRIPE_ADDRESSES", "203.0.113.0/24")],
                other,
                AGENT,
                remarks(false, false),
            ),
            (
                &[("WEBHOOK_STRIPE_ADDRESSES", "203.0.113.0/24")],
                stripe,
                AGENT,
                remarks(true, false),
            ),
        ] {
            assert_eq!(
                sources(set).unwrap().remarks(address, agent),
                expected,
                "{set:?} {address:?}"
            );
        }
    }

    #[test]
    fn operators_deny_addresses_and_networks() {
        let denied = ("WEBHOOK_DENY_ADDRESSES", "203.0.113.7, 2001:db8::/32");
        let monitored = sources(&[denied]).unwrap();
        let enforced = sources(&[denied, ("WEBHOOK_DENY_RULE", "enforce")]).unwrap();
        for (address, is_denied) in [
            ("203.0.113.7", true),
            ("203.0.113.8", false),
            ("2001:db8:1::1", true),
            ("2001:db9::1", false),
            ("odd", false),
        ] {
            let refused = if is_denied { Err(Cause::SourceDenied) } else { Ok(()) };
            assert_eq!(enforced.refuse(Some(address)), refused, "{address}");
            assert_eq!(monitored.refuse(Some(address)), Ok(()), "{address}");
            let remarks = monitored.remarks(Some(address), AGENT).unwrap();
            assert_eq!(remarks.denied_source, is_denied, "{address}");
        }
    }

    #[test]
    fn what_cannot_be_read_stops_start_up() {
        for (name, value) in [
            ("WEBHOOK_SOURCE_IP_RULE", "on"),
            ("WEBHOOK_DENY_RULE", "Enforce"),
            ("WEBHOOK_STRIPE_ADDRESSES", "3.18.12"),
            ("WEBHOOK_DENY_ADDRESSES", "10.0.0.0/33"),
            ("WEBHOOK_DENY_ADDRESSES", "10.0.0.1/24"),
        ] {
            assert_eq!(sources(&[(name, value)]).unwrap_err().name, name, "{value}");
        }
    }
}
