//! Objects and their attributes: one table per class, read by every face of administration.
//!
//! Start with a class ([`ObjectClass`]) or a type ([`ObjectType`]); both lead to rows ([`Attribute`]) by
//! keyword (MQSC, JSON) or by identifier (PCF, MQINQ, MQSET). A definition is an [`AttributeSet`]. Whatever
//! face a command came from, [`ObjectType::check`] has seen its attributes before the kernel keeps them.
//!
//! ```text
//! mod.rs        classes, look-ups, checks of whole definitions
//! types.rs      ObjectClass, ObjectType: what there is
//! attribute.rs  Attribute, Kind: one row; reading, checking and showing one value
//! value.rs      Value, AttributeSet
//! filter.rs     WHERE, generic names
//! error.rs      AttributeError
//! address.rs custom.rs cipher_spec.rs   what the texts of ADDRESS, IPADDR, CUSTOM and SSLCIPH may say
//! queue.rs channel.rs qmgr.rs admin.rs status.rs words.rs   the tables
//! ```

pub mod address;
mod admin;
mod attribute;
mod channel;
mod cipher_spec;
mod custom;
mod error;
mod filter;
mod qmgr;
mod queue;
pub mod standing;
mod status;
mod types;
mod value;
mod words;

pub use admin::AUTHORITIES;
pub use attribute::{Access, Attribute, AttributeId, Initial, Kind, Word, is_name_byte};
pub use custom::Custom;
pub use error::AttributeError;
pub use filter::{Filter, FilterError, Operator, generic_matches, is_generic};
pub use status::EXTCONN;
pub use types::{ObjectClass, ObjectType, TypeRow};
pub use value::{AttributeSet, Value};

use crate::command::MessageId;
use crate::constants::*;

/// A row of the table of classes.
#[derive(Clone, Copy, Debug)]
pub struct ClassRow {
    /// The class.
    pub class: ObjectClass,
    /// The word for it in MQSC: `QUEUE`, `CHSTATUS`.
    pub keyword: &'static str,
    /// Its attributes, in display order.
    pub attributes: &'static [Attribute],
    /// Answer to a DEFINE that succeeds; zero where there is no DEFINE.
    pub created: MessageId,
    /// Answer to an ALTER that succeeds.
    pub changed: MessageId,
    /// Answer to a DELETE that succeeds.
    pub deleted: MessageId,
    /// Heading of a DISPLAY.
    pub displayed: MessageId,
    /// MQOT_ number of the class, zero when it has none.
    pub object_type: i32,
}

const fn row(
    class: ObjectClass,
    keyword: &'static str,
    attributes: &'static [Attribute],
    object_type: i32,
    messages: [i32; 4],
) -> ClassRow {
    let [created, changed, deleted, displayed] = messages;
    ClassRow {
        class,
        keyword,
        attributes,
        created: MessageId(created),
        changed: MessageId(changed),
        deleted: MessageId(deleted),
        displayed: MessageId(displayed),
        object_type,
    }
}

// Message numbers: queue-manager reference, 6.1. In the order of `ObjectClass`.
#[rustfmt::skip]
const CLASSES: &[ClassRow] = {
    use ObjectClass::*;
    &[
        row(Queue, "QUEUE", queue::ATTRIBUTES, MQOT_Q, [8006, 8008, 8007, 8409]),
        row(Channel, "CHANNEL", channel::ATTRIBUTES, MQOT_CHANNEL, [8014, 8016, 8015, 8414]),
        row(ClientChannel, "CHANNEL", channel::ATTRIBUTES, MQOT_CLNTCONN_CHANNEL, [8014, 8016, 8015, 8414]),
        row(Listener, "LISTENER", admin::LISTENER, MQOT_LISTENER, [8626, 8623, 8627, 8630]),
        row(Qmgr, "QMGR", qmgr::ATTRIBUTES, MQOT_Q_MGR, [0, 8005, 0, 8408]),
        row(Topic, "TOPIC", admin::TOPIC, MQOT_TOPIC, [8690, 8691, 8694, 8633]),
        row(Subscription, "SUB", admin::SUBSCRIPTION, 0, [8094, 8095, 8097, 8096]),
        row(AuthInfo, "AUTHINFO", admin::AUTHINFO, MQOT_AUTH_INFO, [8563, 8567, 8564, 8566]),
        row(Process, "PROCESS", admin::PROCESS, MQOT_PROCESS, [8010, 8012, 8011, 8407]),
        row(Namelist, "NAMELIST", admin::NAMELIST, MQOT_NAMELIST, [8552, 8551, 8553, 8550]),
        row(Service, "SERVICE", admin::SERVICE, MQOT_SERVICE, [8625, 8622, 8624, 8629]),
        row(CommInfo, "COMMINFO", admin::COMMINFO, MQOT_COMM_INFO, [8858, 8857, 8859, 8860]),
        row(ChannelAuth, "CHLAUTH", admin::CHLAUTH, MQOT_CHLAUTH, [8877, 8877, 8877, 8878]),
        row(AuthRecord, "AUTHREC", admin::AUTHREC, MQOT_AUTH_REC, [8862, 8862, 8861, 8864]),
        row(QueueStatus, "QSTATUS", status::QUEUE, 0, [0, 0, 0, 8450]),
        row(HandleStatus, "QSTATUS", status::HANDLE, 0, [0, 0, 0, 8450]),
        row(ChannelStatus, "CHSTATUS", status::CHANNEL, 0, [0, 0, 0, 8417]),
        row(Connection, "CONN", status::CONNECTION, 0, [0, 0, 0, 8276]),
        row(ConnectionHandle, "CONN", status::CONNECTION_HANDLE, 0, [0, 0, 0, 8276]),
        row(QmgrStatus, "QMSTATUS", status::QMGR, 0, [0, 0, 0, 8705]),
        row(ListenerStatus, "LSSTATUS", status::LISTENER, 0, [0, 0, 0, 8631]),
        row(ServiceStatus, "SVSTATUS", &[], 0, [0, 0, 0, 8632]),
        row(PubSubStatus, "PUBSUB", &[], 0, [0, 0, 0, 8723]),
        row(TopicStatus, "TPSTATUS", &[], 0, [0, 0, 0, 8754]),
        row(SubscriptionStatus, "SBSTATUS", &[], 0, [0, 0, 0, 8099]),
        row(ClusterQmgr, "CLUSQMGR", &[], 0, [0, 0, 0, 8441]),
        row(ApplicationStatus, "APSTATUS", &[], 0, [0, 0, 0, 8932]),
        row(EntityAuthority, "ENTAUTH", &[], 0, [0, 0, 0, 8865]),
        row(AuthService, "AUTHSERV", &[], 0, [0, 0, 0, 8867]),
        row(ChannelInitiator, "CHINIT", &[], 0, [0; 4]),
        row(Cluster, "CLUSTER", &[], 0, [0; 4]),
        row(Security, "SECURITY", &[], 0, [0; 4]),
        row(TopicString, "TOPICSTR", &[], 0, [0; 4]),
        row(Policy, "POLICY", &[], MQOT_PROT_POLICY, [0; 4]),
    ]
};

impl ObjectClass {
    /// The row of the class.
    pub fn row(self) -> &'static ClassRow {
        &CLASSES[self as usize]
    }

    /// The attributes of the class, in display order. An attribute whose default differs between types has
    /// several rows.
    pub fn attributes(self) -> &'static [Attribute] {
        self.row().attributes
    }

    /// An attribute of any type of the class by keyword in upper case.
    pub fn attribute(self, keyword: &str) -> Option<&'static Attribute> {
        self.attributes().iter().find(|attribute| attribute.is_named(keyword))
    }

    /// An attribute of any type of the class by PCF identifier.
    pub fn attribute_by_id(self, id: i32) -> Option<&'static Attribute> {
        self.attributes().iter().find(|attribute| attribute.id.0 == id)
    }
}

impl ObjectType {
    /// The attributes of objects of this type, in display order, one row each.
    pub fn attributes(self) -> impl Iterator<Item = &'static Attribute> {
        self.class().attributes().iter().filter(move |attribute| attribute.is_on(self))
    }

    /// An attribute of the type by keyword in upper case.
    pub fn attribute(self, keyword: &str) -> Result<&'static Attribute, AttributeError> {
        if let Some(found) = self.attributes().find(|attribute| attribute.is_named(keyword)) {
            return Ok(found);
        }
        Err(match self.class().attribute(keyword) {
            Some(other) => AttributeError::NotForType { keyword: other.keyword, object: self },
            None => AttributeError::Unknown { keyword: keyword.to_owned() },
        })
    }

    /// An attribute of the type by PCF identifier, which is the MQINQ and MQSET selector as well.
    pub fn attribute_by_id(self, id: i32) -> Result<&'static Attribute, AttributeError> {
        if let Some(found) = self.attributes().find(|attribute| attribute.id.0 == id) {
            return Ok(found);
        }
        Err(match self.class().attribute_by_id(id) {
            Some(other) => AttributeError::NotForType { keyword: other.keyword, object: self },
            None => {
                let integer = (MQIA_FIRST..=MQIA_LAST).contains(&id);
                AttributeError::UnknownId { id, integer }
            }
        })
    }

    /// The attribute that is the name of the object, when it has one.
    pub fn key(self) -> Option<&'static Attribute> {
        self.attributes().find(|attribute| attribute.access == Access::Key)
    }

    /// Whether the type attribute is shown after the name, whatever was asked for. A listener's protocol, the
    /// type of a topic or subscription are attributes like others.
    pub fn shows_type(self) -> bool {
        self.row().type_id != 0 && !matches!(self, Self::Topic | Self::CommInfo)
    }

    /// The definition that the table gives, without name and dates: what the default object of the type has
    /// before anybody alters it, and every object before its attributes are given.
    pub fn defaults(self) -> AttributeSet {
        let mut set = AttributeSet::new();
        for attribute in self.attributes() {
            if let Some(value) = attribute.initial_value() {
                set.set(attribute.id.0, value);
            }
        }
        if let Some(id) = self.type_attribute() {
            set.set(id.0, self.row().code);
        }
        set
    }

    /// Checks attributes that a command gives: each must belong to the type, be one that may be given, and
    /// have a value that it takes. `creating` admits those that are fixed once the object exists.
    pub fn check_given(self, given: &AttributeSet, creating: bool) -> Result<(), AttributeError> {
        for (id, value) in given.iter() {
            if Some(id) == self.type_attribute() {
                continue;
            }
            let attribute = self.attribute_by_id(id.0)?;
            match attribute.access {
                Access::Alterable => {}
                Access::Fixed if creating => {}
                Access::Fixed | Access::Shown | Access::Key => {
                    return Err(AttributeError::NotAlterable { keyword: attribute.keyword });
                }
            }
            attribute.check(value)?;
            match (attribute.id.0, value) {
                (MQCA_CUSTOM, Value::Text(text)) => drop(Custom::parse(text, self.class())?),
                (MQCACH_SSL_CIPHER_SPEC, Value::Text(text)) if !cipher_spec::is_valid(text) => {
                    return Err(AttributeError::CipherSpec { value: text.clone() });
                }
                (MQCACH_IP_ADDRESS, Value::Text(text)) if !address::is_for_listeners(text) => {
                    return Err(AttributeError::Address { value: text.clone() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks that DEFINE has what it must have: attributes that are required are given, even if blank, or come
    /// from the object that the definition began from.
    pub fn check_required(
        self,
        given: &AttributeSet,
        definition: &AttributeSet,
    ) -> Result<(), AttributeError> {
        let is_there =
            |id: i32| given.contains(id) || definition.get(id).is_some_and(|value| !value.is_blank());
        match self.attributes().find(|attribute| attribute.required && !is_there(attribute.id.0)) {
            Some(attribute) => Err(AttributeError::Missing { keyword: attribute.keyword }),
            None => Ok(()),
        }
    }

    /// Checks a whole definition, what is given merged into what was there: attributes that exclude each other.
    pub fn check(self, definition: &AttributeSet) -> Result<(), AttributeError> {
        let blank = |id: i32| definition.get(id).is_none_or(Value::is_blank);
        if !blank(MQCA_CLUSTER_NAME) && !blank(MQCA_CLUSTER_NAMELIST) {
            return Err(AttributeError::Conflict { keyword: "CLUSTER", other: "CLUSNL" });
        }
        if !blank(MQCA_REPOSITORY_NAME) && !blank(MQCA_REPOSITORY_NAMELIST) {
            return Err(AttributeError::Conflict { keyword: "REPOS", other: "REPOSNL" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
