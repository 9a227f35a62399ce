//! Messages whose bytes are in memory: those that are not persistent, and a cache of those that are.
//!
//! A content is what the body of a Put record is:
//!
//! ```text
//! ids        u8    1: MsgId follows, otherwise it is the generated one; 2: CorrelId follows, otherwise it is nulls;
//!                  4: who put it is known: whom the descriptor names, unless 8: the name of another follows
//! [MsgId]    24
//! [CorrelId] 24
//! [putter]         length u8, name
//! descriptor       compact: mqi::md
//! data             unless it is in Part records
//! ```
//!
//! The ids are in the head of the record too, for the index; they are here so that a message can be returned from its
//! body alone. A short content is one piece of memory of its own, so that it does not hold on to the buffer of the
//! socket it came from. The contents of messages that can be read again, from the log or from the scratch file, are only
//! a cache: the oldest go when their share of the budget is used up. The others are kept, and counted:
//!
//! ```text
//! 0 ............ spill_above ............ pressed_above ............ kept_max
//!   all in memory     the coldest go to the     the shell reads less      puts are refused
//!                     scratch file (spill.rs)
//! ```

use std::collections::VecDeque;

use bytes::Bytes;
use mqi::Putter;
use mqi::call::Body;
use mqi::md::Md;

use crate::arena::{Arena, Slot};
use crate::number::MessageNumber;

/// Data up to this length is copied next to its descriptor.
const COPIED_MAX: usize = 4096;

/// Beside its bytes, what a content costs.
const OVERHEAD: usize = 128;

/// Greatest distance between the marks of the budget.
const MARGIN_MAX: usize = 64 << 20;

/// Spilled beyond what must be, at most.
const SLACK_MAX: usize = 1 << 20;

const HAS_MSG_ID: u8 = 1;
const HAS_CORREL_ID: u8 = 2;
const KNOWS_PUTTER: u8 = 4;
const NAMES_PUTTER: u8 = 8;

/// The bytes of one message.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    /// Ids and descriptor, followed by the data if `data` is empty.
    first: Bytes,
    md_len: usize,
    data: Body,
}

impl Content {
    /// Of a descriptor, who put it, and the data. `is_generated`: its MsgId goes with its number.
    pub(crate) fn new(md: &Md, putter: &Putter, is_generated: bool, data: Body) -> Self {
        let copied = if data.len() <= COPIED_MAX { data.len() } else { 0 };
        let has_correl_id = md.correl_id != [0; 24];
        let mut head = Vec::with_capacity(256);
        let known = match putter {
            Putter::Unknown => 0,
            Putter::AsDescribed => KNOWS_PUTTER,
            Putter::User(_) => KNOWS_PUTTER | NAMES_PUTTER,
        };
        let ids = if is_generated { 0 } else { HAS_MSG_ID } | if has_correl_id { HAS_CORREL_ID } else { 0 };
        head.push(ids | known);
        if !is_generated {
            head.extend_from_slice(&md.msg_id);
        }
        if has_correl_id {
            head.extend_from_slice(&md.correl_id);
        }
        if let Putter::User(user) = putter {
            let len = u8::try_from(user.len()).expect("no connection has a longer name than NAME_MAX");
            head.push(len);
            head.extend_from_slice(user.as_bytes());
        }
        md.compact(&mut head);
        let md_len = head.len();
        // Exactly as much memory as is counted: a message may stay for long.
        let mut first = Vec::with_capacity(md_len + copied);
        first.extend_from_slice(&head);
        if data.len() > copied {
            return Self { first: first.into(), md_len, data };
        }
        data.pieces().iter().for_each(|piece| first.extend_from_slice(piece));
        Self { first: first.into(), md_len, data: Body::new() }
    }

    /// Of the body of a Put record; `data_len` bytes of it are the message's data. None if that cannot be.
    pub(crate) fn of_record(body: Bytes, data_len: u32) -> Option<Self> {
        let md_len = body.len().checked_sub(data_len as usize)?;
        Some(Self { first: body, md_len, data: Body::new() })
    }

    /// The descriptor; none if the bytes are none. `generated` is the MsgId that goes with the number.
    pub(crate) fn md(&self, generated: impl FnOnce() -> [u8; 24]) -> Option<Md> {
        let front = Front::read(&self.first[..self.md_len])?;
        let mut md = Md::from_compact(front.descriptor).ok()?;
        md.msg_id = front.msg_id.unwrap_or_else(generated);
        md.correl_id = front.correl_id.unwrap_or_default();
        Some(md)
    }

    /// Who put it.
    pub(crate) fn putter(&self) -> Putter {
        Front::read(&self.first[..self.md_len]).map_or(Putter::Unknown, |front| match front {
            Front { is_put_by_known: false, .. } => Putter::Unknown,
            Front { putter: Some(user), .. } => Putter::User(user.into()),
            Front { putter: None, .. } => Putter::AsDescribed,
        })
    }

    /// The message's data.
    pub(crate) fn data(&self) -> Body {
        if self.data.is_empty() { self.first.slice(self.md_len..).into() } else { self.data.clone() }
    }

    /// Bytes of data.
    #[cfg(test)]
    pub(crate) fn data_len(&self) -> usize {
        if self.data.is_empty() { self.first.len() - self.md_len } else { self.data.len() }
    }

    /// As the body of a Put record.
    pub(crate) fn to_record(&self) -> store::Body {
        let mut body = store::Body::from(self.first.clone());
        self.data.pieces().iter().for_each(|piece| body.push(piece.clone()));
        body
    }

    /// Bytes of the record's body.
    pub(crate) fn record_len(&self) -> usize {
        self.first.len() + self.data.len()
    }

    /// Adds data at the end: of a long message that is not persistent, as it arrives.
    pub(crate) fn push(&mut self, bytes: Body) {
        if self.data.is_empty() && self.first.len() > self.md_len {
            self.data.push(self.first.slice(self.md_len..));
            self.first.truncate(self.md_len);
        }
        bytes.pieces().iter().for_each(|piece| self.data.push(piece.clone()));
    }

    /// Only ids and descriptor: the data is elsewhere.
    pub(crate) fn without_data(&self) -> Self {
        // A copy: what is kept must not hold on to what is not.
        let first = Bytes::copy_from_slice(&self.first[..self.md_len]);
        Self { first, md_len: self.md_len, data: Body::new() }
    }

    /// What it counts for.
    pub(crate) fn cost(&self) -> usize {
        self.record_len() + OVERHEAD
    }
}

/// What stands before the data.
struct Front<'a> {
    msg_id: Option<[u8; 24]>,
    correl_id: Option<[u8; 24]>,
    is_put_by_known: bool,
    putter: Option<&'a str>,
    descriptor: &'a [u8],
}

impl<'a> Front<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&flags, mut rest) = bytes.split_first()?;
        let mut id = |flag: u8| {
            if flags & flag == 0 {
                return Some(None);
            }
            let (id, after) = rest.split_first_chunk()?;
            rest = after;
            Some(Some(*id))
        };
        let (msg_id, correl_id) = (id(HAS_MSG_ID)?, id(HAS_CORREL_ID)?);
        let is_put_by_known = flags & KNOWS_PUTTER != 0;
        let mut putter = None;
        if flags & NAMES_PUTTER != 0 {
            let (&len, after) = rest.split_first()?;
            let (name, after) = after.split_at_checked(usize::from(len))?;
            putter = Some(std::str::from_utf8(name).ok()?);
            rest = after;
        }
        let is_known = flags & !(HAS_MSG_ID | HAS_CORREL_ID | KNOWS_PUTTER | NAMES_PUTTER) == 0;
        let is_sound = is_known && (putter.is_none() || is_put_by_known);
        is_sound.then_some(Self { msg_id, correl_id, is_put_by_known, putter, descriptor: rest })
    }
}

/// All contents, with their budget.
pub(crate) struct Contents {
    slab: Vec<Option<Content>>,
    free: Vec<u32>,
    /// Contents that can be read again, oldest first; the message may be gone.
    cached: VecDeque<(Slot, MessageNumber)>,
    /// Bytes of contents that are only a cache.
    cached_bytes: usize,
    /// Bytes of the others.
    kept_bytes: usize,
    /// Of these, bytes that are being written to the scratch file.
    writing_bytes: usize,
    /// Bytes that long messages have been promised that are still arriving.
    promised_bytes: usize,
    cache_max: usize,
    kept_max: usize,
    spill_above: usize,
    /// Room between the marks; see the module's header.
    margin: usize,
}

impl Contents {
    /// Within so many bytes: at most a quarter of them, and 16 MiB, are cache.
    pub(crate) fn with_budget(bytes: usize) -> Self {
        let [cache_max, kept_max, spill_above, margin] = Self::marks(bytes);
        Self {
            slab: Vec::new(),
            free: Vec::new(),
            cached: VecDeque::new(),
            cached_bytes: 0,
            kept_bytes: 0,
            writing_bytes: 0,
            promised_bytes: 0,
            cache_max,
            kept_max,
            spill_above,
            margin,
        }
    }

    /// The marks within so many bytes: of the cache, of what is kept, where spilling begins, the room between them.
    fn marks(bytes: usize) -> [usize; 4] {
        let cache_max = (bytes / 4).min(16 << 20);
        let kept_max = bytes - cache_max;
        let margin = (kept_max / 4).min(MARGIN_MAX);
        [cache_max, kept_max, kept_max - 2 * margin, margin]
    }

    /// There is another budget from now on: the cache goes first.
    pub(crate) fn set_budget(&mut self, bytes: usize, arena: &mut Arena) {
        [self.cache_max, self.kept_max, self.spill_above, self.margin] = Self::marks(bytes);
        self.shrink(arena);
    }

    /// Whether another message that is not persistent, with so much data, may be kept.
    pub(crate) fn has_room(&self, len: usize) -> bool {
        self.kept_bytes + self.promised_bytes + len + OVERHEAD <= self.kept_max
    }

    /// Whether a long message that is not persistent, with so much data, may be kept in memory as a whole.
    pub(crate) fn has_ease(&self, len: usize) -> bool {
        self.kept_bytes + self.promised_bytes + len + OVERHEAD <= self.spill_above
    }

    /// Whether something is to go to the scratch file.
    pub(crate) fn is_full(&self) -> bool {
        self.kept_bytes > self.spill_above && self.excess() > 0
    }

    /// Bytes that are to go there.
    pub(crate) fn excess(&self) -> usize {
        let (staying, above) = (self.kept_bytes - self.writing_bytes, self.spill_above);
        // Some more than must be: writes of many messages cost less.
        if staying > above { staying - above + (above / 8).min(SLACK_MAX) } else { 0 }
    }

    /// Whether so much is in memory, and so much of it on its way to the scratch file, that it is better to wait.
    pub(crate) fn is_pressed(&self) -> bool {
        self.kept_bytes > self.kept_max - self.margin && self.writing_bytes > 0
    }

    /// A long message is promised room for so much data, or has used it, or needs it no more.
    pub(crate) fn promise(&mut self, len: usize) {
        self.promised_bytes += len;
    }

    /// See [`Self::promise`].
    pub(crate) fn use_promise(&mut self, len: usize) {
        self.promised_bytes -= len;
    }

    /// So much of what is kept is being written to the scratch file.
    pub(crate) fn begin_writing(&mut self, bytes: usize) {
        self.writing_bytes += bytes;
    }

    /// It has been, or could not be.
    pub(crate) fn end_writing(&mut self, bytes: usize) {
        self.writing_bytes -= bytes;
    }

    /// Bytes that are in memory only while they are being written, and belong to no content.
    pub(crate) fn hold(&mut self, bytes: usize) {
        self.kept_bytes += bytes;
        self.writing_bytes += bytes;
    }

    /// Bytes that are being written belong to no content any more.
    pub(crate) fn keep(&mut self, bytes: usize) {
        self.kept_bytes += bytes;
    }

    /// They have been, or could not be.
    pub(crate) fn let_go(&mut self, bytes: usize) {
        self.kept_bytes -= bytes;
        self.writing_bytes -= bytes;
    }

    /// Bytes of contents that can be read again, and of those that cannot.
    pub(crate) fn cached_and_kept(&self) -> (usize, usize) {
        (self.cached_bytes, self.kept_bytes)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.cached_bytes + self.kept_bytes
    }

    /// Keeps the content of a message in memory. One that can be read again may go at any time.
    pub(crate) fn insert(&mut self, arena: &mut Arena, slot: Slot, content: Content) {
        let cost = content.cost();
        let index = self.free.pop().unwrap_or_else(|| {
            self.slab.push(None);
            self.slab.len() as u32 - 1
        });
        self.slab[index as usize] = Some(content);
        let old = arena.set_content(slot, Some(index));
        assert!(old.is_none(), "a message has one content");
        let entry = arena.get(slot);
        if entry.is_reloadable() {
            self.cached.push_back((slot, entry.number));
            self.cached_bytes += cost;
            self.shrink(arena);
        } else {
            self.kept_bytes += cost;
        }
    }

    fn shrink(&mut self, arena: &mut Arena) {
        while self.cached_bytes > self.cache_max || self.cached.len() > 2 * self.slab.len() + 64 {
            let Some((slot, number)) = self.cached.pop_front() else { break };
            if arena.peek(slot).number == number && arena.get(slot).is_reloadable() {
                self.remove(arena, slot);
            }
        }
    }

    /// The content of a message, if it is in memory.
    pub(crate) fn get(&self, arena: &Arena, slot: Slot) -> Option<&Content> {
        self.slab[arena.content(slot)? as usize].as_ref()
    }

    /// Adds data to a message that is arriving.
    pub(crate) fn push(&mut self, arena: &Arena, slot: Slot, bytes: Body) {
        let Some(index) = arena.content(slot) else { return };
        if let Some(content) = &mut self.slab[index as usize] {
            let before = content.cost();
            content.push(bytes);
            let more = content.cost() - before;
            if arena.get(slot).is_reloadable() {
                self.cached_bytes += more;
            } else {
                self.kept_bytes += more;
            }
        }
    }

    /// Forgets the content of a message.
    pub(crate) fn remove(&mut self, arena: &mut Arena, slot: Slot) -> Option<Content> {
        let index = arena.set_content(slot, None)?;
        let content = self.slab[index as usize].take()?;
        self.free.push(index);
        if arena.get(slot).is_reloadable() {
            self.cached_bytes -= content.cost();
            // In the usual order of things it is the oldest.
            if self.cached.front().is_some_and(|(front, _)| *front == slot) {
                self.cached.pop_front();
            }
        } else {
            self.kept_bytes -= content.cost();
        }
        Some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;

    fn insert(arena: &mut Arena, contents: &mut Contents, number: u64, persistent: bool, len: usize) -> Slot {
        let mut entry = Entry { number: MessageNumber(number), body_len: len as u32, ..Entry::EMPTY };
        entry.set(Entry::PERSISTENT, persistent);
        let slot = arena.insert(entry).expect("room");
        contents.insert(
            arena,
            slot,
            Content::new(&Md::default(), &Putter::AsDescribed, true, vec![7; len].into()),
        );
        slot
    }

    #[test]
    fn a_content_is_the_body_of_its_record() {
        for len in [0, 10, COPIED_MAX, COPIED_MAX + 1] {
            let data = Body::from(vec![1; len]);
            let md = Md { msg_id: [1; 24], correl_id: [len as u8; 24], ..Md::v2() };
            let putter = Putter::User("somebody_with_a_long_name".into());
            let content = Content::new(&md, &putter, false, data.clone());
            assert_eq!(content.putter(), putter);
            assert_eq!(content.without_data().putter(), putter);
            assert_eq!((content.data(), content.data_len()), (data.clone(), len));
            let record: Vec<u8> =
                content.to_record().pieces().flat_map(|piece| piece.iter().copied()).collect();
            assert_eq!(record.len(), content.record_len());
            let mut back = Content::of_record(record.into(), len as u32).expect("long enough");
            let generated = || [9; 24];
            assert_eq!((back.md(generated), back.data()), (Some(md.clone()), data.clone()));
            assert_eq!(back.putter(), putter);
            back.push(Body::from(vec![2; 5]));
            assert_eq!((back.md(generated), back.data_len()), (Some(md.clone()), len + 5));
            let other = Content::new(&md, &Putter::AsDescribed, true, data);
            assert_eq!(other.putter(), Putter::AsDescribed);
            assert_eq!(other.md(generated), Some(Md { msg_id: [9; 24], ..md }));
        }
        assert!(Content::of_record(Bytes::from_static(b"abc"), 4).is_none());
    }

    #[test]
    fn what_an_earlier_version_wrote_says_nobody_put_it() {
        let md = Md { user_identifier: mqi::Chars::from_str_padded("mqm"), ..Md::v2() };
        let mut old = vec![HAS_CORREL_ID];
        old.extend_from_slice(&[2; 24]);
        md.compact(&mut old);
        let content = Content::of_record(old.clone().into(), 0).expect("long enough");
        assert_eq!(content.md(|| [1; 24]).map(|md| md.correl_id), Some([2; 24]));
        assert_eq!(content.putter(), Putter::Unknown);
        // The usual message is as long as it was.
        let new = Content::new(&Md { correl_id: [2; 24], ..md }, &Putter::AsDescribed, true, Body::new());
        assert_eq!(new.record_len(), old.len());
    }

    #[test]
    fn what_no_version_writes_is_no_content() {
        let mut descriptor = Vec::new();
        Md::v2().compact(&mut descriptor);
        for front in [&[16][..], &[NAMES_PUTTER, 1, b'a'], &[12, 2, 0xFF, 0xFE], &[12, 200, b'a'], &[12]] {
            let bytes =
                [front, if front.len() == 1 && front[0] == 12 { &[] } else { &descriptor[..] }].concat();
            let content = Content::of_record(bytes.into(), 0).expect("long enough");
            assert_eq!((content.md(|| [1; 24]), content.putter()), (None, Putter::Unknown), "{front:?}");
        }
    }

    #[test]
    fn what_is_gone_from_the_cache_may_be_gone_from_the_index() {
        let (mut arena, mut contents) = (Arena::default(), Contents::with_budget(40_000_000));
        let slots: Vec<_> = (1..20_000).map(|n| insert(&mut arena, &mut contents, n, true, 10)).collect();
        // Not in the order in which they came, so that the cache still mentions them.
        for slot in slots.into_iter().rev() {
            contents.remove(&mut arena, slot);
            arena.remove(slot);
        }
        for n in 20_000..20_200 {
            insert(&mut arena, &mut contents, n, true, 100_000);
        }
        assert!(contents.bytes() < 11_000_000);
    }

    #[test]
    fn the_cache_is_bounded_and_what_is_not_persistent_stays() {
        let (mut arena, mut contents) = (Arena::default(), Contents::with_budget(40_000));
        let kept = insert(&mut arena, &mut contents, 1, false, 1000);
        let slots: Vec<_> = (2..100).map(|n| insert(&mut arena, &mut contents, n, true, 1000)).collect();
        assert!(contents.bytes() < 12_000, "{}", contents.bytes());
        assert!(contents.get(&arena, kept).is_some());
        assert!(contents.get(&arena, slots[0]).is_none());
        assert!(contents.get(&arena, slots[97]).is_some());
        assert!(contents.has_room(28_000) && !contents.has_room(29_900));
        for slot in slots.into_iter().chain([kept]) {
            contents.remove(&mut arena, slot);
        }
        assert_eq!(contents.bytes(), 0);
    }
}
