//! `packhorse replay FILE [DIGEST]`: tells a recording to a new kernel and prints the digest of what came out.

use server::files::about;
use server::tape::replay;

use crate::options::{Spec, misuse};

pub(crate) const SPEC: Spec = Spec {
    name: "packhorse replay",
    summary: "tell a recording to a new kernel and compare what comes out",
    options: &[],
    missing: &[],
    names: &["FILE", "[DIGEST]"],
    notes: "PACKHORSE_RECORD makes recordings; see docs/operating.md. Exit code 10: what came out \
            is not what was recorded.",
};

/// Exit code 0, or 10 when the digest is not the one given or recorded.
pub(crate) fn run(args: &[String]) -> i32 {
    let (file, wanted) = match args {
        [file] => {
            let recorded = std::fs::read_to_string(format!("{file}.digest")).ok();
            (file, recorded.map(|digest| digest.trim().to_owned()))
        }
        [file, digest] => (file, Some(digest.clone())),
        _ => {
            return misuse(&SPEC.usage(), 20);
        }
    };
    match replay(std::path::Path::new(file)) {
        Ok(digest) => {
            println!("{digest}");
            match wanted {
                Some(wanted) if wanted != digest => {
                    eprintln!("packhorse replay: the recording says {wanted}");
                    10
                }
                _ => 0,
            }
        }
        Err(error) => {
            eprintln!("packhorse replay: {}", about(std::path::Path::new(file), error));
            20
        }
    }
}
