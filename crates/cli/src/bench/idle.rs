//! `idle`: connections that do nothing.

use anyhow::{Result, bail};
use mqi::call::{Hobj, Reply};

use super::generator::{Actor, Scene};

/// Connected, and no more.
pub(super) struct Idler;

impl Actor for Idler {
    fn queues(&self) -> Vec<(String, i32)> {
        Vec::new()
    }

    fn start(&mut self, _handles: &[Hobj], _scene: &mut Scene<'_>) -> Result<()> {
        Ok(())
    }

    fn reply(&mut self, reply: Reply, _scene: &mut Scene<'_>) -> Result<()> {
        bail!("{reply:?}")
    }

    fn is_done(&self) -> bool {
        true
    }
}
