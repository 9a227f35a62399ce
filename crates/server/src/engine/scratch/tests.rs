//! The scratch file against a map, and against a disk without room.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::*;
use crate::testing::temp_dir;

struct Fixture {
    scratch: ScratchFile,
    answers: VecDeque<Input>,
    _directory: crate::testing::TempDir,
}

impl Fixture {
    fn new(bytes_max: u64) -> Self {
        let directory = temp_dir("scratch");
        let waker = Waker::new().expect("an eventfd");
        let scratch = ScratchFile::create(&directory.path().join("scratch"), bytes_max, waker);
        assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 0, "it has no name");
        Self { scratch, answers: VecDeque::new(), _directory: directory }
    }

    fn next(&mut self) -> Input {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(answer) = self.answers.pop_front() {
                return answer;
            }
            match self.scratch.answer().expect("threads live") {
                Some(answer) => self.answers.push_back(answer),
                None => std::thread::sleep(Duration::from_micros(50)),
            }
            assert!(Instant::now() < until, "no answer");
        }
    }

    fn write(&mut self, number: u64, body: &[u8]) -> Option<ScratchPlace> {
        self.scratch.write(MessageNumber(number), 0, Bytes::copy_from_slice(body).into());
        match self.next() {
            Input::Spilled { number: answered, index: 0, place } if answered.0 == number => place,
            other => panic!("{other:?}"),
        }
    }

    fn read(&mut self, number: u64, place: ScratchPlace, len: usize) -> Option<Bytes> {
        let ticket = Ticket(number);
        if let Some(body) = self.scratch.read(ticket, MessageNumber(number), 0, place, len as u32) {
            return body;
        }
        match self.next() {
            Input::Loaded { ticket: answered, body } if answered == ticket => body,
            other => panic!("{other:?}"),
        }
    }
}

fn body_of(number: u64, len: usize) -> Vec<u8> {
    number.to_le_bytes().into_iter().cycle().take(len).collect()
}

#[test]
fn what_is_written_is_read_however_often_space_is_used_again() {
    let mut f = Fixture::new(0);
    let mut dice = 11u64;
    let mut below = |n: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice >> 11) % n
    };
    let mut there = BTreeMap::new();
    for number in 1..4000 {
        let len = if below(10) == 0 { below(130_000) } else { below(5000) } as usize;
        let place = f.write(number, &body_of(number, len)).expect("room");
        there.insert(number, (place, len));
        for _ in 0..below(3) {
            let from = below(number + 1);
            // Runs of neighbours, so that reading ahead and what has become of it meets them.
            let some: Vec<_> = there.range(from..).take(3).map(|(n, p)| (*n, *p)).collect();
            for (number, (place, len)) in some {
                let body = f.read(number, place, len);
                assert_eq!(body.as_deref(), Some(&*body_of(number, len)), "{number}");
                if below(2) == 0 {
                    f.scratch.free(place, len as u32);
                    there.remove(&number);
                }
            }
        }
    }
    for (number, (place, len)) in there {
        assert_eq!(f.read(number, place, len).as_deref(), Some(&*body_of(number, len)), "{number}");
        f.scratch.free(place, len as u32);
    }
    assert!(f.scratch.space.is_empty());
    assert_eq!(f.scratch.file_len, 0);
}

#[test]
fn pieces_of_many_messages_go_out_together() {
    let mut f = Fixture::new(0);
    for number in 1..=500 {
        f.scratch.write(MessageNumber(number), 0, Bytes::from(body_of(number, 1000)).into());
    }
    let mut places = Vec::new();
    for _ in 0..500 {
        let Input::Spilled { number, place: Some(place), .. } = f.next() else { panic!("it was refused") };
        places.push((number.0, place));
    }
    let mut at_once = 0;
    for (number, place) in places {
        let now = f.scratch.read(Ticket(1), MessageNumber(number), 0, place, 1000);
        at_once += u32::from(now.is_some());
        let body = now.unwrap_or_else(|| match f.next() {
            Input::Loaded { body, .. } => body,
            other => panic!("{other:?}"),
        });
        assert_eq!(body.as_deref(), Some(&*body_of(number, 1000)));
    }
    assert!(at_once > 490, "a drain reads ahead: {at_once}");
}

#[test]
fn another_piece_and_a_damaged_one_are_nobodys() {
    let mut f = Fixture::new(0);
    let place = f.write(1, b"hello").expect("room");
    assert_eq!(f.read(2, place, 5), None);
    assert_eq!(f.read(1, place, 4), None);
    assert_eq!(f.read(1, place, 5).as_deref(), Some(&b"hello"[..]));
    f.scratch.windows.clear();
    let file = f.scratch.file.clone().expect("made");
    std::os::unix::fs::FileExt::write_all_at(&*file, b"J", place.0 * UNIT + HEADER as u64).expect("written");
    assert_eq!(f.read(1, place, 5), None);
    assert_eq!(f.read(1, ScratchPlace(1 << 40), 5), None, "behind the end");
}

#[test]
fn without_room_it_refuses_and_goes_on() {
    let mut f = Fixture::new(10 * UNIT);
    let places: Vec<_> = (1..=12).map(|number| f.write(number, &body_of(number, 4000))).collect();
    assert_eq!(places.iter().flatten().count(), 10);
    f.scratch.free(places[3].expect("written"), 4000);
    assert!(f.write(13, b"again").is_some());
    assert_eq!(f.read(1, places[0].expect("written"), 4000).as_deref(), Some(&*body_of(1, 4000)));

    let mut nowhere = Fixture::new(0);
    nowhere.scratch =
        ScratchFile::create(Path::new("/nowhere/scratch"), 0, Waker::new().expect("an eventfd"));
    assert_eq!(nowhere.write(1, b"x"), None);
}
