//! MQOPEN: names, options, authority, sharing, dynamic queues (queue-manager reference, 7.2).

use mqi::call::{Hobj, OpenAttributes, Returned};
use mqi::constants::*;
use mqi::name::ObjectName;
use mqi::object::{AttributeSet, ObjectClass, ObjectType};
use mqi::{Od, Reason};
use store::Lsn;

use crate::admin::{WAYS_IN, WAYS_IN_COUNT};
use crate::authority::{Access, DynamicName};
use crate::budget::Budget;
use crate::conversation::ConvIx;
use crate::handle::{Handle, Opened};
use crate::kernel::{Kernel, OK, failed};
use crate::object::{Definition, DefinitionType, ObjectRecord, QueueAttributes};
use crate::output::Outputs;
use crate::queue::{Origin, Queue, QueueIx, QueueNumber};
use crate::resolve::Resolved;
use crate::selector::Selector;

const INPUT: i32 = MQOO_INPUT_AS_Q_DEF | MQOO_INPUT_SHARED | MQOO_INPUT_EXCLUSIVE;

/// What a queue may be opened for.
const ACCESS: i32 = INPUT | MQOO_BROWSE | MQOO_OUTPUT | MQOO_INQUIRE | MQOO_SET;

const CONTEXT: i32 =
    MQOO_PASS_IDENTITY_CONTEXT | MQOO_PASS_ALL_CONTEXT | MQOO_SET_IDENTITY_CONTEXT | MQOO_SET_ALL_CONTEXT;

/// Options that are known; any other bit is 2046.
const KNOWN: i32 = ACCESS
    | CONTEXT
    | MQOO_SAVE_ALL_CONTEXT
    | MQOO_ALTERNATE_USER_AUTHORITY
    | MQOO_FAIL_IF_QUIESCING
    | MQOO_BIND_ON_OPEN
    | MQOO_BIND_NOT_FIXED
    | MQOO_BIND_ON_GROUP
    | MQOO_RESOLVE_NAMES
    | MQOO_CO_OP
    | MQOO_RESOLVE_LOCAL_Q
    | MQOO_NO_READ_AHEAD
    | MQOO_READ_AHEAD
    | MQOO_NO_MULTICAST;

/// What opening came to, beside the handle.
struct Open {
    hobj: Hobj,
    attributes: OpenAttributes,
    wait: Lsn,
}

/// Bytes of the selector that comes with an MQOPEN.
fn selector_len(od: &Od) -> usize {
    od.selection_string.text.as_ref().map_or(0, |text| text.len())
}

impl Kernel {
    pub(crate) fn open(&mut self, conv: ConvIx, mut od: Box<Od>, options: i32, out: &mut Outputs) {
        let (outcome, open) = match self.try_open(conv, &mut od, options, out) {
            Ok(open) => (OK, open),
            Err(reason) => {
                let open = Open { hobj: Hobj::UNUSABLE, attributes: OpenAttributes::NONE, wait: Lsn::NONE };
                (failed(reason), open)
            }
        };
        let returned = Returned::Open { hobj: open.hobj, od, attributes: open.attributes };
        self.reply(conv, outcome, returned, open.wait, out);
    }

    fn try_open(
        &mut self,
        conv: ConvIx,
        od: &mut Od,
        options: i32,
        out: &mut Outputs,
    ) -> Result<Open, Reason> {
        self.check_ending(options & MQOO_FAIL_IF_QUIESCING != 0)?;
        if options & !KNOWN != 0
            || (options & INPUT).count_ones() > 1
            || options & MQOO_NO_READ_AHEAD != 0 && options & MQOO_READ_AHEAD != 0
            || (options & (MQOO_BIND_ON_OPEN | MQOO_BIND_NOT_FIXED | MQOO_BIND_ON_GROUP)).count_ones() > 1
        {
            return Err(Reason::OPTIONS_ERROR);
        }
        if od.version >= 2 && od.recs_present != 0 {
            // Distribution lists are not built.
            return Err(Reason::FUNCTION_NOT_SUPPORTED);
        }
        if self.conversations.get(conv).handles.len() >= self.handles_max(od) {
            return Err(Reason::HANDLE_NOT_AVAILABLE);
        }
        if !self.has_memory_for(Budget::of_handle(selector_len(od)), Self::is_way_in(od)) {
            return Err(Reason::STORAGE_NOT_AVAILABLE);
        }
        match od.object_type {
            MQOT_Q => self.open_queue(conv, od, options, out),
            MQOT_Q_MGR => self.open_other(conv, od, options, Opened::QueueManager, out),
            MQOT_PROCESS => self.open_other(conv, od, options, Opened::Process, out),
            MQOT_NAMELIST => self.open_other(conv, od, options, Opened::Namelist, out),
            // Publish/subscribe is not built.
            MQOT_TOPIC => Err(Reason::FUNCTION_NOT_SUPPORTED),
            _ => Err(Reason::OBJECT_TYPE_ERROR),
        }
    }

    /// How many handles there may be for this one to be had. MAXHANDS never stands between administrators and the
    /// queues that commands and their answers take: nobody could raise it again, or end the queue manager.
    fn handles_max(&self, od: &Od) -> u32 {
        if Self::is_way_in(od) { self.qmgr.handles_max.max(WAYS_IN_COUNT) } else { self.qmgr.handles_max }
    }

    /// Whether it is a queue that commands and their answers take.
    fn is_way_in(od: &Od) -> bool {
        od.object_type == MQOT_Q && WAYS_IN.contains(&od.object_name.as_str())
    }

    /// The user in whose name the object is opened: that of the conversation, or the alternate one.
    fn opening_user(
        &mut self,
        conv: ConvIx,
        od: &Od,
        options: i32,
        out: &mut Outputs,
    ) -> Result<Option<Box<str>>, Reason> {
        if options & MQOO_ALTERNATE_USER_AUTHORITY == 0 {
            return Ok(None);
        }
        self.alternate_user(conv, od, out).map(Some)
    }

    fn open_queue(
        &mut self,
        conv: ConvIx,
        od: &mut Od,
        options: i32,
        out: &mut Outputs,
    ) -> Result<Open, Reason> {
        if options & (ACCESS | CONTEXT | MQOO_SAVE_ALL_CONTEXT) == 0 {
            return Err(Reason::OPTIONS_ERROR);
        }
        if options & ACCESS == 0
            || (options & CONTEXT != 0 && options & MQOO_OUTPUT == 0)
            || (options & MQOO_SAVE_ALL_CONTEXT != 0 && options & INPUT == 0)
        {
            return Err(Reason::OPTIONS_ERROR);
        }
        let name = ObjectName::try_from(&od.object_name).map_err(|_| Reason::OBJECT_NAME_ERROR)?;
        if options & (INPUT | MQOO_BROWSE | MQOO_OUTPUT) == 0
            && let Some(definition) = self.unresolved(od, &name)
        {
            // MQINQ and MQSET of an alias or a remote definition are about the definition itself.
            let attributes = definition.clone();
            return self.open_definition(conv, od, options, name, &attributes, out);
        }
        let resolved = self.resolve(&od.object_name, &od.object_q_mgr_name)?;
        let alternate_user = self.opening_user(conv, od, options, out)?;
        let access = Access::of_open_options(options);
        self.authorize_queue(conv, alternate_user.as_deref(), &od.object_name, &resolved, access, out)?;
        let selector = self.selector_of(od, options)?;
        match resolved {
            Resolved::Local { queue, alias } => {
                let first = match &alias {
                    Some(alias) => self.other_queues.get(alias.as_str()).cloned(),
                    None => None,
                };
                let first = first.unwrap_or_else(|| self.queues.get(queue).attributes.clone());
                let options = self.share(queue, options, first.is_exclusive_by_default && alias.is_none())?;
                let target = self.queues.get(queue).name_chars;
                let hobj =
                    self.add_handle(conv, queue, name, alias, options, &first, alternate_user, selector);
                Self::put_resolved(od, target, self.config.name.to_chars());
                Ok(Open { hobj, attributes: Self::open_attributes(&first), wait: Lsn::NONE })
            }
            Resolved::Model { model } => {
                let name = self.dynamic_name(conv, od, alternate_user.as_deref(), access, out)?;
                let creator = alternate_user.as_deref().unwrap_or(&self.conversations.get(conv).user.name);
                let origin = Origin { creator: creator.to_owned(), model };
                let (queue, wait) = self.make_dynamic(name, origin, options, out)?;
                let first = self.queues.get(queue).attributes.clone();
                let options = self.share(queue, options, first.is_exclusive_by_default)?;
                let target = self.queues.get(queue).name.clone();
                let chars = target.to_chars();
                let hobj =
                    self.add_handle(conv, queue, target, None, options, &first, alternate_user, selector);
                if first.definition_type == DefinitionType::TemporaryDynamic
                    && let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj)
                {
                    handle.is_creator = true;
                }
                od.object_name = chars;
                Self::put_resolved(od, chars, self.config.name.to_chars());
                Ok(Open { hobj, attributes: Self::open_attributes(&first), wait })
            }
        }
    }

    fn put_resolved(od: &mut Od, name: mqi::Chars48, qmgr: mqi::Chars48) {
        if od.version >= 3 {
            od.resolved_q_name = name;
            od.resolved_q_mgr_name = qmgr;
        }
        if od.version >= 4 {
            od.resolved_type = MQOT_Q;
        }
        if od.version >= 2 {
            (od.known_dest_count, od.unknown_dest_count, od.invalid_dest_count) = (1, 0, 0);
        }
    }

    fn open_attributes(first: &QueueAttributes) -> OpenAttributes {
        OpenAttributes {
            def_persistence: first.def_persistence,
            def_put_response_type: first.def_put_response,
            def_read_ahead: first.def_read_ahead,
            property_control: first.property_control,
        }
    }

    /// An alias or remote definition of this name.
    fn unresolved(&self, od: &Od, name: &ObjectName) -> Option<&QueueAttributes> {
        let qmgr = od.object_q_mgr_name.as_str();
        if !qmgr.is_empty() && qmgr != self.config.name.as_str() {
            return None;
        }
        use crate::object::QueueKind::{Alias, Remote};
        self.other_queues.get(name.as_str()).filter(|queue| matches!(queue.kind, Alias | Remote))
    }

    fn open_definition(
        &mut self,
        conv: ConvIx,
        od: &mut Od,
        options: i32,
        name: ObjectName,
        attributes: &QueueAttributes,
        out: &mut Outputs,
    ) -> Result<Open, Reason> {
        let alternate_user = self.opening_user(conv, od, options, out)?;
        let access = Access::of_open_options(options);
        self.authorize(conv, alternate_user.as_deref(), ObjectClass::Queue, name.as_str(), access, out)?;
        let chars = name.to_chars();
        let hobj = self.insert_handle(conv, Opened::Definition, name, options);
        Self::put_resolved(od, chars, self.config.name.to_chars());
        Ok(Open { hobj, attributes: Self::open_attributes(attributes), wait: Lsn::NONE })
    }

    fn open_other(
        &mut self,
        conv: ConvIx,
        od: &mut Od,
        options: i32,
        opened: Opened,
        out: &mut Outputs,
    ) -> Result<Open, Reason> {
        if options & !(MQOO_INQUIRE | MQOO_FAIL_IF_QUIESCING | MQOO_ALTERNATE_USER_AUTHORITY) != 0 {
            return Err(Reason::OPTION_NOT_VALID_FOR_TYPE);
        }
        if options & MQOO_INQUIRE == 0 {
            return Err(Reason::OPTIONS_ERROR);
        }
        let qmgr = od.object_q_mgr_name.as_str();
        if !qmgr.is_empty() && qmgr != self.config.name.as_str() {
            return Err(Reason::UNKNOWN_OBJECT_Q_MGR);
        }
        let (class, name) = match opened {
            Opened::QueueManager => (ObjectClass::Qmgr, self.config.name.clone()),
            Opened::Process => (ObjectClass::Process, Self::object_name(od)?),
            _ => (ObjectClass::Namelist, Self::object_name(od)?),
        };
        if class != ObjectClass::Qmgr && self.registry.get(class, name.as_str()).is_none() {
            return Err(Reason::UNKNOWN_OBJECT_NAME);
        }
        let alternate_user = self.opening_user(conv, od, options, out)?;
        let access = Access::of_open_options(options);
        self.authorize(conv, alternate_user.as_deref(), class, name.as_str(), access, out)?;
        let hobj = self.insert_handle(conv, opened, name, options);
        Ok(Open { hobj, attributes: OpenAttributes::NONE, wait: Lsn::NONE })
    }

    fn object_name(od: &Od) -> Result<ObjectName, Reason> {
        ObjectName::try_from(&od.object_name).map_err(|_| Reason::OBJECT_NAME_ERROR)
    }

    /// The selector of an MQOD version 4, and the length of its text.
    fn selector_of(&self, od: &Od, options: i32) -> Result<Option<(Box<Selector>, usize)>, Reason> {
        if od.version < 4 {
            return Ok(None);
        }
        let text = match &od.selection_string.text {
            Some(text) if !text.trim().is_empty() => text,
            _ => return Ok(None),
        };
        if options & (INPUT | MQOO_BROWSE) == 0 {
            return Err(Reason::SELECTOR_INVALID_FOR_TYPE);
        }
        let selector = Selector::compile(text).map_err(|error| error.reason())?;
        Ok((!selector.is_everything()).then(|| (Box::new(selector), text.len())))
    }

    /// Counts the new handle in, if the other ones allow it. Returns the options with defaults put in.
    fn share(&mut self, ix: QueueIx, mut options: i32, exclusive_by_default: bool) -> Result<i32, Reason> {
        let queue = self.queues.get_mut(ix);
        if options & MQOO_INPUT_AS_Q_DEF != 0 {
            options &= !MQOO_INPUT_AS_Q_DEF;
            options |= if exclusive_by_default || queue.attributes.is_exclusive_by_default {
                MQOO_INPUT_EXCLUSIVE
            } else {
                MQOO_INPUT_SHARED
            };
        }
        if options & INPUT != 0 {
            let alone = options & MQOO_INPUT_EXCLUSIVE != 0 || !queue.attributes.is_shareable;
            if queue.is_exclusive || (alone && queue.input_count > 0) {
                return Err(Reason::OBJECT_IN_USE);
            }
            queue.input_count += 1;
            queue.is_exclusive = options & MQOO_INPUT_EXCLUSIVE != 0;
        }
        if options & MQOO_OUTPUT != 0 {
            queue.output_count += 1;
        }
        queue.open_count += 1;
        Ok(options)
    }

    fn insert_handle(&mut self, conv: ConvIx, opened: Opened, name: ObjectName, options: i32) -> Hobj {
        let number = self.next_handle_number();
        let handles = &mut self.conversations.get_mut(conv).handles;
        let hobj = handles.next();
        handles.insert(Box::new(Handle {
            hobj,
            number,
            opened,
            name,
            alias: None,
            options,
            persistent_by_default: false,
            priority_by_default: 0,
            put_response: MQPRT_SYNC_RESPONSE,
            property_control: MQPROP_COMPATIBILITY,
            alternate_user: None,
            cursor: None,
            locked: None,
            saved_context: None,
            selection: None,
            direct: None,
            consumer: None,
            selected: None,
            is_creator: false,
            is_changed: false,
            told_of_end: 0,
            cost: Budget::of_handle(0),
        }));
        self.budget.open(Budget::of_handle(0));
        hobj
    }

    #[allow(clippy::too_many_arguments)]
    fn add_handle(
        &mut self,
        conv: ConvIx,
        queue: QueueIx,
        name: ObjectName,
        alias: Option<ObjectName>,
        options: i32,
        first: &QueueAttributes,
        alternate_user: Option<Box<str>>,
        selector: Option<(Box<Selector>, usize)>,
    ) -> Hobj {
        let hobj = self.insert_handle(conv, Opened::Queue(queue), name, options);
        if let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj) {
            handle.alias = alias;
            handle.persistent_by_default = first.def_persistence == MQPER_PERSISTENT;
            handle.priority_by_default = first.def_priority.clamp(0, 9) as u8;
            handle.put_response = first.def_put_response;
            handle.property_control = first.property_control;
            handle.alternate_user = alternate_user;
        }
        if let Some((selector, len)) = selector {
            let (cost, plain) = (Budget::of_handle(len), Budget::of_handle(0));
            if let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj) {
                handle.cost = cost;
                self.budget.open(cost - plain);
            }
            self.open_selector(conv, hobj, queue, *selector);
        }
        hobj
    }

    fn open_selector(&mut self, conv: ConvIx, hobj: Hobj, ix: QueueIx, selector: Selector) {
        let direct = selector.direct_lookup();
        let mut selection = None;
        if direct.is_none() {
            let queue = self.queues.get_mut(ix);
            let has_backlog = queue.depth > 0;
            selection = Some(queue.selections.open(selector, has_backlog));
            if has_backlog {
                self.scan_later(ix);
            }
        }
        if let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj) {
            (handle.selection, handle.direct) = (selection, direct);
        }
    }

    /// Makes a queue from a model, which is his in whose name the model is opened. Returns the queue and the record to
    /// wait for.
    fn make_dynamic(
        &mut self,
        name: ObjectName,
        origin: Origin,
        options: i32,
        out: &mut Outputs,
    ) -> Result<(QueueIx, Lsn), Reason> {
        let definition = self
            .registry
            .get(ObjectClass::Queue, origin.model.as_str())
            .ok_or(Reason::UNKNOWN_OBJECT_NAME)?;
        let mut attributes: AttributeSet = definition.attributes.clone();
        let kind = self.other_queues.get(origin.model.as_str()).map(|model| model.definition_type);
        let is_temporary = kind != Some(DefinitionType::PermanentDynamic);
        if is_temporary {
            attributes.set(MQIA_DEFINITION_TYPE, MQQDT_TEMPORARY_DYNAMIC);
            if options & INPUT != 0 && attributes.int(MQIA_DEF_PERSISTENCE) == Some(MQPER_PERSISTENT.into()) {
                // A temporary queue cannot hold what its default would put on it.
                attributes.set(MQIA_DEF_PERSISTENCE, MQPER_NOT_PERSISTENT);
            }
        }
        if !self.has_memory_for_queue(WAYS_IN.contains(&origin.model.as_str())) {
            return Err(Reason::STORAGE_NOT_AVAILABLE);
        }
        attributes.set(MQIA_Q_TYPE, MQQT_LOCAL);
        if !is_temporary {
            origin.put_into(&mut attributes);
        }
        let mut definition = Definition::new(ObjectType::QLocal, name.as_str(), attributes);
        definition.created_at(self.now.wall);
        definition.altered_at(self.now.wall);
        if !is_temporary {
            let lsn = self.record_object(ObjectRecord::Defined(definition), out)?;
            let queue = self.queues.by_name(name.as_str()).ok_or(Reason::UNEXPECTED_ERROR)?;
            return Ok((queue, lsn));
        }
        let attributes = QueueAttributes::of(&definition).ok_or(Reason::UNEXPECTED_ERROR)?;
        self.registry.insert(definition);
        // Numbers with the high bit are of queues that no record mentions.
        self.temporary_number_next = self.temporary_number_next.wrapping_add(1) | 1 << 31;
        let number = QueueNumber(self.temporary_number_next);
        let mut queue = Queue::new(number, name, attributes);
        queue.origin = Some(origin);
        Ok((self.queues.insert(queue), Lsn::NONE))
    }

    /// The name of a new dynamic queue: as given, or with a new ending in the place of the asterisk.
    fn dynamic_name(
        &mut self,
        conv: ConvIx,
        od: &Od,
        alternate_user: Option<&str>,
        access: Access,
        out: &mut Outputs,
    ) -> Result<ObjectName, Reason> {
        let pattern = od.dynamic_q_name.as_str();
        let text = match pattern.strip_suffix('*') {
            Some(prefix) if prefix.len() <= 32 => self.generated_name(prefix),
            Some(_) => return Err(Reason::DYNAMIC_Q_NAME_ERROR),
            None => pattern.to_owned(),
        };
        let name = ObjectName::parse(&text).map_err(|_| Reason::DYNAMIC_Q_NAME_ERROR)?;
        // Before it is told whether there is such a queue.
        let dynamic = DynamicName { name: &text, is_generated: pattern.ends_with('*') };
        self.authorize_name(conv, alternate_user, dynamic, access, out)?;
        if self.is_queue(&text) {
            return Err(Reason::OBJECT_ALREADY_EXISTS);
        }
        Ok(name)
    }

    /// A name with a new ending. The next ones can be guessed, and whoever chooses names can have made queues of them:
    /// those are passed over, so that nobody else's open fails by it. An ending is tried once, by whomever.
    fn generated_name(&mut self, prefix: &str) -> String {
        loop {
            let unique = self.numbers.unique().wrapping_add(self.qmid_digest);
            let name = format!("{prefix}{unique:016X}");
            if !self.is_queue(&name) {
                return name;
            }
        }
    }

    fn is_queue(&self, name: &str) -> bool {
        self.queues.by_name(name).is_some() || self.other_queues.contains_key(name)
    }
}
