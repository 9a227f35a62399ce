//! What the sample programs share.

use mqi::Reason;
use server::attach::Attached;
use server::paths::Root;

/// Connects to the queue manager named, or to the default one.
pub(crate) fn connect(name: Option<&String>, program: &str) -> Result<Attached, Reason> {
    let root = Root::find();
    let name = match name.filter(|n| !n.is_empty()) {
        Some(name) => name.clone(),
        None => root.default_queue_manager().ok().flatten().ok_or(Reason::Q_MGR_NAME_ERROR)?,
    };
    let paths = root.known_queue_manager(&name).ok().flatten().ok_or(Reason::Q_MGR_NAME_ERROR)?;
    Attached::local(&paths, program)
}

/// Says which call failed and gives back the exit code.
pub(crate) fn ended(call: &str, reason: Reason) -> i32 {
    println!("{call} ended with reason code {}", reason.0);
    reason.0 % 256
}
