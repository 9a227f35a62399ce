//! Where a client connection leads: `MQSERVER`, else a client channel definition table in JSON.

use std::path::PathBuf;

use serde_json::Value;

/// Port where none is given.
const PORT: u16 = 1414;

/// A channel and the addresses that it may be found at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) channel: String,
    /// Host and port as sockets take them.
    pub(super) addresses: Vec<String>,
}

/// The routes to a queue manager, in the order in which they are tried. An error says what is missing or wrong.
pub(super) fn routes(qmgr: &str) -> Result<Vec<Route>, String> {
    if let Some(text) = variable("MQSERVER") {
        return of_mqserver(&text)
            .map(|route| vec![route])
            .ok_or_else(|| format!("MQSERVER: '{text}' is not CHANNEL/TCP/host(port)"));
    }
    let file = table_file()?.ok_or("neither MQSERVER, MQCCDTURL nor MQCHLLIB is set")?;
    let wrong = |what: &str| format!("{}: {what}", file.display());
    if file.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("json")) {
        return Err(wrong("only tables in JSON, whose names end in .json, can be read"));
    }
    let text =
        std::fs::read_to_string(&file).map_err(|error| server::files::about(&file, error).to_string())?;
    let table = serde_json::from_str(&text).map_err(|error| wrong(&error.to_string()))?;
    let routes = of_table(&table, qmgr).map_err(|error| wrong(&error))?;
    match routes.is_empty() {
        true => Err(wrong(&format!("no channel leads to '{qmgr}'"))),
        false => Ok(routes),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty())
}

fn table_file() -> Result<Option<PathBuf>, String> {
    if let Some(url) = variable("MQCCDTURL") {
        let path = url.strip_prefix("file://").ok_or(format!("MQCCDTURL: '{url}' is not a file:// URL"))?;
        return Ok(Some(PathBuf::from(path)));
    }
    let Some(directory) = variable("MQCHLLIB") else { return Ok(None) };
    Ok(Some(PathBuf::from(directory).join(variable("MQCHLTAB").unwrap_or("AMQCLCHL.TAB".to_owned()))))
}

/// `CHANNEL/TCP/host(port),host(port)`.
fn of_mqserver(text: &str) -> Option<Route> {
    let (channel, rest) = text.trim().split_once('/')?;
    let (transport, connection_name) = rest.split_once('/')?;
    if channel.is_empty() || !transport.eq_ignore_ascii_case("TCP") {
        return None;
    }
    let addresses = connection_name.split(',').map(address).collect::<Option<Vec<_>>>()?;
    Some(Route { channel: channel.to_owned(), addresses })
}

/// `host(port)` or `host`.
fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let (host, port) = match text.split_once('(') {
        Some((host, port)) => (host.trim(), port.strip_suffix(')')?.trim().parse().ok()?),
        None => (text, PORT),
    };
    (!host.is_empty()).then(|| socket_address(host, port))
}

fn socket_address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The client channels of a table whose queue manager is the one wanted, or any if none is.
fn of_table(table: &Value, qmgr: &str) -> Result<Vec<Route>, String> {
    let channels = table["channel"].as_array().ok_or("it has no list 'channel'")?;
    let wanted = qmgr.trim_start_matches('*');
    let is_wanted = |channel: &&Value| {
        let leads_to = channel["clientConnection"]["queueManager"].as_str().unwrap_or_default();
        channel["type"] == "clientConnection" && (wanted.is_empty() || leads_to == wanted)
    };
    channels.iter().filter(is_wanted).map(of_entry).collect()
}

fn of_entry(entry: &Value) -> Result<Route, String> {
    let channel = entry["name"].as_str().ok_or("a channel has no name")?.to_owned();
    if let Some(cipher) =
        entry["transmissionSecurity"]["cipherSpecification"].as_str().filter(|c| !c.is_empty())
    {
        return Err(format!("channel {channel} wants {cipher}, and TLS is not built"));
    }
    let connections = entry["clientConnection"]["connection"].as_array();
    let addresses: Option<Vec<String>> = connections.into_iter().flatten().map(of_connection).collect();
    match addresses.filter(|addresses| !addresses.is_empty()) {
        Some(addresses) => Ok(Route { channel, addresses }),
        None => Err(format!("channel {channel} has no connection with host and port")),
    }
}

fn of_connection(connection: &Value) -> Option<String> {
    let port = match &connection["port"] {
        Value::Null => PORT,
        port => u16::try_from(port.as_u64()?).ok()?,
    };
    Some(socket_address(connection["host"].as_str()?, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(channel: &str, addresses: &[&str]) -> Route {
        Route {
            channel: channel.to_owned(),
            addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        }
    }

    #[test]
    fn mqserver() {
        for (text, want) in [
            ("A.B/TCP/host(1415)", Some(route("A.B", &["host:1415"]))),
            ("A/tcp/host", Some(route("A", &["host:1414"]))),
            ("A/TCP/h1(1), h2(2)", Some(route("A", &["h1:1", "h2:2"]))),
            ("A/TCP/::1(1414)", Some(route("A", &["[::1]:1414"]))),
            ("A/LU62/host(1)", None),
            ("A/TCP/", None),
            ("/TCP/host", None),
            ("A/TCP/host(x)", None),
            ("A/TCP/host(99999)", None),
            ("A/TCP/host(1", None),
            ("nonsense", None),
        ] {
            assert_eq!(of_mqserver(text), want, "{text}");
        }
    }

    #[test]
    fn tables() {
        let table = serde_json::json!({"channel": [
            {"name": "SRV", "type": "serverConnection"},
            {"name": "A", "type": "clientConnection",
             "clientConnection": {"connection": [{"host": "h1", "port": 1}, {"host": "h2"}], "queueManager": "QM1"}},
            {"name": "B", "type": "clientConnection",
             "clientConnection": {"connection": [{"host": "h3", "port": 3}], "queueManager": "QM2"}},
        ]});
        assert_eq!(of_table(&table, "QM1"), Ok(vec![route("A", &["h1:1", "h2:1414"])]));
        assert_eq!(of_table(&table, "*QM2"), Ok(vec![route("B", &["h3:3"])]));
        assert_eq!(of_table(&table, "").map(|routes| routes.len()), Ok(2));
        assert_eq!(of_table(&table, "QM3"), Ok(Vec::new()));
        for (entry, what) in [
            (serde_json::json!({}), "no list"),
            (serde_json::json!({"channel": [{"type": "clientConnection"}]}), "no name"),
            (serde_json::json!({"channel": [{"type": "clientConnection", "name": "A"}]}), "no connection"),
            (
                serde_json::json!({"channel": [{"type": "clientConnection", "name": "A",
                    "transmissionSecurity": {"cipherSpecification": "ANY"}}]}),
                "TLS is not built",
            ),
        ] {
            assert!(of_table(&entry, "").unwrap_err().contains(what), "{entry}");
        }
    }
}
