//! What authority each command needs: one table, asked in one place, before anything else is looked at.
//!
//! Every command of the catalogue has its row (queue-manager reference, 17.1). Whoever lacks the authority is told so
//! whether or not the object is there; of many objects, those are left out that he may not see.

use mqi::command::{CommandRow, Message, MessageId, Verb};
use mqi::constants::*;
use mqi::object::ObjectClass;

use super::Request;
use super::listener::DEFAULT_LISTENER;
use crate::authority::{Access, Refusal, Subject};
use crate::kernel::Kernel;
use crate::output::{Output, Outputs};

/// For what the authority is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    /// The object that is named.
    Object,
    /// What is defined: all objects of its type (`@class`, +crt), or with REPLACE one that is there (+chg). In either case
    /// +dsp of the object of which the definition is a copy: that of LIKE, or the default.
    New,
    /// Each object that is shown.
    Shown,
    /// Each object whose status is shown.
    Status(ObjectClass),
    /// The queue manager.
    Qmgr,
    /// Nothing that can be granted: administrators only.
    Administrator,
}

/// All nouns of objects that are defined.
const OBJECTS: &[&str] = &[
    "QLOCAL", "QMODEL", "QALIAS", "QREMOTE", "CHANNEL", "LISTENER", "AUTHINFO", "TOPIC", "PROCESS",
    "NAMELIST", "SERVICE", "COMMINFO", "SUB",
];

/// Verb, nouns, and what is needed for what.
#[rustfmt::skip]
const TABLE: &[(Verb, &[&str], Access, On)] = {
    use ObjectClass as C;
    use On::*;
    use Verb as V;
    &[
        (V::Alter, OBJECTS, Access::CHANGE, Object),
        (V::Alter, &["QMGR"], Access::CHANGE, Qmgr),
        (V::Clear, &["QLOCAL"], Access::CLEAR, Object),
        (V::Clear, &["TOPICSTR"], Access::CLEAR, Administrator),
        (V::Define, OBJECTS, Access::CREATE, New),
        (V::Delete, OBJECTS, Access::DELETE, Object),
        (V::Delete, &["AUTHREC"], Access::CHANGE, Qmgr),
        (V::Delete, &["POLICY"], Access::CHANGE, Administrator),
        (V::Display, OBJECTS, Access::DISPLAY, Shown),
        (V::Display, &["QUEUE", "QCLUSTER", "TCLUSTER"], Access::DISPLAY, Shown),
        (V::Display, &["QSTATUS"], Access::DISPLAY, Status(C::Queue)),
        (V::Display, &["CHSTATUS"], Access::DISPLAY, Status(C::Channel)),
        (V::Display, &["LSSTATUS"], Access::DISPLAY, Status(C::Listener)),
        (V::Display, &["SVSTATUS"], Access::DISPLAY, Status(C::Service)),
        (V::Display, &["QMGR", "QMSTATUS", "CONN", "CHLAUTH", "AUTHREC"], Access::DISPLAY, Qmgr),
        (V::Display, &["ENTAUTH", "AUTHSERV", "CLUSQMGR", "APSTATUS"], Access::DISPLAY, Qmgr),
        (V::Display, &["PUBSUB", "TPSTATUS", "SBSTATUS"], Access::DISPLAY, Qmgr),
        (V::Display, &["POLICY"], Access::DISPLAY, Administrator),
        (V::Ping, &["CHANNEL"], Access::CONTROL, Object),
        (V::Ping, &["QMGR"], Access::DISPLAY, Qmgr),
        (V::Purge, &["CHANNEL"], Access::CONTROL, Object),
        (V::Refresh, &["CLUSTER", "QMGR", "SECURITY"], Access::CHANGE, Qmgr),
        (V::Reset, &["CHANNEL"], Access::CONTROL_EXTENDED, Object),
        (V::Reset, &["CLUSTER", "QMGR"], Access::CHANGE, Qmgr),
        (V::Resolve, &["CHANNEL"], Access::CONTROL_EXTENDED, Object),
        (V::Resume, &["QMGR"], Access::CHANGE, Qmgr),
        (V::Set, &["AUTHREC", "CHLAUTH"], Access::CHANGE, Qmgr),
        (V::Set, &["POLICY"], Access::CHANGE, Administrator),
        (V::Start, &["CHANNEL", "LISTENER", "SERVICE"], Access::CONTROL, Object),
        (V::Start, &["CHINIT"], Access::CONTROL, Qmgr),
        (V::Stop, &["CHANNEL", "LISTENER", "SERVICE"], Access::CONTROL, Object),
        (V::Stop, &["CONN"], Access::CHANGE, Qmgr),
        (V::Suspend, &["QMGR"], Access::CHANGE, Qmgr),
    ]
};

fn row_of(command: &CommandRow) -> Option<(Access, On)> {
    let is_meant = |(verb, nouns, ..): &&(Verb, &[&str], Access, On)| {
        *verb == command.verb && nouns.contains(&command.noun)
    };
    TABLE.iter().find(is_meant).map(|(.., access, on)| (*access, *on))
}

impl Kernel {
    /// Refuses a command that the user may not give, with a line in the error log.
    pub(super) fn permit(&self, request: &Request<'_>, out: &mut Outputs) -> Result<(), Message> {
        self.check_permitted(request).map_err(|refusal| {
            out.push(Output::Log(refusal.log_line(self.config.name.as_str())));
            Message::new(MessageId::NOT_AUTHORIZED).failed(MQRC_NOT_AUTHORIZED)
        })
    }

    fn check_permitted(&self, request: &Request<'_>) -> Result<(), Box<Refusal>> {
        let command = request.command;
        // A command without a row is nobody's but the administrators'.
        let (access, on) = row_of(command.row).unwrap_or((Access::CHANGE, On::Administrator));
        let name = command.name.trim_end();
        match on {
            On::Object => {
                let found = self.find_named(request).map(|found| found.object.class());
                let class = found.unwrap_or_else(|| command.class());
                let name =
                    if name.is_empty() && class == ObjectClass::Listener { DEFAULT_LISTENER } else { name };
                self.may(request, class, name, access)
            }
            On::New => {
                let class = command.class();
                match self.registry.get(class, name) {
                    Some(_) if command.is_replace() => self.may(request, class, name, Access::CHANGE)?,
                    _ => self.may(request, class, "@class", access)?,
                }
                let default = command.object.map_or("", |object| object.row().default_name);
                let like = Some(command.like()).filter(|like| !like.is_empty()).unwrap_or(default);
                if like.is_empty() || like == name {
                    return Ok(());
                }
                self.may(request, class, like, Access::DISPLAY)
            }
            On::Shown => {
                self.may_show(request, &classes_shown(command.class(), command.object.is_some()), name)
            }
            On::Status(class) => self.may_show(request, &[class], name),
            On::Qmgr => self.may(request, ObjectClass::Qmgr, "", access),
            On::Administrator => self.authority.check_administrator(request.user),
        }
    }

    /// One object that is named is refused as a whole; of many, those are left out that the user may not see.
    fn may_show(
        &self,
        request: &Request<'_>,
        classes: &[ObjectClass],
        name: &str,
    ) -> Result<(), Box<Refusal>> {
        if name.is_empty() || name.ends_with('*') {
            return Ok(());
        }
        let mut done = Ok(());
        for class in classes {
            let may = self.may(request, *class, name, Access::DISPLAY);
            if may.is_ok() {
                return Ok(());
            }
            done = done.and(may);
        }
        done
    }

    /// Whether the user may, without a word about it.
    pub(super) fn may(
        &self,
        request: &Request<'_>,
        class: ObjectClass,
        name: &str,
        wanted: Access,
    ) -> Result<(), Box<Refusal>> {
        // What is no object of its own, rules and status, belongs to the queue manager.
        let subject = Subject::object(class, name).unwrap_or_else(Subject::qmgr);
        self.authority.check(request.user, subject, wanted, &self.registry)
    }
}

/// Classes of the objects that DISPLAY shows: a channel without a type may be one of clients too.
fn classes_shown(class: ObjectClass, has_type: bool) -> Vec<ObjectClass> {
    match class {
        ObjectClass::Channel if !has_type => vec![class, ObjectClass::ClientChannel],
        class => vec![class],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_row_and_every_row_a_command() {
        let commands = mqi::command::table::commands();
        for command in commands {
            let rows = TABLE
                .iter()
                .filter(|(verb, nouns, ..)| *verb == command.verb && nouns.contains(&command.noun));
            assert_eq!(rows.count(), 1, "{} {}", command.verb.keyword(), command.noun);
        }
        for (verb, nouns, ..) in TABLE {
            for noun in *nouns {
                let is_there = commands.iter().any(|command| command.verb == *verb && command.noun == *noun);
                assert!(is_there, "{} {noun}", verb.keyword());
            }
        }
    }
}
