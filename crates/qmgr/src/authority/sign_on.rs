//! What the object says that CONNAUTH of the queue manager names: who must give a password, and how late he hears that
//! it was wrong. As documented, a change of it, or another name in CONNAUTH, counts from REFRESH SECURITY
//! TYPE(CONNAUTH) on, or from the next start.

use mqi::constants::*;
use mqi::object::ObjectClass;

use crate::object::{Definition, QmgrAttributes, Registry};

/// The object as it was then; none: CONNAUTH was blank, or named none.
#[derive(Clone, Debug, Default)]
pub(super) struct SignOn(Option<Definition>);

impl SignOn {
    /// As it is now.
    pub(super) fn of(registry: &Registry) -> Self {
        let qmgr = registry.of_class(ObjectClass::Qmgr).next().map(|d| QmgrAttributes::of(&d.attributes));
        let named = |qmgr: QmgrAttributes| {
            registry.get(ObjectClass::AuthInfo, &qmgr.connection_authentication).cloned()
        };
        Self(qmgr.and_then(named))
    }

    /// CHCKCLNT, and whose it is.
    pub(super) fn check_client(&self) -> Option<(i32, &Definition)> {
        let object = self.0.as_ref()?;
        let check = object.attributes.int(MQIA_CHECK_CLIENT_BINDING)?;
        Some((i32::try_from(check).ok()?, object))
    }

    /// FAILDLAY in seconds. Where nothing is checked by rule a password may still be given, and be wrong.
    pub(super) fn fail_delay_s(&self) -> u32 {
        let delay = self.0.as_ref().and_then(|object| object.attributes.int(MQIA_AUTHENTICATION_FAIL_DELAY));
        delay.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(1)
    }
}
