//! What a run says: to a person, or as one line of JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::histogram::Histogram;

/// What a run measured.
pub(super) struct Outcome {
    /// Name of the scenario.
    pub(super) scenario: &'static str,
    /// How it was set, in words: `2048 B, 8 + 8 connections, streaming get`.
    pub(super) setting: String,
    /// Bytes of a message.
    pub(super) size: usize,
    /// Clients of each kind.
    pub(super) clients: usize,
    /// What an operation is, in the plural.
    pub(super) unit: &'static str,
    /// Measured time in seconds.
    pub(super) seconds: f64,
    /// Operations in it.
    pub(super) operations: u64,
    /// Name and durations of the main kind; empty where there are none.
    pub(super) main: (&'static str, Histogram),
    /// The same of a second kind.
    pub(super) other: (&'static str, Histogram),
    /// CPU seconds of the server; none where its process is not known.
    pub(super) server_cpu_s: Option<f64>,
    /// CPU seconds of this process.
    pub(super) client_cpu_s: f64,
    /// Forces of the log; none where the server does not tell.
    pub(super) forces: Option<u64>,
    /// Durable steps an operation: commits, and puts and gets outside syncpoint.
    pub(super) durable_steps: f64,
    /// Further figures: key of the JSON, words, value.
    pub(super) more: Vec<(&'static str, &'static str, f64)>,
}

impl Outcome {
    /// Operations a second.
    pub(super) fn rate(&self) -> f64 {
        self.operations as f64 / self.seconds.max(1e-9)
    }

    /// CPU of the server, µs an operation.
    pub(super) fn server_us(&self) -> Option<f64> {
        self.server_cpu_s.map(|cpu| cpu * 1e6 / self.operations.max(1) as f64)
    }

    fn forces_per_second(&self) -> Option<f64> {
        self.forces.map(|forces| forces as f64 / self.seconds.max(1e-9))
    }

    /// Durable steps that shared one force.
    fn group_factor(&self) -> Option<f64> {
        let steps = self.durable_steps * self.operations as f64;
        self.forces.filter(|forces| *forces > 0 && steps > 0.0).map(|forces| steps / forces as f64)
    }

    /// One line of JSON.
    pub(super) fn json(&self) -> String {
        let mut all = Map::new();
        let mut put = |key: &str, value: Value| {
            all.insert(key.to_owned(), value);
        };
        put("scenario", json!(self.scenario));
        put("setting", json!(self.setting));
        put("size", json!(self.size));
        put("clients", json!(self.clients));
        put("unit", json!(self.unit));
        put("seconds", rounded(self.seconds));
        put("operations", json!(self.operations));
        put("rate", rounded(self.rate()));
        put("server_us_per_operation", self.server_us().map_or(Value::Null, rounded));
        put("server_cpu_percent", self.percent(self.server_cpu_s));
        put("client_cpu_percent", self.percent(Some(self.client_cpu_s)));
        put("forces_per_second", self.forces_per_second().map_or(Value::Null, rounded));
        put("group_factor", self.group_factor().map_or(Value::Null, rounded));
        for (name, durations) in [&self.main, &self.other] {
            if durations.len() > 0 {
                put(
                    &format!("{}_us", name.replace(' ', "_")),
                    json!({
                        "p50": us(durations.quantile_ns(0.5)),
                        "p99": us(durations.quantile_ns(0.99)),
                        "p99.9": us(durations.quantile_ns(0.999)),
                        "max": us(durations.max_ns()),
                    }),
                );
            }
        }
        for (key, _, value) in &self.more {
            put(key, rounded(*value));
        }
        put("load_average", json!(load_average()));
        Value::Object(all).to_string()
    }

    fn percent(&self, cpu_s: Option<f64>) -> Value {
        cpu_s.map_or(Value::Null, |cpu| rounded(100.0 * cpu / self.seconds.max(1e-9)))
    }

    /// What a person reads.
    pub(super) fn text(&self) -> String {
        let mut out = format!("{}  {}\n", self.scenario, self.setting);
        if self.operations > 0 {
            let _ = writeln!(out, "  {} {}/s", grouped(self.rate()), self.unit);
        }
        for (name, durations) in [&self.main, &self.other] {
            if durations.len() > 0 {
                let quantile = |part| shown(durations.quantile_ns(part));
                let _ = writeln!(
                    out,
                    "  {name:12} p50 {}   p99 {}   p99.9 {}   max {}",
                    quantile(0.5),
                    quantile(0.99),
                    quantile(0.999),
                    shown(durations.max_ns())
                );
            }
        }
        if let (Some(us), Some(cpu)) = (self.server_us(), self.server_cpu_s) {
            let percent = 100.0 * cpu / self.seconds.max(1e-9);
            let _ = write!(out, "  server CPU   {us:.1} µs an operation, {percent:.0} % of a core; ");
        } else {
            out += "  ";
        }
        let client = 100.0 * self.client_cpu_s / self.seconds.max(1e-9);
        let warning = if client > 90.0 { ": the client is what is measured" } else { "" };
        let _ = writeln!(out, "client {client:.0} %{warning}; load average {}", load_average());
        if let Some(forces) = self.forces_per_second() {
            let _ = write!(out, "  forces       {}/s", grouped(forces));
            if let Some(factor) = self.group_factor() {
                let _ = write!(out, ", {factor:.1} durable steps a force");
            }
            out.push('\n');
        }
        for (_, words, value) in &self.more {
            let _ = writeln!(out, "  {words}: {}", grouped(*value));
        }
        if self.main.1.len() > 0 {
            out += &self.main.1.picture();
        }
        out
    }
}

/// Three digits after the point are as many as mean anything.
fn rounded(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}

fn us(ns: u64) -> Value {
    rounded(ns as f64 / 1000.0)
}

/// `835 µs`, `12.4 ms`, `1.25 s`.
fn shown(ns: u64) -> String {
    match ns {
        0..1_000_000 => format!("{:.0} µs", ns as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} ms", ns as f64 / 1e6),
        _ => format!("{:.2} s", ns as f64 / 1e9),
    }
}

/// `12,345` and, below a hundred, `12.35`.
pub(super) fn grouped(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The first figure of `/proc/loadavg`.
fn load_average() -> String {
    let text = server::files::system("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let mut durations = Histogram::default();
        durations.add(2_000_000);
        Outcome {
            scenario: "rr-p",
            setting: "2048 B, 8 + 8 connections".to_owned(),
            size: 2048,
            clients: 8,
            unit: "round trips",
            seconds: 2.0,
            operations: 20_000,
            main: ("round trip", durations),
            other: ("", Histogram::default()),
            server_cpu_s: Some(1.5),
            client_cpu_s: 1.9,
            forces: Some(6000),
            durable_steps: 3.0,
            more: vec![("rss_mb", "resident MB", 80.0)],
        }
    }

    #[test]
    fn figures_follow_from_the_counts() {
        let value: Value = serde_json::from_str(&outcome().json()).unwrap();
        assert_eq!(value["rate"], json!(10_000.0));
        assert_eq!(value["server_us_per_operation"], json!(75.0));
        assert_eq!(value["server_cpu_percent"], json!(75.0));
        assert_eq!(value["forces_per_second"], json!(3000.0));
        assert_eq!(value["group_factor"], json!(10.0));
        assert_eq!(value["rss_mb"], json!(80.0));
        assert!(value["round_trip_us"]["p50"].as_f64().unwrap() > 1900.0);
    }

    #[test]
    fn what_a_person_reads() {
        let text = outcome().text();
        for part in
            ["10,000 round trips/s", "75.0 µs an operation", "client 95 %: the client", "10.0 durable"]
        {
            assert!(text.contains(part), "{part} in:\n{text}");
        }
        assert_eq!(grouped(1_234_567.0), "1,234,567");
        assert_eq!(grouped(-123_456.0), "-123,456");
        assert_eq!(grouped(12.345), "12.35");
    }
}
