//! ALTER: the given attributes of an object change, and no others.

use super::needed::check_way_in;
use super::{Answer, Done, Request, failed};
use crate::kernel::Kernel;
use crate::output::Outputs;

impl Kernel {
    pub(super) fn alter_object(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let command = request.command;
        let existing = self.object_named(request)?.clone();
        let class = existing.object.class();
        existing.object.check_given(&command.given, false).map_err(|error| error.message())?;
        let mut altered = existing.clone();
        altered.attributes.merge(&command.given);
        existing.object.check(&altered.attributes).map_err(|error| error.message())?;
        self.check_definition(altered.object, &altered.name, &altered.attributes)?;
        check_way_in(&altered)?;
        self.check_in_use(&existing, &altered, command.is_force())?;
        altered.altered_at(self.now.wall);
        let wait = self.put_definition(altered.clone(), out).map_err(failed)?;
        self.outdate_handles(&existing, &altered, out);
        Ok(Done::new(class.row().changed, wait))
    }
}
