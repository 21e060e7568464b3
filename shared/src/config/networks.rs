//! Lists of addresses and networks.

use std::net::IpAddr;

use super::{ConfigError, Vars};

/// Networks; an address is one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    first: IpAddr,
    /// Bits that all its addresses have in common.
    prefix: u32,
}

impl Networks {
    /// Reads a variable, or what stands for it where it is not set.
    ///
    /// # Errors
    /// Where an entry is no address and no network.
    pub fn from_vars(
        vars: &Vars<'_>,
        name: &'static str,
        default: &str,
    ) -> Result<Self, ConfigError> {
        const EXPECTED: &str = "must be addresses or networks (203.0.113.0/24), comma-separated";
        let text = vars.optional(name);
        Self::read(text.as_deref().unwrap_or(default))
            .ok_or_else(|| ConfigError::new(name, EXPECTED))
    }

    /// Reads a comma-separated list; an empty one is none. `None` where an entry is no address, or no
    /// network: one with bits beyond its prefix is most probably a slip.
    pub fn read(text: &str) -> Option<Self> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(Network::read).collect::<Option<_>>().map(Self)
    }

    /// Whether an address is in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().ok()?;
        let longest = if first.is_ipv4() { 32 } else { 128 };
        let network = Self { first, prefix: prefix.unwrap_or(longest) };
        (network.prefix <= longest && network.start_of(first) == bits(first))
            .then_some(network.canonical())
    }

    /// IPv4 where it is written as a part of IPv6 (`::ffff:203.0.113.7`): addresses are compared as what they are.
    fn canonical(self) -> Self {
        let first = self.first.to_canonical();
        match (self.first.is_ipv6() && first.is_ipv4(), self.prefix.checked_sub(96)) {
            (true, Some(prefix)) => Self { first, prefix },
            _ => self,
        }
    }

    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && self.start_of(address) == bits(self.first)
    }

    /// The first address of a network of this size that holds an address.
    fn start_of(self, address: IpAddr) -> u128 {
        let free = (if address.is_ipv4() { 32 } else { 128 }) - self.prefix;
        // A shift by all 128 bits has no meaning of its own.
        bits(address).checked_shr(free).and_then(|bits| bits.checked_shl(free)).unwrap_or(0)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        for (list, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.7", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("::1", "::1", true),
            ("1.2.3.4 , 5.6.7.8,", "5.6.7.8", true),
            ("::ffff:5.6.7.8", "5.6.7.8", true),
            ("::ffff:5.6.7.8", "5.6.7.9", false),
            ("::ffff:5.6.0.0/112", "5.6.7.8", true),
            ("::ffff:5.6.0.0/112", "5.7.7.8", false),
            ("::/0", "5.6.7.8", false),
            ("", "5.6.7.8", false),
        ] {
            let networks = Networks::read(list).unwrap();
            assert_eq!(networks.contain(address.parse().unwrap()), expected, "{list} {address}");
        }
        for bad in ["x", "1.2.3.4/33", "1.2.3.4/8", "::/129", "1.2.3.4/", "/8", "1.2.3.4/-1"] {
            assert_eq!(Networks::read(bad), None, "{bad}");
        }
    }
}
