//! Who may: the questions that calls ask the authority table, and the log line of each refusal.

use mqi::call::Connect;
use mqi::object::ObjectClass;
use mqi::{Chars12, Reason};

use crate::authority::{Access, DynamicOrigin, Refusal, Subject, User};
use crate::conversation::ConvIx;
use crate::input::ConversationId;
use crate::kernel::Kernel;
use crate::output::{Output, Outputs};

impl Kernel {
    /// As whom a connection runs.
    pub(crate) fn authenticate(&self, connect: &Connect, out: &mut Outputs) -> Result<User, Reason> {
        self.authority
            .connect(&connect.identity, &self.registry)
            .map_err(|refusal| self.refuse(&refusal, out))
    }

    /// Whether the connection belongs to whoever holds this conversation, as far as that can be told: identifiers of
    /// connections are no secret.
    pub(crate) fn is_of_same_client(&self, by: ConversationId, connection_id: &[u8; 24]) -> bool {
        let Some(by) = self.conversations.find(by).map(|conv| self.conversations.get(conv)) else {
            return false;
        };
        let mut all = self.conversations.iter();
        all.any(|(_, other)| other.connection_id == *connection_id && other.user == by.user)
    }

    /// Whether the user of a conversation, or an alternate one, may do this with an object, named as it is opened.
    pub(crate) fn authorize(
        &self,
        conv: ConvIx,
        alternate: Option<Chars12>,
        class: ObjectClass,
        name: &str,
        wanted: Access,
        out: &mut Outputs,
    ) -> Result<(), Reason> {
        if wanted.is_none() {
            return Ok(());
        }
        let conversation = self.conversations.get(conv);
        let changed =
            alternate.map(|user| User { name: user.as_str().to_owned(), ..conversation.user.clone() });
        let user = changed.as_ref().unwrap_or(&conversation.user);
        let subject = match class {
            ObjectClass::Queue => {
                let queue = self.queues.by_name(name).map(|ix| self.queues.get(ix));
                let dynamic = queue.and_then(|queue| queue.origin.as_ref());
                let dynamic = dynamic.map(|o| DynamicOrigin { creator: &o.creator, model: o.model.as_str() });
                Subject { dynamic, ..Subject::queue(name) }
            }
            class => Subject::object(class, name).ok_or(Reason::OBJECT_TYPE_ERROR)?,
        };
        self.authority
            .check(user, subject, wanted, &self.registry)
            .map_err(|refusal| self.refuse(&refusal, out))
    }

    fn refuse(&self, refusal: &Refusal, out: &mut Outputs) -> Reason {
        out.push(Output::Log(refusal.log_line(self.config.name.as_str())));
        refusal.reason()
    }
}
