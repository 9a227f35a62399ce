//! DELETE of any object.

use mqi::command::{Message, MessageId};
use mqi::constants::*;
use mqi::object::{ObjectClass, ObjectType};

use super::in_use::in_use;
use super::needed::{is_needed, refuse_removal};
use super::{Answer, Done, Request, failed};
use crate::kernel::Kernel;
use crate::object::{Definition, ObjectRecord};
use crate::output::Outputs;

impl Kernel {
    pub(super) fn delete_object(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let command = request.command;
        let found = match self.object_named(request) {
            Ok(found) => found.clone(),
            Err(message) if command.ignores_state() && is_not_found(&message) => {
                return Ok(Done::new(command.class().row().deleted, self.all_so_far()));
            }
            Err(message) => return Err(message),
        };
        let class = found.object.class();
        if is_needed(&found) {
            return refuse_removal(&found.name);
        }
        let wait = match self.queues.by_name(&found.name).filter(|_| class == ObjectClass::Queue) {
            Some(ix) => {
                let queue = self.queues.get(ix);
                if queue.open_count > 0 || queue.uncommitted > 0 {
                    return Err(in_use());
                }
                if queue.depth > 0 && !command.is_purge() {
                    return Err(Message::new(MessageId::QUEUE_NOT_EMPTY).failed(MQRC_Q_NOT_EMPTY));
                }
                self.delete_queue(ix, out).map_err(failed)?
            }
            None => {
                self.check_deletable(&found)?;
                self.record_object(ObjectRecord::deletion(&found), out).map_err(failed)?
            }
        };
        let wait = if command.removes_authority() {
            self.delete_authorities_of(&found, out).map_err(failed)?.max(wait)
        } else {
            wait
        };
        Ok(Done::new(class.row().deleted, wait))
    }

    fn check_deletable(&self, found: &Definition) -> Result<(), Message> {
        let name = found.name.as_str();
        match found.object {
            ObjectType::Listener if self.is_listening(name) => Err(in_use()),
            object if object.class() == ObjectClass::Channel => {
                let runs = self
                    .conversations
                    .iter()
                    .any(|(_, conversation)| conversation.identity.channel.as_deref() == Some(name));
                if runs {
                    let message = Message::new(MessageId::CHANNEL_IN_USE).insert(name);
                    return Err(message.failed(MQRCCF_CHANNEL_IN_USE));
                }
                Ok(())
            }
            _ if self.is_open(found) => Err(in_use()),
            _ => Ok(()),
        }
    }
}

fn is_not_found(message: &Message) -> bool {
    message.id == MessageId::OBJECT_NOT_FOUND || message.id == MessageId::CHANNEL_NOT_FOUND
}
