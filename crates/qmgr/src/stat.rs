//! MQSTAT: what became of asynchronous puts.

use mqi::call::Returned;
use mqi::constants::*;
use mqi::{Reason, Sts};
use store::Lsn;

use crate::conversation::ConvIx;
use crate::kernel::{Kernel, OK, failed};
use crate::output::Outputs;

impl Kernel {
    /// Answers MQSTAT. The counts begin again with each call.
    pub(crate) fn stat(&mut self, conv: ConvIx, kind: i32, mut sts: Box<Sts>, out: &mut Outputs) {
        let outcome = match kind {
            MQSTAT_TYPE_ASYNC_ERROR => {
                let noted = self.conversations.get_mut(conv).async_status.take().map(|status| status.sts);
                *sts = Sts { version: sts.version, ..noted.unwrap_or_default() };
                OK
            }
            // Reconnection is the client's affair; this end knows of none.
            MQSTAT_TYPE_RECONNECTION | MQSTAT_TYPE_RECONNECTION_ERROR => {
                *sts = Sts { version: sts.version, ..Sts::default() };
                OK
            }
            _ => failed(Reason::STAT_TYPE_ERROR),
        };
        self.reply(conv, outcome, Returned::Stat { kind, sts }, Lsn::NONE, out);
    }
}
