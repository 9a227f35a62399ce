//! Who may: the questions that calls ask the authority table, and the log line of each refusal.

use std::borrow::Cow;

use mqi::call::Connect;
use mqi::object::ObjectClass;
use mqi::{Chars48, Od, Reason};

use crate::authority::{Access, DynamicName, DynamicOrigin, Refusal, Subject, User};
use crate::conversation::ConvIx;
use crate::input::ConversationId;
use crate::kernel::Kernel;
use crate::output::{Output, Outputs};
use crate::resolve::Resolved;

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
        alternate: Option<&str>,
        class: ObjectClass,
        name: &str,
        wanted: Access,
        out: &mut Outputs,
    ) -> Result<(), Reason> {
        if wanted.is_none() {
            return Ok(());
        }
        let user = self.acting_user(conv, alternate);
        self.check_object(&user, class, name, wanted)?.map_err(|refusal| self.refuse(&refusal, out))
    }

    /// The same without a word about it. Fails as a whole where no record can be about such objects.
    fn check_object(
        &self,
        user: &User,
        class: ObjectClass,
        name: &str,
        wanted: Access,
    ) -> Result<Result<(), Box<Refusal>>, Reason> {
        let subject = match class {
            ObjectClass::Queue => {
                let queue = self.queues.by_name(name).map(|ix| self.queues.get(ix));
                let dynamic = queue.and_then(|queue| queue.origin.as_ref());
                let dynamic = dynamic.map(|o| DynamicOrigin { creator: &o.creator, model: o.model.as_str() });
                Subject { dynamic, ..Subject::queue(name) }
            }
            class => Subject::object(class, name).ok_or(Reason::OBJECT_TYPE_ERROR)?,
        };
        Ok(self.authority.check(user, subject, wanted, &self.registry))
    }

    /// Whether the queue manager may put for a user what he has not asked for himself, such as a report: where he may
    /// put. Nobody has commands put for him.
    pub(crate) fn authorize_own(
        &self,
        user: Option<&str>,
        name: &Chars48,
        qmgr: &Chars48,
        out: &mut Outputs,
    ) -> Result<(), Reason> {
        let user = User { name: user.unwrap_or_default().to_owned(), ..User::default() };
        let Resolved::Local { queue, alias } = self.resolve(name, qmgr)? else {
            return Err(Reason::Q_TYPE_ERROR);
        };
        let target = self.queues.get(queue).name.as_str();
        let mut done = self.authority.check_own(&user, target);
        if done.is_ok() {
            done = self.check_object(&user, ObjectClass::Queue, name.as_str(), Access::PUT)?;
        }
        if done.is_ok() && alias.is_some() {
            done = self.authority.check_target(&user, target, Access::PUT, &self.registry);
        }
        done.map_err(|refusal| self.refuse(&refusal, out))
    }

    /// Whether a user may have the queue manager ended.
    pub fn authorize_end(&self, user: &str, out: &mut Outputs) -> Result<(), Reason> {
        let user = User { name: user.to_owned(), ..User::default() };
        self.authority.check_administrator(&user).map_err(|refusal| self.refuse(&refusal, out))
    }

    /// Whether a user may open a queue so. The name that is opened counts, and no other, but where it is an alias of a
    /// queue that not everybody's records reach: then that queue counts as well.
    pub(crate) fn authorize_queue(
        &self,
        conv: ConvIx,
        alternate: Option<&str>,
        name: &Chars48,
        resolved: &Resolved,
        wanted: Access,
        out: &mut Outputs,
    ) -> Result<(), Reason> {
        self.authorize(conv, alternate, ObjectClass::Queue, name.as_str(), wanted, out)?;
        let Resolved::Local { queue, alias: Some(_) } = resolved else { return Ok(()) };
        let (user, target) = (self.acting_user(conv, alternate), self.queues.get(*queue).name.as_str());
        self.authority
            .check_target(&user, target, wanted, &self.registry)
            .map_err(|refusal| self.refuse(&refusal, out))
    }

    /// Whether the user of a conversation, or an alternate one, may give this name to a dynamic queue that he opens so.
    pub(crate) fn authorize_name(
        &self,
        conv: ConvIx,
        alternate: Option<&str>,
        dynamic: DynamicName<'_>,
        wanted: Access,
        out: &mut Outputs,
    ) -> Result<(), Reason> {
        let user = self.acting_user(conv, alternate);
        self.authority
            .check_dynamic_name(&user, dynamic, wanted, &self.registry)
            .map_err(|refusal| self.refuse(&refusal, out))
    }

    /// The user as whom a conversation asks to act in an MQOD.
    pub(crate) fn alternate_user(
        &self,
        conv: ConvIx,
        od: &Od,
        out: &mut Outputs,
    ) -> Result<Box<str>, Reason> {
        let qmgr = self.config.name.clone();
        self.authorize(conv, None, ObjectClass::Qmgr, qmgr.as_str(), Access::ALTERNATE_USER, out)?;
        let alternate = od.alternate_user_id.as_str();
        self.authority
            .check_alternate(&self.conversations.get(conv).user, alternate)
            .map_err(|refusal| self.refuse(&refusal, out))?;
        Ok(alternate.into())
    }

    fn acting_user(&self, conv: ConvIx, alternate: Option<&str>) -> Cow<'_, User> {
        let user = &self.conversations.get(conv).user;
        match alternate {
            Some(name) => Cow::Owned(User { name: name.to_owned(), ..user.clone() }),
            None => Cow::Borrowed(user),
        }
    }

    fn refuse(&self, refusal: &Refusal, out: &mut Outputs) -> Reason {
        out.push(Output::Log(refusal.log_line(self.config.name.as_str())));
        refusal.reason()
    }
}
