//! Names of operating system users, from `/etc/passwd`: no name service is asked, a local application's
//! user is one of this machine.

/// Name of a user id; the number itself where there is no name.
pub fn name_of(uid: u32) -> String {
    crate::files::system("/etc/passwd")
        .ok()
        .and_then(|text| lookup(&text, uid))
        .unwrap_or_else(|| uid.to_string())
}

/// User id of this process.
pub fn current() -> u32 {
    rustix::process::getuid().as_raw()
}

/// Name of this machine.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn lookup(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse::<u32>().ok()? == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_field_is_the_id() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nmqm:x:1414:1414::/var/mqm:/bin/sh\nbroken\n";
        assert_eq!(lookup(passwd, 0).as_deref(), Some("root"));
        assert_eq!(lookup(passwd, 1414).as_deref(), Some("mqm"));
        assert_eq!(lookup(passwd, 7), None);
    }
}
