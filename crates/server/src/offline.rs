//! A queue manager without sockets: what `crtmqm` and `packhorse dev` use to run MQSC before anyone connects.

use std::io;

use mqi::command::CommandReply;
use mqi::constants::*;
use mqsc::{print, scripts};
use qmgr::{Facts, Input, Output, Ticket};
use store::LogId;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::holding::{self, DataLock, Holding};
use crate::pairing::{self, Pairing};
use crate::paths::QmgrPaths;
use crate::qm_ini::QmIni;
use crate::restart::{self, Restarted};
use crate::waker::Waker;

/// See the module's text. Holds data directory and log for as long as it is there.
pub struct Offline {
    engine: Engine,
    clock: Clock,
    owner: String,
    tickets: u64,
    restarted: Restarted,
    holding: Holding,
}

/// How a script went.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Commands that made something new.
    pub created: usize,
    /// Commands that made something anew that had been there, or changed it.
    pub replaced: usize,
    /// Definitions of what was there already.
    pub existing: usize,
    /// Commands that failed for another reason.
    pub failed: usize,
    /// What those answered.
    pub messages: Vec<String>,
}

/// How a command went.
enum Ended {
    Done,
    Exists,
    Failed(Vec<String>),
}

impl Ended {
    fn of(reply: &CommandReply) -> Self {
        const EXISTS: [i32; 3] =
            [MQRCCF_OBJECT_ALREADY_EXISTS, MQRCCF_CHANNEL_ALREADY_EXISTS, MQRCCF_TOPICSTR_ALREADY_EXISTS];
        match reply.is_failure() {
            false => Self::Done,
            true if EXISTS.contains(&reply.reason) => Self::Exists,
            true => Self::Failed(print::reply(reply, print::Style::default())),
        }
    }
}

impl Counts {
    /// The line about default objects.
    pub fn statistics(&self) -> String {
        let Self { created, replaced, failed, .. } = self;
        format!("Default objects statistics : {created} created. {replaced} replaced. {failed} failed.")
    }
}

impl Offline {
    /// Makes an empty log, and pairs it with the data directory.
    pub fn create(paths: &QmgrPaths, ini: &QmIni) -> Result<(), store::Error> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| io::Error::other(error.to_string()))?;
        let pairing = Pairing {
            data_id: pairing::draw()?,
            start: pairing::draw()?,
            next_start: None,
            is_adopted: false,
            known: store::Position::default(),
        };
        pairing.save(paths)?;
        let owner = holding::owner(paths, &ini.log_path, &ini.qmid, &pairing.data_id, pairing.start);
        let config = store::Config { owner: Some(owner.encode()), ..restart::log_config(ini) };
        store::create(&holding::open_log(&ini.log_path)?, &config, LogId(id))
    }

    /// Restarts it.
    pub fn open(paths: &QmgrPaths) -> io::Result<Self> {
        let (holding, ini) = Holding::take(paths)
            .map_err(|refusal| refusal.into_io(&format!("queue manager '{}': ", paths.name)))?;
        Self::restart(paths, &ini, holding.by_command())
    }

    /// Starts one that is being created.
    pub fn open_unfinished(paths: &QmgrPaths, ini: &QmIni, active: DataLock) -> io::Result<Self> {
        let holding = Holding::take_log(paths, ini, active);
        let holding = holding.map_err(|refusal| refusal.into_io(""))?;
        Self::restart(paths, ini, holding.by_command())
    }

    fn restart(paths: &QmgrPaths, ini: &QmIni, mut holding: Holding) -> io::Result<Self> {
        let (engine, restarted) = restart::restart(paths, ini, &mut holding, &Waker::new()?, &|| false)
            .map_err(|error| io::Error::other(error.to_string()))?
            .ok_or_else(|| io::Error::other("nobody stops this restart"))?;
        let owner = crate::users::name_of(crate::users::current());
        Ok(Self { engine, clock: Clock, owner, tickets: 0, restarted, holding })
    }

    /// What the restart found.
    pub fn restarted(&self) -> &Restarted {
        &self.restarted
    }

    /// Runs the commands of a script, one after the other.
    pub fn run_script(&mut self, script: &str) -> io::Result<Counts> {
        let mut counts = Counts::default();
        for (text, parsed) in scripts::commands(script) {
            let lines = match parsed {
                Ok(command) => {
                    self.tickets += 1;
                    let ticket = Ticket(1 << 63 | self.tickets);
                    let (user, facts) = (self.owner.clone(), Facts::default());
                    let before = self.engine.kernel().definition_count();
                    self.engine.input(Input::Command { ticket, user, command, facts }, self.clock.now());
                    match self.reply(ticket)? {
                        Ended::Done => {
                            let is_new = self.engine.kernel().definition_count() > before;
                            *if is_new { &mut counts.created } else { &mut counts.replaced } += 1;
                            continue;
                        }
                        Ended::Exists => {
                            counts.existing += 1;
                            continue;
                        }
                        Ended::Failed(lines) => lines,
                    }
                }
                Err(error) => print::parse_error(&error, print::Style::default()),
            };
            counts.failed += 1;
            counts.messages.push(format!("{text}: {}", lines.join(" ")));
        }
        Ok(counts)
    }

    /// The port of a listener, if there is one of this name.
    pub fn listener_port(&self, name: &str) -> Option<u16> {
        self.engine.kernel().listener_port(name)
    }

    /// Turns until the reply is there and durable.
    fn reply(&mut self, ticket: Ticket) -> io::Result<Ended> {
        let mut result = None;
        loop {
            self.engine.turn(self.clock.now())?;
            self.engine.force(self.clock.now(), true)?;
            while let Some(output) = self.engine.output() {
                let now = self.clock.now();
                match output {
                    Output::CommandReply { ticket: of, reply, wait } if of == ticket => {
                        result = Some((wait, Ended::of(&reply)));
                    }
                    // Nobody reads what a script displays; what counts is whether it could.
                    Output::CommandRows { ticket, .. } => {
                        self.engine.input(Input::CommandMore { ticket }, now);
                    }
                    Output::AskSockets { ticket, .. } => {
                        self.engine.input(Input::Sockets { ticket, sockets: Vec::new(), next: None }, now);
                    }
                    _ => {}
                }
            }
            if result.as_ref().is_some_and(|(wait, _)| *wait < self.engine.durable()) {
                break;
            }
            std::thread::yield_now();
        }
        Ok(result.map_or(Ended::Done, |(_, result)| result))
    }

    /// Ends it cleanly.
    pub fn close(mut self) -> io::Result<()> {
        self.engine.close(&self.clock)?;
        self.holding.note_progress()
    }
}
