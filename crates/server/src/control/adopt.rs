//! Saying that a log and a data directory belong together although they do not fit: after one of them was restored
//! from a copy without the other. An administrator's decision; the next start goes by it.

use crate::holding::{self, DataLock, Refusal};
use crate::pairing::{self, LogOwner, Pairing};
use crate::paths::QmgrPaths;
use crate::qm_ini::QmIni;

/// Adopts the log that `qm.ini` names. Another queue manager's is refused as ever.
pub fn adopt(paths: &QmgrPaths) -> Result<Option<LogOwner>, Refusal> {
    let _active: DataLock = holding::take_data(paths)?;
    let ini = QmIni::load(paths).map_err(Refusal::QmIni)?;
    holding::check_name(paths, &ini)?;
    let disk = holding::hold_log(paths, &ini.log_path)?;
    let found = store::ownership(&disk).map_err(Refusal::Log)?;
    let owner = LogOwner::decode(&found.owner);
    let pairing = match &owner {
        Some(owner) => {
            let is_ours = owner.name == paths.name && owner.qmid == ini.qmid;
            if !is_ours {
                let mismatch =
                    pairing::Mismatch::Another { name: owner.name.clone(), data: owner.data.clone() };
                return Err(Refusal::NotOurs(ini.log_path.clone(), mismatch));
            }
            Pairing {
                data_id: owner.data_id.clone(),
                start: owner.start.clone(),
                next_start: None,
                is_adopted: true,
                known: found.position,
            }
        }
        None => Pairing {
            data_id: pairing::draw().map_err(Refusal::Data)?,
            start: pairing::draw().map_err(Refusal::Data)?,
            next_start: None,
            is_adopted: true,
            known: found.position,
        },
    };
    pairing.save(paths).map_err(Refusal::Data)?;
    Ok(owner)
}
