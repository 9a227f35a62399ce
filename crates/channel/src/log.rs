//! Segments as text: one line that says what it is, then one line for each structure in it.
//!
//! ```text
//! > TSHM conversation=1 request=3 little MQPUT FIRST|LAST 544
//!     api length=544 hobj=2
//!     md version=1 format="MQSTR" priority=4
//!     pmo version=2 options=0x2042
//!     data 12: "Hello, world"
//! ```
//!
//! Fields at their initial values are left out. Passwords are never shown. What cannot be decoded is shown
//! as bytes: this is for finding out why, so it takes anything.

use std::fmt::Write as _;

use bytes::Bytes;
use mqi::Chars;
use mqi::charv::Charv;
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::od::Od;
use mqi::pmo::Pmo;
use mqi::sts::Sts;
use mqi::wire::{ByteOrder, Charset, DecodeError, Reader};

use crate::framer::Framer;
use crate::segment::api::ApiHeader;
use crate::segment::async_message::{AsyncFirst, AsyncHead};
use crate::segment::close::Close;
use crate::segment::conauth::Conauth;
use crate::segment::conn::Conn;
use crate::segment::get::Get;
use crate::segment::initial_data::InitialData;
use crate::segment::inquire::{Attributes, Inquire};
use crate::segment::notification::Notification;
use crate::segment::open::{Fopa, Object, Open};
use crate::segment::put::Put;
use crate::segment::request_messages::RequestMessages;
use crate::segment::socket_action::SocketAction;
use crate::segment::spi::{Spi, SpiBody, SpiOpen};
use crate::segment::stat::Stat;
use crate::segment::status_data::StatusData;
use crate::segment::strings::Base;
use crate::segment::user_id::UserId;
use crate::segment::xa::Xa;
use crate::segment::{ControlFlags, Segment, SegmentType};

/// Longest segment that is followed: a length above it is no segment.
const SEGMENT_MAX: usize = 16 * 1024 * 1024;

/// Bytes of data and of what is not understood that are shown.
const SHOWN_MAX: usize = 64;

/// Follows both directions of one connection.
#[derive(Debug)]
pub struct Tap {
    received: Framer,
    sent: Framer,
}

impl Default for Tap {
    fn default() -> Self {
        Self { received: Framer::new(SEGMENT_MAX), sent: Framer::new(SEGMENT_MAX) }
    }
}

impl Tap {
    /// Describes the segments that a client's bytes complete, each with `> ` in front.
    pub fn received(&mut self, chunk: Bytes, out: &mut String) {
        follow(&mut self.received, '>', chunk, out);
    }

    /// Describes the segments that a queue manager's bytes complete, each with `< ` in front.
    pub fn sent(&mut self, chunk: Bytes, out: &mut String) {
        follow(&mut self.sent, '<', chunk, out);
    }
}

fn follow(framer: &mut Framer, direction: char, chunk: Bytes, out: &mut String) {
    framer.push(chunk);
    loop {
        match framer.next() {
            Ok(Some(segment)) => {
                out.push(direction);
                out.push(' ');
                describe(&segment, out);
            }
            Ok(None) => return,
            Err(error) => {
                let _ = writeln!(out, "{direction} ?? {error}");
                *framer = Framer::new(SEGMENT_MAX);
                return;
            }
        }
    }
}

/// Appends a segment as text. Every line ends with a line feed.
pub fn describe(segment: &Segment, out: &mut String) {
    let header = &segment.header;
    let mut line = Line::over(out, header.kind.name());
    if header.conversation != 0 || header.request != 0 {
        line.word(&format!("conversation={} request={}", header.conversation, header.request));
    }
    line.word(match header.order {
        ByteOrder::Big => "big",
        ByteOrder::Little => "little",
    });
    if header.charset == Charset::Ebcdic {
        line.word("EBCDIC");
    }
    line.word(&header.segment_type.to_string());
    line.word(&header.flags.names());
    line.word(&(header.kind.header_len() + segment.body.len()).to_string());
    line.field_if("flags2", header.flags2 != 0, &format!("{:#04x}", header.flags2));
    line.field_if("luwid", header.luwid != [0; 8], &hex(&header.luwid));
    line.end();
    let mut r = segment.reader();
    if let Err(error) = body(segment, &mut r, out) {
        Line::over(out, &format!("    malformed: {error}")).end();
    }
    // What could not be read of credentials is not shown either.
    let is_secret = matches!(header.segment_type, SegmentType::CONAUTH_INFO | SegmentType::USERID_DATA);
    if r.remaining() > 0 && !is_secret {
        data(r.rest(), out);
    }
}

fn body(segment: &Segment, r: &mut Reader<'_>, out: &mut String) -> Result<(), DecodeError> {
    let header = &segment.header;
    let base = Base::whole(&segment.body, header.kind.header_len());
    let is_first = header.flags.has(ControlFlags::FIRST);
    match header.segment_type {
        SegmentType::INITIAL_DATA => initial_data(&InitialData::decode(r)?, out),
        SegmentType::STATUS_DATA => {
            let status = StatusData::decode(r)?;
            let mut line = Line::over(out, "    status");
            line.field("code", &format!("{:?}", status.code));
            line.field_if("value", status.value.is_some(), &status.value.unwrap_or_default().to_string());
            line.end();
        }
        SegmentType::USERID_DATA => {
            let uid = UserId::decode(r)?;
            let mut line = Line::over(out, "    uid");
            line.field("user", &format!("{:?}", uid.user));
            line.field_if("password", !uid.password.is_empty(), "***");
            if let Some(long) = &uid.long {
                line.field("long", &format!("{:?}", long.user));
                line.field_if("security_id", long.security_id[0] != 0, &hex(&long.security_id));
            }
            line.end();
        }
        SegmentType::CONAUTH_INFO => {
            let conauth = Conauth::decode(r)?;
            let mut line = Line::over(out, "    conauth");
            line.field("type", &conauth.authentication_type.to_string());
            line.field("user", &format!("{:?}", String::from_utf8_lossy(&conauth.user)));
            line.field("password", &format!("***({})", conauth.password.len()));
            line.end();
        }
        SegmentType::SOCKET_ACTION => {
            let it = SocketAction::decode(r)?;
            let mut line = Line::over(out, "    action");
            line.word(&format!("{:?}", it.action));
            line.word(&format!("conversation={} request={}", it.conversation, it.request));
            line.word(&format!("parameters={},{}", it.parameter1, it.parameter2));
            line.end();
        }
        SegmentType::NOTIFICATION => {
            let it = Notification::decode(r)?;
            let mut line = Line::over(out, "    notification");
            line.word(&format!("{:?} hobj={} value={}", it.code, it.hobj, it.value));
            line.field_if("version", it.version != 1, &it.version.to_string());
            line.end();
        }
        SegmentType::REQUEST_MSGS => request_messages(&RequestMessages::decode(r)?, out),
        SegmentType::ASYNC_MESSAGE => async_message(is_first, r, out)?,
        call if call.is_xa() => {
            let xa = Xa::decode(call, r)?;
            Line::over(out, &format!("    {xa:?}")).end();
        }
        call if (call.is_mqi_request() || call.is_mqi_reply()) && is_first => {
            let api = ApiHeader::decode(r)?;
            let mut line = Line::over(out, "    api");
            line.field("length", &api.length.to_string());
            line.field_if("comp_code", api.comp_code != 0, &api.comp_code.to_string());
            line.field_if("reason", api.reason != 0, &mqi::Reason(api.reason).to_string());
            line.field_if("hobj", api.hobj != 0, &api.hobj.to_string());
            line.end();
            // Refusals may end here.
            if r.remaining() > 0 {
                call_body(call, r, base, out)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn call_body(
    call: SegmentType,
    r: &mut Reader<'_>,
    base: Base<'_>,
    out: &mut String,
) -> Result<(), DecodeError> {
    match call {
        SegmentType::MQCONN | SegmentType::MQCONN_REPLY => conn(&Conn::decode(r)?, out),
        SegmentType::MQOPEN | SegmentType::MQOPEN_REPLY => {
            let open = Open::decode(r, base)?;
            object(&open.object, out);
            Line::over(out, &format!("    options={:#x}", open.options)).end();
            if let Some(it) = &open.fopa {
                fopa(it, out);
            }
            if let Some(value) = open.fcmi {
                Line::over(out, &format!("    fcmi {value}")).end();
            }
        }
        SegmentType::MQCLOSE => {
            let close = Close::decode(r)?;
            Line::over(out, &format!("    options={:#x}", close.options)).end();
        }
        SegmentType::MQGET | SegmentType::MQGET_REPLY => {
            let get = Get::decode(r)?;
            md(&get.md, out);
            gmo(&get.gmo, out);
            Line::over(out, &format!("    length={}", get.length)).end();
        }
        SegmentType::MQPUT | SegmentType::MQPUT_REPLY => put(&Put::decode(r)?, out),
        SegmentType::MQPUT1 | SegmentType::MQPUT1_REPLY => put(&Put::decode_1(r, base)?, out),
        SegmentType::MQINQ => {
            let it = Inquire::decode(r)?;
            let mut line = Line::over(out, "    inquire");
            line.word(&format!(
                "selectors={:?} ints={} chars={}",
                it.selectors, it.int_count, it.char_length
            ));
            line.end();
        }
        SegmentType::MQINQ_REPLY | SegmentType::MQSET => {
            let it = Attributes::decode(r)?;
            let mut line = Line::over(out, "    attributes");
            line.word(&format!("selectors={:?} ints={:?}", it.selectors, it.ints));
            line.word(&format!("chars={:?}", String::from_utf8_lossy(&it.chars)));
            line.end();
        }
        SegmentType::MQSTAT | SegmentType::MQSTAT_REPLY => {
            let stat = Stat::decode(r, base)?;
            sts(&stat, out);
        }
        SegmentType::SPI => spi(&Spi::decode_request(r, base)?, out),
        SegmentType::SPI_REPLY => spi(&Spi::decode_reply(r, base)?, out),
        _ => {}
    }
    Ok(())
}

/// One line, built word by word.
struct Line<'a> {
    out: &'a mut String,
}

impl<'a> Line<'a> {
    fn over(out: &'a mut String, start: &str) -> Self {
        out.push_str(start);
        Self { out }
    }

    fn word(&mut self, word: &str) {
        self.out.push(' ');
        self.out.push_str(word);
    }

    fn field(&mut self, name: &str, value: &str) {
        let _ = write!(self.out, " {name}={value}");
    }

    fn field_if(&mut self, name: &str, is_shown: bool, value: &str) {
        if is_shown {
            self.field(name, value);
        }
    }

    fn end(self) {
        self.out.push('\n');
    }
}

/// A field as text.
trait Show {
    fn show(&self) -> String;
}

impl Show for i32 {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Show for u8 {
    fn show(&self) -> String {
        format!("{self:#04x}")
    }
}

impl Show for u16 {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Show for u32 {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Show for i64 {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl<const N: usize> Show for [u8; N] {
    fn show(&self) -> String {
        hex(self)
    }
}

impl<const N: usize> Show for [u16; N] {
    fn show(&self) -> String {
        format!("{self:?}").replace(' ', "")
    }
}

impl<const N: usize> Show for Chars<N> {
    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl Show for Charv {
    fn show(&self) -> String {
        let text = self.text.as_deref().map(|text| format!("{text:?}")).unwrap_or_default();
        format!("{text}@{}+{}/{}:{}", self.offset, self.length, self.buf_size, self.ccsid)
    }
}

/// Adds the fields that differ between two values.
macro_rules! changed {
    ($line:ident, $it:expr, $initial:expr; $($field:ident)*) => {
        $($line.field_if(stringify!($field), $it.$field != $initial.$field, &$it.$field.show());)*
    };
}

fn initial_data(id: &InitialData, out: &mut String) {
    let initial = InitialData { fap_level: 0, max_transmission_size: 0, ..InitialData::default() };
    let mut line = Line::over(out, &format!("    id {}", id.length));
    changed!(line, id, initial; fap_level capabilities1 refused1 errors1 max_messages_per_batch
        max_transmission_size max_message_size sequence_wrap channel capabilities2 refused2 ccsid qmgr_name
        heartbeat_interval_s extension_length errors2 header_compression message_compression ssl_key_reset
        conversations_per_socket capabilities3 refused3 process_id thread_id trace_id product_id qmgr_id
        password_protections nonce);
    line.end();
}

fn conn(conn: &Conn, out: &mut String) {
    let initial = Conn::default();
    let mut line = Line::over(out, "    conn");
    changed!(line, conn, initial; qmgr_name appl_name appl_type accounting_token options xoptions);
    if let Some(fcno) = &conn.fcno {
        let tail = fcno.tail.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        line.word(&format!("fcno version={} flags={}", fcno.version, fcno.flags));
        line.word(&format!("tail={}:{}", fcno.tail.len(), text_or_hex(&fcno.tail[..tail])));
    }
    line.end();
}

fn object(object: &Object, out: &mut String) {
    let (od, initial) = (&*object.od, Od { version: 0, ..Od::default() });
    let mut line = Line::over(out, "    od");
    changed!(line, od, initial; version object_type object_name object_q_mgr_name dynamic_q_name
        alternate_user_id recs_present known_dest_count unknown_dest_count invalid_dest_count
        object_rec_offset response_rec_offset alternate_security_id resolved_q_name resolved_q_mgr_name
        object_string selection_string res_object_string resolved_type);
    line.end();
    for record in &object.records {
        let mut line = Line::over(out, "    or");
        line.word(&format!("{:?} {:?}", record.object_name, record.object_q_mgr_name));
        line.end();
    }
    for record in &object.responses {
        Line::over(out, &format!("    rr {} {}", record.comp_code, record.reason)).end();
    }
}

fn fopa(fopa: &Fopa, out: &mut String) {
    let it = &fopa.attributes;
    let mut line = Line::over(out, "    fopa");
    line.word(&format!("version={} def_persistence={}", fopa.version, it.def_persistence));
    line.word(&format!("def_put_response_type={}", it.def_put_response_type));
    line.word(&format!("def_read_ahead={} property_control={}", it.def_read_ahead, it.property_control));
    line.field_if("queue", !fopa.protection_queue.is_blank(), &fopa.protection_queue.show());
    line.word(&format!("policy={}+{}", fopa.policy_offset, fopa.policy_length));
    line.end();
}

fn md(md: &Md, out: &mut String) {
    let initial = Md { version: 0, ..Md::default() };
    let mut line = Line::over(out, "    md");
    changed!(line, md, initial; version report msg_type expiry feedback encoding coded_char_set_id format
        priority persistence msg_id correl_id backout_count reply_to_q reply_to_q_mgr user_identifier
        accounting_token appl_identity_data put_appl_type put_appl_name put_date put_time appl_origin_data
        group_id msg_seq_number offset msg_flags original_length);
    line.end();
}

fn pmo(pmo: &Pmo, out: &mut String) {
    let initial = Pmo { version: 0, ..Pmo::default() };
    let mut line = Line::over(out, "    pmo");
    line.word(&format!("version={} options={:#x}", pmo.version, pmo.options));
    changed!(line, pmo, initial; timeout context known_dest_count unknown_dest_count invalid_dest_count
        resolved_q_name resolved_q_mgr_name recs_present put_msg_rec_fields put_msg_rec_offset
        response_rec_offset original_msg_handle new_msg_handle action pub_level);
    line.end();
}

fn gmo(gmo: &Gmo, out: &mut String) {
    let initial = Gmo::default();
    let mut line = Line::over(out, "    gmo");
    line.word(&format!("version={} options={:#x}", gmo.version, gmo.options));
    changed!(line, gmo, initial; wait_interval signal1 signal2 resolved_q_name match_options group_status
        segment_status segmentation msg_token returned_length msg_handle);
    line.end();
}

fn put(put: &Put, out: &mut String) {
    if let Some(it) = &put.object {
        object(it, out);
    }
    md(&put.md, out);
    pmo(&put.pmo, out);
    for record in &put.records {
        let mut line = Line::over(out, "    pmr");
        line.word(&format!("msg_id={} correl_id={}", hex(&record.msg_id), hex(&record.correl_id)));
        line.word(&format!("group_id={} feedback={}", hex(&record.group_id), record.feedback));
        line.word(&format!("accounting_token={}", hex(&record.accounting_token)));
        line.end();
    }
    for record in &put.responses {
        Line::over(out, &format!("    rr {} {}", record.comp_code, record.reason)).end();
    }
    Line::over(out, &format!("    length={}", put.data_length)).end();
}

fn sts(stat: &Stat, out: &mut String) {
    let (it, initial) = (&*stat.sts, Sts { version: 0, ..Sts::default() });
    let mut line = Line::over(out, "    stat");
    changed!(line, it, initial; version comp_code reason put_success_count put_warning_count put_failure_count
        object_type object_name object_q_mgr_name resolved_object_name resolved_q_mgr_name object_string
        sub_name open_options sub_options);
    line.field("type", &stat.kind.to_string());
    line.end();
}

fn request_messages(asked: &RequestMessages, out: &mut String) {
    let it = &asked.consume;
    let mut line = Line::over(out, "    consume");
    line.word(&format!(
        "hobj={} received={} requested={}",
        asked.hobj, it.received_bytes, it.requested_bytes
    ));
    line.word(&format!("message_max={} options={:#x}", it.max_msg_length, it.options));
    line.word(&format!("wait={} queue_status={}", it.wait_interval_ms, it.queue_status));
    line.word(&format!("flags={:#04x} known={}", it.request_flags, it.global_message_index));
    line.field_if("version", asked.version != 1, &asked.version.to_string());
    line.end();
    if let Some(selection) = &it.selection {
        let none = mqi::call::Selection::default();
        let mut line = Line::over(out, "    selection");
        line.word(&format!("index={} md_version={}", selection.index, selection.md_version));
        line.word(&format!("match={:#x}", selection.match_options));
        changed!(line, selection, none; coded_char_set_id encoding msg_seq_number offset msg_id correl_id
            group_id msg_token);
        line.end();
    }
}

fn async_message(is_first: bool, r: &mut Reader<'_>, out: &mut String) -> Result<(), DecodeError> {
    let head = AsyncHead::decode(r)?;
    let mut line = Line::over(out, "    message");
    line.word(&format!("hobj={} index={}/{}", head.hobj, head.message_index, head.global_message_index));
    line.word(&format!("segment={}+{}", head.segment_index, head.segment_length));
    line.word(&format!("selection={}", head.selection_index));
    line.end();
    if is_first {
        let first = AsyncFirst::decode(r)?;
        let mut line = Line::over(out, "    delivery");
        line.word(&format!("sent={} full={}", first.sent_length, first.full_length));
        line.field_if("reason", first.reason != 0, &mqi::Reason(first.reason).to_string());
        line.word(&format!("token={} status={}", hex(&first.msg_token), first.status));
        line.field("queue", &format!("{:?}", first.resolved_q_name));
        line.end();
        md(&first.md, out);
    }
    Ok(())
}

fn spi(spi: &Spi, out: &mut String) {
    let mut line = Line::over(out, "    spi");
    line.word(&format!("{:?} version={} reply_max={}", spi.verb, spi.version, spi.reply_max));
    line.end();
    match &spi.body {
        SpiBody::Query | SpiBody::ActivateReply | SpiBody::NotifyReply => {}
        SpiBody::QueryReply(verbs) => {
            let mut line = Line::over(out, "    verbs");
            for it in verbs {
                line.word(&format!("{}:{}/{}/{}/{}", it.verb, it.inout_max, it.in_max, it.out_max, it.flags));
            }
            line.end();
        }
        SpiBody::Open(open) | SpiBody::OpenReply(open) => spi_open(open, out),
        SpiBody::Put { md: it, pmo: options, options: bits, data_length, more } => {
            md(it, out);
            pmo(options, out);
            let mut line = Line::over(out, &format!("    spi_options={bits:#x} length={data_length}"));
            line.field_if("delay_ms", more.delay_ms != 0, &more.delay_ms.to_string());
            line.end();
        }
        SpiBody::PutReply { md: it, pmo: options } => {
            md(it, out);
            pmo(options, out);
        }
        SpiBody::Get { md: it, gmo: options, batch_size, batch_interval, message_max } => {
            md(it, out);
            gmo(options, out);
            Line::over(out, &format!("    batch={batch_size}/{batch_interval} message_max={message_max}"))
                .end();
        }
        SpiBody::GetReply { md: it, gmo: options, options: bits, data_length } => {
            md(it, out);
            gmo(options, out);
            Line::over(out, &format!("    spi_options={bits:#x} length={data_length}")).end();
        }
        SpiBody::Activate { mode, q_name, q_mgr_name, msg_id } => {
            let mut line = Line::over(out, "    activate");
            line.word(&format!("mode={mode} {q_name:?} {q_mgr_name:?} {}", hex(msg_id)));
            line.end();
        }
        SpiBody::Reserve { id_length, count } => {
            Line::over(out, &format!("    reserve count={count} id_length={id_length}")).end();
        }
        SpiBody::ReserveReply { count, position, base } => {
            let mut line = Line::over(out, "    reserved");
            line.word(&format!("count={count} position={position} base={}", hex(base)));
            line.end();
        }
        SpiBody::Notify { kind, reason, connection_id } => {
            let connection = hex(connection_id);
            Line::over(out, &format!("    notify kind={kind} reason={reason} connection={connection}")).end();
        }
        SpiBody::Other(bytes) => data(bytes, out),
    }
}

fn spi_open(open: &SpiOpen, out: &mut String) {
    let (lpoo, it) = (&open.lpoo, &open.lpoo.attributes);
    let mut line = Line::over(out, "    lpoo");
    line.word(&format!("version={} options={:#x} lpi={:#x}", lpoo.version, lpoo.options, lpoo.lpi_options));
    line.word(&format!("def_persistence={}", it.def_persistence));
    line.word(&format!("def_put_response_type={}", it.def_put_response_type));
    line.word(&format!("def_read_ahead={} property_control={}", it.def_read_ahead, it.property_control));
    if let Some(protection) = &lpoo.protection {
        line.field_if("queue", !protection.queue.is_blank(), &protection.queue.show());
        line.word(&format!("policy={}+{}", protection.offset, protection.length));
    }
    line.end();
    object(&open.object, out);
    if !open.policy.is_empty() {
        data(&open.policy, out);
    }
}

fn data(bytes: &[u8], out: &mut String) {
    let shown = &bytes[..bytes.len().min(SHOWN_MAX)];
    let more = if bytes.len() > shown.len() { " …" } else { "" };
    Line::over(out, &format!("    data {}: {}{more}", bytes.len(), text_or_hex(shown))).end();
}

fn text_or_hex(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => format!("{text:?}"),
        _ => hex(bytes),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{body_of, vector, vectors};

    fn described(name: &str) -> String {
        let mut out = String::new();
        describe(&body_of(name), &mut out);
        out
    }

    #[test]
    fn every_vector_is_understood() {
        for name in vectors() {
            let text = described(&name);
            let is_malformed = text.contains("malformed");
            assert!(!is_malformed, "{name}: {text}");
            assert!(
                text.lines().count() >= 2 || body_of(&name).body.is_empty() || name.contains("split-2"),
                "{name}"
            );
        }
    }

    #[test]
    fn a_put_reads_like_one() {
        let want = "TSHM conversation=3 request=5 little MQPUT FIRST|LAST 544\n    api length=544 hobj=2\n    \
            md version=1 coded_char_set_id=819 format=\"MQSTR\" priority=4 persistence=1 \
            correl_id=303132333435363738393a3b3c3d3e3f4041424344454647 reply_to_q=\"REPLY.Q\"\n    \
            pmo version=2 options=0x2042\n    length=12\n    data 12: \"Hello, world\"\n";
        assert_eq!(described("put-md1-pmo2-tshm-le"), want);
    }

    #[test]
    fn passwords_are_not_shown() {
        for (name, password) in [("conauth-tshm-le", "passw0rd"), ("uid-password-tshm-be", "secret")] {
            let mut segment = body_of(name);
            let whole = segment.body.clone();
            let hidden = hex(password.as_bytes());
            for end in 0..=whole.len() {
                segment.body = whole.slice(..end);
                let mut out = String::new();
                describe(&segment, &mut out);
                let is_shown = out.contains(password) || out.contains(&hidden);
                assert!(!is_shown, "{name} cut at {end}: {out}");
            }
        }
    }

    #[test]
    fn a_tap_follows_both_directions_through_anything() {
        let mut tap = Tap::default();
        let mut out = String::new();
        for byte in vector("heartbeat-tshc-be") {
            tap.received(Bytes::copy_from_slice(&[byte]), &mut out);
        }
        tap.sent(Bytes::from(vector("close-rep-tshm-le")), &mut out);
        tap.sent(Bytes::from_static(b"HTTP/1.1 200 OK"), &mut out);
        let starts: Vec<_> =
            out.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(starts[0], "> TSHC");
        assert_eq!(starts[1], "< TSHM");
        assert!(out.ends_with("< ?? no segment starts with [48, 54, 54, 50]\n"), "{out}");
    }
}
