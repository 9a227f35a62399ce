//! Every operator message: number, severity, text, what it means, what to do.
//!
//! Numbers and the order of words are those that scripts know (queue-manager reference, 6.1 and 23.3); the
//! product's name in them is ours, and so are explanations and actions. `{0}`, `{1}` stand for inserts.
//! Numbers 8980 to 8999 are our own.
//!
//! ```text
//! AMQ8147E: Packhorse object Q1 not found.
//! ───┬─── ┬
//!  number severity: I information, W warning, E error, S severe, T terminating
//! ```

use mqi::command::{Message, MessageId};
use mqi::text::inert;

/// How bad a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// 0
    Information,
    /// 10
    Warning,
    /// 20
    Error,
    /// 40
    Severe,
    /// 50
    Terminating,
}

impl Severity {
    /// The letter after the number.
    pub fn letter(self) -> char {
        match self {
            Self::Information => 'I',
            Self::Warning => 'W',
            Self::Error => 'E',
            Self::Severe => 'S',
            Self::Terminating => 'T',
        }
    }

    /// The number that descriptions give: 0, 10, 20, 40, 50.
    pub fn number(self) -> i32 {
        match self {
            Self::Information => 0,
            Self::Warning => 10,
            Self::Error => 20,
            Self::Severe => 40,
            Self::Terminating => 50,
        }
    }
}

/// A row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct CatalogRow {
    /// The number.
    pub id: MessageId,
    /// How bad it is.
    pub severity: Severity,
    /// The text, with `{0}` for the first insert.
    pub text: &'static str,
    /// What it means.
    pub explanation: &'static str,
    /// What to do.
    pub action: &'static str,
}

impl CatalogRow {
    /// Number and letter: `AMQ8006I`.
    pub fn name(&self) -> String {
        format!("AMQ{:04}{}", self.id.0, self.severity.letter())
    }

    /// The text with its inserts.
    pub fn fill(&self, inserts: &[String]) -> String {
        fill(self.text, inserts)
    }
}

const fn row(
    id: i32,
    severity: Severity,
    text: &'static str,
    explanation: &'static str,
    action: &'static str,
) -> CatalogRow {
    CatalogRow { id: MessageId(id), severity, text, explanation, action }
}

/// All rows, ascending by number.
pub fn rows() -> &'static [CatalogRow] {
    ROWS
}

/// The row of a message, when there is one.
pub fn find(id: MessageId) -> Option<&'static CatalogRow> {
    let at = ROWS.binary_search_by_key(&id.0, |row| row.id.0).ok()?;
    Some(&ROWS[at])
}

/// The row that a number such as `8006`, `AMQ8006` or `AMQ8006I` names.
pub fn find_by_name(name: &str) -> Option<&'static CatalogRow> {
    let upper = name.to_ascii_uppercase();
    let digits = upper.strip_prefix("AMQ").unwrap_or(&upper);
    let digits = digits.trim_end_matches(['I', 'W', 'E', 'S', 'T']);
    find(MessageId(digits.parse().ok()?))
}

/// A message as it is shown: `AMQ8006I: Packhorse queue created.` Without the severity letter when
/// `has_severity` is false, as AMQ_DIAGNOSTIC_MSG_SEVERITY=0 asks for.
pub fn text(message: &Message, has_severity: bool) -> String {
    let Some(row) = find(message.id) else {
        // A number without a row is a slip of ours, but what it says must not be lost.
        return format!("AMQ{:04}: {}", message.id.0, inert(&message.inserts.join(" ")));
    };
    let letter = if has_severity { row.severity.letter().to_string() } else { String::new() };
    format!("AMQ{:04}{letter}: {}", row.id.0, row.fill(&message.inserts))
}

/// A message with everything the catalogue says about it, inserts filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What is shown: `AMQ8118E: Packhorse queue manager does not exist.`
    pub text: String,
    /// What it means.
    pub explanation: String,
    /// What to do.
    pub action: String,
}

/// A message by any form of its number (`AMQ8118`, `AMQ8118E`, `8118`), for error logs and control commands.
/// A number without a row still shows its inserts.
pub fn message(name: &str, inserts: &[String]) -> Described {
    let Some(row) = find_by_name(name) else {
        let text = format!("{name}: {}", inert(&inserts.join(" ")));
        return Described { text, explanation: String::new(), action: String::new() };
    };
    Described {
        text: format!("{}: {}", row.name(), row.fill(inserts)),
        explanation: fill(row.explanation, inserts),
        action: fill(row.action, inserts),
    }
}

/// Puts inserts where the text has `{0}`, `{1}`, …; a missing one leaves nothing.
fn fill(text: &str, inserts: &[String]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else { break };
        let insert = rest[open + 1..open + length].parse::<usize>().ok().and_then(|at| inserts.get(at));
        filled.push_str(&rest[..open]);
        // What peers and applications have sent must not forge lines or steer a terminal.
        filled.push_str(&inert(insert.map_or("", String::as_str)));
        rest = &rest[open + length + 1..];
    }
    filled.push_str(rest);
    filled
}

use Severity::{Error as E, Information as I, Severe as S, Warning as W};

const DONE: &str = "The command did what it was asked to.";
const NOTHING: &str = "None.";

// Ascending by number.
#[rustfmt::skip]
const ROWS: &[CatalogRow] = &[
    row(5005, E, "Unexpected error.", "Something happened that the queue manager has no better message for.", "Look at the entries around this one in the error log."),
    row(5008, S, "An essential Packhorse process {0} ({1}) cannot be found and is assumed to be terminated.", "A process without which the queue manager cannot work has gone.", "The queue manager stops. Find out what ended the process, then start the queue manager again."),
    row(5009, S, "Packhorse agent process {0} has terminated unexpectedly.", "A process that served connections has gone; its connections are broken.", "Look for the reason in the error log and in the system's log."),
    row(5534, E, "User ID '{0}' authentication failed.", "The user is not known, or the password is not his. He came by channel '{1}' from '{2}'.", "Check user and password; `packhorse passwd` sets the password of a user of the queue manager."),
    row(5540, E, "Application '{0}' did not supply a user ID and password.", "Channel '{1}' from '{2}' requires them: {4}.", "Let the application give them, or relax CHCKCLNT or CHCKLOCL of the object that CONNAUTH names."),
    row(5541, E, "The failed authentication check was caused by the queue manager CONNAUTH CHCKCLNT({0}) configuration.", "This setting asked for the check that failed.", "Change the setting, or what the application gives."),
    row(5542, E, "The failed authentication check was caused by the queue manager CONNAUTH CHCKLOCL({0}) configuration.", "This setting asked for the check that failed.", "Change the setting, or what the application gives."),
    row(6090, S, "Packhorse was unable to complete the command: {0}", "The system refused something that the command needs.", "See what the system says, and try again."),
    row(6125, S, "An internal Packhorse error has occurred.", "The queue manager met a state that it should never be in.", "Report it, with the error log."),
    row(6183, S, "An internal Packhorse error has occurred.", "The queue manager met a state that it should never be in.", "Report it, with the error log."),
    row(7017, E, "Log not available.", "The log of queue manager '{0}' cannot be used: {1}.", "Check that its directory is mounted, may be read and written, and is the one that LogPath in qm.ini is to name. If it is damaged, restore it and the data directory from a backup."),
    row(7028, E, "The queue manager is not available for use.", "The queue manager is starting, ending, or damaged.", "Wait, or look into its error log."),
    row(7048, E, "The queue manager name is either not valid or not known.", "No queue manager of this name is configured here.", "Check the name; `dspmq` lists those that are."),
    row(7064, E, "Log path not valid or inaccessible.", "The log directory cannot be used: {0}.", "Name another directory with -ld, or remove what is not wanted any more."),
    row(7072, E, "Invalid queue manager directory.", "The data directory of queue manager '{0}' cannot be used: {1}.", "Check mqs.ini and the directory."),
    row(7077, E, "You are not authorized to perform the requested operation.", "The command needs rights that you do not have. {1}.", "Run it as the user to whom the queue manager belongs."),
    row(7080, I, "No objects processed.", "Nothing matched.", NOTHING),
    row(7081, I, "Object {0}, type {1} recreated.", DONE, NOTHING),
    row(7082, I, "Object {0}, type {1} image recorded.", DONE, NOTHING),
    row(7084, E, "Object {0}, type {1} damaged.", "What is on disk of the object does not prove itself.", "Recreate the object from its image, or define it again."),
    row(7085, E, "Object {0}, type {1} not found.", "There is no such object.", "Check name and type."),
    row(7229, I, "{0} log records accessed on queue manager '{1}' during the log replay phase.", "So far the log has been read again after the last checkpoint.", NOTHING),
    row(7230, I, "Log replay for queue manager '{0}' complete.", "What the log says has been done again.", NOTHING),
    row(7231, I, "{0} log records accessed on queue manager '{1}' during the recovery phase.", "Units of work that were in flight are being backed out.", NOTHING),
    row(7232, I, "Transaction manager state recovered for queue manager '{0}'.", "Units of work are as they were.", NOTHING),
    row(7233, I, "{0} out of {1} in-flight transactions resolved for queue manager '{2}'.", "Units of work that were in flight are being backed out.", NOTHING),
    row(7234, I, "{0} messages from queue '{1}' loaded on queue manager '{2}'.", "A long queue is being made ready.", NOTHING),
    row(7463, W, "The log for queue manager '{0}' is full.", "One empty extent is left, and no other can be had: the disk is full, or StoreMax is reached. Persistent puts are refused with 2102; commits, gets and backouts go on.", "Let the messages be got, make room on the disk, or raise StoreMax."),
    row(7464, I, "The log for queue manager '{0}' is no longer full.", "Persistent puts are taken again. {1} more had been refused since the last entry about them.", NOTHING),
    row(7469, W, "Transactions rolled back to release log space.", "The log was full; the oldest unit of work, of application '{0}' and user '{1}', was backed out.", "Let applications commit more often, or give the log more files."),
    row(7472, S, "Object {0}, type queue damaged.", "What is on disk of message {1} does not prove itself; gets of it answer 2101.", "Clear the queue, or restore the log from a copy."),
    row(7478, W, "No room for messages that are not persistent.", "The scratch file in the data directory of the queue manager cannot take what memory no longer holds: the disk is full, or ScratchMax is used up. Puts of messages that are not persistent are refused with 2102 while memory is full.", "Let the messages be got, make room on the disk, or raise MemoryMax or ScratchMax."),
    row(7479, W, "{0} puts were refused for want of space.", "They ended with 2102: {1}. Further ones are counted, and told of at most once a minute.", "Let messages be got, make room on the disk, or raise the limits of qm.ini."),
    row(7491, W, "Messages whose delivery delay is over cannot be delivered to queue '{0}' (MQRC {1}).", "Neither that queue nor the dead-letter queue takes them: they stay on '{2}' and are tried again.", "See to the queue, or define a dead-letter queue and name it with ALTER QMGR DEADQ. Nothing more is said of it for a minute."),
    row(7492, W, "Messages whose delivery delay is over could not be delivered to queue '{0}' (MQRC {1}).", "They were {2}.", "See to the queue. Nothing more is said of it for a minute."),
    row(7493, I, "The clock of the machine has been set {1} by {0} seconds.", "Dates that are shown and put into messages follow it. Expiry, delivery delays and the ages of messages do not: they go on as if it had not been set.", "None, unless it was not meant."),
    row(8001, I, "Packhorse queue manager '{0}' created.", DONE, NOTHING),
    row(8002, I, "Packhorse queue manager '{0}' deleted.", DONE, NOTHING),
    row(8003, I, "Packhorse queue manager '{0}' started using V{1}.", "The queue manager takes connections.", NOTHING),
    row(8004, I, "Packhorse queue manager '{0}' ended.", "The queue manager has stopped: {1}.", NOTHING),
    row(8005, I, "Packhorse queue manager changed.", DONE, NOTHING),
    row(8006, I, "Packhorse queue created.", DONE, NOTHING),
    row(8007, I, "Packhorse queue deleted.", DONE, NOTHING),
    row(8008, I, "Packhorse queue changed.", DONE, NOTHING),
    row(8009, W, "Entity '{0}' has insufficient authority to access topic string '{1}'.", "The missing authorities are: {2}.", "Grant them on the topic object, or change the user."),
    row(8010, I, "Packhorse process created.", DONE, NOTHING),
    row(8011, I, "Packhorse process deleted.", DONE, NOTHING),
    row(8012, I, "Packhorse process changed.", DONE, NOTHING),
    row(8014, I, "Packhorse channel created.", DONE, NOTHING),
    row(8015, I, "Packhorse channel deleted.", DONE, NOTHING),
    row(8016, I, "Packhorse channel changed.", DONE, NOTHING),
    row(8018, I, "Start Packhorse channel accepted.", "The channel is being started; its status shows how that went.", NOTHING),
    row(8019, I, "Stop Packhorse channel accepted.", "The channel is being stopped.", NOTHING),
    row(8020, I, "Ping Packhorse channel complete.", "The partner answered.", NOTHING),
    row(8021, I, "Request to start Packhorse listener accepted.", "The listener is being started; its status shows how that went.", NOTHING),
    row(8022, I, "Packhorse queue cleared.", DONE, NOTHING),
    row(8023, I, "Packhorse channel reset.", DONE, NOTHING),
    row(8024, I, "Packhorse channel initiator started.", DONE, NOTHING),
    row(8025, I, "Packhorse channel resolved.", DONE, NOTHING),
    row(8041, E, "The queue manager cannot be restarted or deleted because processes, that were previously connected, are still running.", "Processes of an earlier run hold on to the queue manager.", "End them, then try again."),
    row(8042, E, "Process {0} is still running.", "It was connected to an earlier run.", "End it."),
    row(8044, E, "Packhorse queue manager '{0}' is ending.", "Its end was asked for and is not complete.", "Wait until it has ended."),
    row(8048, I, "Default objects statistics : {0} created. {1} replaced. {2} failed.", "The objects that every queue manager has were made.", "If some failed, look at the messages above."),
    row(8077, W, "Entity '{0}' has insufficient authority to access object '{3}'.", "Missing is: {4}. The entity came by channel '{1}' from '{2}'.", "Grant it with SET AUTHREC, or change the user."),
    row(8094, I, "Packhorse subscription created.", DONE, NOTHING),
    row(8095, I, "Packhorse subscription changed.", DONE, NOTHING),
    row(8096, I, "Packhorse subscription inquired.", DONE, NOTHING),
    row(8097, I, "Packhorse subscription deleted.", DONE, NOTHING),
    row(8099, I, "Packhorse subscription status inquired.", DONE, NOTHING),
    row(8110, E, "Packhorse queue manager already exists.", "A queue manager of this name is configured here.", "Choose another name, or delete the existing one first."),
    row(8118, E, "Packhorse queue manager does not exist.", "No queue manager of this name is configured here.", "Check the name; `dspmq` lists those that are."),
    row(8135, E, "Not authorized.", "You lack the authority for this.", "Have it granted, or use another user; the error log names what is missing."),
    row(8137, E, "Packhorse queue manager already starting.", "Another command is starting it.", "Wait until it runs."),
    row(8138, E, "The Packhorse queue manager has no default queue manager.", "No name was given, and mqs.ini names no default.", "Give a name."),
    row(8143, E, "Packhorse queue not empty.", "The queue holds messages.", "Take them off, or give PURGE to lose them."),
    row(8145, E, "Connection broken.", "The connection to the queue manager was lost.", "See whether the queue manager still runs, and look into its error log."),
    row(8146, E, "Packhorse queue manager not available.", "The queue manager does not run, or cannot be reached.", "Start it with `strmqm`."),
    row(8147, E, "Packhorse object {0} not found.", "No object of this name and type exists.", "Check the name and its case: unquoted names are folded to upper case."),
    row(8148, E, "Packhorse object in use.", "Somebody has the object open.", "Wait, end whoever has it open, or give FORCE where the command has it."),
    row(8149, S, "Packhorse object damaged.", "What is on disk of the object does not prove itself.", "Delete the object and define it again."),
    row(8150, E, "Packhorse object already exists.", "An object of this name exists in the same name space.", "Choose another name, or give REPLACE."),
    row(8151, E, "Packhorse object has different type.", "An object of this name exists, of another type.", "Choose another name, or name the right type."),
    row(8152, E, "Packhorse object to be copied has a different type.", "LIKE names an object of another type.", "Name one of the type that is defined."),
    row(8226, E, "Packhorse channel already exists.", "A channel of this name exists.", "Choose another name, or give REPLACE."),
    row(8227, E, "Packhorse channel {0} not found.", "No channel of this name is defined.", "Check the name."),
    row(8242, E, "SSLCIPH definition wrong.", "SSLCIPH names no CipherSpec that exists.", "Correct the name; ANY_TLS12_OR_HIGHER stands for all that are safe."),
    row(8276, I, "Display Connection details.", DONE, NOTHING),
    row(8405, I, "Syntax error detected at or near end of command segment below:-", "The command cannot be understood from the end of the segment on.", "Correct it. What the command takes is shown after the segment."),
    row(8407, I, "Display Process details.", DONE, NOTHING),
    row(8408, I, "Display Queue Manager details.", DONE, NOTHING),
    row(8409, I, "Display Queue details.", DONE, NOTHING),
    row(8414, I, "Display Channel details.", DONE, NOTHING),
    row(8415, I, "Ping Packhorse Queue Manager command complete.", "The queue manager answers commands.", NOTHING),
    row(8416, E, "MQSC timed out waiting for a response from the command server.", "No answer came in the time that was given.", "See that the command server runs; give more time with -w."),
    row(8417, I, "Display Channel Status details.", DONE, NOTHING),
    row(8420, I, "Channel Status not found.", "No channel of this name has status: it is not defined, or has not run.", NOTHING),
    row(8421, E, "A required parameter was not specified.", "{0} must be given.", "Give it."),
    row(8424, E, "Error detected in a name keyword.", "{0} is not a name: names have up to 48 letters, digits and ./_% (channels up to 20).", "Correct the name."),
    row(8425, E, "Error detected in a string parameter.", "The string is too long, or holds what it must not.", "Correct it."),
    row(8426, I, "Valid MQSC commands are:", "The verbs that begin a command.", "Begin with one of them."),
    row(8427, I, "Valid syntax for the MQSC command:", "What the command takes.", NOTHING),
    row(8428, E, "TYPE keyword is missing or is not the first.", "The type must stand directly after the name.", "Put CHLTYPE, AUTHTYPE or TYPE there."),
    row(8431, E, "Transmission queue does not exist.", "The transmission queue named is not defined.", "Define it."),
    row(8432, E, "You are not allowed to set both the REPOS and REPOSNL fields.", "At most one of the two may be other than blank.", "Set the other to blank in the same command."),
    row(8433, E, "You are not allowed to set both the CLUSTER and CLUSNL fields.", "At most one of the two may be other than blank.", "Set the other to blank in the same command."),
    row(8441, I, "Display Cluster Queue Manager details.", DONE, NOTHING),
    row(8442, E, "The USAGE of a queue cannot be changed while it holds messages.", "A queue with messages stays what it is.", "Empty it first."),
    row(8450, I, "Display queue status details.", DONE, NOTHING),
    row(8457, I, "Packhorse connection stopped.", "STOP CONN has ended the connection of application '{0}', user '{1}', by channel '{2}' from '{3}'. The user of the command was '{4}'.", NOTHING),
    row(8506, E, "Command server MQPUT failed with reason code {0}.", "The answer to a command of user '{2}' could not be put on queue '{1}', and is lost. It is put with the authority of that user.", "See that the queue is there and takes messages; `mqrc` explains the reason code."),
    row(8507, W, "The command server has dropped an answer for queue '{0}'.", "The request was put by user '{1}'. There was no room for more messages on its reply queue, and nobody has made any for five minutes; or so many others had long answers waiting that this one, which had stood still longest, made room for them. The rest of the answer will not come.", "See who should get messages from the queue, and ask again."),
    row(8521, I, "Command completion and history unavailable.", "Input does not come from a terminal that can be edited on.", NOTHING),
    row(8550, I, "Display namelist details.", DONE, NOTHING),
    row(8551, I, "Packhorse namelist changed.", DONE, NOTHING),
    row(8552, I, "Packhorse namelist created.", DONE, NOTHING),
    row(8553, I, "Packhorse namelist deleted.", DONE, NOTHING),
    row(8556, I, "REFRESH CLUSTER accepted.", "It is done in the background; the error log says when.", NOTHING),
    row(8557, I, "SUSPEND QMGR accepted.", "The cluster is being told.", NOTHING),
    row(8558, I, "RESUME QMGR accepted.", "The cluster is being told.", NOTHING),
    row(8559, I, "RESET CLUSTER accepted.", "It is done in the background; the error log says when.", NOTHING),
    row(8560, I, "Packhorse security cache refreshed.", DONE, NOTHING),
    row(8563, I, "Packhorse authentication information object created.", DONE, NOTHING),
    row(8564, I, "Packhorse authentication information object deleted.", DONE, NOTHING),
    row(8566, I, "Display authentication information details.", DONE, NOTHING),
    row(8567, I, "Packhorse authentication information changed.", DONE, NOTHING),
    row(8622, I, "Packhorse service changed.", DONE, NOTHING),
    row(8623, I, "Packhorse listener changed.", DONE, NOTHING),
    row(8624, I, "Packhorse service object deleted.", DONE, NOTHING),
    row(8625, I, "Packhorse service created.", DONE, NOTHING),
    row(8626, I, "Packhorse listener created.", DONE, NOTHING),
    row(8627, I, "Packhorse listener object deleted.", DONE, NOTHING),
    row(8629, I, "Display service information details.", DONE, NOTHING),
    row(8630, I, "Display listener information details.", DONE, NOTHING),
    row(8631, I, "Display listener status details.", DONE, NOTHING),
    row(8632, I, "Display service status details.", DONE, NOTHING),
    row(8633, I, "Display topic details.", DONE, NOTHING),
    row(8690, I, "Packhorse topic created.", DONE, NOTHING),
    row(8691, I, "Packhorse topic changed.", DONE, NOTHING),
    row(8694, I, "Packhorse topic deleted.", DONE, NOTHING),
    row(8705, I, "Display Queue Manager Status Details.", DONE, NOTHING),
    row(8706, I, "Request to stop Packhorse listener accepted.", "The listener is being stopped.", NOTHING),
    row(8723, I, "Display pub/sub status details.", DONE, NOTHING),
    row(8730, I, "Listener already active.", "The listener runs.", NOTHING),
    row(8731, I, "Listener not active.", "The listener does not run.", NOTHING),
    row(8732, E, "Listener address in use.", "Something else listens at this address and port.", "Choose another port, or end what uses this one."),
    row(8733, I, "Request to start Service accepted.", "The service is being started.", NOTHING),
    row(8736, I, "Request to stop Service accepted.", "The service is being stopped.", NOTHING),
    row(8754, I, "Display topic status details.", DONE, NOTHING),
    row(8857, I, "Packhorse comminfo changed.", DONE, NOTHING),
    row(8858, I, "Packhorse comminfo created.", DONE, NOTHING),
    row(8859, I, "Packhorse comminfo deleted.", DONE, NOTHING),
    row(8860, I, "Display communication information details.", DONE, NOTHING),
    row(8861, I, "Packhorse authority record deleted.", DONE, NOTHING),
    row(8862, I, "Packhorse authority record set.", DONE, NOTHING),
    row(8864, I, "Display authority record details.", DONE, NOTHING),
    row(8865, I, "Display entity authority details.", DONE, NOTHING),
    row(8867, I, "Display authority service details.", DONE, NOTHING),
    row(8877, I, "Packhorse channel authentication record set.", DONE, NOTHING),
    row(8878, I, "Display channel authentication record details.", DONE, NOTHING),
    row(8884, E, "Channel authentication record not found.", "No record of this profile and type, or none that decides about such a client, exists.", "Check the name and its case: unquoted names are folded to upper case."),
    row(8932, I, "Display application status details.", DONE, NOTHING),
    row(8977, W, "A connection from host '{0}' on which nobody had connected was closed.", "There were too many such connections: {1}.", "If it comes often, see who opens them. A client that was hit by it connects again."),
    row(8980, E, "Packhorse queue manager '{0}' (process {1}) does not answer.", "It was asked to end, and the answer did not come in time: its process is stopped, or hangs.", "Let the process go on if it was stopped; otherwise end it with `endmqm -p`."),
    row(8981, E, "Packhorse queue manager '{0}' (process {1}) has not ended yet.", "It takes longer than it should; its end goes on.", "Wait until it has ended, or cut its end short with `endmqm -p`."),
    row(8982, E, "Packhorse queue manager '{0}' ended unexpectedly.", "Its process was ended by something else than the command that waited for it.", "Look into its error log, and into the system's log. The next start recovers it."),
    row(8983, E, "Local users have {0} connections; more are closed.", "That is as many as all users of this machine together may have who do not administer the queue manager.", "See whose they are (DISPLAY CONN(*) ALL). If all of them are wanted, raise LocalMax in the stanza TuningParameters of qm.ini."),
    row(8984, E, "User '{0}' has {1} local connections; more are closed.", "That is as many as one user of this machine may have who does not administer the queue manager.", "See what his programs do. If all of them are wanted, raise LocalUserMax in the stanza TuningParameters of qm.ini."),
    row(8985, E, "User '{0}' (process {1}) may not ask for {2}.", "A process of this machine asked for something, besides calls, that only the owner of the queue manager, root and mqm are told.", "See what the user's process is."),
    row(8986, E, "User '{0}' (process {1}) may not hand connections over: {2}.", "A process of this machine wanted to bring connections that it had accepted, as a listener (`runmqlsr`) does, or sent another descriptor. The address of a connection that is brought is believed; so only the owner of the queue manager, root and mqm may bring any.", "Run listeners as one of them. If nobody meant to run one, see what the user's process is."),
    row(8987, W, "A client of host '{0}' that had not logged in was refused for want of memory.", "Those who have not logged in may hold a sixteenth of MemoryMax together, at most 16 MiB, and this one held more than a few hundred bytes of it: a segment that it had not finished.", "See who connects from there and does not go on. DISPLAY QMSTATUS shows what connections hold."),
    row(8988, W, "A connection that held {0} bytes was ended for want of memory.", "Channel '{1}' from host '{2}' had not finished what it sent, or did not take what it had asked for, for some seconds, and connections held more than three quarters of what they may.", "See what the application there does, or raise MemoryMax in qm.ini."),
    row(8989, W, "New connections are refused for want of memory.", "Connections hold all that they may: half of what MemoryMax leaves.", "See DISPLAY QMSTATUS and DISPLAY CHSTATUS for who holds it, or raise MemoryMax in qm.ini."),
    row(8990, E, "{0} is not built yet.", "The command is known, but this queue manager does not have it yet.", "Do without it; CHANGELOG.md says when it comes."),
    row(8991, E, "{0} cannot be given.", "The attribute is fixed when the object is created, or set by the queue manager only.", "Leave it out; to change it, delete the object and define it again."),
    row(8992, E, "{0} and {1} exclude each other.", "At most one of the two may have a value.", "Leave one out."),
    row(8993, E, "Command failed with reason {0}.", "The queue manager refused the command; the reason code says why.", "`mqrc` explains the reason code."),
    row(8994, E, "Packhorse object {0} must be there for commands and their answers; the change is refused.", "Administrators reach the queue manager through the object: it must allow gets and puts, have room for 64 messages of 36 KB, and not be a transmission queue.", "Leave it as it is."),
    row(8995, E, "Queue {0} is not of the type that the command needs.", "The command works on local queues only.", "Name a local queue."),
    row(8996, E, "Packhorse queue manager '{0}' running.", "The queue manager runs already.", "None, unless it should not: then end it with `endmqm`."),
    row(8997, W, "Listener '{0}' takes connections from other machines, at {1}, in clear text.", "Passwords and messages can be read, and changed, by whoever sits on the way; TLS is not built yet.", "Keep the network to those you trust, use a tunnel, or give the listener IPADDR('127.0.0.1')."),
    row(8998, W, "{0} further commands had been sent and may have been processed.", "The connection was lost before they were answered.", "See with DISPLAY what has been done, and run the rest again."),
    row(8999, I, "The queue manager itself works with {0}; 'strmqm -c' makes it anew if it is damaged.", "Without the object the queue manager, or its administration, would not work.", "Leave it. To have it as it was at first, end the queue manager and run `strmqm -c`."),
    row(9001, I, "Channel '{0}' ended normally.", "The channel has done its work.", NOTHING),
    row(9002, I, "Channel '{0}' is starting.", "The channel is being started.", NOTHING),
    row(9202, E, "Remote host not available, retry later.", "The connection to '{0}' could not be made.", "See that the host is reachable and its listener runs."),
    row(9207, E, "The data received from host '{0}' is not valid.", "What came is not the protocol of channels.", "Find out what connects from there."),
    row(9208, E, "Error on receive from host {0}.", "The connection broke while data was awaited: {1}.", "See why the partner or the network ended it."),
    row(9209, E, "Connection to host '{0}' for channel '{1}' closed.", "The partner closed the connection without saying so first.", "See why it did."),
    row(9213, E, "A communications error for TCP/IP occurred.", "The call {0} failed: {1}.", "See whether the network works."),
    row(9218, E, "The TCP/IP listener program could not bind to port number {0}.", "Something else uses the port: {1}.", "Choose another port, or end what uses this one."),
    row(9224, E, "Unexpected token detected at line {0} of the initialization file: {1}.", "The file is not as it must be; the start is refused.", "Correct the line."),
    row(9245, W, "Unable to obtain account details for channel MCA user ID '{0}'.", "The user is not known here.", "Define the user, or change MCAUSER."),
    row(9259, E, "Connection timed out from host '{0}'.", "Nothing came from there for longer than the heartbeat interval of channel '{1}' allows.", "See whether the partner and the network work."),
    row(9489, E, "The maximum number of instances, {0}, of channel '{1}' was reached.", "MAXINST allows no more.", "Raise it, or find out who holds so many connections."),
    row(9490, E, "The maximum number of instances, {0}, of channel '{1}' from host '{2}' was reached.", "MAXINSTC allows no more from one address.", "Raise it, or find out why the client holds so many connections."),
    row(9496, E, "Channel ended by a remote exit.", "The partner's exit ended the channel.", "Look at the partner."),
    row(9503, E, "Channel negotiation failed.", "The two ends of channel '{0}' do not agree.", "Compare the two definitions."),
    row(9513, E, "Maximum number of channels reached.", "MaxChannels or MaxActiveChannels of qm.ini allows no more.", "Raise it, or stop channels."),
    row(9514, E, "Channel '{0}' is in use.", "The channel runs already.", "Wait, stop it, or give IGNSTATE(YES)."),
    row(9519, E, "Channel '{0}' not found.", "No channel of this name is defined. Host '{1}' asked for it.", "Define it, or correct the name at the client."),
    row(9524, E, "Remote queue manager unavailable for channel '{0}'.", "The partner's queue manager does not take connections.", "See whether it runs."),
    row(9528, I, "User requested channel '{0}' to be stopped.", "User '{1}' has given STOP CHANNEL; {2} connections were ended. Only those from this address, if one stands here: '{3}'.", NOTHING),
    row(9533, W, "Channel '{0}' is not currently active.", "There is nothing to stop.", NOTHING),
    row(9534, E, "Channel '{0}' is currently not enabled.", "The channel has been stopped. Host '{1}' asked for it.", "START CHANNEL lets clients in again."),
    row(9547, E, "Type of channel '{0}' is not suitable for the action requested.", "Host '{1}' wants to use it for another purpose than its CHLTYPE is for.", "Compare the types of the channel at both ends."),
    row(9599, E, "Program could not open queue manager object.", "The channel could not open '{0}'.", "See whether it exists and may be opened."),
    row(9616, E, "The CipherSpec proposed is not enabled on the server.", "The partner wants {0}, which is not offered here.", "Use one of the ECDHE CipherSpecs of TLS 1.2, or TLS 1.3."),
    row(9633, E, "Bad SSL certificate for channel '{0}'.", "The partner's certificate is not valid or not trusted.", "Check its issuer and dates, and the key repository."),
    row(9635, E, "Channel '{0}' did not specify a valid CipherSpec.", "SSLCIPH names none that exists.", "Use one of the ECDHE CipherSpecs of TLS 1.2, or TLS 1.3."),
    row(9639, E, "Channel '{0}' has a CipherSpec, and host '{1}' uses none.", "TLS is not built yet: a channel with SSLCIPH lets nobody in.", "Use another channel, or set SSLCIPH of this one to blank."),
    row(9776, E, "Channel '{1}' was blocked by userid.", "The connection from '{2}' came out as user '{0}', whom this rule blocks: {4}.", "If the user shall be let in, change the record with SET CHLAUTH."),
    row(9777, E, "Channel '{1}' was blocked.", "This rule blocks the connection from '{2}', user '{0}': {4}.", "If it shall be let in, change the record with SET CHLAUTH."),
    row(9999, E, "Channel '{0}' to host '{1}' ended abnormally.", "The channel could not go on.", "Look at the messages before this one."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_ascend_and_are_whole() {
        for pair in ROWS.windows(2) {
            assert!(pair[0].id < pair[1].id, "{}", pair[1].id.0);
        }
        for row in ROWS {
            assert!(!row.text.is_empty() && !row.explanation.is_empty() && !row.action.is_empty());
            assert!(!row.text.contains("IBM"), "{}", row.id.0);
        }
    }

    #[test]
    fn every_class_has_its_messages() {
        use mqi::object::ObjectType;
        for object in ObjectType::all() {
            let row = object.class().row();
            for id in [row.created, row.changed, row.deleted, row.displayed] {
                assert!(id.0 == 0 || find(id).is_some(), "{} {}", row.keyword, id.0);
            }
        }
    }

    #[test]
    fn messages_take_their_inserts() {
        let missing = Message::new(MessageId::OBJECT_NOT_FOUND).insert("Q1");
        assert_eq!(text(&missing, true), "AMQ8147E: Packhorse object Q1 not found.");
        assert_eq!(text(&missing, false), "AMQ8147: Packhorse object Q1 not found.");
        assert_eq!(
            text(&Message::new(MessageId::OBJECT_NOT_FOUND), true),
            "AMQ8147E: Packhorse object  not found."
        );
        assert_eq!(text(&Message::new(MessageId(1)).insert("x"), true), "AMQ0001: x");
        assert_eq!(fill("a{1}b{0}{x}{", &["0".into(), "1".into()]), "a1b0{");
    }

    #[test]
    fn a_row_is_found_by_any_of_its_names() {
        for name in ["8006", "AMQ8006", "amq8006i"] {
            assert_eq!(find_by_name(name).map(CatalogRow::name).as_deref(), Some("AMQ8006I"));
        }
        assert!(find_by_name("AMQ").is_none());
    }
}
