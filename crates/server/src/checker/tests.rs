//! Who guesses keeps nobody waiting, and nobody is barred.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::*;

const HERE: Source = Source::V4([10, 0, 0, 1]);
const THERE: Source = Source::V4([10, 0, 0, 2]);
const FAILDLAY: u64 = 1000;

/// Gives users passwords.
fn set(file: &Path, users: &[(&str, &str)]) {
    let mut passwords = Passwords::load(file).unwrap();
    for (user, password) in users {
        passwords.set(user, &(*password).into()).unwrap();
    }
    passwords.save(file).unwrap();
}

/// Gives users one password, which is hashed once.
fn set_alike(file: &Path, users: &[String], password: &str) {
    set(file, &[("like", password)]);
    let line = std::fs::read_to_string(file).unwrap();
    let (_, phc) = line.trim().split_once(':').unwrap();
    let all: String = users.iter().map(|user| format!("{user}:{phc}\n")).collect();
    std::fs::write(file, all).unwrap();
}

/// A checker whose time stands still but for what the test says.
struct Scene {
    checker: Checker,
    file: PathBuf,
    now_ms: u64,
    id: u64,
    /// What was decided, in its order.
    decided: Vec<Decision>,
    _dir: crate::testing::TempDir,
}

impl Scene {
    fn new(name: &str, users: &[(&str, &str)]) -> Self {
        let dir = crate::testing::temp_dir(name);
        let file = dir.path().join("passwords");
        set(&file, users);
        let checker = Checker::start(file.clone(), Waker::new().unwrap()).unwrap();
        Self { checker, file, now_ms: 0, id: 0, decided: Vec::new(), _dir: dir }
    }

    fn ask(&mut self, source: Source, user: &str, password: &str) -> u64 {
        self.id += 1;
        let question = Question {
            id: self.id,
            user: user.to_owned(),
            password: password.into(),
            source,
            origin: ("C".to_owned(), "somewhere".to_owned()),
            fail_delay_ms: FAILDLAY,
        };
        let told = self.checker.ask(question, self.now_ms);
        self.decided.extend(told);
        self.id
    }

    /// Waits until this is decided, and says how; time stands still, so that it must be right to be.
    fn wait(&mut self, id: u64) -> bool {
        self.wait_until(|scene| scene.decided.iter().any(|decision| decision.id == id));
        self.decided.iter().find(|decision| decision.id == id).expect("it was decided").right
    }

    fn wait_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..60_000 {
            let decided = self.checker.decided(self.now_ms);
            self.decided.extend(decided);
            if is_so(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("it never came: {:?}", self.decided);
    }

    /// Lets all checks end that may begin.
    fn settle(&mut self) {
        self.wait_until(|scene| {
            let checker = &scene.checker;
            checker.idle.len() == checker.threads.len() && checker.lines.next_is_none(scene.now_ms, checker)
        });
    }

    /// Lets time pass, and the failures be told that are due.
    fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        let decided = self.checker.decided(self.now_ms);
        self.decided.extend(decided);
    }

    fn is_decided(&self, id: u64) -> bool {
        self.decided.iter().any(|decision| decision.id == id)
    }

    /// Checks that were done or are being done.
    fn begun(&self) -> usize {
        self.id as usize - self.checker.jobs.values().filter(|job| job.password.is_some()).count()
    }
}

impl Lines {
    fn next_is_none(&self, now_ms: u64, checker: &Checker) -> bool {
        self.pairs().all(|pair| checker.delays.start_ms(pair) > now_ms)
    }
}

#[test]
fn a_success_is_remembered_and_a_failure_comes_late() {
    let mut scene = Scene::new("checker", &[("app", "right")]);
    let first = scene.ask(HERE, "app", "right");
    assert!(!scene.is_decided(first) && scene.wait(first));
    let again = scene.ask(THERE, "app", "right");
    assert!(scene.is_decided(again), "at once");
    scene.now_ms = REMEMBER_MS;
    let last = scene.ask(HERE, "app", "right");
    assert!(!scene.is_decided(last) && scene.wait(last));

    let wrong = scene.ask(HERE, "app", "wrong");
    scene.settle();
    assert_eq!(scene.checker.deadline_ms(), Some(scene.now_ms + FAILDLAY));
    scene.pass(FAILDLAY - 1);
    assert!(!scene.is_decided(wrong));
    scene.pass(1);
    assert!(scene.is_decided(wrong) && !scene.wait(wrong));
}

#[test]
fn guesses_hold_up_no_honest_user_of_the_same_address() {
    let mut scene = Scene::new("checker-guesses", &[("app", "right"), ("admin", "secret")]);
    for guess in 0..1100 {
        scene.ask(HERE, "app", &format!("guess {guess}"));
        scene.ask(HERE, &format!("user {guess}"), "guess");
    }
    let begun = scene.begun();
    let honest = scene.ask(HERE, "admin", "secret");
    assert!(scene.wait(honest));
    // A couple of them, and what the other thread did meanwhile; that is not much longer.
    let between = scene.begun() - begun;
    assert!(between < 10, "{between} checks were begun");
    assert_eq!(scene.decided.len(), 1);
}

#[test]
fn guesses_of_ones_own_name_hold_one_up_for_a_few_checks() {
    let mut scene = Scene::new("checker-own", &[("app", "right")]);
    for guess in 0..1100 {
        scene.ask(HERE, "app", &format!("guess {guess}"));
    }
    let begun = scene.begun();
    let (here, there) = (scene.ask(HERE, "app", "right"), scene.ask(THERE, "app", "right"));
    assert!(scene.wait(there));
    while !scene.is_decided(here) {
        scene.settle();
        scene.pass(100);
        assert!(scene.now_ms < 10_000, "it is not heard");
    }
    assert!(scene.wait(here));
    let between = scene.begun() - begun;
    assert!(between < 20, "{between} checks were begun");
}

#[test]
fn the_check_of_a_socket_that_is_gone_is_never_done() {
    let mut scene = Scene::new("checker-gone", &[("app", "right")]);
    let ids: Vec<u64> = (0..50).map(|guess| scene.ask(HERE, "app", &format!("guess {guess}"))).collect();
    let begun = scene.checker.jobs.values().filter(|job| job.password.is_none()).count();
    ids.iter().for_each(|id| scene.checker.forget(*id));
    assert_eq!(scene.checker.jobs.len(), begun, "what had not begun is gone");
    scene.settle();
    // What had begun leaves its trace although nobody hears of it.
    let failures: Vec<_> = std::iter::from_fn(|| scene.checker.failure()).collect();
    assert_eq!(failures.len(), begun);
    scene.pass(100_000);
    assert_eq!(scene.decided, []);
    assert!(scene.checker.by_id.is_empty() && scene.checker.by_digest.is_empty());
}

#[test]
fn failures_bar_nobody() {
    let mut scene = Scene::new("checker-bar", &[("app", "right"), ("admin", "secret")]);
    let honest = scene.ask(HERE, "app", "right");
    assert!(scene.wait(honest));
    for guess in 0..40 {
        scene.ask(HERE, "app", &format!("guess {guess}"));
        scene.settle();
        scene.pass(2000);
    }
    // The right password is known, and another user has nothing to do with it.
    let known = scene.ask(HERE, "app", "right");
    assert!(scene.is_decided(known) && scene.wait(known));
    let other = scene.ask(HERE, "admin", "secret");
    assert!(scene.wait(other));
    // A wrong one is told later than the first was.
    let wrong = scene.ask(HERE, "app", "the last guess");
    scene.settle();
    scene.pass(FAILDLAY + 2000);
    assert!(!scene.is_decided(wrong));
    let failures: Vec<_> = std::iter::from_fn(|| scene.checker.failure()).collect();
    assert!(failures.len() > 40, "every one leaves its trace: {}", failures.len());
}

#[test]
fn who_is_nobody_is_told_as_late_as_who_is_somebody() {
    let users: Vec<String> = (0..20).map(|user| format!("user{user}")).collect();
    let known: Vec<(&str, &str)> = users.iter().step_by(2).map(|user| (user.as_str(), "right")).collect();
    let mut scene = Scene::new("checker-nobody", &known);
    for user in &users {
        scene.ask(HERE, user, "guess");
    }
    scene.settle();
    let mut told = Vec::new();
    while told.len() < users.len() {
        scene.pass(1);
        let new: Vec<u64> = scene.decided.drain(..).map(|decision| decision.id).collect();
        told.extend(new.into_iter().map(|id| (scene.now_ms, id)));
        assert!(scene.now_ms < 100_000);
    }
    let in_order: Vec<u64> = told.iter().map(|(_, id)| *id).collect();
    let sorted: BTreeSet<u64> = in_order.iter().copied().collect();
    assert_eq!(in_order, sorted.into_iter().collect::<Vec<u64>>(), "in the order of asking");
}

#[test]
fn the_same_wrong_password_again_costs_nothing() {
    let mut scene = Scene::new("checker-same", &[("app", "right")]);
    let ids: Vec<u64> = (0..1000).map(|_| scene.ask(HERE, "app", "old")).collect();
    assert_eq!(scene.checker.jobs.len(), 1);
    scene.settle();
    scene.pass(FAILDLAY);
    assert!(ids.iter().all(|id| scene.is_decided(*id)));
    scene.ask(HERE, "app", "old");
    assert!(scene.checker.jobs.is_empty());
    let honest = scene.ask(HERE, "app", "right");
    assert!(scene.wait(honest));
}

#[test]
fn users_of_one_address_who_come_at_once_are_all_let_in() {
    let users: Vec<String> = (0..140).map(|user| format!("user{user}")).collect();
    let mut scene = Scene::new("checker-storm", &[]);
    set_alike(&scene.file, &users, "right");
    let ids: Vec<u64> = users.iter().map(|user| scene.ask(HERE, user, "right")).collect();
    assert!(ids.into_iter().all(|id| scene.wait(id)));
    assert_eq!(scene.checker.failure(), None);
}

#[test]
fn what_waits_is_bounded() {
    let mut scene = Scene::new("checker-bounded", &[("app", "right")]);
    for guess in 0..5000 {
        scene.ask(HERE, &format!("user {guess}"), "guess");
    }
    assert!(scene.checker.jobs.len() < 200, "{}", scene.checker.jobs.len());
    scene.settle();
    scene.pass(100_000);
    assert_eq!(scene.decided.len(), 5000, "everybody is told");
}

#[test]
fn a_changed_file_counts_at_once() {
    let mut scene = Scene::new("checker-change", &[("app", "right")]);
    let check = |scene: &mut Scene, password: &str, right: bool| {
        scene.now_ms += 1_000_000;
        let id = scene.ask(HERE, "app", password);
        scene.settle();
        scene.pass(FAILDLAY);
        assert_eq!(scene.wait(id), right, "{password}");
        scene.checker.trouble()
    };
    check(&mut scene, "right", true);
    set(&scene.file, &[("app", "new")]);
    // Neither a remembered success nor the thread's last one lets the old password in.
    check(&mut scene, "right", false);
    check(&mut scene, "new", true);
    let mut passwords = Passwords::load(&scene.file).unwrap();
    passwords.remove("app");
    passwords.save(&scene.file).unwrap();
    check(&mut scene, "new", false);
    std::fs::write(&scene.file, "nonsense\n").unwrap();
    let trouble = check(&mut scene, "new", false).unwrap();
    assert!(trouble.contains("line 1"), "{trouble}");
    assert_eq!(check(&mut scene, "new", false), None);
    std::fs::remove_file(&scene.file).unwrap();
    set(&scene.file, &[("app", "new")]);
    // A remembered failure is forgotten too.
    check(&mut scene, "new", true);
}
