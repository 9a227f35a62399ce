//! `amqsbcg Q [QMgr]`: browses a queue, each message with its whole descriptor, in hex and text.

use mqi::constants::*;
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::text::inert;
use mqi::{Chars, Reason};
use server::attach::Got;

use crate::options::Spec;
use crate::sample;

pub(crate) const SPEC: Spec = Spec {
    name: "amqsbcg",
    summary: "sample: browse messages with their descriptors",
    options: &[],
    missing: &[],
    names: &["Queue", "[QMgrName]"],
    notes: "Messages stay on the queue.",
};

const BUFFER: i32 = MESSAGE_MAX;
const MESSAGE_MAX: i32 = mqi::call::MESSAGE_LENGTH_MAX as i32;

/// Runs the sample: exit code 0, or the reason code modulo 256.
pub(crate) fn run(args: &[String]) -> i32 {
    println!("\nAMQSBCG0 - starts here\n**********************\n ");
    let Some(queue) = args.first() else {
        println!("Required parameter missing - queue name");
        return 99;
    };
    let mut connection = match sample::connect(args.get(1), "amqsbcg") {
        Ok(connection) => connection,
        Err(reason) => return sample::ended("MQCONNX", reason),
    };
    println!(" MQOPEN - '{queue}'");
    let hobj = match connection.open_queue(queue, MQOO_BROWSE | MQOO_FAIL_IF_QUIESCING) {
        Ok(hobj) => hobj,
        Err(reason) => return sample::ended("MQOPEN", reason),
    };
    println!(" ");
    let mut exit = 0;
    let mut count = 0;
    loop {
        let gmo = Gmo {
            version: 2,
            options: MQGMO_NO_WAIT
                | MQGMO_BROWSE_NEXT
                | MQGMO_FAIL_IF_QUIESCING
                | MQGMO_PROPERTIES_FORCE_MQRFH2,
            match_options: MQMO_NONE,
            resolved_q_name: Chars::default(),
            ..Gmo::default()
        };
        match connection.get(hobj, Md::v2(), gmo, BUFFER) {
            Ok(got) => {
                count += 1;
                print!("{}", dump(count, &got));
            }
            Err(Reason::NO_MSG_AVAILABLE) => {
                println!(" \n \n No more messages ");
                break;
            }
            Err(reason) => {
                exit = sample::ended("MQGET", reason);
                break;
            }
        }
    }
    println!(" MQCLOSE");
    if let Err(reason) = connection.close(hobj, MQCO_NONE) {
        exit = sample::ended("MQCLOSE", reason);
    }
    println!(" MQDISC");
    if let Err(reason) = connection.disconnect() {
        exit = sample::ended("MQDISC", reason);
    }
    exit
}

fn dump(count: u32, got: &Got) -> String {
    let md = &got.md;
    let text = |chars: &dyn std::fmt::Display| inert(&chars.to_string()).into_owned();
    let mut out = format!(
        " \n MQGET of message number {count}, CompCode:{} Reason:{}\n",
        if got.reason == Reason::NONE { 0 } else { 1 },
        got.reason.0
    );
    out += "****Message descriptor****\n\n";
    out += &format!("  StrucId  : 'MD  '  Version : {}\n", md.version);
    out += &format!("  Report   : {}  MsgType : {}\n", md.report, md.msg_type);
    out += &format!("  Expiry   : {}  Feedback : {}\n", md.expiry, md.feedback);
    out += &format!("  Encoding : {}  CodedCharSetId : {}\n", md.encoding, md.coded_char_set_id);
    out += &format!("  Format : '{:8}'\n", text(&md.format));
    out += &format!("  Priority : {}  Persistence : {}\n", md.priority, md.persistence);
    out += &format!("  MsgId : {}\n", hex(&md.msg_id));
    out += &format!("  CorrelId : {}\n", hex(&md.correl_id));
    out += &format!("  BackoutCount : {}\n", md.backout_count);
    out += &format!("  ReplyToQ       : '{:48}'\n", text(&md.reply_to_q));
    out += &format!("  ReplyToQMgr    : '{:48}'\n", text(&md.reply_to_q_mgr));
    out += "  ** Identity Context\n";
    out += &format!("  UserIdentifier : '{:12}'\n", text(&md.user_identifier));
    out += &format!("  AccountingToken :\n   {}\n", hex(&md.accounting_token));
    out += &format!("  ApplIdentityData : '{:32}'\n", text(&md.appl_identity_data));
    out += "  ** Origin Context\n";
    out += &format!("  PutApplType    : '{}'\n", md.put_appl_type);
    out += &format!("  PutApplName    : '{:28}'\n", text(&md.put_appl_name));
    out += &format!("  PutDate  : '{:8}'    PutTime  : '{:8}'\n", text(&md.put_date), text(&md.put_time));
    out += &format!("  ApplOriginData : '{:4}'\n\n", text(&md.appl_origin_data));
    out += &format!("  GroupId : {}\n", hex(&md.group_id));
    out += &format!("  MsgSeqNumber   : '{}'\n", md.msg_seq_number);
    out += &format!("  Offset         : '{}'\n", md.offset);
    out += &format!("  MsgFlags       : '{}'\n", md.msg_flags);
    out += &format!("  OriginalLength : '{}'\n\n", md.original_length);
    out += "****   Message      ****\n\n";
    out += &format!(" length - {} of {} bytes\n\n", got.body.len(), got.data_length);
    for (row, line) in got.body.chunks(16).enumerate() {
        let words: Vec<String> =
            line.chunks(2).map(|pair| pair.iter().map(|b| format!("{b:02X}")).collect()).collect();
        let shown: String = line
            .iter()
            .map(|b| if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '.' })
            .collect();
        out += &format!("{:08X}:  {:39} '{:16}'\n", row * 16, words.join(" "), shown);
    }
    out += " \n";
    out
}

fn hex(bytes: &[u8]) -> String {
    format!("X'{}'", bytes.iter().map(|b| format!("{b:02X}")).collect::<String>())
}
