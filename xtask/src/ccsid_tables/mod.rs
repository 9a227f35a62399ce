//! Generates the character set tables of `crates/mqi/tables`, and compares them with the conversion tools.
//!
//! A set is read out of a tool of the system in both directions: every code that its shape allows, every character
//! of Unicode that it may have. IBM's registry says what a set is; ICU's tables of IBM's sets (`uconv`, names that
//! begin with `ibm-`) come from there, so they are asked first, then glibc (`iconv`) and Java. [`sets`] says whom
//! each set was taken from, `tools.rs` how they are asked, `set.rs` how a set is read and printed.
//!
//! ICU's data is under the Unicode licence, which permits this use; what is taken from all tools is what they
//! answer, one fact after the other, not their files.
//!
//! The format of the tables is described in `crates/mqi/src/ccsid/table.rs`. Deliberate changes to what the tools
//! say:
//!
//! - Some tables of PC code pages rotate the control characters 1A, 1C and 7F. Ours keep every control character
//!   in its place.
//! - Some tables send characters that they lack to a control character, as a picture or as a substitute. Ours
//!   lack them.
//! - Where 5C and 7E of a set of PCs or workstations are a currency sign and an overline, ours have ASCII there.
//! - A code that is both the micro sign and the Greek letter is the sign in sets without the Greek alphabet, as it
//!   is in those of Western Europe.
//! - A character that a set can be read with can be written in it, and so can the wide forms of its ASCII.
//!
//! What the other tools say of the same sets stands in `differences.txt` beside the tables, with the reason why
//! they are not followed; a difference that nobody has given a reason for fails the check.

mod differences;
mod set;
mod sets;
mod tools;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use set::Set;
use sets::{FILES, Origin, Spec};

/// Writes all tables into `directory`, which is `crates/mqi/tables`.
pub(crate) fn write(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    for (file, text) in files()? {
        fs::write(directory.join(&file), text).with_context(|| file)?;
    }
    Ok(())
}

/// Fails when a committed table is not what the tools of this machine say.
pub(crate) fn check(directory: &Path) -> Result<()> {
    for (file, text) in files()? {
        let committed = fs::read_to_string(directory.join(&file)).with_context(|| file.clone())?;
        if let Some((line, (have, want))) =
            committed.lines().zip(text.lines()).enumerate().find(|(_, (have, want))| have != want)
        {
            bail!("{file}:{}: has {have}, the tools say {want}", line + 1);
        }
        ensure!(committed == text, "{file}: has another length than the tools say");
    }
    Ok(())
}

/// Name and contents of every file.
fn files() -> Result<Vec<(String, String)>> {
    let mut known = Sets::default();
    let mut files = Vec::new();
    let mut printed: Vec<i32> = Vec::new();
    for &(name, title, specs) in FILES {
        let mut text =
            format!("# {title} Generated: see xtask/src/ccsid_tables. Format: see src/ccsid/table.rs.\n");
        for spec in specs {
            known.add(spec).with_context(|| format!("CCSID {}", spec.ccsid))?;
            let set = known.get(spec.ccsid)?;
            let heading = format!("set {} {} {}", spec.ccsid, set.heading(), spec.origin);
            let bases = printed.iter().filter_map(|&ccsid| Some((ccsid, known.0.get(&ccsid)?)));
            let nearest = bases
                .filter_map(|(ccsid, base)| Some((set.distance(base)?, ccsid, base)))
                .min_by_key(|&(distance, ccsid, _)| (distance, ccsid))
                .filter(|&(distance, ..)| distance < set.meanings.len());
            match nearest {
                Some((_, ccsid, base)) => {
                    text.push_str(&format!("{heading} like {ccsid}\n{}", set.print(Some(base))));
                }
                None => text.push_str(&format!("{heading}\n{}", set.print(None))),
            }
            printed.push(spec.ccsid);
        }
        files.push((format!("{name}.txt"), text));
    }
    files.push(("differences.txt".to_owned(), differences::list(&known)?));
    Ok(files)
}

/// The sets that have been read, by CCSID.
#[derive(Default)]
struct Sets(BTreeMap<i32, Set>);

impl Sets {
    fn add(&mut self, spec: &Spec) -> Result<()> {
        let set = self.read(spec)?;
        ensure!(self.0.insert(spec.ccsid, set).is_none(), "it is listed twice");
        Ok(())
    }

    fn get(&self, ccsid: i32) -> Result<&Set> {
        self.0.get(&ccsid).with_context(|| format!("{ccsid} has to stand before it"))
    }

    fn read(&self, spec: &Spec) -> Result<Set> {
        Ok(match spec.origin {
            Origin::Tool(tool) => match sets::all().find(|other| other.is_same(spec)) {
                Some(other) if other.ccsid != spec.ccsid => self.get(other.ccsid)?.clone(),
                _ => Set::read(tool, spec.shape)?,
            },
            Origin::Marked(tool, substitute, changes) => {
                Set::read(tool, spec.shape)?.changed(changes).marked(substitute)
            }
            Origin::Changed(base, changes) => self.get(base)?.changed(changes),
            Origin::ChangedTool(tool, changes) => Set::read(tool, spec.shape)?.changed(changes),
            Origin::Singles(mixed) => self.get(mixed)?.singles(),
            Origin::Doubles(mixed) => self.get(mixed)?.doubles(),
            Origin::Mixed(singles, doubles) => self.get(doubles)?.with_singles(self.get(singles)?),
        })
    }
}
