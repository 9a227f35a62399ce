//! The command server told one thing after the other, and what it wants then.

use mqi::Putter;
use mqi::call::Long;
use mqi::pcf::{Cfh, Message as Pcf, Parameter};
use mqi::wire::ByteOrder;

use super::end::end_request;
use super::*;
use crate::core::ending::EndHow;

/// A command server that waits for a request.
fn waiting() -> CommandServer {
    let (mut server, _) = CommandServer::start("owner");
    server.state = State::Waiting;
    server
}

fn ok(returned: Returned) -> Reply {
    Reply { comp_code: CompCode::Ok, reason: Reason::NONE, returned }
}

fn request_of(md: Md, bytes: Vec<u8>) -> Reply {
    let md = Box::new(Md { reply_to_q: Chars::from_str_padded("REPLIES"), ..md });
    let data_length = bytes.len() as i32;
    let (gmo, body, putter) = (Box::default(), Long::whole(bytes.into()), Putter::User("somebody".into()));
    ok(Returned::Get { md, gmo, data_length, body, putter })
}

/// Descriptor and header of the response that a wish puts.
fn response(wish: Option<Wish>) -> (Md, Pcf) {
    let Some(Wish::Call(call)) = wish else { panic!("{wish:?}") };
    let Call::Put1For { od, md, body, .. } = *call else { panic!("{call:?}") };
    assert_eq!(od.object_name.as_str(), "REPLIES");
    let message = Pcf::of_bytes(&body.first.to_bytes(), ByteOrder::Little).expect("PCF");
    (*md, message)
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
        let mut server = waiting();
        let (_, message) = response(server.reply(request_of(Md::v2(), bytes)));
        let want = Cfh {
            kind: MQCFT_RESPONSE,
            comp_code: MQCC_FAILED,
            reason,
            control: MQCFC_LAST,
            ..Cfh::command(header.command)
        };
        assert_eq!(message.header, want);
        let is_waiting = matches!(server.reply(ok(Returned::Nothing)), Some(Wish::Call(call))
            if matches!(*call, Call::Get { .. }));
        assert!(is_waiting, "there is one response");
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
    let whole = Pcf { header: Cfh::command(MQCMD_INQUIRE_Q), parameters: Vec::new() };
    let whole = whole.to_bytes(ByteOrder::Little);
    for (bytes, command) in [(&whole[..20], MQCMD_INQUIRE_Q), (&whole[..10], MQCMD_NONE), (&[], MQCMD_NONE)] {
        let (_, message) = response(waiting().reply(request_of(Md::v2(), bytes.to_vec())));
        assert_eq!((message.header.command, message.header.comp_code), (command, MQCC_FAILED));
        assert_ne!(message.header.reason, MQRC_NONE);
    }
    let cut = Reply { reason: Reason::TRUNCATED_MSG_ACCEPTED, ..request_of(Md::v2(), whole) };
    let (_, message) = response(waiting().reply(cut));
    assert_eq!((message.header.command, message.header.reason), (MQCMD_INQUIRE_Q, MQRCCF_MSG_LENGTH_ERROR));
}

#[test]
fn responses_have_the_ids_and_the_weight_that_the_request_asks_for() {
    let check = |report: i32, msg_id: [u8; 24], correl_id: [u8; 24]| {
        let (persistence, priority) = (MQPER_PERSISTENT, 7);
        let asked = Md { report, persistence, priority, msg_id: [1; 24], correl_id: [2; 24], ..Md::v2() };
        let mut server = waiting();
        let (md, message) = response(server.reply(request_of(asked, escape("DEFINE"))));
        assert_eq!((md.msg_id, md.correl_id), (msg_id, correl_id), "{report:#x}");
        assert_eq!((md.persistence, md.priority, md.msg_type), (persistence, priority, MQMT_REPLY));
        assert_eq!((message.header.command, message.header.reason), (MQCMD_ESCAPE, MQRCCF_COMMAND_FAILED));
        // The reply queue is a temporary one: the response is put again.
        let reason = Reason::PERSISTENT_NOT_ALLOWED;
        let refused = Reply { comp_code: CompCode::Failed, reason, returned: Returned::Nothing };
        let (md, again) = response(server.reply(refused));
        assert_eq!((md.persistence, again), (MQPER_NOT_PERSISTENT, message));
    };
    check(MQRO_NONE, [0; 24], [1; 24]);
    check(MQRO_PASS_CORREL_ID, [0; 24], [2; 24]);
    check(MQRO_PASS_MSG_ID, [1; 24], [1; 24]);
    check(MQRO_PASS_MSG_ID | MQRO_PASS_CORREL_ID, [1; 24], [2; 24]);
}

#[test]
fn a_long_answer_comes_in_several_responses() {
    let mut server = waiting();
    let asker = asker("somebody");
    let lines: Vec<String> = (0..70).map(|n| format!("{n:01000}")).collect();
    let outcome = Outcome::of(MQCMD_ESCAPE, MQCC_OK, MQRC_NONE);
    server.respond(&asker, Lsn::NONE, answer::of_lines(&asker, outcome, &lines));
    let mut wish = server.next().expect("a response");
    let mut texts = Vec::new();
    for (number, control) in [(1, MQCFC_NOT_LAST), (2, MQCFC_NOT_LAST), (3, MQCFC_LAST)] {
        let (_, message) = response(Some(wish));
        assert_eq!((message.header.msg_seq_number, message.header.control), (number, control));
        texts.push(message.text(MQCACF_ESCAPE_TEXT).expect("text").to_string());
        wish = server.reply(ok(Returned::Nothing)).expect("it goes on");
    }
    assert_eq!(texts.join("\n"), lines.join("\n"));
    assert!(matches!(wish, Wish::Call(call) if matches!(*call, Call::Get { .. })));
}

fn done() -> Reply {
    ok(Returned::Nothing)
}

fn failed(reason: Reason) -> Reply {
    Reply { comp_code: CompCode::Failed, reason, returned: Returned::Nothing }
}

fn request(text: &str) -> Reply {
    request_of(Md::v2(), escape(text))
}

/// One word for what it wants.
fn word(wish: Option<Wish>) -> &'static str {
    match wish {
        None => "nothing",
        Some(Wish::Execute { .. }) => "execute",
        Some(Wish::End { .. }) => "end",
        Some(Wish::Note(..)) => "note",
        Some(Wish::Call(call)) => match *call {
            Call::Get { gmo, .. } if gmo.options & MQGMO_WAIT != 0 => "wait",
            Call::Get { .. } => "look",
            Call::Put1For { .. } => "answer",
            Call::Disconnect => "disconnect",
            _ => "another call",
        },
    }
}

fn executed(server: &mut CommandServer, wait: Lsn) -> &'static str {
    word(server.executed(&CommandReply::default(), wait))
}

#[test]
fn requests_are_executed_while_answers_wait_and_answered_in_order() {
    let mut s = waiting();
    assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
    assert_eq!(executed(&mut s, Lsn(100)), "look");
    assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
    assert_eq!(executed(&mut s, Lsn(200)), "look");
    // A refusal waits for nothing but its turn.
    assert_eq!(word(s.reply(request("NONSENSE"))), "look");
    assert_eq!(word(s.reply(failed(Reason::NO_MSG_AVAILABLE))), "nothing");
    assert_eq!(word(s.durable(Lsn(100))), "nothing", "a record at 100 is durable past 100");
    assert_eq!(word(s.durable(Lsn(101))), "answer");
    assert_eq!(word(s.reply(done())), "look");
    assert_eq!(word(s.reply(failed(Reason::NO_MSG_AVAILABLE))), "nothing");
    assert_eq!(word(s.durable(Lsn(300))), "answer");
    assert_eq!(word(s.reply(done())), "answer");
    assert_eq!(word(s.reply(done())), "wait");
    assert!(!s.is_holding());
}

fn asker(user: &str) -> Asker {
    let md = Md { reply_to_q: Chars::from_str_padded("REPLIES"), ..Md::v2() };
    Asker::new(1, md, &Putter::User(user.into()))
}

#[test]
fn a_request_is_of_him_who_put_it_whatever_its_descriptor_says() {
    let check = |described: &str, putter: Putter, want: &str| {
        let md = Md { user_identifier: Chars::from_str_padded(described), ..Md::v2() };
        let mut reply = request_of(md, escape("PING QMGR"));
        if let Returned::Get { putter: of_get, .. } = &mut reply.returned {
            *of_get = putter;
        }
        let mut server = waiting();
        let Some(Wish::Execute { user, .. }) = server.reply(reply.clone()) else { panic!("it executes") };
        assert_eq!(user, want);
        let put = server.executed(&CommandReply::default(), Lsn::NONE);
        let Some(Wish::Call(call)) = put else { panic!("it answers: {put:?}") };
        let Call::Put1For { user, md, pmo, .. } = *call else { panic!("{call:?}") };
        // The identity context is that of the request, the authority is the putter's.
        assert_eq!((&*user, md.user_identifier.as_str()), (want, described));
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
    let mut s = waiting();
    let asked = s.reply(request("STOP QMGR MODE(FORCE)"));
    let Some(Wish::End { user, .. }) = asked else { panic!("{asked:?}") };
    assert_eq!(user, "somebody");
    let (_, message) = response(s.end_refused());
    let header = message.header;
    assert_eq!((header.command, header.comp_code), (MQCMD_ESCAPE, MQCC_FAILED));
    assert_eq!(header.reason, MQRC_NOT_AUTHORIZED);
    assert!(message.text(MQCACF_ESCAPE_TEXT).is_some_and(|text| text.starts_with("AMQ8135E")));
    assert_eq!(word(s.reply(done())), "wait");
}

#[test]
fn an_answer_that_cannot_be_put_is_dropped_as_a_whole() {
    let mut s = waiting();
    let lines: Vec<String> = (0..70).map(|n| format!("{n:01000}")).collect();
    let outcome = Outcome::of(MQCMD_ESCAPE, MQCC_OK, MQRC_NONE);
    let one = asker("somebody");
    s.respond(&one, Lsn::NONE, answer::of_lines(&one, outcome, &lines));
    let other = Asker { number: 2, ..asker("another") };
    s.respond(&other, Lsn::NONE, answer::of_lines(&other, outcome, &lines[..1]));
    assert_eq!(word(s.next()), "answer");
    let noted = s.reply(failed(Reason::UNKNOWN_OBJECT_NAME));
    let Some(Wish::Note(id, inserts)) = noted else { panic!("{noted:?}") };
    assert_eq!((id, inserts.join(" ")), ("AMQ8506", "2085 REPLIES somebody".to_owned()));
    let next = s.noted();
    assert!(
        matches!(&next, Some(Wish::Call(call)) if matches!(&**call, Call::Put1For { user, .. } if &**user == "another"))
    );
    // What authority is missing the kernel has said.
    assert_eq!(word(s.reply(failed(Reason::NOT_AUTHORIZED))), "wait");
    // A message that is not persistent and is refused as if it were does not go round in a circle.
    s.respond(&one, Lsn::NONE, answer::of_lines(&one, outcome, &lines[..1]));
    assert_eq!(word(s.next()), "answer");
    assert_eq!(word(s.reply(failed(Reason::PERSISTENT_NOT_ALLOWED))), "answer");
    assert_eq!(word(s.reply(failed(Reason::PERSISTENT_NOT_ALLOWED))), "note");
}

#[test]
fn so_many_answers_wait_and_no_more() {
    let mut s = waiting();
    for n in 1..=HELD_MAX {
        assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
        let wanted = if n < HELD_MAX { "look" } else { "nothing" };
        assert_eq!(executed(&mut s, Lsn(100)), wanted, "{n}");
    }
    assert_eq!(word(s.durable(Lsn(101))), "answer");
}

#[test]
fn the_end_comes_after_the_answers_before_it() {
    let mut s = waiting();
    assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
    assert_eq!(executed(&mut s, Lsn(100)), "look");
    assert_eq!(word(s.reply(request("STOP QMGR MODE(QUIESCE)"))), "nothing");
    assert_eq!(word(s.durable(Lsn(101))), "answer");
    assert_eq!(word(s.reply(done())), "end");
    assert_eq!(word(s.end_begun()), "answer");
}

#[test]
fn what_was_executed_before_the_queue_manager_quiesces_is_answered() {
    let mut s = waiting();
    assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
    assert_eq!(executed(&mut s, Lsn(100)), "look");
    assert_eq!(word(s.reply(failed(Reason::Q_MGR_QUIESCING))), "nothing");
    assert_eq!(word(s.durable(Lsn(101))), "answer");
    assert_eq!(word(s.reply(done())), "wait");
    assert_eq!(word(s.reply(failed(Reason::Q_MGR_QUIESCING))), "disconnect");
}

#[test]
fn a_get_that_fails_ends_it() {
    let mut s = waiting();
    assert_eq!(word(s.reply(failed(Reason::GET_INHIBITED))), "disconnect");
    assert!(s.has_ended());
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
