//! MQPUT and MQPUT1: the rules in their order, then the record, then memory (queue-manager reference, section 8).

use mqi::call::{Hobj, Long, MESSAGE_LENGTH_MAX, Returned};
use mqi::constants::*;
use mqi::name::ObjectName;
use mqi::object::ObjectClass;
use mqi::{Chars, Chars48, CompCode, Md, Od, Pmo, Putter, Reason};
use store::{Kind, Lsn, Record};

use crate::authority::Access;
use crate::content::Content;
use crate::context::{Context, Source, put_date_time};
use crate::conversation::{AsyncStatus, ConvIx};
use crate::delay::DELAY_QUEUE;
use crate::kernel::{Kernel, OK, Outcome, failed, warning};
use crate::log_records::{Delay, Group, PutHead};
use crate::number::UowId;
use crate::object::{DefinitionType, QueueAttributes};
use crate::output::Outputs;
use crate::properties::{self, HeaderFacts};
use crate::queue::{QueueIx, QueueNumber};
use crate::resolve::Resolved;
use crate::unit_of_work::UowIx;

/// Options that are built; any other bit is 2046.
const KNOWN: i32 = MQPMO_SYNCPOINT
    | MQPMO_NO_SYNCPOINT
    | MQPMO_DEFAULT_CONTEXT
    | MQPMO_NEW_MSG_ID
    | MQPMO_NEW_CORREL_ID
    | MQPMO_PASS_IDENTITY_CONTEXT
    | MQPMO_PASS_ALL_CONTEXT
    | MQPMO_SET_IDENTITY_CONTEXT
    | MQPMO_SET_ALL_CONTEXT
    | MQPMO_ALTERNATE_USER_AUTHORITY
    | MQPMO_FAIL_IF_QUIESCING
    | MQPMO_NO_CONTEXT
    | MQPMO_ASYNC_RESPONSE
    | MQPMO_SYNC_RESPONSE
    | MQPMO_RESOLVE_LOCAL_Q;

/// Reports that the queue manager itself would have to make: not built.
const REPORTS_NOT_BUILT: i32 = MQRO_COA
    | MQRO_COA_WITH_DATA
    | MQRO_COA_WITH_FULL_DATA
    | MQRO_COD
    | MQRO_COD_WITH_DATA
    | MQRO_COD_WITH_FULL_DATA
    | MQRO_EXPIRATION
    | MQRO_EXPIRATION_WITH_DATA
    | MQRO_EXPIRATION_WITH_FULL_DATA;

/// Where a message is put and with what defaults: a handle, or the object of MQPUT1.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) queue: QueueIx,
    pub(crate) alias: Option<ObjectName>,
    pub(crate) persistent_by_default: bool,
    pub(crate) priority_by_default: u8,
    pub(crate) open_options: i32,
    /// The user in whose name it is put, if not that of the conversation.
    pub(crate) user: Option<Box<str>>,
    /// How many milliseconds later the message is to be delivered.
    pub(crate) delay_ms: u64,
}

/// A put that has passed all checks.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// The queue that it goes to first.
    pub(crate) queue: QueueIx,
    pub(crate) head: PutHead,
    pub(crate) putter: Putter,
    /// Bytes of the MQRFH2 that the data begins with.
    pub(crate) header_len: usize,
    pub(crate) is_persistent: bool,
    pub(crate) in_unit: bool,
    pub(crate) outcome: Outcome,
}

/// The structures of a put, on their way back to the application.
#[derive(Debug)]
pub(crate) struct PutCall {
    /// None for MQPUT.
    pub(crate) od: Option<Box<Od>>,
    pub(crate) md: Box<Md>,
    pub(crate) pmo: Box<Pmo>,
}

impl PutCall {
    /// Of an MQPUT.
    pub(crate) fn new(md: Box<Md>, pmo: Box<Pmo>) -> Self {
        Self { od: None, md, pmo }
    }

    fn returned(self) -> Returned {
        let Self { od, md, pmo } = self;
        match od {
            Some(od) => Returned::Put1 { od, md, pmo },
            None => Returned::Put { md, pmo },
        }
    }
}

impl Kernel {
    pub(crate) fn put(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        call: PutCall,
        body: Long,
        delay_ms: u64,
        out: &mut Outputs,
    ) {
        match self.target_of(conv, hobj).map(|target| Target { delay_ms, ..target }) {
            Ok(target) => self.start_put(conv, target, call, body, out),
            Err(reason) => self.finish_put_call(conv, call, failed(reason), Lsn::NONE, out),
        }
    }

    /// MQPUT1, for the conversation's own user or, of the queue manager's own agents, for another.
    pub(crate) fn put1(
        &mut self,
        conv: ConvIx,
        user: Option<Box<str>>,
        (mut od, md, pmo): (Box<Od>, Box<Md>, Box<Pmo>),
        body: Long,
        out: &mut Outputs,
    ) {
        let target = match user {
            Some(user) => self.target_for(conv, user, &mut od, &pmo, out),
            None => self.target_of_name(conv, &mut od, &pmo, out),
        };
        let call = PutCall { od: Some(od), md, pmo };
        match target {
            Ok(target) => self.start_put(conv, target, call, body, out),
            Err(reason) => self.finish_put_call(conv, call, failed(reason), Lsn::NONE, out),
        }
    }

    fn target_of(&self, conv: ConvIx, hobj: Hobj) -> Result<Target, Reason> {
        let handle = self.conversations.get(conv).handles.get(hobj).ok_or(Reason::HOBJ_ERROR)?;
        if handle.is_changed {
            return Err(Reason::OBJECT_CHANGED);
        }
        if !handle.is_output() {
            return Err(Reason::NOT_OPEN_FOR_OUTPUT);
        }
        let queue = handle.queue().ok_or(Reason::NOT_OPEN_FOR_OUTPUT)?;
        Ok(Target {
            queue,
            alias: handle.alias.clone(),
            persistent_by_default: handle.persistent_by_default,
            priority_by_default: handle.priority_by_default,
            open_options: handle.options,
            user: handle.alternate_user.clone(),
            delay_ms: 0,
        })
    }

    /// The open half of MQPUT1.
    fn target_of_name(
        &mut self,
        conv: ConvIx,
        od: &mut Od,
        pmo: &Pmo,
        out: &mut Outputs,
    ) -> Result<Target, Reason> {
        let resolved = self.resolve_for_put(od, pmo)?;
        let user = if pmo.options & MQPMO_ALTERNATE_USER_AUTHORITY == 0 {
            None
        } else {
            Some(self.alternate_user(conv, od, out)?)
        };
        let access = Access::of_put_options(pmo.options);
        self.authorize_queue(conv, user.as_deref(), &od.object_name, &resolved, access, out)?;
        let implied = [
            (MQPMO_PASS_IDENTITY_CONTEXT, MQOO_PASS_IDENTITY_CONTEXT),
            (MQPMO_PASS_ALL_CONTEXT, MQOO_PASS_ALL_CONTEXT),
            (MQPMO_SET_IDENTITY_CONTEXT, MQOO_SET_IDENTITY_CONTEXT),
            (MQPMO_SET_ALL_CONTEXT, MQOO_SET_ALL_CONTEXT),
        ];
        let options = pmo.options;
        let context =
            implied.iter().filter(|(put, _)| options & put != 0).fold(0, |all, (_, open)| all | open);
        self.target_resolved(resolved, user, context, od)
    }

    /// The open half of an MQPUT1 that is done for a user: he must have the authority to put, and need not have that to
    /// pass the context.
    fn target_for(
        &mut self,
        conv: ConvIx,
        user: Box<str>,
        od: &mut Od,
        pmo: &Pmo,
        out: &mut Outputs,
    ) -> Result<Target, Reason> {
        let resolved = self.resolve_for_put(od, pmo)?;
        let qmgr = self.config.name.clone();
        self.authorize(conv, None, ObjectClass::Qmgr, qmgr.as_str(), Access::ALTERNATE_USER, out)?;
        self.authorize_queue(conv, Some(&user), &od.object_name, &resolved, Access::PUT, out)?;
        self.target_resolved(resolved, Some(user), MQOO_SET_IDENTITY_CONTEXT, od)
    }

    fn resolve_for_put(&self, od: &Od, pmo: &Pmo) -> Result<Resolved, Reason> {
        match od.object_type {
            MQOT_Q => {}
            // Publish/subscribe is not built.
            MQOT_TOPIC => return Err(Reason::FUNCTION_NOT_SUPPORTED),
            _ => return Err(Reason::OBJECT_TYPE_ERROR),
        }
        if od.version >= 2 && od.recs_present != 0 {
            // Distribution lists are not built.
            return Err(Reason::FUNCTION_NOT_SUPPORTED);
        }
        self.check_ending(pmo.options & MQPMO_FAIL_IF_QUIESCING != 0)?;
        ObjectName::try_from(&od.object_name).map_err(|_| Reason::OBJECT_NAME_ERROR)?;
        self.resolve(&od.object_name, &od.object_q_mgr_name)
    }

    fn target_resolved(
        &self,
        resolved: Resolved,
        user: Option<Box<str>>,
        context: i32,
        od: &mut Od,
    ) -> Result<Target, Reason> {
        let Resolved::Local { queue, alias } = resolved else { return Err(Reason::Q_TYPE_ERROR) };
        let first = match &alias {
            Some(alias) => self.other_queues.get(alias.as_str()),
            None => None,
        };
        let first = first.unwrap_or(&self.queues.get(queue).attributes);
        if od.version >= 3 {
            od.resolved_q_name = self.queues.get(queue).name_chars;
            od.resolved_q_mgr_name = self.config.name.to_chars();
        }
        Ok(Target {
            queue,
            persistent_by_default: first.def_persistence == MQPER_PERSISTENT,
            priority_by_default: first.def_priority.clamp(0, 9) as u8,
            open_options: MQOO_OUTPUT | context,
            user,
            alias,
            delay_ms: 0,
        })
    }

    fn start_put(&mut self, conv: ConvIx, target: Target, mut call: PutCall, body: Long, out: &mut Outputs) {
        let prepared = match self.prepare_put(conv, &target, &mut call, &body, out) {
            Ok(prepared) => prepared,
            Err(reason) => return self.finish_put_call(conv, call, failed(reason), Lsn::NONE, out),
        };
        if !body.is_whole() {
            return self.start_long_put(conv, prepared, call, body, out);
        }
        let is_generated = prepared.head.msg_id.is_none();
        let content = Content::new(&call.md, &prepared.putter, is_generated, body.first);
        let unit = match prepared.in_unit {
            true => self.unit_for_more(conv).map(Some),
            false => Ok(None),
        };
        let Prepared { queue, head, is_persistent, .. } = prepared;
        let result = unit.and_then(|unit| self.store_message(unit, queue, head, is_persistent, content, out));
        match result {
            Ok(wait) => self.finish_put_call(conv, call, prepared.outcome, wait, out),
            Err(reason) => self.finish_put_call(conv, call, failed(reason), Lsn::NONE, out),
        }
    }

    /// All checks of a put, and the fields that the queue manager fills in.
    fn prepare_put(
        &mut self,
        conv: ConvIx,
        target: &Target,
        call: &mut PutCall,
        body: &Long,
        out: &mut Outputs,
    ) -> Result<Prepared, Reason> {
        let options = call.pmo.options;
        self.check_ending(options & MQPMO_FAIL_IF_QUIESCING != 0)?;
        if options & !KNOWN != 0
            || options & (MQPMO_SYNCPOINT | MQPMO_NO_SYNCPOINT) == MQPMO_SYNCPOINT | MQPMO_NO_SYNCPOINT
            || options & (MQPMO_ASYNC_RESPONSE | MQPMO_SYNC_RESPONSE)
                == MQPMO_ASYNC_RESPONSE | MQPMO_SYNC_RESPONSE
        {
            return Err(Reason::OPTIONS_ERROR);
        }
        if call.pmo.version >= 2 && call.pmo.recs_present != 0 {
            return Err(Reason::FUNCTION_NOT_SUPPORTED);
        }
        let queue = self.queues.get(target.queue);
        if queue.is_deleted {
            return Err(Reason::Q_DELETED);
        }
        let alias = target.alias.as_ref().and_then(|alias| self.other_queues.get(alias.as_str()));
        if !queue.attributes.is_put_enabled || alias.is_some_and(|alias| !alias.is_put_enabled) {
            return Err(Reason::PUT_INHIBITED);
        }
        let md = &*call.md;
        let mut outcome = check_md(md)?;
        let is_persistent = match md.persistence {
            MQPER_PERSISTENT => true,
            MQPER_PERSISTENCE_AS_Q_DEF => target.persistent_by_default,
            _ => false,
        };
        if is_persistent && queue.attributes.definition_type == DefinitionType::TemporaryDynamic {
            return Err(Reason::PERSISTENT_NOT_ALLOWED);
        }
        let priority = match md.priority {
            MQPRI_PRIORITY_AS_Q_DEF => i32::from(target.priority_by_default),
            given => given,
        };
        if priority > 9 {
            outcome = warning(Reason::PRIORITY_EXCEEDS_MAXIMUM);
        }
        let source = Source::of(options, target.open_options)?;
        if body.total > queue.attributes.message_length_max {
            return Err(Reason::MSG_TOO_BIG_FOR_Q);
        }
        if body.total > self.qmgr.message_length_max || body.total > MESSAGE_LENGTH_MAX {
            return Err(Reason::MSG_TOO_BIG_FOR_Q_MGR);
        }
        if target.delay_ms == 0 && queue.depth >= queue.attributes.depth_max {
            return Err(Reason::Q_FULL);
        }
        let has_room = if is_persistent { !self.space.is_short() } else { self.has_room_for(body) };
        if !has_room || !self.has_memory_for_message() {
            return Err(self.refuse_for_space(is_persistent && !has_room, out));
        }
        let cap =
            [alias, Some(&queue.attributes)].into_iter().flatten().filter_map(|q| q.expiry_cap_tenths).min();
        let capped = cap.filter(|cap| md.expiry < 0 || md.expiry > *cap);
        let expiry = capped.unwrap_or(md.expiry);
        let queue_chars = queue.name_chars;
        let (place, delay) = match target.delay_ms {
            0 => (target.queue, None),
            ms => {
                let (place, delay) = self.waiting_place(queue_chars, ms, expiry, body.total)?;
                (place, Some(delay))
            }
        };
        let (queue_number, ordering) =
            (self.queues.get(place).number, self.queues.get(place).ordering(priority));
        let in_unit = options & MQPMO_SYNCPOINT != 0;
        let context = self.context_for(conv, target, source, &call.md, call.pmo.context)?;
        if in_unit {
            // Fails when the unit of work has all it may have.
            self.unit_for_more(conv)?;
        }

        let number = self.numbers.message();
        let md = &mut *call.md;
        md.persistence = if is_persistent { MQPER_PERSISTENT } else { MQPER_NOT_PERSISTENT };
        md.priority = priority;
        md.backout_count = 0;
        if md.coded_char_set_id == MQCCSI_Q_MGR {
            md.coded_char_set_id = self.qmgr.ccsid;
        }
        md.expiry = expiry;
        if md.reply_to_q_mgr.is_blank() {
            md.reply_to_q_mgr = self.config.name.to_chars();
        }
        context.put_identity(md);
        context.put_origin(md);
        let putter = target.user.as_deref().unwrap_or(&self.conversations.get(conv).user.name);
        let putter = Putter::of(putter, md);
        let generates = options & MQPMO_NEW_MSG_ID != 0 || md.msg_id == [0; 24];
        if generates {
            md.msg_id = self.message_id(number);
        }
        if options & MQPMO_NEW_CORREL_ID != 0 {
            md.correl_id = self.unique_id(*b"AMQ ");
        }
        let group = self.group_of(&mut call.md);
        let md = &*call.md;
        let header_len = properties::header_len(md, &body.first, body.total);
        // The end of a long header may still be to come: then it is looked at again when it has.
        let facts = HeaderFacts::of(md, header_len, &body.first);
        let properties_len = header_len.saturating_sub(properties::FIXED);
        if self.qmgr.properties_length_max.is_some_and(|max| properties_len > max as usize) {
            return Err(Reason::PROPERTIES_TOO_BIG);
        }
        call.pmo.resolved_q_name = queue_chars;
        call.pmo.resolved_q_mgr_name = self.config.name.to_chars();
        (call.pmo.known_dest_count, call.pmo.unknown_dest_count, call.pmo.invalid_dest_count) = (1, 0, 0);
        let HeaderFacts { len: rfh2_len, is_kept: rfh2_kept } = facts;
        let head = PutHead {
            number,
            uow: UowId::NONE,
            queue: queue_number,
            body_len: body.total,
            rfh2_len,
            priority: ordering,
            is_parted: false,
            rfh2_kept,
            expires_at: (md.expiry > 0).then(|| self.own_clock.now.after(i64::from(md.expiry) * 100)),
            msg_id: (!generates).then_some(md.msg_id),
            correl_id: (md.correl_id != [0; 24]).then_some(md.correl_id),
            group,
            delay,
        };
        Ok(Prepared { queue: place, head, putter, header_len, is_persistent, in_unit, outcome })
    }

    /// Where a message waits that is to be delivered later. It must not expire before that, and must find room there.
    fn waiting_place(
        &self,
        queue: Chars48,
        delay_ms: u64,
        expiry_tenths: i32,
        len: u32,
    ) -> Result<(QueueIx, Delay), Reason> {
        if u64::try_from(expiry_tenths).is_ok_and(|tenths| tenths.saturating_mul(100) <= delay_ms) {
            return Err(Reason::EXPIRY_ERROR);
        }
        let ix = self.queues.by_name(DELAY_QUEUE).ok_or(Reason::UNKNOWN_OBJECT_NAME)?;
        let place = self.queues.get(ix);
        if !place.attributes.is_put_enabled {
            return Err(Reason::PUT_INHIBITED);
        }
        if len > place.attributes.message_length_max {
            return Err(Reason::MSG_TOO_BIG_FOR_Q);
        }
        if place.depth >= place.attributes.depth_max {
            return Err(Reason::Q_FULL);
        }
        let due = self.own_clock.now.after(i64::try_from(delay_ms).unwrap_or(i64::MAX));
        Ok((ix, Delay { due, queue }))
    }

    /// Which local queue has the name.
    pub(crate) fn queue_number(&self, name: &Chars48) -> Option<QueueNumber> {
        self.queues.by_name(name.as_str()).map(|ix| self.queues.get(ix).number)
    }

    /// Group fields that the index must know. A member of a group without a group id gets a new one.
    fn group_of(&mut self, md: &mut Md) -> Option<Group> {
        const GROUP: i32 = MQMF_MSG_IN_GROUP | MQMF_LAST_MSG_IN_GROUP | MQMF_SEGMENT | MQMF_LAST_SEGMENT;
        if md.version < 2 {
            return None;
        }
        if md.msg_flags & GROUP != 0 && md.group_id == [0; 24] {
            md.group_id = self.unique_id(*b"AMQ ");
        }
        (md.group_id != [0; 24] || md.msg_flags & GROUP != 0).then_some(Group {
            group_id: md.group_id,
            msg_seq_number: md.msg_seq_number,
            offset: md.offset,
            msg_flags: md.msg_flags,
        })
    }

    /// The context of a message that this conversation puts.
    fn context_for(
        &self,
        conv: ConvIx,
        target: &Target,
        source: Source,
        md: &Md,
        context: i32,
    ) -> Result<Context, Reason> {
        let conversation = self.conversations.get(conv);
        let (put_date, put_time) = put_date_time(self.now.wall);
        let alternate = target.user.as_deref().map(Chars::from_str_padded);
        let own = || Context {
            user_identifier: alternate.unwrap_or(conversation.user_chars),
            accounting_token: conversation.accounting_token,
            put_appl_type: conversation.appl_type,
            put_appl_name: conversation.appl_name,
            put_date,
            put_time,
            ..Context::default()
        };
        let saved = || {
            let handle = conversation.handles.get(Hobj(context)).ok_or(Reason::CONTEXT_HANDLE_ERROR)?;
            if handle.options & MQOO_SAVE_ALL_CONTEXT == 0 {
                return Err(Reason::CONTEXT_HANDLE_ERROR);
            }
            handle.saved_context.as_deref().cloned().ok_or(Reason::CONTEXT_NOT_AVAILABLE)
        };
        Ok(match source {
            Source::Default => own(),
            Source::None => Context { put_appl_type: MQAT_NO_CONTEXT, ..Context::default() },
            Source::PassAll => saved()?,
            Source::SetAll => Context::of(md),
            Source::PassIdentity | Source::SetIdentity => {
                let identity = if source == Source::PassIdentity { saved()? } else { Context::of(md) };
                Context {
                    user_identifier: identity.user_identifier,
                    accounting_token: identity.accounting_token,
                    appl_identity_data: identity.appl_identity_data,
                    ..own()
                }
            }
        })
    }

    /// Writes the record of a message that is all here, and puts it on its queue. Returns what to wait for.
    pub(crate) fn store_message(
        &mut self,
        unit: Option<UowIx>,
        ix: QueueIx,
        mut head: PutHead,
        is_persistent: bool,
        content: Content,
        out: &mut Outputs,
    ) -> Result<Lsn, Reason> {
        head.uow = unit.map_or(UowId::NONE, |ix| self.uows.get(ix).id);
        let mut entry = self.entry_of(&head, is_persistent);
        let mut record = None;
        if is_persistent {
            let new = Record::new(Kind::Put, head.encode()).with_body(content.to_record());
            entry.set_place(self.lsn_next, new.len());
            record = Some(new);
        }
        let judged = (!self.queues.get(ix).selections.is_empty()).then(|| content.clone());
        let slot = self.enter(ix, entry, Some(content), head.group).ok_or(Reason::STORAGE_NOT_AVAILABLE)?;
        if let Some(delay) = &head.delay {
            self.delays.insert(head.number, slot, delay, self.queue_number(&delay.queue));
        }
        if let Some(content) = judged {
            self.select(ix, slot, &content, None);
        }
        let lsn = record.map(|record| self.append(record, out));
        if !is_persistent {
            self.now_spillable(ix, slot);
        }
        self.settle_put(ix, slot, unit, lsn);
        Ok(lsn.filter(|_| unit.is_none()).unwrap_or(Lsn::NONE))
    }

    /// The last step of a put, its record written: into the unit of work, or onto the queue for everyone.
    pub(crate) fn settle_put(
        &mut self,
        ix: QueueIx,
        slot: crate::arena::Slot,
        unit: Option<UowIx>,
        lsn: Option<Lsn>,
    ) {
        match unit {
            Some(unit) => {
                if let Some(lsn) = lsn {
                    self.uows.get_mut(unit).logged(lsn);
                }
                self.make_putting(ix, slot, unit);
            }
            None => self.make_free(ix, slot, lsn.unwrap_or(Lsn::NONE)),
        }
        self.put_times.note(self.arena.get(slot).number, self.own_clock.now);
        self.queues.get_mut(ix).last_put = Some(self.now.wall);
    }

    /// Answers a put, and notes how it went if it was asynchronous.
    pub(crate) fn finish_put_call(
        &mut self,
        conv: ConvIx,
        call: PutCall,
        outcome: Outcome,
        wait: Lsn,
        out: &mut Outputs,
    ) {
        if call.pmo.options & MQPMO_ASYNC_RESPONSE != 0 {
            self.note_async(conv, &call, outcome);
        }
        self.reply(conv, outcome, call.returned(), wait, out);
    }

    fn note_async(&mut self, conv: ConvIx, call: &PutCall, outcome: Outcome) {
        let in_unit = call.pmo.options & MQPMO_SYNCPOINT != 0;
        let conversation = self.conversations.get_mut(conv);
        let status: &mut AsyncStatus = conversation.async_status.get_or_insert_default();
        let sts = &mut status.sts;
        match outcome.0 {
            CompCode::Ok => sts.put_success_count += 1,
            CompCode::Warning => sts.put_warning_count += 1,
            CompCode::Failed => sts.put_failure_count += 1,
        }
        if outcome != OK && sts.comp_code == MQCC_OK {
            sts.comp_code = outcome.0.code();
            sts.reason = outcome.1.0;
            sts.object_type = MQOT_Q;
            if let Some(od) = &call.od {
                sts.object_name = od.object_name;
                sts.object_q_mgr_name = od.object_q_mgr_name;
            }
            sts.resolved_object_name = call.pmo.resolved_q_name;
            sts.resolved_q_mgr_name = call.pmo.resolved_q_mgr_name;
        }
        if in_unit && outcome.0 == CompCode::Failed {
            conversation.uow_backed_out = true;
        }
    }

    /// The attributes of the alias on the way to a queue.
    pub(crate) fn alias_attributes(&self, alias: Option<&ObjectName>) -> Option<&QueueAttributes> {
        self.other_queues.get(alias?.as_str())
    }
}

/// The descriptor's fields, in the order of the reference.
fn check_md(md: &Md) -> Result<Outcome, Reason> {
    match md.msg_type {
        MQMT_REQUEST if md.reply_to_q.is_blank() => return Err(Reason::MISSING_REPLY_TO_Q),
        MQMT_REQUEST | MQMT_REPLY | MQMT_REPORT | MQMT_DATAGRAM => {}
        MQMT_APPL_FIRST..=MQMT_APPL_LAST => {}
        _ => return Err(Reason::MSG_TYPE_ERROR),
    }
    if !matches!(md.persistence, MQPER_NOT_PERSISTENT | MQPER_PERSISTENT | MQPER_PERSISTENCE_AS_Q_DEF) {
        return Err(Reason::PERSISTENCE_ERROR);
    }
    if md.priority < MQPRI_PRIORITY_AS_Q_DEF || md.priority > 999_999_999 {
        return Err(Reason::PRIORITY_ERROR);
    }
    if md.expiry != MQEI_UNLIMITED && md.expiry <= 0 {
        return Err(Reason::EXPIRY_ERROR);
    }
    if !(0..=999_999_999).contains(&md.feedback) {
        return Err(Reason::FEEDBACK_ERROR);
    }
    if md.report & REPORTS_NOT_BUILT != 0 {
        return Err(Reason::FUNCTION_NOT_SUPPORTED);
    }
    Ok(OK)
}
