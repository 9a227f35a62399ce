//! A queue manager that an administrator reaches over a channel as user `admin`, on this machine as `mqm`, both with
//! the password `secret`.

use super::place::Place;

/// Makes it and starts it. Gives the port that it listens on.
pub(crate) fn start(place: &Place) -> u16 {
    place.succeed(&["crtmqm", "QR"], "");
    for user in ["admin", "mqm"] {
        place.succeed(&["passwd", "-m", "QR", user], "secret\n");
    }
    place.succeed(&["strmqm", "QR"], "");
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("there are ports left");
    let port = free.local_addr().expect("it has an address").port();
    drop(free);
    let listener =
        format!("define listener(L) trptype(tcp) ipaddr('127.0.0.1') port({port})\nstart listener(L)\n");
    place.succeed(&["runmqsc", "QR"], &format!("{}{listener}", mqsc::scripts::DEVELOPER));
    port
}
