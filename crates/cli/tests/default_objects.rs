//! What happens to the objects that every queue manager has: deleting those that it needs, and `strmqm -c`.

mod place;

use place::Place;

/// What MQSC commands answer, without the lines around them.
fn mqsc(place: &Place, script: &str) -> String {
    let output = place.run(&["runmqsc", "-e", "QR"], script);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = text.lines().skip(4).collect();
    lines[..lines.len() - 3].join("\n")
}

fn default_names() -> Vec<String> {
    let commands = mqsc::scripts::commands(mqsc::scripts::DEFAULT);
    let names = commands.into_iter().map(|(_, command)| command.expect("the script is right").name);
    names.filter(|name| name.starts_with("SYSTEM.")).collect()
}

/// Every object that DISPLAY shows, by its first line.
fn objects(place: &Place) -> Vec<String> {
    let classes = "dis q(*)\ndis chl(*)\ndis topic(*)\ndis nl(*)\ndis pro(*)\ndis lstr(*)\ndis service(*)\n\
                   dis comminfo(*)\ndis authinfo(*)\ndis sub(*)\ndis chlauth(*)\n";
    let shown = mqsc(place, classes);
    // Queues that runmqsc makes for itself are no matter.
    let keywords = [
        "QUEUE(",
        "CHANNEL(",
        "TOPIC(",
        "NAMELIST(",
        "PROCESS(",
        "LISTENER(",
        "SERVICE(",
        "COMMINFO(",
        "AUTHINFO(",
        "SUB(",
        "CHLAUTH(",
    ];
    let first = shown.lines().filter_map(|line| line.strip_prefix("   ")?.split_whitespace().next());
    let named = first.filter(|text| keywords.iter().any(|keyword| text.starts_with(keyword)));
    named.filter(|text| !text.contains("(MQSC.")).map(str::to_owned).collect()
}

#[test]
fn what_is_deleted_and_changed_is_restored() {
    let place = Place::new("restore");
    place.start(&[]);
    let before = objects(&place);
    place.succeed(
        &["runmqsc", "QR"],
        "define qlocal(MINE) descr('of an application')\n\
         alter qlocal(SYSTEM.DEFAULT.LOCAL.QUEUE) maxdepth(7)\n\
         delete qmodel(SYSTEM.DEFAULT.MODEL.QUEUE)\ndelete qlocal(SYSTEM.DEAD.LETTER.QUEUE)\n\
         delete channel(SYSTEM.DEF.SVRCONN)\ndelete topic(SYSTEM.BASE.TOPIC)\n\
         delete listener(SYSTEM.DEFAULT.LISTENER.TCP)\ndelete process(SYSTEM.DEFAULT.PROCESS)\n\
         delete namelist(SYSTEM.DEFAULT.NAMELIST)\ndelete authinfo(SYSTEM.DEFAULT.AUTHINFO.IDPWOS)\n\
         set chlauth(SYSTEM.*) type(addressmap) address('*') action(remove)\n",
    );
    place.succeed(&["amqsput", "MINE", "QR"], "kept only if persistent\n");
    assert_eq!(objects(&place).len(), before.len() + 1 - 9);
    let running = place.run(&["strmqm", "-c", "QR"], "");
    assert_eq!(running.status.code(), Some(5), "not while it runs");

    place.succeed(&["endmqm", "-w", "QR"], "");
    let said = place.succeed(&["strmqm", "-c", "QR"], "");
    let replaced = mqsc::scripts::commands(mqsc::scripts::DEFAULT).len() - 9;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "Packhorse queue manager 'QR' starting.");
    assert!(lines[2].ends_with("log records accessed on queue manager 'QR' during the log replay phase."));
    assert_eq!(
        lines[5..],
        [
            "Creating or replacing default objects for queue manager 'QR'.",
            &format!("Default objects statistics : 9 created. {replaced} replaced. 0 failed."),
            "Packhorse queue manager 'QR' ended.",
        ]
    );
    assert!(place.succeed(&["dspmq"], "").contains("STATUS(Ended normally)"), "it has ended");

    place.succeed(&["strmqm", "QR"], "");
    let mut after = objects(&place);
    let mine = after.iter().position(|name| name == "QUEUE(MINE)").expect("objects of applications stay");
    after.remove(mine);
    assert_eq!(after, before);
    let shown = mqsc(&place, "dis ql(MINE) descr\ndis ql(SYSTEM.DEFAULT.LOCAL.QUEUE) maxdepth\n");
    assert!(shown.contains("DESCR(of an application)") && shown.contains("MAXDEPTH(5000)"), "{shown}");
}

#[test]
fn messages_on_a_restored_queue_stay() {
    let place = Place::new("restore-messages");
    place.start(&[]);
    place.succeed(&["runmqsc", "QR"], "alter qlocal(SYSTEM.DEFAULT.LOCAL.QUEUE) defpsist(yes)\n");
    place.succeed(&["amqsput", "SYSTEM.DEFAULT.LOCAL.QUEUE", "QR"], "one\n");
    place.succeed(&["endmqm", "-w", "QR"], "");
    place.succeed(&["strmqm", "-c", "QR"], "");
    place.succeed(&["strmqm", "QR"], "");
    let shown = mqsc(&place, "dis ql(SYSTEM.DEFAULT.LOCAL.QUEUE) curdepth defpsist\n");
    assert!(shown.contains("CURDEPTH(1)") && shown.contains("DEFPSIST(NO)"), "{shown}");
}

/// Whatever is tried on any of the default objects, by DELETE and by closing its gates, the queue manager can be
/// administered afterwards and can be ended.
#[test]
fn no_slip_locks_administrators_out() {
    let place = Place::new("slip");
    place.start(&[]);
    let deletions: Vec<String> = default_names()
        .iter()
        .flat_map(|name| {
            ["qlocal", "qmodel", "channel", "topic"].map(|noun| format!("delete {noun}({name})\n"))
        })
        .collect();
    mqsc(&place, &deletions.concat());
    for (name, noun) in [("SYSTEM.ADMIN.COMMAND.QUEUE", "qlocal"), ("SYSTEM.MQSC.REPLY.QUEUE", "qmodel")] {
        let said = mqsc(&place, &format!("delete {noun}({name})\n"));
        assert!(said.starts_with("AMQ8148E: Packhorse object in use.\nAMQ8999I"), "{said}");
        assert!(said.contains(name) && said.contains("strmqm -c"), "{said}");
        for change in ["get(disabled)", "put(disabled)", "maxdepth(0)", "maxmsgl(100)", "usage(xmitq) force"]
        {
            for verb in ["alter", "define"] {
                let replace = if verb == "define" { "replace" } else { "" };
                let said = mqsc(&place, &format!("{verb} {noun}({name}) {change} {replace}\n"));
                assert!(said.starts_with("AMQ"), "{said}");
                assert!(!said.contains("AMQ8008I") && !said.contains("AMQ8006I"), "{verb} {change}: {said}");
            }
        }
        // What does no harm is allowed.
        let said = mqsc(&place, &format!("alter {noun}({name}) maxdepth(4000) descr('x')\n"));
        assert_eq!(said, "AMQ8008I: Packhorse queue changed.");
    }
    for queue in ["SYSTEM.AUTH.DATA.QUEUE", "SYSTEM.CHANNEL.SYNCQ", "SYSTEM.CHANNEL.INITQ"] {
        assert!(mqsc(&place, &format!("dis ql({queue})\n")).contains("AMQ8409I"), "{queue} is held open");
    }
    place.succeed(&["runmqsc", "QR"], "define qlocal(Q)\n");
    place.succeed(&["endmqm", "-i", "QR"], "");
    place.succeed(&["strmqm", "-c", "QR"], "");
}

#[test]
fn the_command_servers_own_connection_is_not_stopped() {
    let place = Place::new("stop-command-server");
    place.start(&[]);
    let shown = mqsc(&place, "dis conn(*) where(appltag eq 'amqpcsea')\n");
    let (_, rest) = shown.split_once("CONN(").expect("it is connected");
    let id = rest.split(')').next().expect("it has an end");
    let said = mqsc(&place, &format!("stop conn({id})\n"));
    assert!(said.starts_with("AMQ8148E"), "{said}");
    assert_eq!(mqsc(&place, "ping qmgr\n"), "AMQ8415I: Ping Packhorse Queue Manager command complete.");
}
