//! The client's end of a socket, with a queue manager that may do anything.

use bytes::Bytes;
use channel::client::{ClientConfig, ClientEnd, ClientEvent};
use mqi::call::{Body, Call, Connect, Consume, Hobj, Long};
use mqi::constants::{MQOO_INPUT_SHARED, MQOO_OUTPUT, MQPMO_ASYNC_RESPONSE};
use mqi::{Chars, Charv, Gmo, Md, Od, Pmo, Sts};

use crate::dice::Dice;
use crate::server_end::{choices, segment};
use crate::vectors;

struct Program {
    end: ClientEnd,
    now: u64,
    pulled: Vec<u32>,
    owed: usize,
    is_closed: bool,
}

pub(crate) fn run(input: &[u8]) {
    let mut dice = Dice::new(input);
    let how = dice.byte();
    let config = ClientConfig {
        channel: Chars::from_str_padded("DEV.APP.SVRCONN"),
        user: "app".to_owned(),
        credentials: (how & 1 == 1).then(|| ("app".to_owned(), "password".to_owned().into())),
        conversations: u32::from(how >> 1 & 7),
        heartbeat_s: 300,
        ..ClientConfig::default()
    };
    let mut it =
        Program { end: ClientEnd::new(config, 0), now: 0, pulled: Vec::new(), owed: 0, is_closed: false };
    if how & 0x80 == 0 {
        it.accept();
    }
    for _ in 0..200 {
        if dice.is_spent() {
            break;
        }
        it.step(&mut dice);
        it.events();
    }
    it.end.peer_closed();
    it.events();
    assert!(it.is_closed, "it ends");
}

impl Program {
    /// The queue manager takes what is proposed, and the connection.
    fn accept(&mut self) {
        static ANSWERS: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
        let answers = ANSWERS.get_or_init(|| {
            let vectors = vectors::vectors("channel");
            ["init-server-accept-tshm-le", "conn-rep-332-tshm-le"]
                .iter()
                .filter_map(|name| vectors.iter().find(|(n, _)| n == name))
                .map(|(_, bytes)| bytes.clone())
                .collect()
        });
        for (at, bytes) in answers.iter().enumerate() {
            if at == 1 {
                let _ = self.end.call(1, Call::Connect(Box::<Connect>::default()));
            }
            self.end.receive(Bytes::copy_from_slice(bytes), 0);
            self.events();
        }
        self.end.transmit(&mut Vec::new(), usize::MAX);
    }

    fn events(&mut self) {
        while let Some(event) = self.end.poll_event() {
            assert!(!self.is_closed, "nothing comes after the end: {event:?}");
            match event {
                ClientEvent::Pull { conversation } => self.pulled.push(conversation),
                ClientEvent::Closed { .. } => self.is_closed = true,
                _ => {}
            }
        }
    }

    fn step(&mut self, dice: &mut Dice<'_>) {
        match dice.below(16) {
            0..7 => self.end.receive(segment(dice).into(), self.now),
            7 => self.end.receive(Bytes::copy_from_slice(dice.bytes()), self.now),
            8..12 => {
                let (conversation, call) = (u32::from(dice.byte() % 4), self.call(dice));
                let _ = self.end.call(conversation, call);
            }
            12 => {
                let mut out = Vec::new();
                self.end.transmit(&mut out, usize::from(dice.u16()) * 16);
            }
            13 => {
                if let Some(conversation) = self.pulled.pop() {
                    let n = self.owed.min(mqi::call::PIECE_MAX);
                    self.owed -= n;
                    if n > 0 {
                        self.end.piece(conversation, &Body::from(vec![b'p'; n]));
                    }
                }
            }
            14 => {
                self.now += u64::from(dice.u16()) * 20;
                self.end.handle_timeout(self.now);
            }
            _ if dice.chance(50) => drop(self.end.start_conversation()),
            _ => self.end.end_conversation(u32::from(dice.byte() % 4)),
        }
    }

    fn call(&mut self, dice: &mut Dice<'_>) -> Call {
        let hobj = Hobj(i32::from(dice.byte()));
        match dice.below(14) {
            0 => Call::Connect(Box::<Connect>::default()),
            1 => Call::Disconnect,
            2 => {
                let text = String::from_utf8_lossy(dice.bytes()).into_owned();
                let od = Od { version: 4, selection_string: Charv::new(&text), ..Od::default() };
                Call::Open { od: Box::new(od), options: MQOO_INPUT_SHARED | MQOO_OUTPUT }
            }
            3 => Call::Close { hobj, options: 0 },
            4 => Call::Get {
                hobj,
                md: Box::new(Md::v2()),
                gmo: Box::<Gmo>::default(),
                buffer_length: dice.u32().cast_signed(),
            },
            5 => Call::Inquire { hobj, selectors: vec![2016, 3], int_count: 1, char_length: 48 },
            6 => Call::Set { hobj, selectors: vec![9], ints: vec![1], chars: Vec::new() },
            7 => Call::Commit,
            8 => Call::Back,
            9 => Call::Stat { kind: 0, sts: Box::<Sts>::default() },
            10 => Call::Consume {
                hobj,
                consume: Box::new(Consume { requested_bytes: 1, ..Consume::default() }),
            },
            11 => Call::Notify { hobj, code: i32::from(dice.byte()), value: 0 },
            12 => Call::Put1 {
                od: Box::<Od>::default(),
                md: Box::<Md>::default(),
                pmo: Box::<Pmo>::default(),
                body: Long::whole(Body::from(dice.bytes().to_vec())),
            },
            _ => {
                let options = if dice.chance(50) { MQPMO_ASYNC_RESPONSE } else { 0 };
                let first = Body::from(vec![b'b'; usize::from(dice.u16())]);
                let is_long = self.owed == 0 && dice.chance(20);
                let body = if is_long {
                    self.owed = 200_000;
                    Long { total: 200_000 + first.len() as u32, first }
                } else {
                    Long::whole(first)
                };
                Call::Put {
                    hobj,
                    md: Box::<Md>::default(),
                    pmo: Box::new(Pmo { options, ..Pmo::default() }),
                    body,
                }
            }
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (name, bytes) in vectors::vectors("channel") {
        let Some(choices) = choices(&bytes) else { continue };
        if name.starts_with("init") {
            seeds.push([&[0x82, 0][..], &choices, &[12, 255, 255]].concat());
        }
        // A call of each kind, and this as what comes back.
        for kind in 0..14 {
            if name.contains("rep") || (kind == 4 && (name.contains("async") || name.contains("split"))) {
                seeds.push([&[2, 8, 1, 2, kind, 0, 0, 0, 0][..], &[12, 255, 255, 0], &choices].concat());
            }
        }
    }
    seeds
}
