//! The one definition that a queue manager is born with: its own.

use mqi::constants::*;
use mqi::object::ObjectType;

use crate::kernel::KernelConfig;
use crate::object::Definition;
use crate::time::WallMs;

/// The queue manager as it is before the default objects are made.
pub(crate) fn queue_manager(config: &KernelConfig) -> Definition {
    let mut attributes = ObjectType::Qmgr.defaults();
    attributes.set(MQCA_Q_MGR_IDENTIFIER, config.qmid.as_str());
    attributes.set(MQIA_COMMAND_LEVEL, config.command_level);
    let mut definition = Definition::new(ObjectType::Qmgr, config.name.as_str(), attributes);
    definition.created_at(WallMs(config.created_wall_ms));
    definition.altered_at(WallMs(config.created_wall_ms));
    definition
}
