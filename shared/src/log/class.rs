//! Level and category: the guide's two ways of classing an entry.

macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name on the wire and in the table.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or(())
            }
        }
    };
}
pub(crate) use named;

/// In JSON, values are their names.
macro_rules! as_text {
    ($($name:ident),+) => { $(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(|()| serde::de::Error::custom("no known name"))
            }
        }
    )+ };
}
pub(crate) use as_text;

named! {
    /// How much attention an entry asks for, from least to most.
    Level {
        /// For developers.
        Debug = "DEBUG",
        /// As it should be.
        Info = "INFO",
        /// Someone should look in working hours.
        Warning = "WARNING",
        /// An event failed.
        Error = "ERROR",
        /// An event failed and will not be tried again.
        Critical = "CRITICAL",
    }
}

named! {
    /// What an entry is about.
    Category {
        /// Refused requests.
        Security = "security",
        /// Slow processing.
        Performance = "performance",
        /// Customers, payments, subscriptions: the events themselves.
        Business = "business",
        /// The account, the endpoint, and what we could not understand.
        System = "system",
        /// Failures.
        Error = "error",
    }
}

impl Category {
    /// Of an event with nothing remarkable about it: the account itself and pings are the system's,
    /// the rest is business.
    pub fn of_event_type(event_type: &str) -> Self {
        match event_type.starts_with("account.") || event_type.ends_with(".ping") {
            true => Self::System,
            false => Self::Business,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for level in Level::ALL {
            assert_eq!(level.as_str().parse(), Ok(*level));
        }
        assert_eq!("warning".parse::<Level>(), Err(()));
        assert_eq!("business".parse(), Ok(Category::Business));
        assert!(Level::Critical > Level::Info);
    }
}
