//! Commands: what an administrator asks for, done on the kernel in one place, whatever face it came from.
//!
//! ```text
//! Input::Command ──► authority ──► one file per verb or object ──► Object record ──► CommandReply (waits for it)
//! ```
//!
//! | file | commands |
//! |---|---|
//! | `define`, `alter`, `delete`, `clear` | of all objects |
//! | `list` | what may be long, in slices |
//! | `display` | objects, from their definitions and counters |
//! | `queue_status`, `channel_status`, `qmgr_status`, `connection`, `listener` | what runs |
//! | `channel` | START and STOP CHANNEL |
//! | `chlauth`, `authrec` | rules and authorities |
//! | `permission` | who may give which command |
//! | `needed` | what a slip must not take away |
//! | `inquire`, `set` | MQINQ and MQSET, which see the same attributes |
//!
//! A command that changes something changes one object, by one record. A definition is complete before it is
//! recorded; what fails leaves everything as it was.

mod alter;
mod authrec;
mod channel;
mod channel_status;
mod chlauth;
mod clear;
mod connection;
mod define;
mod delete;
mod display;
mod in_use;
mod inquire;
mod list;
mod listener;
mod needed;
mod permission;
mod qmgr_status;
mod queue_status;
mod set;

pub(crate) use list::Lists;
pub(crate) use listener::ListenerState;
pub(crate) use needed::{WAYS_IN, WAYS_IN_COUNT};

use mqi::Reason;
use mqi::command::{Command, CommandReply, Message, MessageId, Verb};
use mqi::constants::*;
use mqi::object::ObjectClass;
use store::Lsn;

use crate::authority::User;
use crate::input::{Facts, Ticket};
use crate::kernel::Kernel;
use crate::object::{Definition, DefinitionType, ObjectRecord};
use crate::output::{Output, Outputs};

/// A command and who gave it.
struct Request<'a> {
    user: &'a User,
    command: &'a Command,
    facts: &'a Facts,
}

/// A reply, and what must be durable before it leaves.
struct Done {
    reply: CommandReply,
    wait: Lsn,
}

impl Done {
    fn new(id: MessageId, wait: Lsn) -> Self {
        Self { reply: CommandReply::done(id), wait }
    }
}

/// What a command came to: a reply, or the message of its failure.
type Answer = Result<Done, Message>;

impl Kernel {
    /// Executes a command and answers it.
    pub(crate) fn command(
        &mut self,
        ticket: Ticket,
        user: &str,
        command: Command,
        facts: Facts,
        out: &mut Outputs,
    ) {
        let user = User { name: user.to_owned(), ..User::default() };
        let request = Request { user: &user, command: &command, facts: &facts };
        let is_list = command.verb() == Verb::Display && command.row.is_built && is_list(command.row.class);
        let done = match self.permit(&request, out) {
            Ok(()) if is_list => match self.begin_list(ticket, &request, out) {
                Ok(()) => return,
                Err(message) => Err(message),
            },
            Ok(()) => self.execute(&request, out),
            Err(message) => Err(message),
        };
        let done =
            done.unwrap_or_else(|message| Done { reply: CommandReply::message(message), wait: Lsn::NONE });
        let reply = Box::new(done.reply);
        out.push(Output::CommandReply { ticket, reply, wait: done.wait });
    }

    fn execute(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        use ObjectClass as C;
        let command = request.command;
        if !command.row.is_built {
            return Err(not_built(command));
        }
        match (command.verb(), command.row.class) {
            (Verb::Define, _) => self.define_object(request, out),
            (Verb::Alter, _) => self.alter_object(request, out),
            (Verb::Delete, C::AuthRecord) => self.delete_authority(request, out),
            (Verb::Delete, _) => self.delete_object(request, out),
            (Verb::Clear, C::Queue) => self.clear_local_queue(request, out),
            (Verb::Display, C::QmgrStatus) => self.display_qmgr_status(request),
            (Verb::Ping, C::Qmgr) => Ok(Done::new(MessageId::PING_QMGR_COMPLETE, Lsn::NONE)),
            (Verb::Refresh, C::Security) => {
                // Of the rest nothing is cached: every connection and every open looks at the table as it is.
                if command.options.int(MQIACF_SECURITY_TYPE) == Some(i64::from(MQSECTYPE_CONNAUTH)) {
                    self.authority.refresh_sign_on(&self.registry);
                }
                Ok(Done::new(MessageId::SECURITY_REFRESHED, Lsn::NONE))
            }
            (Verb::Set, C::ChannelAuth) => self.set_channel_rule(request, out),
            (Verb::Set, C::AuthRecord) => self.set_authority(request, out),
            (Verb::Start, C::Channel) => self.start_channel(request, out),
            (Verb::Stop, C::Channel) => self.stop_channel(request, out),
            (Verb::Start, C::Listener) => self.start_listener(request, out),
            (Verb::Stop, C::Listener) => self.stop_listener(request, out),
            (Verb::Stop, C::Connection) => self.stop_connection(request, out),
            _ => Err(not_built(command)),
        }
    }

    /// Makes a definition count, and says which record to wait for. Temporary queues are in no record.
    fn put_definition(&mut self, definition: Definition, out: &mut Outputs) -> Result<Lsn, Reason> {
        let local = match definition.object.class() {
            ObjectClass::Queue => self.queues.by_name(&definition.name),
            _ => None,
        };
        if let Some(ix) = local {
            let queue = self.queues.get(ix);
            if queue.attributes.definition_type == DefinitionType::TemporaryDynamic {
                let number = queue.number;
                self.apply_object(ObjectRecord::Defined(definition), number);
                return Ok(Lsn::NONE);
            }
        }
        self.record_object(ObjectRecord::Defined(definition), out)
    }

    /// For replies that only show: what they show must not be lost, so they wait for all that has been logged.
    fn all_so_far(&self) -> Lsn {
        Lsn(self.lsn_next().0 - 1)
    }

    /// A reply with these objects, or the message that nothing was found.
    fn shown(&self, rows: Vec<mqi::command::ObjectRow>, not_found: Message) -> Answer {
        if rows.is_empty() {
            return Err(not_found);
        }
        Ok(Done { reply: CommandReply::objects(rows), wait: self.all_so_far() })
    }
}

/// Whether DISPLAY of the class may be long, and is made in slices.
fn is_list(class: ObjectClass) -> bool {
    class != ObjectClass::QmgrStatus
}

fn not_built(command: &Command) -> Message {
    let text = format!("{} {}", command.verb().keyword(), command.row.noun);
    Message::new(MessageId::NOT_BUILT).insert(text).failed(MQRCCF_FUNCTION_RESTRICTED)
}

fn not_found(name: &str) -> Message {
    Message::new(MessageId::OBJECT_NOT_FOUND).insert(name).failed(MQRC_UNKNOWN_OBJECT_NAME)
}

fn missing(keyword: &str) -> Message {
    Message::new(MessageId::PARAMETER_MISSING).insert(keyword).failed(MQRCCF_PARM_MISSING)
}

/// A command that failed for a reason of the calls.
fn failed(reason: Reason) -> Message {
    let text = match reason.name() {
        Some(name) => format!("{} ({name})", reason.0),
        None => reason.0.to_string(),
    };
    Message::new(MessageId::COMMAND_FAILED).insert(text).failed(reason.0)
}
