//! The Java that a newcomer meets: the program of README.md, run with the command that stands below it, and the lines
//! that `packhorse dev` shows, with the queue manager that it runs.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::binaries::program;
use crate::java;
use crate::run::{Step, output};

/// A copy of the examples and a queue manager for them; both are gone when this is dropped.
struct Place {
    directory: PathBuf,
    binary: PathBuf,
    dev: Option<Child>,
}

/// Runs both.
pub(crate) fn java() -> Result<Step> {
    if !java::tools()? {
        return Ok(Step::Skipped);
    }
    let directory = std::env::temp_dir().join(format!("packhorse-example-{}", std::process::id()));
    let mut place = Place { directory, binary: program("packhorse")?.canonicalize()?, dev: None };
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port().to_string();
    let screen = place.start(&port)?;
    std::fs::create_dir_all(&place.directory)?;
    output(Command::new("cp").args(["-r", "examples"]).arg(&place.directory))?;

    let hello = place.directory.join("examples/java/src/main/java/Hello.java");
    let text = std::fs::read_to_string(&hello)?;
    std::fs::write(&hello, text.replace("1414", &port))?;
    let password = between(&screen, "app, password ", " ")?;
    let commands = block("mvn -q -f examples/java")?.replace("=...", &format!("={password}"));
    let said = place.shell(&commands)?;
    if !said.lines().any(|line| line == "hello from Java") {
        bail!("the program of README.md printed '{said}'");
    }

    let (_, below) = between(&screen, "In Java", "to start over")?
        .split_once("\n\n")
        .context("the lines stand below their title")?;
    let lines = below.lines().take_while(|line| line.starts_with(' ')).collect::<Vec<_>>().join("\n");
    let class = format!(
        "public class Screen {{ public static void main(String[] args) throws Exception {{\n{lines}\n}} }}\n"
    );
    std::fs::write(hello.with_file_name("Screen.java"), class)?;
    place.shell("mvn -q -f examples/java compile exec:java -Dexec.mainClass=Screen")?;
    let depth = place.shell("echo 'DISPLAY QLOCAL(DEV.QUEUE.1) CURDEPTH' | packhorse runmqsc QM1")?;
    if !depth.contains("CURDEPTH(1)") {
        bail!("the lines of 'packhorse dev' have put nothing: {depth}");
    }
    Ok(Step::Passed)
}

impl Place {
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.directory).env("MQ_OVERRIDE_DATA_PATH", self.directory.join("data"));
        command.env_remove("MQ_APP_PASSWORD").env_remove("MQ_ADMIN_PASSWORD");
        command
    }

    /// `packhorse dev`, and what it shows.
    fn start(&mut self, port: &str) -> Result<String> {
        std::fs::create_dir_all(&self.directory)?;
        let mut command = self.command(&self.binary);
        let mut child = command.args(["dev", "--port", port]).stdout(Stdio::piped()).spawn()?;
        let shown = child.stdout.take().context("it is piped")?;
        self.dev = Some(child);
        let mut screen = String::new();
        for line in BufReader::new(shown).lines() {
            screen += &line?;
            screen.push('\n');
            if screen.contains("to start over") {
                return Ok(screen);
            }
        }
        bail!("'packhorse dev' ended: {screen}")
    }

    fn shell(&self, script: &str) -> Result<String> {
        let bin = self.binary.parent().map(|dir| dir.display().to_string()).unwrap_or_default();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = self.command("/bin/sh");
        output(command.args(["-ec", script]).env("PATH", format!("{bin}:{path}")))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(mut dev) = self.dev.take() {
            let _ = dev.kill();
            let _ = dev.wait();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The block of code of README.md that has this in it.
fn block(with: &str) -> Result<String> {
    let readme = std::fs::read_to_string(Path::new("README.md"))?;
    let mut blocks = readme.split("```").skip(1).step_by(2);
    let found = blocks.find(|block| block.contains(with)).and_then(|block| block.split_once('\n'));
    Ok(found.with_context(|| format!("README.md has no block with '{with}'"))?.1.to_owned())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Result<&'a str> {
    let (_, rest) = text.split_once(start).with_context(|| format!("there is no '{start}' in: {text}"))?;
    let (found, _) = rest.split_once(end).with_context(|| format!("no '{end}' follows in: {rest}"))?;
    Ok(found)
}
