//! A password typed at a terminal, which does not show it.

use std::io::{self, Write as _};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use server::passwords::PASSWORD_MAX;

/// Asks for a password on the terminal that standard input is. An error of the kind `Interrupted`: Ctrl-C.
pub(crate) fn ask(prompt: &str) -> io::Result<String> {
    let input = io::stdin();
    let before = tcgetattr(&input)?;
    let mut hidden = before.clone();
    // Key by key, so that Ctrl-C does not end the program before the terminal is as it was.
    hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    tcsetattr(&input, OptionalActions::Flush, &hidden)?;
    // Whoever sees the prompt may type.
    eprint!("{prompt}");
    let _ = io::stderr().flush();
    let typed = typed(input.lock());
    tcsetattr(&input, OptionalActions::Now, &before)?;
    eprintln!();
    typed
}

fn typed(keys: impl io::BufRead) -> io::Result<String> {
    let mut password = Vec::new();
    for key in keys.bytes() {
        match key? {
            b'\n' | b'\r' | 0x04 => break,
            0x03 => return Err(io::ErrorKind::Interrupted.into()),
            0x08 | 0x7f => {
                // A character may be several bytes.
                while password.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {}
            }
            0x15 => password.clear(),
            byte if password.len() < PASSWORD_MAX => password.push(byte),
            _ => {}
        }
    }
    Ok(String::from_utf8_lossy(&password).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_a_password() {
        for (keys, want) in [
            ("secret\r", Some("secret")),
            ("secret\nmore", Some("secret")),
            ("wrong\u{15}secrex\u{7f}t\r", Some("secret")),
            ("aé\u{7f}\u{7f}\u{7f}b\r", Some("b")),
            ("", Some("")),
            ("sec\u{3}ret\r", None),
        ] {
            assert_eq!(typed(keys.as_bytes()).ok().as_deref(), want, "{keys:?}");
        }
    }
}
