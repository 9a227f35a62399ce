//! Users of the operating system, from `/etc/passwd` and `/etc/group`: no name service is asked, a local application's
//! user is one of this machine.
//!
//! What was read once is kept: when no descriptor is left to read the files again, everybody is still who he was.

use std::path::Path;

use crate::passwords::Stamp;

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

/// The user, and the group, that administer all queue managers.
pub const ADMINISTRATORS: &str = "mqm";

/// How often it is looked whether the files have changed, in ms.
const LOOK_EVERY_MS: u64 = 1000;

/// Name of a user id; the number itself where there is no name.
pub fn name_of(uid: u32) -> String {
    name_in(&crate::files::system(PASSWD).unwrap_or_default(), uid)
}

/// User id of this process.
pub fn current() -> u32 {
    rustix::process::getuid().as_raw()
}

/// Name of this machine.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether a process of this user answers for a queue manager whose data belongs to `owner`: his own, of root, or of
/// `mqm`.
pub fn answers_for(uid: u32, owner: u32) -> bool {
    uid == owner || uid == 0 || name_of(uid) == ADMINISTRATORS
}

/// Number of the group of administrators, if there is one.
pub fn administrators_group() -> Option<u32> {
    group_number(&crate::files::system(GROUP).ok()?)
}

/// The users of this machine, as they were read last.
#[derive(Debug)]
pub struct Users {
    /// Whom the queue manager belongs to, as it has called him since its start.
    owner: (u32, String),
    passwd: Kept,
    group: Kept,
    look_at_ms: u64,
}

/// The text of a file, and when it was of it.
#[derive(Debug)]
struct Kept {
    path: &'static str,
    stamp: Option<Stamp>,
    text: String,
}

impl Users {
    /// Reads them. `owner`: whom the queue manager belongs to.
    pub fn read(owner: u32) -> Self {
        let owner = (owner, name_of(owner));
        let mut users = Self { owner, passwd: Kept::of(PASSWD), group: Kept::of(GROUP), look_at_ms: 0 };
        users.refresh(0);
        users
    }

    /// Reads again what has changed, now and then.
    pub fn refresh(&mut self, now_ms: u64) {
        if now_ms >= self.look_at_ms {
            self.look_at_ms = now_ms + LOOK_EVERY_MS;
            self.passwd.refresh();
            self.group.refresh();
        }
    }

    /// Name of a user id; the number itself where there is no name.
    pub fn name_of(&self, uid: u32) -> String {
        if uid == self.owner.0 { self.owner.1.clone() } else { name_in(&self.passwd.text, uid) }
    }

    /// Whether he administers the queue manager: its owner, root, `mqm`, and the members of the group `mqm`.
    pub fn is_administrator(&self, uid: u32) -> bool {
        if uid == 0 || uid == self.owner.0 {
            return true;
        }
        let Some((name, group)) = lookup(&self.passwd.text, uid) else { return false };
        name == ADMINISTRATORS
            || group_number(&self.group.text).is_some_and(|number| number == group)
            || is_member(&self.group.text, name)
    }
}

impl Kept {
    fn of(path: &'static str) -> Self {
        Self { path, stamp: None, text: String::new() }
    }

    fn refresh(&mut self) {
        let stamp = Stamp::of(Path::new(self.path));
        if self.stamp != Some(stamp)
            && let Ok(text) = crate::files::system(self.path)
        {
            self.stamp = Some(stamp);
            self.text = text;
        }
    }
}

fn name_in(passwd: &str, uid: u32) -> String {
    match lookup(passwd, uid) {
        Some((name, _)) => name.to_owned(),
        // Root is root whether or not anything can be read.
        None if uid == 0 => "root".to_owned(),
        None => uid.to_string(),
    }
}

/// Name and group of a user.
fn lookup(passwd: &str, uid: u32) -> Option<(&str, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse::<u32>().ok()? == uid).then_some(())?;
        Some((name, fields.next()?.parse().ok()?))
    })
}

fn group_number(group: &str) -> Option<u32> {
    administrators(group)?.split(':').nth(2)?.parse().ok()
}

fn is_member(group: &str, name: &str) -> bool {
    let members = administrators(group).and_then(|line| line.split(':').nth(3));
    members.is_some_and(|members| members.split(',').any(|member| member.trim() == name))
}

/// The line of their group.
fn administrators(group: &str) -> Option<&str> {
    group.lines().find(|line| line.split(':').next() == Some(ADMINISTRATORS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nmqm:x:1414:1414::/var/mqm:/bin/sh\nbroken\n\
        alice:x:1001:100::/:/bin/sh\nbob:x:1002:1414::/:/bin/sh\neve:x:1003:100::/:/bin/sh\n";
    const GROUPS: &str = "root:x:0:\nmqm:x:1414:alice,mqm\nusers:x:100:eve\nmqmx:x:7:eve\n";

    fn users(owner: u32, passwd: &str, group: &str) -> Users {
        let kept = |path, text: &str| Kept { path, stamp: None, text: text.to_owned() };
        let owner = (owner, "owner".to_owned());
        Users { owner, passwd: kept(PASSWD, passwd), group: kept(GROUP, group), look_at_ms: 0 }
    }

    #[test]
    fn the_third_field_is_the_id() {
        let check = |uid: u32, want: &str| assert_eq!(name_in(USERS, uid), want);
        check(0, "root");
        check(1414, "mqm");
        check(7, "7");
    }

    #[test]
    fn administrators_are_the_owner_root_and_mqm_with_its_group() {
        let users = users(1000, USERS, GROUPS);
        let check = |uid: u32, want: bool| assert_eq!(users.is_administrator(uid), want, "{uid}");
        check(0, true);
        check(1000, true);
        check(1414, true);
        check(1001, true);
        check(1002, true);
        check(1003, false);
        check(65_534, false);
    }

    #[test]
    fn whoever_cannot_be_looked_up_is_not_somebody_else() {
        let users = users(1000, "", "");
        assert!(users.is_administrator(0) && users.is_administrator(1000));
        assert!(!users.is_administrator(1001));
        assert_eq!((users.name_of(0), users.name_of(1000)), ("root".to_owned(), "owner".to_owned()));
    }

    #[test]
    fn what_was_read_is_kept_when_it_cannot_be_read_again() {
        let mut kept = Kept { path: "/nowhere/passwd", stamp: None, text: USERS.to_owned() };
        kept.refresh();
        assert_eq!(kept.text, USERS);
    }
}
