//! Every way in which the queue manager ends what an application waits for, over the wire: what the application is told,
//! and that the next message is not given to somebody who no longer asks for it.

mod link;
mod place;

use std::net::TcpListener;

use channel::client::ClientEvent;
use channel::client::client_end::Stream;
use mqi::call::{Call, Hobj, Selection};
use mqi::constants::*;
use mqi::{Gmo, Md, Pmo, Reason};
use server::attach::Attached;

use link::Link;
use place::Place;

/// How an application waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    /// MQGET.
    Get,
    /// A streaming get for one message.
    Receive,
    /// The same for what fits a window.
    ReadAhead,
    /// A message listener.
    Listener,
}

/// What its messages are to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Outside,
    InUnit,
    Browse,
}

/// SHARECNV of the channels. With 0 there is no streaming.
const SHARECNVS: [u32; 3] = [0, 1, 10];
const ASKS: [Ask; 4] = [Ask::Get, Ask::Receive, Ask::ReadAhead, Ask::Listener];
const HOWS: [How; 3] = [How::Outside, How::InUnit, How::Browse];

/// What ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Inhibited,
    AliasInhibited,
    Changed,
    Deleted,
    AuthorityRemoved,
    ConnectionStopped,
    ChannelStopped,
    Quiesced,
    QuiescedForGood,
    QuiescedToReconnect,
    Ended,
    EndedForGood,
    EndedToReconnect,
}

use End::*;

/// What the application is told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    /// Its MQGET returns with this reason.
    Returned(i32),
    /// Code and value of a notification about its handle.
    Notice(i32, i32),
}

impl End {
    /// MQCNO options of the application.
    fn connect_options(self) -> i32 {
        match self {
            QuiescedForGood | QuiescedToReconnect | EndedForGood | EndedToReconnect => MQCNO_RECONNECT,
            _ => 0,
        }
    }

    fn is_of_queue_manager(self) -> bool {
        matches!(
            self,
            Quiesced | QuiescedForGood | QuiescedToReconnect | Ended | EndedForGood | EndedToReconnect
        )
    }

    fn closes_the_socket(self) -> bool {
        matches!(self, ConnectionStopped | ChannelStopped | Ended | EndedForGood | EndedToReconnect)
    }

    /// What a get call fails with; none: it goes on.
    fn reason(self) -> Option<i32> {
        Some(match self {
            Inhibited | AliasInhibited => MQRC_GET_INHIBITED,
            Changed => MQRC_OBJECT_CHANGED,
            Deleted => MQRC_Q_DELETED,
            AuthorityRemoved => return None,
            ConnectionStopped => MQRC_CONNECTION_BROKEN,
            ChannelStopped => MQRC_CONNECTION_STOPPING,
            Quiesced | QuiescedToReconnect => MQRC_Q_MGR_QUIESCING,
            Ended | EndedToReconnect => MQRC_Q_MGR_STOPPING,
            // What a client that can connect again does not take for a reason to do so.
            QuiescedForGood | EndedForGood => MQRC_CONNECTION_STOPPING,
        })
    }

    /// Everything that the application is told.
    fn told(self, ask: Ask) -> Vec<Told> {
        const INHIBITED: i32 = 1;
        const ALLOWED: i32 = 2;
        const QUIESCING: i32 = 7;
        const FAILURE: i32 = 14;
        let Some(reason) = self.reason() else { return Vec::new() };
        match ask {
            Ask::Get => vec![Told::Returned(reason)],
            Ask::Receive | Ask::ReadAhead => vec![match self {
                Inhibited | AliasInhibited => Told::Notice(INHIBITED, reason),
                Quiesced | QuiescedToReconnect => Told::Notice(QUIESCING, reason),
                _ => Told::Notice(FAILURE, reason),
            }],
            Ask::Listener => match self {
                Quiesced => vec![Told::Notice(QUIESCING, reason), Told::Notice(ALLOWED, MQRC_GET_ENABLED)],
                // Its library connects again, and its application hears nothing.
                QuiescedToReconnect | EndedToReconnect => vec![Told::Notice(FAILURE, reason)],
                _ => vec![Told::Notice(INHIBITED, reason)],
            },
        }
    }

    /// Whether the application is served when there is a message again: a listener waits for better times.
    fn goes_on(self, ask: Ask) -> bool {
        self == AuthorityRemoved || (matches!(self, Inhibited | AliasInhibited) && ask == Ask::Listener)
    }
}

/// One row of the table: an application that waits.
struct Row {
    sharecnv: u32,
    ask: Ask,
    how: How,
    end: End,
    link: Link,
    hobj: Hobj,
    queue: String,
    /// Who made the queue, if it goes with its creator's handle.
    creator: Option<(Link, Hobj)>,
}

struct Table {
    place: Place,
    port: u16,
    end: End,
}

impl Table {
    fn new(end: End) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let place = Place::new(&format!("orders-{end:?}"));
        place.start(&["-p", &port.to_string()]);
        place.succeed(
            &["runmqsc", "QR"],
            "ALTER QMGR CHLAUTH(DISABLED) CONNAUTH(' ')\n\
             REFRESH SECURITY TYPE(CONNAUTH)\n\
             DEFINE CHANNEL(C0) CHLTYPE(SVRCONN) MCAUSER('app') SHARECNV(0)\n\
             DEFINE CHANNEL(C1) CHLTYPE(SVRCONN) MCAUSER('app') SHARECNV(1)\n\
             DEFINE CHANNEL(C10) CHLTYPE(SVRCONN) MCAUSER('app') SHARECNV(10)\n\
             DEFINE QMODEL(MODEL) DEFSOPT(SHARED) SHARE\n\
             SET AUTHREC PRINCIPAL('app') OBJTYPE(QMGR) AUTHADD(CONNECT,INQ)\n\
             SET AUTHREC PROFILE('**') PRINCIPAL('app') OBJTYPE(QUEUE) AUTHADD(BROWSE,DSP,GET,INQ,PUT)\n",
        );
        Self { place, port, end }
    }

    #[track_caller]
    fn mqsc(&self, commands: &str) -> String {
        self.place.succeed(&["runmqsc", "QR"], commands)
    }

    fn row(&self, sharecnv: u32, ask: Ask, how: How) -> Row {
        let channel = format!("C{sharecnv}");
        // Whoever asks for more than the channel has gets what it has.
        let conversations = if sharecnv == 0 { 0 } else { 10 };
        let connect = || Link::connect(self.port, &channel, conversations, self.end.connect_options());
        let queue = format!("Q{sharecnv}.{ask:?}.{how:?}").to_uppercase();
        let mut creator = None;
        let opened = match self.end {
            AliasInhibited | Changed => {
                self.mqsc(&format!("DEFINE QLOCAL({queue})\nDEFINE QALIAS(A.{queue}) TARGET({queue})\n"));
                format!("A.{queue}")
            }
            Deleted => {
                let mut by = connect();
                let (hobj, _) = by.open("MODEL", &queue, MQOO_INPUT_SHARED);
                creator = Some((by, hobj));
                queue.clone()
            }
            _ => {
                self.mqsc(&format!("DEFINE QLOCAL({queue})\n"));
                queue.clone()
            }
        };
        let mut link = connect();
        let (hobj, _) = link.open(&opened, "", MQOO_INPUT_SHARED | MQOO_BROWSE | MQOO_FAIL_IF_QUIESCING);
        let mut row = Row { sharecnv, ask, how, end: self.end, link, hobj, queue, creator };
        row.ask();
        row
    }

    /// Does to all rows what the table is about.
    fn end(&self, rows: &mut [Row]) {
        for row in rows.iter_mut() {
            let queue = &row.queue;
            match self.end {
                Inhibited => drop(self.mqsc(&format!("ALTER QLOCAL({queue}) GET(DISABLED)\n"))),
                AliasInhibited => drop(self.mqsc(&format!("ALTER QALIAS(A.{queue}) GET(DISABLED)\n"))),
                Changed => drop(self.mqsc(&format!(
                    "DEFINE QLOCAL(OTHER.{queue})\nALTER QALIAS(A.{queue}) TARGET(OTHER.{queue}) FORCE\n"
                ))),
                Deleted => {
                    let (by, hobj) = row.creator.as_mut().expect("it is kept");
                    by.call(Call::Close { hobj: *hobj, options: 0 }).0.expect("it is theirs");
                }
                _ => {}
            }
        }
        match self.end {
            AuthorityRemoved => drop(
                self.mqsc("SET AUTHREC PROFILE('**') PRINCIPAL('app') OBJTYPE(QUEUE) AUTHRMV(GET,BROWSE)\n"),
            ),
            ConnectionStopped => {
                let shown = self.mqsc("DISPLAY CONN(*) WHERE(CHANNEL NE ' ')\n");
                let ids =
                    shown.lines().filter_map(|line| line.trim().strip_prefix("CONN(")?.split(')').next());
                let commands: Vec<String> = ids.map(|id| format!("STOP CONN({id})\n")).collect();
                assert_eq!(commands.len(), rows.len());
                self.mqsc(&commands.concat());
            }
            ChannelStopped => {
                let stop = |sharecnv| format!("STOP CHANNEL(C{sharecnv}) MODE(FORCE)\n");
                drop(self.mqsc(&SHARECNVS.map(stop).concat()));
            }
            Quiesced | QuiescedForGood => drop(self.place.succeed(&["endmqm", "-c", "QR"], "")),
            QuiescedToReconnect => drop(self.place.succeed(&["endmqm", "-c", "-r", "QR"], "")),
            Ended | EndedForGood => drop(self.place.succeed(&["endmqm", "-i", "QR"], "")),
            EndedToReconnect => drop(self.place.succeed(&["endmqm", "-i", "-r", "QR"], "")),
            _ => {}
        }
    }

    /// Takes back what can be taken back, so that messages could flow again.
    fn mend(&self, rows: &[Row]) {
        for row in rows {
            let queue = &row.queue;
            match self.end {
                Inhibited => drop(self.mqsc(&format!("ALTER QLOCAL({queue}) GET(ENABLED)\n"))),
                AliasInhibited => drop(self.mqsc(&format!("ALTER QALIAS(A.{queue}) GET(ENABLED)\n"))),
                _ => {}
            }
        }
    }
}

impl Row {
    /// Begins to wait.
    fn ask(&mut self) {
        let unit = match self.how {
            How::Outside | How::Browse => MQGMO_NO_SYNCPOINT,
            How::InUnit => MQGMO_SYNCPOINT,
        };
        let browse = if self.how == How::Browse { MQGMO_BROWSE_NEXT } else { 0 };
        let options = MQGMO_WAIT | MQGMO_FAIL_IF_QUIESCING | unit | browse;
        let mut stream = Stream::new(options, -1);
        stream.select(Selection { md_version: 2, ..Selection::default() });
        let call = match self.ask {
            Ask::Get => {
                let gmo = Gmo { options, wait_interval: MQWI_UNLIMITED, ..Gmo::default() };
                let (md, gmo) = (Box::new(Md::default()), Box::new(gmo));
                Call::Get { hobj: self.hobj, md, gmo, buffer_length: 4096 }
            }
            Ask::Receive => Call::Consume { hobj: self.hobj, consume: Box::new(stream.request(-1)) },
            Ask::ReadAhead => {
                let mut stream = stream.with_window(Stream::READ_AHEAD);
                Call::Consume { hobj: self.hobj, consume: Box::new(stream.request(-1)) }
            }
            Ask::Listener => {
                let mut consume = stream.request(0);
                consume.request_flags = 0x11;
                consume.options &= !MQGMO_WAIT;
                Call::Consume { hobj: self.hobj, consume: Box::new(consume) }
            }
        };
        self.link.begin(call);
    }

    /// What it is told, as many things as are due.
    fn hear(&mut self) -> Vec<Told> {
        let want = self.end.told(self.ask);
        let mut told = Vec::new();
        while told.len() < want.len() {
            told.push(match self.link.hear() {
                ClientEvent::Reply { reply, .. } => Told::Returned(reply.reason.0),
                ClientEvent::Notice { notice, .. } => {
                    assert_eq!(notice.hobj, self.hobj, "{self}");
                    Told::Notice(notice.code, notice.value)
                }
                other => panic!("{self}: {other:?}"),
            });
        }
        told
    }

    /// What has come by now. The reply to a call comes behind it.
    fn so_far(&mut self) -> Vec<ClientEvent> {
        let (reply, before) = self.link.call(Call::Commit);
        let is_over = self.end.is_of_queue_manager();
        assert!(reply.is_ok() || is_over, "{self}: {reply:?}");
        before
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SHARECNV({}) {:?} {:?} {:?}", self.sharecnv, self.ask, self.how, self.end)
    }
}

/// An application beside them, which takes no part in the end.
struct Beside(Attached);

impl Beside {
    const OPTIONS: i32 = MQOO_OUTPUT | MQOO_INPUT_SHARED;

    fn put(&mut self, queue: &str) {
        let hobj = self.0.open_queue(queue, Self::OPTIONS).expect("it is there");
        let md = Md { persistence: MQPER_PERSISTENT, ..Md::default() };
        let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
        self.0.put(hobj, md, pmo, b"next".to_vec()).expect("it is put");
    }

    /// The message is on its queue, and nobody has had it.
    fn finds(&mut self, row: &Row) {
        let hobj = self.0.open_queue(&row.queue, Self::OPTIONS).expect("it is there");
        let gmo = Gmo { options: MQGMO_NO_SYNCPOINT, ..Gmo::default() };
        let got =
            self.0.get(hobj, Md::default(), gmo, 4096).unwrap_or_else(|reason| panic!("{row}: {reason}"));
        assert_eq!((&got.body[..], got.md.backout_count), (&b"next"[..], 0), "{row}");
    }
}

#[track_caller]
fn check(end: End) {
    let table = Table::new(end);
    let mut rows = Vec::new();
    for sharecnv in SHARECNVS {
        for ask in ASKS.into_iter().filter(|ask| sharecnv > 0 || *ask == Ask::Get) {
            // Taking ahead is for messages outside syncpoint.
            let hows = HOWS.into_iter().filter(|how| ask != Ask::ReadAhead || *how == How::Outside);
            rows.extend(hows.map(|how| table.row(sharecnv, ask, how)));
        }
    }
    let mut beside = Beside(Attached::local(&table.place.paths(), "beside").expect("it may"));
    table.end(&mut rows);
    for row in &mut rows {
        assert_eq!(row.hear(), end.told(row.ask), "{row}");
    }
    table.mend(&rows);
    if end.closes_the_socket() {
        for row in &mut rows {
            assert!(matches!(row.link.hear(), ClientEvent::Closed { .. }), "{row}");
        }
        if end.is_of_queue_manager() {
            return;
        }
    }
    if end == Deleted {
        // There is no queue left that a message could come to.
        return;
    }
    for row in &mut rows {
        beside.put(&row.queue);
        if end.goes_on(row.ask) {
            let got = loop {
                match row.link.hear() {
                    ClientEvent::Notice { notice, .. } => {
                        assert_eq!((notice.code, notice.value), (2, MQRC_GET_ENABLED), "{row}");
                    }
                    other => break other,
                }
            };
            let is_message = match &got {
                ClientEvent::Delivery { .. } => true,
                ClientEvent::Reply { reply, .. } => reply.reason == mqi::Reason::NONE,
                _ => false,
            };
            assert!(is_message, "{row}: {got:?}");
        } else {
            if !end.closes_the_socket() {
                assert_eq!(row.so_far(), [], "{row}");
            }
            beside.finds(row);
        }
    }
}

#[test]
fn queues_that_may_not_be_got_from() {
    check(Inhibited);
    check(AliasInhibited);
}

#[test]
fn queues_that_are_changed_or_gone() {
    check(Changed);
    check(Deleted);
}

/// Authority counts when a queue is opened.
#[test]
fn authority_that_is_taken_away() {
    check(AuthorityRemoved);
}

#[test]
fn connections_that_are_stopped() {
    check(ConnectionStopped);
    check(ChannelStopped);
}

#[test]
fn a_queue_manager_that_quiesces() {
    check(Quiesced);
    check(QuiescedForGood);
    check(QuiescedToReconnect);
}

#[test]
fn a_queue_manager_that_ends() {
    check(Ended);
    check(EndedForGood);
    check(EndedToReconnect);
}

/// How a queue manager ended decides whether the clients that it had then may come back by themselves.
#[test]
fn clients_that_come_back_by_themselves() {
    let table = Table::new(Ended);
    let connect = |former| Link::connect_again(table.port, "C10", 10, MQCNO_RECONNECT, former);
    let check = |how: &[&str], want: Result<(), Reason>| {
        let link = connect(None).expect("a new one may");
        table.place.succeed(&[&["endmqm"], how, &["QR"]].concat(), "");
        table.place.succeed(&["strmqm", "QR"], "");
        let again = connect(link.connection_id.first_chunk().copied());
        assert_eq!(again.map(drop), want, "{how:?}");
    };
    check(&["-i"], Err(Reason::RECONNECT_QMID_MISMATCH));
    check(&["-i", "-r"], Ok(()));
    check(&["-i"], Err(Reason::RECONNECT_QMID_MISMATCH));
    check(&["-p", "-r"], Ok(()));
    // An identifier of no run, or of another queue manager, tells nothing.
    for former in [[0; 20], *b"AMQCOTHER       1234", *b"AMQCQR          1234"] {
        assert!(connect(Some(former)).is_ok());
    }
}
