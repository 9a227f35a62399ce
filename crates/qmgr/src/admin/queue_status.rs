//! DISPLAY QSTATUS: what a local queue holds and who has it open.

use mqi::command::ObjectRow;
use mqi::constants::*;
use mqi::object::{AttributeSet, ObjectClass, ObjectType};

use super::Request;
use super::connection::{async_state, handle_state};
use super::list::{Position, Slice};
use crate::authority::Access;
use crate::conversation::{ConvIx, Conversation};
use crate::handle::Handle;
use crate::kernel::Kernel;
use crate::object::{Definition, Key, date_and_time};
use crate::queue::{Queue, QueueIx};

/// A queue file may have so many MB, if MAXFSIZE is DEFAULT.
const FILE_SIZE_DEFAULT: i64 = 2_088_960;

/// The greatest age, or time on a queue, that is shown.
const FIGURE_MAX: i64 = 999_999_999;

/// Messages that are looked at to tell the size of all.
const SAMPLE: usize = 4096;

/// So many messages, or connections, are looked at in the time of an object.
const MESSAGES_AS_OBJECT: usize = 128;
const HANDLES_AS_OBJECT: usize = 32;

impl Kernel {
    /// Whether DISPLAY QSTATUS means this queue, and its user may see it.
    pub(super) fn shows_status_of(&self, request: &Request<'_>, definition: &Definition) -> bool {
        let name = definition.name.as_str();
        let is_generic = request.command.name.ends_with('*');
        (is_generic || name == request.command.name.trim_end())
            && self.queues.by_name(name).is_some()
            && !(is_generic && self.is_reply_queue_of_runmqsc(name))
            && self.may(request, ObjectClass::Queue, name, Access::DISPLAY).is_ok()
    }

    /// The row of one queue.
    pub(super) fn queue_status_row(
        &self,
        request: &Request<'_>,
        definition: &Definition,
        slice: &mut Slice,
    ) -> Option<ObjectRow> {
        if !self.shows_status_of(request, definition) {
            return None;
        }
        let ix = self.queues.by_name(&definition.name)?;
        let depth = usize::try_from(self.queues.get(ix).depth).unwrap_or(SAMPLE);
        slice.spend(depth.min(SAMPLE) / MESSAGES_AS_OBJECT);
        let set = self.status_of(definition, ix);
        request.command.admits(&set).then(|| request.command.show(ObjectType::QStatusQueue, &set))
    }

    /// The handles on a queue: of the connections from this one on.
    pub(super) fn handles_from(
        &self,
        request: &Request<'_>,
        queue: &Key,
        from: u32,
        slice: &mut Slice,
    ) -> Position {
        let command = request.command;
        let mut next = queue.clone();
        // Names have no zeros: there is none between this one and the next.
        next.name.push('\0');
        let next = Position::Definition(next);
        let Some(ix) = self.queues.by_name(&queue.name) else { return next };
        if self.queues.get(ix).open_count == 0 {
            return next;
        }
        let mut looked_at = 0;
        for (conv, conversation) in self.conversations.iter_from(ConvIx(from)) {
            looked_at += 1;
            if looked_at % HANDLES_AS_OBJECT == 0 && !slice.take() {
                return Position::Handles(queue.clone(), conv.0);
            }
            for handle in conversation.handles.iter().filter(|handle| handle.queue() == Some(ix)) {
                let set = self.handle_status(ix, conv, conversation, handle);
                if is_opened_so(&set, command.option(MQIACF_OPEN_TYPE)) && command.admits(&set) {
                    slice.spend(1);
                    slice.rows.push(command.show(ObjectType::QStatusHandle, &set));
                }
            }
            if slice.is_spent() {
                return Position::Handles(queue.clone(), conv.0 + 1);
            }
        }
        next
    }

    fn status_of(&self, definition: &Definition, ix: QueueIx) -> AttributeSet {
        let queue = self.queues.get(ix);
        let mut set = AttributeSet::new();
        set.set(MQCA_Q_NAME, definition.name.as_str());
        set.set(MQIACF_Q_STATUS_TYPE, MQIACF_Q_STATUS);
        set.set(MQIA_CURRENT_Q_DEPTH, i64::from(queue.depth));
        set.set(MQIACF_CUR_Q_FILE_SIZE, self.size_mb(queue));
        let max = definition.attributes.int(MQIA_MAX_Q_FILE_SIZE).filter(|size| *size > 0);
        set.set(MQIACF_CUR_MAX_FILE_SIZE, max.unwrap_or(FILE_SIZE_DEFAULT));
        set.set(MQIA_OPEN_INPUT_COUNT, i64::from(queue.input_count));
        set.set(MQIA_OPEN_OUTPUT_COUNT, i64::from(queue.output_count));
        let monitoring = queue.attributes.monitoring.under(self.qmgr.queue_monitoring);
        set.set(MQIA_MONITORING_Q, monitoring.0);
        let is_monitored = monitoring.is_on();
        let moment = |at: Option<crate::time::WallMs>| match at.filter(|_| is_monitored) {
            Some(at) => date_and_time(at),
            None => (String::new(), String::new()),
        };
        let ((get_date, get_time), (put_date, put_time)) = (moment(queue.last_get), moment(queue.last_put));
        set.set(MQCACF_LAST_GET_DATE, get_date);
        set.set(MQCACF_LAST_GET_TIME, get_time);
        set.set(MQCACF_LAST_PUT_DATE, put_date);
        set.set(MQCACF_LAST_PUT_TIME, put_time);
        set.set(MQCACF_MEDIA_LOG_EXTENT_NAME, "");
        // What is not monitored, or has not been seen yet, is blank.
        let age = if is_monitored { self.oldest_age_s(queue) } else { -1 };
        set.set(MQIACF_OLDEST_MSG_AGE, age);
        let (short, long) = queue.time_on_queue.means_us().filter(|_| is_monitored).unwrap_or((-1, -1));
        set.set(MQIACF_Q_TIME_INDICATOR, vec![short.min(FIGURE_MAX), long.min(FIGURE_MAX)]);
        let uncommitted = if queue.uncommitted > 0 { MQQSUM_YES } else { MQQSUM_NO };
        set.set(MQIACF_UNCOMMITTED_MSGS, uncommitted);
        set
    }

    /// How long the oldest message has been on the queue, in seconds: 0 when there is none, blank (-1) when it is older
    /// than all that is known.
    fn oldest_age_s(&self, queue: &Queue) -> i64 {
        let Some(number) = queue.oldest(&self.arena) else { return 0 };
        let at = self.put_times.of(number);
        at.map_or(-1, |at| ((self.own_clock.now.0 - at.0) / 1000).clamp(0, FIGURE_MAX))
    }

    /// About how much the messages of a queue take, in MB, at least 1. Of a long queue, the most urgent messages
    /// stand for all: the figure is there to see growth, and must not cost a walk over millions.
    fn size_mb(&self, queue: &Queue) -> i64 {
        let sample = queue.slots(&self.arena).take(SAMPLE).map(|slot| {
            let entry = self.arena.get(slot);
            (u64::from(entry.body_len) + 512, 1_u64)
        });
        let (bytes, count) = sample.fold((0, 0), |(bytes, count), (b, n)| (bytes + b, count + n));
        let mean = bytes.checked_div(count).unwrap_or_default();
        let all = mean * u64::from(queue.depth).max(count);
        i64::try_from(all.div_ceil(1 << 20).max(1)).unwrap_or(i64::MAX)
    }

    fn handle_status(
        &self,
        ix: QueueIx,
        conv: ConvIx,
        conversation: &Conversation,
        handle: &Handle,
    ) -> AttributeSet {
        let mut set = self.application(conv, conversation);
        set.set(MQCA_Q_NAME, self.queues.get(ix).name.as_str());
        set.set(MQIACF_Q_STATUS_TYPE, MQIACF_Q_HANDLE);
        let yes = |is: bool| i64::from(is);
        set.set(MQIACF_OPEN_BROWSE, yes(handle.is_browse()));
        set.set(MQIACF_OPEN_OUTPUT, yes(handle.is_output()));
        set.set(MQIACF_OPEN_INQUIRE, yes(handle.options & MQOO_INQUIRE != 0));
        set.set(MQIACF_OPEN_SET, yes(handle.options & MQOO_SET != 0));
        let input = if !handle.is_input() {
            MQQSO_NO
        } else if handle.options & MQOO_INPUT_EXCLUSIVE != 0 {
            MQQSO_EXCLUSIVE
        } else {
            MQQSO_SHARED
        };
        set.set(MQIACF_OPEN_INPUT_TYPE, input);
        set.set(MQIACF_ASYNC_STATE, async_state(handle));
        set.set(MQIACF_HANDLE_STATE, handle_state(conversation, handle));
        set.set(MQBACF_EXTERNAL_UOW_ID, "XA_FORMATID[] XA_GTRID[] XA_BQUAL[]");
        set
    }
}

/// OPENTYPE: handles for input, for output, or all.
fn is_opened_so(handle: &AttributeSet, open_type: Option<i64>) -> bool {
    let is = |wanted: i32| open_type == Some(i64::from(wanted));
    let is_input = handle.int(MQIACF_OPEN_INPUT_TYPE) != Some(i64::from(MQQSO_NO));
    let is_output = handle.int(MQIACF_OPEN_OUTPUT) == Some(1);
    (is_input || !is(MQQSOT_INPUT)) && (is_output || !is(MQQSOT_OUTPUT))
}
