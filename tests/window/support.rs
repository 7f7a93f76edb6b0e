//! A window without a display, and recordings to open in it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{DroppedFile, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use partita::app::{Action, FileDialogs, Options, Pick, Picked, Window};
use partita::audio::{StemFormat, WavSpec, WavWriter};
use partita::project::{Project, Source};

/// How long anything may take. Far more than it does, so that a busy machine does not fail tests.
const LIMIT: Duration = Duration::from_secs(120);

/// Ctrl as egui tells it on Linux.
pub const CTRL: Modifiers = Modifiers::COMMAND.plus(Modifiers::CTRL);

/// File dialogs that give the answers they were told, in their order, and nothing after that.
#[derive(Default)]
pub struct Script {
    answers: Mutex<VecDeque<PathBuf>>,
    asked: Mutex<Vec<Pick>>,
    held: AtomicBool,
}

impl Script {
    /// What was asked for so far.
    pub fn asked(&self) -> Vec<Pick> {
        self.asked.lock().unwrap().clone()
    }

    /// Keeps the dialogs from answering, as those that take long to appear, or lets them.
    pub fn hold(&self, on: bool) {
        self.held.store(on, Ordering::Relaxed);
    }
}

impl FileDialogs for Script {
    fn ask(&self, pick: &Pick) -> Picked {
        self.asked.lock().unwrap().push(pick.clone());
        while self.held.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(2));
        }
        let answer = self.answers.lock().unwrap().pop_front();
        answer.map_or(Picked::Nothing, Picked::Path)
    }
}

/// A window and the file dialogs it asks.
pub struct Desk {
    pub harness: Harness<'static, Window>,
    pub files: Arc<Script>,
}

impl Desk {
    /// Opens the window, with a folder of its own for what it keeps.
    pub fn new(state: &Path, file: Option<&Path>) -> Self {
        Self::sized([1440.0, 900.0], state, file)
    }

    /// The same in a window of this size.
    pub fn sized(size: [f32; 2], state: &Path, file: Option<&Path>) -> Self {
        let files = Arc::new(Script::default());
        let dialogs: Arc<dyn FileDialogs> = Arc::clone(&files) as _;
        let options = Options {
            file: file.map(PathBuf::from),
            diagnostics: None,
            state: Some(state.to_owned()),
            started: Instant::now(),
        };
        let harness = Harness::builder()
            .with_size(size)
            .with_step_dt(0.02)
            .build_eframe(move |creation| Window::new(&creation.egui_ctx, dialogs, options));
        Self { harness, files }
    }

    /// Opens the window on a recording, and waits until all of it is known.
    pub fn on(state: &Path, recording: &Path) -> Self {
        let mut desk = Self::new(state, Some(recording));
        desk.until_open(recording);
        desk
    }

    pub fn project(&self) -> Arc<Project> {
        Arc::clone(self.harness.state().project())
    }

    pub fn can(&self, action: Action) -> bool {
        self.harness.state().is_enabled(action)
    }

    pub fn act(&mut self, action: Action) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().act(&ctx, action);
    }

    /// Draws until this holds; time passes meanwhile.
    #[track_caller]
    pub fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        loop {
            self.harness.step();
            if holds(self) {
                self.harness.run_ok();
                return;
            }
            let seen = start.elapsed() < LIMIT;
            assert!(
                seen,
                "waited in vain until {what}; shown: {:?}",
                self.words()
            );
            sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the picture is complete and messages that go by themselves are gone.
    #[track_caller]
    pub fn until_painted(&mut self) {
        self.harness.run_ok();
        self.until("the picture is painted", |desk| {
            desk.harness.state().is_settled()
        });
    }

    /// Waits until it is known whether a crash has left unsaved work.
    #[track_caller]
    pub fn until_looked(&mut self) {
        self.until("unsaved work was looked for", |desk| {
            !desk.harness.state().is_looking()
        });
    }

    /// Waits until this recording is open and its hash is known.
    #[track_caller]
    pub fn until_open(&mut self, recording: &Path) {
        self.until("the recording is open", |desk| {
            let project = desk.project();
            let open = project.recording().filter(|open| open.path == recording);
            desk.can(Action::PlayPause) && open.is_some_and(|open| open.sha256.is_some())
        });
    }

    #[track_caller]
    pub fn until_said(&mut self, beginning: &str) {
        self.until(beginning, |desk| desk.says(beginning));
    }

    /// All labels that begin like this are seen.
    pub fn says(&self, beginning: &str) -> bool {
        self.words().iter().any(|text| text.starts_with(beginning))
    }

    /// All that a screen reader would find.
    pub fn words(&self) -> Vec<String> {
        let nodes = self.harness.root().children_recursive();
        nodes
            .filter_map(|node| {
                let node = node.accesskit_node();
                node.label().or_else(|| node.value())
            })
            .collect()
    }

    /// A button, or something that is switched on and off.
    #[track_caller]
    fn button<'a>(&'a self, label: &'a str) -> Node<'a> {
        let mut nodes = self.harness.query_all_by_label(label);
        let found = nodes.find(|node| {
            let role = node.accesskit_node().role();
            matches!(role, Role::Button | Role::CheckBox | Role::RadioButton)
        });
        found.unwrap_or_else(|| panic!("no button {label} among {:?}", self.words()))
    }

    #[track_caller]
    pub fn click(&mut self, label: &str) {
        self.button(label).click();
        self.harness.run_ok();
    }

    #[track_caller]
    pub fn click_with(&mut self, modifiers: Modifiers, label: &str) {
        self.button(label).click_modifiers(modifiers);
        self.harness.run_ok();
    }

    /// Clicks an item of a menu of the bar; its label may have a shortcut behind.
    #[track_caller]
    pub fn menu(&mut self, menu: &str, item: &str) {
        self.click(menu);
        self.labelled(Role::Button, item).click();
        self.harness.run_ok();
    }

    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_ok();
    }

    /// Sets a number of the settings.
    #[track_caller]
    pub fn set(&mut self, label: &str, value: f64) {
        let field = self.harness.get_by_role_and_label(Role::SpinButton, label);
        field.set_value_accesskit(value);
        self.harness.run_ok();
    }

    /// Chooses from a list of the settings.
    #[track_caller]
    pub fn choose(&mut self, label: &str, choice: &str) {
        self.harness
            .get_by_role_and_label(Role::ComboBox, label)
            .click();
        self.harness.run_ok();
        self.click(choice);
    }

    /// Clicks the row of a source.
    #[track_caller]
    pub fn row(&mut self, modifiers: Modifiers, name: &str) {
        let row = self.harness.get_by_role_and_label(Role::TreeItem, name);
        row.click_modifiers(modifiers);
        self.harness.run_ok();
    }

    /// Clicks the row of an atom, whatever its name.
    #[track_caller]
    pub fn atom(&mut self, atom: usize) {
        let beginning = format!("Atom {}: ", atom + 1);
        self.labelled(Role::TreeItem, &beginning).click();
        self.harness.run_ok();
    }

    #[track_caller]
    fn labelled(&self, role: Role, beginning: &str) -> Node<'_> {
        let mut nodes = self.harness.get_all_by_role(role);
        let found = nodes.find(|node| {
            let label = node.accesskit_node().label();
            label.is_some_and(|label| label.starts_with(beginning))
        });
        found.unwrap_or_else(|| panic!("no {beginning} among {:?}", self.words()))
    }

    pub fn answer(&self, path: &Path) {
        self.files
            .answers
            .lock()
            .unwrap()
            .push_back(path.to_owned());
    }

    /// Drops a file on the window.
    pub fn drop_file(&mut self, path: &Path) {
        let file = Dropped(path.to_owned());
        self.harness.input_mut().dropped_files.push(Arc::new(file));
        self.harness.run_ok();
    }

    pub fn sources(&self) -> Vec<Source> {
        self.project().sources().to_vec()
    }

    pub fn names(&self) -> Vec<String> {
        self.sources()
            .into_iter()
            .map(|source| source.name)
            .collect()
    }

    /// Separates with few iterations into this many sources, and names them A, B, C and so on.
    #[track_caller]
    pub fn separate(&mut self, sources: usize) {
        self.set("Iterations", 8.0);
        self.choose("Sources", &sources.to_string());
        self.click("Separate");
        self.until("it is separated", |desk| {
            desk.project().separation().is_some() && desk.can(Action::Separate)
        });
        for (place, name) in ('A'..).take(sources).enumerate() {
            let row = self.harness.get_all_by_role(Role::TreeItem).nth(place);
            row.unwrap().click();
            self.harness.run_ok();
            self.rename(&name.to_string());
        }
        let expected: Vec<String> = ('A'..).take(sources).map(String::from).collect();
        assert_eq!(self.names(), expected);
    }

    /// Names the focused row.
    pub fn rename(&mut self, name: &str) {
        self.press(Modifiers::NONE, Key::F2);
        self.harness
            .event(eframe::egui::Event::Text(name.to_owned()));
        self.harness.run_ok();
        self.press(Modifiers::NONE, Key::Enter);
    }

    /// Undoes until nothing is left; returns how many edits there were.
    pub fn undo_all(&mut self) -> usize {
        let mut edits = 0;
        while self.can(Action::Undo) {
            self.press(CTRL, Key::Z);
            edits += 1;
        }
        edits
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// Writes a second and a half in stereo: three tones that take turns, and ticks.
pub fn recording(path: &Path) {
    const RATE: u32 = 16_000;
    let spec = WavSpec {
        rate: RATE,
        channels: 2,
        format: StemFormat::I16,
        channel_mask: None,
        time_reference: None,
    };
    let sample = |n: u32, pan: f64| {
        let time = f64::from(n) / f64::from(RATE);
        let tone = [220.0, 523.3, 1318.5][(n / 4000) as usize % 3];
        let decay = (-6.0 * f64::from(n % 4000) / 4000.0).exp();
        let tick = if n % 2500 < 60 {
            f64::from(n * 7919 % 997) / 997.0 - 0.5
        } else {
            0.0
        };
        let both = 0.4 * decay * (std::f64::consts::TAU * tone * time).sin() + 0.3 * pan * tick;
        (both * 32_767.0).round() as i32
    };
    let channels = [1.0, 0.5].map(|pan| (0..RATE * 3 / 2).map(|n| sample(n, pan)).collect());
    let [left, right]: [Vec<i32>; 2] = channels;
    let mut writer = WavWriter::create(path, spec, false).unwrap();
    writer.write_i32(&[&left, &right]).unwrap();
    writer.finish().unwrap();
}
