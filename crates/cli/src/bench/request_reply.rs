//! `rr-p`, `rr-np`, `rr-p-1q`: requesters and responders, the scenario of the published reports.
//!
//! ```text
//! requester: put request, MQCMIT, get the reply by CorrelId, MQCMIT      3 commits a round trip, or none
//! responder: get request, put reply with the CorrelId, MQCMIT
//! ```
//!
//! Requester and responder `n` use queue pair `n` modulo the number of pairs. Each requester has a CorrelId of its
//! own, which the responder copies into the reply.

use anyhow::{Result, bail};
use mqi::call::{Body, Delivery, Hobj, Reply, Returned};
use mqi::constants::{MQMT_REPLY, MQMT_REQUEST};
use mqi::{Chars, Md};

use super::calls::{Getter, INPUT, Mode, OUTPUT, Way, filler};
use super::generator::{Actor, Scene};

/// What a run of it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// Persistence and units of work.
    pub(super) mode: Mode,
    /// Queue pairs.
    pub(super) pairs: usize,
    /// Bytes of a message.
    pub(super) size: usize,
    /// MQGET instead of streaming.
    pub(super) way: Way,
}

impl Setting {
    fn queues(&self, number: usize) -> (String, String) {
        let pair = number % self.pairs;
        (format!("BENCH.REQUEST.{pair}"), format!("BENCH.REPLY.{pair}"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Idle,
    Putting,
    CommittingPut,
    Getting,
    CommittingGet,
}

/// Asks, and waits for the answer.
pub(super) struct Requester {
    setting: Setting,
    number: usize,
    md: Md,
    body: Body,
    to: Hobj,
    getter: Option<Getter>,
    step: Step,
    begun_ns: u64,
}

impl Requester {
    /// The requester of this number; `run` sets its CorrelId apart from those of other runs.
    pub(super) fn new(setting: Setting, number: usize, run: u64) -> Self {
        let mut correl_id = [0; 24];
        correl_id[..8].copy_from_slice(b"BENCHREQ");
        correl_id[8..16].copy_from_slice(&run.to_be_bytes());
        correl_id[16..].copy_from_slice(&(number as u64).to_be_bytes());
        let reply_to_q = Chars::from_str_padded(&setting.queues(number).1);
        let md = Md { msg_type: MQMT_REQUEST, reply_to_q, correl_id, ..setting.mode.md() };
        let body = Body::from(filler(setting.size));
        Self { setting, number, md, body, to: Hobj::NONE, getter: None, step: Step::Idle, begun_ns: 0 }
    }

    fn ask(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        if scene.is_stopping {
            self.step = Step::Idle;
            return Ok(());
        }
        self.step = Step::Putting;
        self.begun_ns = scene.now_ns;
        scene.call(self.setting.mode.put(self.to, &self.md, self.body.clone()))
    }

    fn get(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        self.step = Step::Getting;
        match &mut self.getter {
            Some(getter) => scene.call(getter.next()),
            None => bail!("a requester has not been started"),
        }
    }

    fn got(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        if self.setting.mode.is_syncpoint {
            self.step = Step::CommittingGet;
            return scene.call(mqi::call::Call::Commit);
        }
        self.finish(scene)
    }

    fn finish(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        scene.meter.operation(self.begun_ns, scene.now_ns);
        self.ask(scene)
    }
}

impl Actor for Requester {
    fn queues(&self) -> Vec<(String, i32)> {
        let (request, reply) = self.setting.queues(self.number);
        vec![(request, OUTPUT), (reply, INPUT)]
    }

    fn start(&mut self, handles: &[Hobj], scene: &mut Scene<'_>) -> Result<()> {
        let [to, from] = handles else { bail!("two queues are needed") };
        let Setting { mode, size, way, .. } = self.setting;
        self.to = *to;
        self.getter = Some(Getter::new(*from, mode, Some(self.md.correl_id), size, way));
        self.ask(scene)
    }

    fn reply(&mut self, reply: Reply, scene: &mut Scene<'_>) -> Result<()> {
        match (self.step, reply.returned) {
            (Step::Putting, Returned::Put { .. }) if self.setting.mode.is_syncpoint => {
                self.step = Step::CommittingPut;
                scene.call(mqi::call::Call::Commit)
            }
            (Step::Putting, Returned::Put { .. }) | (Step::CommittingPut, Returned::Commit) => {
                self.get(scene)
            }
            (Step::Getting, Returned::Get { .. }) => self.got(scene),
            (Step::CommittingGet, Returned::Commit) => self.finish(scene),
            (step, other) => bail!("{step:?}: {other:?}"),
        }
    }

    fn delivery(&mut self, delivery: Delivery, scene: &mut Scene<'_>) -> Result<()> {
        if let Some(getter) = &mut self.getter {
            getter.took(&delivery);
        }
        self.got(scene)
    }

    fn is_done(&self) -> bool {
        self.step == Step::Idle
    }
}

/// Answers.
pub(super) struct Responder {
    setting: Setting,
    number: usize,
    to: Hobj,
    getter: Option<Getter>,
    md: Md,
}

impl Responder {
    /// The responder of this number.
    pub(super) fn new(setting: Setting, number: usize) -> Self {
        let md = Md { msg_type: MQMT_REPLY, ..setting.mode.md() };
        Self { setting, number, to: Hobj::NONE, getter: None, md }
    }

    fn get(&mut self, scene: &mut Scene<'_>) -> Result<()> {
        match &mut self.getter {
            Some(getter) => scene.call(getter.next()),
            None => bail!("a responder has not been started"),
        }
    }

    fn answer(&mut self, correl_id: [u8; 24], body: Body, scene: &mut Scene<'_>) -> Result<()> {
        if body.len() != self.setting.size {
            bail!("a request of {} bytes came as {}", self.setting.size, body.len());
        }
        self.md.correl_id = correl_id;
        scene.call(self.setting.mode.put(self.to, &self.md, body))
    }
}

impl Actor for Responder {
    fn queues(&self) -> Vec<(String, i32)> {
        let (request, reply) = self.setting.queues(self.number);
        vec![(request, INPUT), (reply, OUTPUT)]
    }

    fn start(&mut self, handles: &[Hobj], scene: &mut Scene<'_>) -> Result<()> {
        let [from, to] = handles else { bail!("two queues are needed") };
        let Setting { mode, size, way, .. } = self.setting;
        self.to = *to;
        self.getter = Some(Getter::new(*from, mode, None, size, way));
        self.get(scene)
    }

    fn reply(&mut self, reply: Reply, scene: &mut Scene<'_>) -> Result<()> {
        match reply.returned {
            Returned::Get { md, body, .. } => self.answer(md.correl_id, body.first, scene),
            Returned::Put { .. } if self.setting.mode.is_syncpoint => scene.call(mqi::call::Call::Commit),
            Returned::Put { .. } | Returned::Commit => self.get(scene),
            other => bail!("{other:?}"),
        }
    }

    fn delivery(&mut self, delivery: Delivery, scene: &mut Scene<'_>) -> Result<()> {
        if let Some(getter) = &mut self.getter {
            getter.took(&delivery);
        }
        self.answer(delivery.md.correl_id, delivery.body.first, scene)
    }

    fn is_done(&self) -> bool {
        true
    }
}
