//! `strmqm -c`: the default objects are made anew, those that were deleted and those that were changed alike, and
//! the queue manager ends. Messages stay; the objects of applications are not touched.

use std::io;

use crate::offline::Offline;
use crate::paths::QmgrPaths;

/// Does it, saying so line by line. Gives what the commands answered that failed.
pub fn restore(paths: &QmgrPaths, say: &mut dyn FnMut(&str)) -> io::Result<Vec<String>> {
    say(&format!("{} queue manager '{}' starting.", mqi::version::PRODUCT_NAME, paths.name));
    say("The queue manager is associated with installation 'Installation1'.");
    let mut offline = Offline::open(paths)?;
    offline.restarted().lines(&paths.name).iter().for_each(|line| say(line));
    say(&format!("Creating or replacing default objects for queue manager '{}'.", paths.name));
    let counts = offline.run_script(mqsc::scripts::DEFAULT)?;
    offline.close()?;
    say(&counts.statistics());
    say(&format!("{} queue manager '{}' ended.", mqi::version::PRODUCT_NAME, paths.name));
    Ok(counts.messages)
}
