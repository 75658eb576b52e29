//! The schema's enumerations. What a newer server sends is kept, so that nothing is lost on the way.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An enumeration of the schema: its numbers on the wire, its names in JSON.
macro_rules! schema_enum {
    (
        $(#[$doc:meta])*
        $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal $name:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
            /// A number that this version does not know, never one of the others'.
            Unknown(i32),
        }

        impl $type {
            /// The value with this number on the wire.
            pub fn from_number(number: i32) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Unknown(other),
                }
            }

            /// The number on the wire.
            pub fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Unknown(number) => number,
                }
            }

            /// The name in the schema; none for an unknown number.
            pub fn schema_name(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($name),)*
                    Self::Unknown(_) => None,
                }
            }

            /// The value with this name in the schema.
            pub fn from_schema_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.schema_name() {
                    Some(name) => serializer.serialize_str(name),
                    None => serializer.serialize_i32(self.number()),
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match NameOrNumber::deserialize(deserializer)? {
                    NameOrNumber::Number(number) => Ok(Self::from_number(number)),
                    NameOrNumber::Name(name) => Self::from_schema_name(&name).ok_or_else(|| {
                        de::Error::custom(format!("`{name}` is not a {}", stringify!($type)))
                    }),
                }
            }
        }
    };
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NameOrNumber {
    Number(i32),
    Name(String),
}

schema_enum! {
    /// Why a release is retired.
    RetirementReason {
        /// None of the others.
        Other = 0 "RETIRED_OTHER",
        /// It cannot be used.
        Invalid = 1 "RETIRED_INVALID",
        /// It is vulnerable.
        Security = 2 "RETIRED_SECURITY",
        /// It is not maintained any more.
        Deprecated = 3 "RETIRED_DEPRECATED",
        /// The package has another name now.
        Renamed = 4 "RETIRED_RENAMED",
    }
}

impl RetirementReason {
    /// The word of the HTTP API and of `mix hex.retire`; none for an unknown number.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Other => Some("other"),
            Self::Invalid => Some("invalid"),
            Self::Security => Some("security"),
            Self::Deprecated => Some("deprecated"),
            Self::Renamed => Some("renamed"),
            Self::Unknown(_) => None,
        }
    }

    /// The reason with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        (0..=4)
            .map(Self::from_number)
            .find(|reason| reason.word() == Some(word))
    }
}

schema_enum! {
    /// How severe an advisory is. In the derived order an unknown severity is above all others, as a
    /// threshold has to take it.
    AdvisorySeverity {
        /// Not at all.
        None = 0 "SEVERITY_NONE",
        /// Low.
        Low = 1 "SEVERITY_LOW",
        /// Medium.
        Medium = 2 "SEVERITY_MEDIUM",
        /// High.
        High = 3 "SEVERITY_HIGH",
        /// Critical.
        Critical = 4 "SEVERITY_CRITICAL",
    }
}

schema_enum! {
    /// What an override of a policy does. One that is unknown has to be skipped.
    OverrideAction {
        /// Permit the release whatever the restriction says.
        Allow = 0 "OVERRIDE_ACTION_ALLOW",
        /// Block the release.
        Deny = 1 "OVERRIDE_ACTION_DENY",
        /// Accept one advisory.
        Advisory = 2 "OVERRIDE_ACTION_ADVISORY",
        /// Accept one retirement reason.
        Retirement = 3 "OVERRIDE_ACTION_RETIREMENT",
        /// Accept a release that is younger than the cooldown.
        Cooldown = 4 "OVERRIDE_ACTION_COOLDOWN",
    }
}

/// Who may read a policy. There is no unknown value: whatever is not public is private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Visibility {
    /// Only those who may read the repository.
    #[serde(rename = "VISIBILITY_PRIVATE")]
    Private,
    /// Everyone.
    #[serde(rename = "VISIBILITY_PUBLIC")]
    Public,
}

impl Visibility {
    /// The value with this number on the wire.
    pub fn from_number(number: i32) -> Self {
        match number {
            1 => Self::Public,
            _ => Self::Private,
        }
    }

    /// The number on the wire.
    pub fn number(self) -> i32 {
        match self {
            Self::Private => 0,
            Self::Public => 1,
        }
    }
}
