//! tmp
use crate::run::Step;
use anyhow::Result;
pub(crate) fn wire() -> Result<Step> {
    Ok(Step::Skipped)
}
