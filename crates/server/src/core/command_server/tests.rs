//! The command server told one thing after the other, and what it wants then.

use mqi::Putter;
use mqi::call::Long;
use mqi::command::ReplyEntry;
use mqi::object::{AttributeId, ObjectType, Value};
use mqi::pcf::{Cfh, Message as Pcf, Parameter};
use mqi::wire::ByteOrder;

use super::end::end_request;
use super::*;
use crate::core::ending::EndHow;

/// A command server and what is around it.
struct Bench {
    server: CommandServer,
    now_ms: u64,
    /// How full every reply queue is.
    room: Option<(u32, u32)>,
    tickets: u64,
}

impl Bench {
    /// One that waits for a request.
    fn waiting() -> Self {
        let mut bench = Self { server: CommandServer::new("owner"), now_ms: 1000, room: None, tickets: 0 };
        assert_eq!(bench.words(), ["requests connect", "answers connect"]);
        bench.server.reply(Seat::Requests, done());
        bench.server.reply(Seat::Answers, done());
        assert_eq!(bench.words(), ["requests open"]);
        let (hobj, attributes) = (Hobj(2), mqi::call::OpenAttributes::NONE);
        bench.server.reply(Seat::Requests, ok(Returned::Open { hobj, od: Box::default(), attributes }));
        assert_eq!(bench.words(), ["wait"]);
        bench
    }

    /// What it wants, until that is nothing.
    fn wishes(&mut self) -> Vec<Wish> {
        let room = self.room;
        let mut wishes = Vec::new();
        while let Some(wish) = self.server.poll(self.now_ms, &|_, _| room) {
            if matches!(wish, Wish::Execute { .. }) {
                self.tickets += 1;
                self.server.executing(Ticket(self.tickets));
            }
            wishes.push(wish);
        }
        wishes
    }

    /// A word for each of them.
    fn words(&mut self) -> Vec<String> {
        self.wishes().iter().map(word).collect()
    }

    fn request(&mut self, request: Reply) -> Vec<String> {
        self.server.reply(Seat::Requests, request);
        self.words()
    }

    fn requested(&mut self, text: &str) -> Vec<String> {
        self.request(request_of(Md::v2(), escape(text)))
    }

    fn put(&mut self, reply: Reply) -> Vec<String> {
        self.server.reply(Seat::Answers, reply);
        self.words()
    }

    fn executed(&mut self, ticket: u64, wait: Lsn) -> Vec<String> {
        self.server.executed(Ticket(ticket), &CommandReply::default(), wait);
        self.words()
    }

    /// Rows of a list, as long as a response or so.
    fn rows(&mut self, ticket: u64, count: usize) -> Vec<String> {
        self.server.rows(Ticket(ticket), rows(count), Lsn::NONE);
        self.words()
    }

    fn durable(&mut self, durable: Lsn) -> Vec<String> {
        self.server.durable(durable);
        self.words()
    }
}

/// One word for a wish.
fn word(wish: &Wish) -> String {
    match wish {
        Wish::Execute { .. } => "execute".to_owned(),
        Wish::End { .. } => "end".to_owned(),
        Wish::More(ticket) => format!("more {}", ticket.0),
        Wish::Forget(ticket) => format!("forget {}", ticket.0),
        Wish::Note(id, inserts) => format!("{id} {}", inserts.join(" ")),
        Wish::Call(seat, call) => match &**call {
            Call::Get { .. } => "wait".to_owned(),
            Call::Put1For { .. } => "answer".to_owned(),
            call => {
                let seat = if *seat == Seat::Requests { "requests" } else { "answers" };
                let call = match call {
                    Call::Connect(_) => "connect",
                    Call::Open { .. } => "open",
                    Call::Disconnect => "disconnect",
                    _ => "another call",
                };
                format!("{seat} {call}")
            }
        },
    }
}

fn rows(count: usize) -> Vec<ObjectRow> {
    let text = Value::Text("x".repeat(20_000));
    let attributes = vec![(AttributeId(MQCA_Q_DESC), text)];
    vec![ObjectRow { object: ObjectType::QLocal, attributes, handles: Vec::new() }; count]
}

fn ok(returned: Returned) -> Reply {
    Reply { comp_code: CompCode::Ok, reason: Reason::NONE, returned }
}

fn done() -> Reply {
    ok(Returned::Nothing)
}

fn failed(reason: Reason) -> Reply {
    Reply { comp_code: CompCode::Failed, reason, returned: Returned::Nothing }
}

fn request_of(md: Md, bytes: Vec<u8>) -> Reply {
    let md = Box::new(Md { reply_to_q: Chars::from_str_padded("REPLIES"), ..md });
    let data_length = bytes.len() as i32;
    let (gmo, body, putter) = (Box::default(), Long::whole(bytes.into()), Putter::User("somebody".into()));
    ok(Returned::Get { md, gmo, data_length, body, putter })
}

/// Descriptor and header of the response that is put among these.
fn response(wishes: &[Wish]) -> (Md, Pcf) {
    let mut calls = wishes.iter().filter_map(|wish| match wish {
        Wish::Call(Seat::Answers, call) => Some(call),
        _ => None,
    });
    let call = calls.next().unwrap_or_else(|| panic!("no response in {wishes:?}"));
    assert!(calls.next().is_none(), "one at a time");
    let Call::Put1For { od, md, body, .. } = &**call else { panic!("{call:?}") };
    assert_eq!(od.object_name.as_str(), "REPLIES");
    let message = Pcf::of_bytes(&body.first.to_bytes(), ByteOrder::Little).expect("PCF");
    ((**md).clone(), message)
}

fn escape(text: &str) -> Vec<u8> {
    let parameters =
        vec![Parameter::int(MQIACF_ESCAPE_TYPE, MQET_MQSC), Parameter::text(MQCACF_ESCAPE_TEXT, text)];
    Pcf { header: Cfh::command(MQCMD_ESCAPE), parameters }.to_bytes(ByteOrder::Little)
}

#[test]
fn a_refusal_names_the_command_that_was_asked() {
    let check = |header: Cfh, reason: i32| {
        let bytes = Pcf { header, parameters: Vec::new() }.to_bytes(ByteOrder::Little);
        let mut bench = Bench::waiting();
        bench.server.reply(Seat::Requests, request_of(Md::v2(), bytes));
        let (_, message) = response(&bench.wishes());
        let want = Cfh {
            kind: MQCFT_RESPONSE,
            comp_code: MQCC_FAILED,
            reason,
            control: MQCFC_LAST,
            ..Cfh::command(header.command)
        };
        assert_eq!(message.header, want);
        assert!(bench.put(done()).is_empty(), "there is one response");
    };
    check(Cfh::command(MQCMD_INQUIRE_Q), MQRCCF_CFH_COMMAND_ERROR);
    check(Cfh::command(9999), MQRCCF_CFH_COMMAND_ERROR);
    check(Cfh { kind: MQCFT_COMMAND_XR, ..Cfh::command(MQCMD_PING_Q_MGR) }, MQRCCF_CFH_COMMAND_ERROR);
    check(Cfh { kind: MQCFT_EVENT, ..Cfh::command(MQCMD_PING_Q_MGR) }, MQRCCF_CFH_TYPE_ERROR);
    check(Cfh { msg_seq_number: 2, ..Cfh::command(MQCMD_ESCAPE) }, MQRCCF_CFH_MSG_SEQ_NUMBER_ERR);
    check(Cfh { control: MQCFC_NOT_LAST, ..Cfh::command(MQCMD_ESCAPE) }, MQRCCF_CFH_CONTROL_ERROR);
    check(Cfh::command(MQCMD_ESCAPE), MQRCCF_ESCAPE_TYPE_ERROR);
}

#[test]
fn what_cannot_be_read_is_refused_with_what_it_names() {
    let answered = |request: Reply| {
        let mut bench = Bench::waiting();
        bench.server.reply(Seat::Requests, request);
        response(&bench.wishes()).1.header
    };
    let whole = Pcf { header: Cfh::command(MQCMD_INQUIRE_Q), parameters: Vec::new() };
    let whole = whole.to_bytes(ByteOrder::Little);
    for (bytes, command) in [(&whole[..20], MQCMD_INQUIRE_Q), (&whole[..10], MQCMD_NONE), (&[], MQCMD_NONE)] {
        let header = answered(request_of(Md::v2(), bytes.to_vec()));
        assert_eq!((header.command, header.comp_code), (command, MQCC_FAILED));
        assert_ne!(header.reason, MQRC_NONE);
    }
    let cut = Reply { reason: Reason::TRUNCATED_MSG_ACCEPTED, ..request_of(Md::v2(), whole) };
    let header = answered(cut);
    assert_eq!((header.command, header.reason), (MQCMD_INQUIRE_Q, MQRCCF_MSG_LENGTH_ERROR));
}

#[test]
fn responses_have_the_ids_and_the_weight_that_the_request_asks_for() {
    let check = |report: i32, msg_id: [u8; 24], correl_id: [u8; 24]| {
        let (persistence, priority) = (MQPER_PERSISTENT, 7);
        let asked = Md { report, persistence, priority, msg_id: [1; 24], correl_id: [2; 24], ..Md::v2() };
        let mut bench = Bench::waiting();
        bench.server.reply(Seat::Requests, request_of(asked, escape("DEFINE")));
        let (md, message) = response(&bench.wishes());
        assert_eq!((md.msg_id, md.correl_id), (msg_id, correl_id), "{report:#x}");
        assert_eq!((md.persistence, md.priority, md.msg_type), (persistence, priority, MQMT_REPLY));
        assert_eq!((message.header.command, message.header.reason), (MQCMD_ESCAPE, MQRCCF_COMMAND_FAILED));
        // The reply queue is a temporary one: the response is put again.
        bench.server.reply(Seat::Answers, failed(Reason::PERSISTENT_NOT_ALLOWED));
        let (md, again) = response(&bench.wishes());
        assert_eq!((md.persistence, again), (MQPER_NOT_PERSISTENT, message));
        assert!(bench.put(done()).is_empty());
    };
    check(MQRO_NONE, [0; 24], [1; 24]);
    check(MQRO_PASS_CORREL_ID, [0; 24], [2; 24]);
    check(MQRO_PASS_MSG_ID, [1; 24], [1; 24]);
    check(MQRO_PASS_MSG_ID | MQRO_PASS_CORREL_ID, [1; 24], [2; 24]);
}

#[test]
fn a_long_reply_comes_in_several_responses() {
    let mut bench = Bench::waiting();
    assert_eq!(bench.requested("PING QMGR"), ["execute", "wait"]);
    let entries: Vec<_> = rows(5).into_iter().map(ReplyEntry::Object).collect();
    bench.server.executed(Ticket(1), &CommandReply { entries, ..CommandReply::default() }, Lsn::NONE);
    for number in 1..=5 {
        let (_, message) = response(&bench.wishes());
        let control = if number == 5 { MQCFC_LAST } else { MQCFC_NOT_LAST };
        assert_eq!((message.header.msg_seq_number, message.header.control), (number, control));
        assert!(message.text(MQCACF_ESCAPE_TEXT).expect("text").len() > 20_000);
        bench.server.reply(Seat::Answers, done());
    }
    assert!(bench.words().is_empty());
}

#[test]
fn requests_are_executed_while_answers_wait_and_answered_in_order() {
    let mut bench = Bench::waiting();
    assert_eq!(bench.requested("PING QMGR"), ["execute", "wait"]);
    assert!(bench.executed(1, Lsn(100)).is_empty());
    assert_eq!(bench.requested("PING QMGR"), ["execute", "wait"]);
    assert!(bench.executed(2, Lsn(200)).is_empty());
    // A refusal waits for nothing but its turn.
    assert_eq!(bench.requested("NONSENSE"), ["wait"]);
    assert!(bench.server.is_holding());
    assert!(bench.durable(Lsn(100)).is_empty(), "a record at 100 is durable past 100");
    assert_eq!(bench.durable(Lsn(101)), ["answer"]);
    assert!(bench.put(done()).is_empty());
    assert_eq!(bench.durable(Lsn(300)), ["answer"]);
    assert_eq!(bench.put(done()), ["answer"]);
    assert!(bench.put(done()).is_empty());
    assert!(!bench.server.is_holding());
}

#[test]
fn so_many_answers_wait_and_no_more() {
    let mut bench = Bench::waiting();
    for n in 1..=HELD_MAX as u64 {
        // The next one is got while this one is executed.
        assert_eq!(bench.requested("PING QMGR"), ["execute", "wait"], "{n}");
        assert!(bench.executed(n, Lsn(100)).is_empty(), "{n}");
    }
    assert_eq!(bench.requested("PING QMGR"), ["execute"], "it rests");
    assert!(bench.executed(HELD_MAX as u64 + 1, Lsn(100)).is_empty());
    assert_eq!(bench.durable(Lsn(101)), ["answer"]);
    assert_eq!(bench.put(done()), ["answer"]);
    assert_eq!(bench.put(done()), ["wait", "answer"]);
}

#[test]
fn a_list_is_told_as_fast_as_it_is_read_and_others_are_served_meanwhile() {
    let mut bench = Bench::waiting();
    assert_eq!(bench.requested("DISPLAY QUEUE(*)"), ["execute", "wait"]);
    assert_eq!(bench.rows(1, 3), ["answer"]);
    assert_eq!(bench.put(done()), ["answer"]);
    // What has been told so far is put: there is room for more.
    assert_eq!(bench.put(done()), ["more 1"]);
    bench.room = Some((16, 5000));
    assert!(bench.rows(1, 3).is_empty(), "the reader has enough to read");
    assert_eq!(bench.requested("PING QMGR"), ["execute", "wait"]);
    bench.room = Some((15, 5000));
    bench.server.executed(Ticket(2), &CommandReply::default(), Lsn::NONE);
    let (_, message) = response(&bench.wishes());
    assert_eq!(message.header.control, MQCFC_LAST, "the other one first");
    bench.server.reply(Seat::Answers, done());
    let (_, message) = response(&bench.wishes());
    assert_eq!((message.header.msg_seq_number, message.header.control), (3, MQCFC_NOT_LAST));
    bench.room = None;
    assert_eq!(bench.put(done()), ["answer"]);
    assert_eq!(bench.put(done()), ["answer"]);
    assert_eq!(bench.put(done()), ["more 1"]);
    let entries: Vec<_> = rows(1).into_iter().map(ReplyEntry::Object).collect();
    bench.server.executed(Ticket(1), &CommandReply { entries, ..CommandReply::default() }, Lsn::NONE);
    let (_, message) = response(&bench.wishes());
    assert_eq!((message.header.msg_seq_number, message.header.control), (6, MQCFC_NOT_LAST));
    bench.server.reply(Seat::Answers, done());
    let (_, message) = response(&bench.wishes());
    assert_eq!((message.header.msg_seq_number, message.header.control), (7, MQCFC_LAST));
    assert!(bench.put(done()).is_empty());
}

#[test]
fn lists_are_told_in_turns() {
    let mut bench = Bench::waiting();
    bench.room = Some((20, 5000));
    for ticket in 1..=3 {
        assert_eq!(bench.requested("DISPLAY QUEUE(*)"), ["execute", "wait"]);
        assert!(bench.rows(ticket, 2).is_empty());
    }
    bench.room = Some((0, 5000));
    assert_eq!(bench.words(), ["answer"]);
    assert_eq!(bench.put(done()), ["answer"]);
    assert_eq!(bench.put(done()), ["answer"]);
    assert_eq!(bench.put(done()), ["more 1", "more 2", "more 3"]);
    assert!(bench.words().is_empty(), "each is asked for once");
}

#[test]
fn an_answer_that_nobody_reads_is_dropped_after_a_while() {
    let mut bench = Bench::waiting();
    bench.requested("DISPLAY QUEUE(*)");
    bench.rows(1, 3);
    bench.room = Some((16, 5000));
    assert!(bench.put(done()).is_empty());
    bench.now_ms += outbox::STALL_MS - 1;
    assert!(bench.words().is_empty());
    // Reading a little is reading.
    bench.room = Some((15, 5000));
    assert_eq!(bench.words(), ["answer"]);
    bench.room = Some((16, 5000));
    assert!(bench.put(done()).is_empty());
    bench.now_ms += outbox::STALL_MS - 1;
    assert!(bench.words().is_empty());
    bench.now_ms += 1;
    assert_eq!(bench.words(), ["AMQ8507 REPLIES somebody", "forget 1"]);
    assert!(bench.words().is_empty() && bench.rows(1, 3).is_empty());
    assert_eq!(bench.requested("PING QMGR"), ["execute", "wait"]);
}

#[test]
fn a_full_reply_queue_holds_up_nobody_else() {
    let mut bench = Bench::waiting();
    bench.requested("PING QMGR");
    assert_eq!(bench.executed(1, Lsn::NONE), ["answer"]);
    bench.requested("PING QMGR");
    assert!(bench.executed(2, Lsn::NONE).is_empty());
    bench.room = Some((5000, 5000));
    assert_eq!(bench.put(failed(Reason::Q_FULL)), ["answer"], "the next");
    assert!(bench.put(done()).is_empty());
    bench.room = Some((1, 5000));
    assert!(bench.words().is_empty());
    assert_eq!(bench.server.deadline_ms(), Some(bench.now_ms + 200));
    bench.now_ms += 200;
    assert_eq!(bench.words(), ["answer"], "again");
    assert!(bench.put(done()).is_empty());
    assert!(bench.server.deadline_ms().is_none());
}

#[test]
fn whoever_is_gone_is_told_nothing_more() {
    let mut bench = Bench::waiting();
    bench.requested("DISPLAY QUEUE(*)");
    assert_eq!(bench.rows(1, 3), ["answer"]);
    assert_eq!(bench.put(failed(Reason::UNKNOWN_OBJECT_NAME)), ["AMQ8506 2085 REPLIES somebody", "forget 1"]);
    // Who wants no answer gets none made.
    let md = Md { reply_to_q: Chars::from_str_padded(""), ..Md::v2() };
    let bytes = escape("DISPLAY QUEUE(*)");
    let (gmo, data_length) = (Box::default(), bytes.len() as i32);
    let body = Long::whole(bytes.into());
    let (md, putter) = (Box::new(md), Putter::AsDescribed);
    bench.request(ok(Returned::Get { md, gmo, data_length, body, putter }));
    assert_eq!(bench.rows(2, 3), ["forget 2"]);
}

#[test]
fn so_many_long_answers_stand_still_and_no_more() {
    let mut bench = Bench::waiting();
    bench.room = Some((16, 5000));
    for ticket in 1..=outbox::LONG_MAX as u64 {
        bench.now_ms += 1;
        assert_eq!(bench.requested("DISPLAY QUEUE(*)"), ["execute", "wait"]);
        assert!(bench.rows(ticket, 3).is_empty());
    }
    bench.now_ms += 1;
    assert_eq!(bench.requested("DISPLAY QUEUE(*)"), ["execute", "wait"]);
    let last = outbox::LONG_MAX as u64 + 1;
    assert_eq!(bench.rows(last, 3), ["AMQ8507 REPLIES somebody", "forget 1"], "the oldest");
    assert_eq!(bench.server.tickets().count(), outbox::LONG_MAX);
}

#[test]
fn a_request_is_of_him_who_put_it_whatever_its_descriptor_says() {
    let check = |described: &str, putter: Putter, want: &str| {
        let md = Md { user_identifier: Chars::from_str_padded(described), ..Md::v2() };
        let mut reply = request_of(md, escape("PING QMGR"));
        if let Returned::Get { putter: of_get, .. } = &mut reply.returned {
            *of_get = putter;
        }
        let mut bench = Bench::waiting();
        bench.server.reply(Seat::Requests, reply);
        let wishes = bench.wishes();
        let Some(Wish::Execute { user, .. }) = wishes.first() else { panic!("it executes: {wishes:?}") };
        assert_eq!(user, want);
        bench.server.executed(Ticket(1), &CommandReply::default(), Lsn::NONE);
        let wishes = bench.wishes();
        let [Wish::Call(Seat::Answers, call)] = &wishes[..] else { panic!("it answers: {wishes:?}") };
        let Call::Put1For { user, md, pmo, .. } = &**call else { panic!("{call:?}") };
        // The identity context is that of the request, the authority is the putter's.
        assert_eq!((&**user, md.user_identifier.as_str()), (want, described));
        assert_eq!(pmo.options & MQPMO_SET_IDENTITY_CONTEXT, MQPMO_SET_IDENTITY_CONTEXT);
    };
    check("app", Putter::AsDescribed, "app");
    check("", Putter::User("app".into()), "app");
    check("root", Putter::User("app".into()), "app");
    check("administrato", Putter::User("administrator_no_more".into()), "administrator_no_more");
    // A blank descriptor is nobody's, and so is one of a version that did not keep who put it.
    check("", Putter::AsDescribed, "");
    check("root", Putter::Unknown, "");
}

#[test]
fn who_may_not_end_it_is_told_so() {
    let mut bench = Bench::waiting();
    bench.server.reply(Seat::Requests, request_of(Md::v2(), escape("STOP QMGR MODE(FORCE)")));
    let wishes = bench.wishes();
    let [Wish::End { user, .. }, ..] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(user, "somebody");
    bench.server.end_refused();
    let (_, message) = response(&bench.wishes());
    let header = message.header;
    assert_eq!((header.command, header.comp_code), (MQCMD_ESCAPE, MQCC_FAILED));
    assert_eq!(header.reason, MQRC_NOT_AUTHORIZED);
    assert!(message.text(MQCACF_ESCAPE_TEXT).is_some_and(|text| text.starts_with("AMQ8135E")));
}

#[test]
fn an_answer_that_cannot_be_put_is_dropped_as_a_whole() {
    let mut bench = Bench::waiting();
    bench.requested("PING QMGR");
    let entries: Vec<_> = rows(5).into_iter().map(ReplyEntry::Object).collect();
    bench.server.executed(Ticket(1), &CommandReply { entries, ..CommandReply::default() }, Lsn::NONE);
    assert_eq!(bench.words(), ["answer"]);
    bench.requested("PING QMGR");
    assert!(bench.executed(2, Lsn::NONE).is_empty());
    let noted = ["AMQ8506 2085 REPLIES somebody", "answer"];
    assert_eq!(bench.put(failed(Reason::UNKNOWN_OBJECT_NAME)), noted, "and the next one");
    // What authority is missing the kernel has said.
    assert!(bench.put(failed(Reason::NOT_AUTHORIZED)).is_empty());
    // A message that is not persistent and is refused as if it were does not go round in a circle.
    bench.requested("PING QMGR");
    assert_eq!(bench.executed(3, Lsn::NONE), ["answer"]);
    assert_eq!(bench.put(failed(Reason::PERSISTENT_NOT_ALLOWED)), ["answer"]);
    assert_eq!(bench.put(failed(Reason::PERSISTENT_NOT_ALLOWED)), ["AMQ8506 2048 REPLIES somebody"]);
}

#[test]
fn the_end_comes_after_the_answers_before_it() {
    let mut bench = Bench::waiting();
    bench.requested("PING QMGR");
    assert!(bench.executed(1, Lsn(100)).is_empty());
    assert!(bench.requested("STOP QMGR MODE(QUIESCE)").is_empty());
    assert_eq!(bench.durable(Lsn(101)), ["answer"]);
    assert_eq!(bench.put(done()), ["end", "wait"]);
    bench.server.end_begun();
    assert_eq!(bench.words(), ["answer"]);
}

#[test]
fn what_was_executed_before_the_queue_manager_quiesces_is_answered() {
    let mut bench = Bench::waiting();
    bench.requested("PING QMGR");
    assert!(bench.executed(1, Lsn(100)).is_empty());
    assert_eq!(bench.request(failed(Reason::Q_MGR_QUIESCING)), ["requests disconnect"]);
    assert!(bench.request(done()).is_empty());
    assert_eq!(bench.durable(Lsn(101)), ["answer"]);
    assert_eq!(bench.put(done()), ["answers disconnect"]);
    assert!(!bench.server.has_left());
    assert!(bench.put(done()).is_empty());
    assert!(bench.server.has_left());
}

#[test]
fn the_end_does_not_wait_for_whoever_does_not_read() {
    let mut bench = Bench::waiting();
    bench.requested("DISPLAY QUEUE(*)");
    assert_eq!(bench.rows(1, 3), ["answer"]);
    bench.room = Some((16, 5000));
    assert!(bench.put(done()).is_empty());
    let wanted = ["requests disconnect", "AMQ8507 REPLIES somebody", "forget 1", "answers disconnect"];
    assert_eq!(bench.request(failed(Reason::Q_MGR_QUIESCING)), wanted);
}

#[test]
fn a_get_that_fails_ends_it() {
    let mut bench = Bench::waiting();
    assert_eq!(bench.request(failed(Reason::GET_INHIBITED)), ["requests disconnect", "answers disconnect"]);
    assert!(bench.server.has_ended());
}

#[test]
fn only_the_exact_words_end_a_queue_manager() {
    let check = |text: &str, want: Option<(EndHow, bool)>| {
        assert_eq!(end_request(text).map(|end| (end.how, end.reconnects)), want, "{text}");
    };
    check("stop qmgr  mode(quiesce)", Some((EndHow::Quiesce, false)));
    check("STOP QMGR MODE(FORCE)", Some((EndHow::Immediate, false)));
    check("STOP QMGR MODE(FORCE) RECONNECT", Some((EndHow::Immediate, true)));
    check("STOP QMGR MODE(TERMINATE)", Some((EndHow::Preemptive, false)));
    check("STOP QMGR MODE(FORCE) RECONNECTS", None);
    check("STOP QMGR MODE(NEVER)", None);
    check("STOP QMGR", None);
    check("STOP LISTENER(L)", None);
}
