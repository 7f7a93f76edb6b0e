//! Real playback: what a server records of it.

use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use assert_no_alloc::assert_no_alloc;
use partita::audio::AudioBuffer;
use partita::playback::{DeviceState, Event, Mixer, Player, PlayerSettings};
use partita::separation::{Cancel, SeparationSettings, Silent, separate};

use crate::server::{Server, wait};
use crate::support::*;

/// A player that gives up when its callback allocates.
fn player() -> Player {
    let settings = PlayerSettings {
        around: |callback| assert_no_alloc(callback),
        buffer: 512,
        ..PlayerSettings::default()
    };
    Player::new(settings, || {})
}

/// Chirps after 0.3 s of silence: a server may swallow the beginning of a stream.
fn late(rate: u32, seconds: f64) -> Arc<AudioBuffer> {
    let chirps = chirps(rate, seconds, 2);
    let silence = rate as usize * 3 / 10;
    let channels = chirps.channels().iter();
    let channels = channels.map(|c| [&vec![0.0; silence], c.as_slice()].concat());
    Arc::new(AudioBuffer::new(channels.collect(), rate).unwrap())
}

/// Where the interleaved frames `wanted` lie in `recorded`, found by their first loud ones.
fn find(recorded: &[f32], wanted: &[f32]) -> Option<usize> {
    let loud = wanted.iter().position(|x| x.abs() > 0.01)? / 2 * 2;
    let key = &wanted[loud..loud + 16];
    let found = recorded
        .chunks_exact(2)
        .enumerate()
        .position(|(i, _)| recorded[2 * i..].starts_with(key));
    found.map(|frame| 2 * frame - loud.min(2 * frame))
}

/// What the mixer makes of a recording and three components at these gains.
fn made(recording: &Arc<AudioBuffer>, gains: &[f32]) -> Vec<f32> {
    let mut mixer = Mixer::new(recording.rate(), 2);
    mixer.load(Arc::clone(recording));
    mixer.set_mix(Some(mix(recording, 3, 1)));
    mixer.set_gains(gains);
    mixer.play();
    rendered(&mut mixer, recording.frames(), 2)
}

fn is_open(player: &Player) -> bool {
    matches!(player.state().device, DeviceState::Open(_))
}

#[test]
fn what_is_recorded_is_what_the_mixer_made_sample_by_sample() {
    // A sound server that does not get the processor in time plays silence meanwhile, whatever it is
    // given. What it plays without such a hole has to be right to the last sample.
    const TRIES: usize = 5;
    for rate in [48_000, 44_100] {
        let whole = (0..TRIES).any(|_| match recorded_whole(rate) {
            Some((same, all)) => {
                eprintln!("{same} of {all} samples at {rate} Hz");
                same == all
            }
            None => true,
        });
        assert!(whole, "at {rate} Hz");
    }
}

/// Plays a recording to its end. Returns how many samples of what was recorded are those that the
/// mixer makes, up to the first that is not, and how many there are; nothing where there is no sound
/// server.
fn recorded_whole(rate: u32) -> Option<(usize, usize)> {
    let mut server = Server::new(rate)?;
    server.start("capture");
    let recording = late(rate, 2.0);
    let mut player = player();
    player.load(Arc::clone(&recording));
    player.set_factors(Some(factors(&recording, 3, 1)), &[0.5, 1.0, 0.0]);
    // So that the mix is there from the first sample on.
    sleep(Duration::from_millis(300));
    player.play();
    wait("the end is heard", || player.poll().contains(&Event::Ended));
    sleep(Duration::from_millis(300));
    let expected = made(&recording, &[0.5, 1.0, 0.0]);
    let recorded = server.recorded("capture");
    let at = find(&recorded, &expected).expect("the sound is in the recording");
    let same = recorded[at..]
        .iter()
        .zip(&expected)
        .take_while(|(a, b)| a == b)
        .count();
    eprintln!("{rate} Hz: {:#?}", player.diagnostics());
    assert_eq!(player.diagnostics().dropouts, 0);
    assert_eq!(player.state().position, recording.frames());
    assert!(!player.state().playing);
    Some((same, expected.len()))
}

#[test]
fn a_mute_is_in_the_recording_within_50_ms_and_makes_no_step() {
    let Some(mut server) = Server::new(48_000) else {
        return;
    };
    server.start("capture");
    let recording = late(48_000, 4.0);
    let mut player = player();
    player.load(Arc::clone(&recording));
    player.set_factors(Some(factors(&recording, 3, 1)), &[]);
    sleep(Duration::from_millis(300));
    player.play();
    wait("it plays", || player.state().position > 40_000);
    let mut delays = Vec::new();
    for round in 0..8 {
        let before = server.frames("capture");
        player.set_gains(&[(round % 2) as f32; 3]);
        sleep(Duration::from_millis(307));
        let recorded = server.recorded("capture");
        let loud = |frame: &[f32]| frame.iter().any(|x| *x != 0.0);
        // Where silence begins or ends, after the frames that had been recorded before.
        let mut change = recorded[2 * before..].chunks_exact(2).enumerate();
        let change = if round % 2 == 0 {
            change.rfind(|(_, frame)| loud(frame)).map(|(at, _)| at)
        } else {
            change.find(|(_, frame)| loud(frame)).map(|(at, _)| at)
        };
        delays.push(change.expect("a change") as f64 / 48.0);
    }
    eprintln!("from a change to its place in the recording: {delays:.0?} ms");
    eprintln!("{:#?}", player.diagnostics());
    let recorded = server.recorded("capture");
    let calm = steepest(&interleaved(&recording), 2);
    assert!(steepest(&recorded, 2) < calm + 0.5 * 0.0041);
    assert!(delays.iter().all(|delay| *delay < 50.0), "{delays:.0?}");
}

#[test]
fn play_is_in_the_recording_within_100_ms() {
    let Some(mut server) = Server::new(48_000) else {
        return;
    };
    server.start("capture");
    let recording = chirps(48_000, 8.0, 2);
    let mut player = player();
    player.load(Arc::clone(&recording));
    player.prepare();
    wait("the device is open", || is_open(&player));
    sleep(Duration::from_millis(500));
    let mut delays = Vec::new();
    for round in 0..6 {
        let before = server.frames("capture");
        player.seek(48_000 * round);
        player.play();
        sleep(Duration::from_millis(307));
        player.pause();
        sleep(Duration::from_millis(307));
        let recorded = server.recorded("capture");
        let mut later = recorded[2 * before..].chunks_exact(2);
        let first = later.position(|frame| frame.iter().any(|x| *x != 0.0));
        delays.push(first.expect("sound") as f64 / 48.0);
    }
    let told = player.diagnostics();
    eprintln!("from play to its place in the recording: {delays:.0?} ms; {told:#?}");
    assert!(delays.iter().all(|delay| *delay < 100.0), "{delays:.0?}");
    // The player measures it itself, for whoever has no recording of what was heard.
    assert_eq!(told.play_to_device_ms.count, 6);
    let longest = delays
        .iter()
        .fold(0.0, |longest: f64, &delay| longest.max(delay));
    assert!(f64::from(told.play_to_device_ms.max) <= longest);
}

#[test]
fn a_killed_server_is_told_and_play_goes_on_from_its_place_with_the_next() {
    let Some(mut server) = Server::new(48_000) else {
        return;
    };
    server.start("first");
    let recording = late(48_000, 8.0);
    let mut player = player();
    player.load(Arc::clone(&recording));
    player.play();
    wait("it plays", || player.state().position > 48_000);
    server.kill();
    let mut events = Vec::new();
    wait("the loss is told", || {
        events.extend(player.poll());
        events
            .iter()
            .any(|event| matches!(event, Event::DeviceLost { .. }))
    });
    wait("nothing is open", || !is_open(&player));
    let place = player.state().position;
    sleep(Duration::from_millis(1_500));
    let state = player.state();
    assert!(
        state.playing && state.position == place,
        "{state:?} after {place}"
    );
    server.start("second");
    wait("it is open again", || is_open(&player));
    assert!(
        player
            .poll()
            .iter()
            .any(|event| matches!(event, Event::DeviceOpened { .. }))
    );
    wait("it goes on", || player.state().position > place + 24_000);
    player.pause();
    sleep(Duration::from_millis(200));
    // The new recording begins near the place where the old one ended: after the fade, and what
    // a server that has only just started may swallow of a stream that joins it.
    let exact = interleaved(&recording);
    let recorded = server.recorded("second");
    let mut later = (place + 500..place + 12_000).step_by(500);
    let found = later.find_map(|from| Some((from, find(&recorded, &exact[2 * from..])?)));
    let (from, at) = found.expect("the sound goes on");
    eprintln!("lost at {place}, found again from {from} on");
    let sound = recorded[..at].iter().filter(|x| **x != 0.0).count();
    assert!(sound <= 2 * (from - place), "{sound} samples before {from}");
    assert_eq!(recorded[at..at + 20_000], exact[2 * from..][..20_000]);
}

#[test]
fn the_callback_does_not_allocate_and_nothing_drops_out_beside_a_separation() {
    let Some(mut server) = Server::new(48_000) else {
        return;
    };
    server.start("capture");
    let seconds = std::env::var("PARTITA_PLAY_SECONDS").map_or(8.0, |s| s.parse().unwrap());
    let recording = late(48_000, 20.0);
    let mut player = player();
    player.load(Arc::clone(&recording));
    player.set_loop(Some(14_400..900_000));
    player.play();
    let cancel = Cancel::default();
    let work = {
        let (recording, cancel) = (Arc::clone(&recording), cancel.clone());
        std::thread::spawn(move || {
            while !cancel.is_cancelled() {
                separate(&recording, &SeparationSettings::default(), &Silent, &cancel).unwrap();
            }
        })
    };
    let mut random = Random(3);
    for round in 0..(seconds / 0.15) as usize {
        // Another number of components now and then, as a new separation would have.
        let components = 2 + round / 8 % 4;
        player.set_factors(Some(factors(&recording, components, round as u64)), &[]);
        player.set_gains(&[random.next() as f32, random.next() as f32]);
        if round % 11 == 10 {
            player.seek(random.below(800_000));
        }
        player.poll();
        sleep(Duration::from_millis(150));
    }
    cancel.cancel();
    work.join().unwrap();
    let diagnostics = player.diagnostics();
    eprintln!("{diagnostics:#?}");
    assert!(diagnostics.callbacks > 100);
    assert_eq!(diagnostics.dropouts, 0);
}

#[test]
fn without_a_device_it_says_so_and_keeps_its_place() {
    let Some(server) = Server::new(48_000) else {
        return;
    };
    let mut player = player();
    player.load(chirps(48_000, 1.0, 2));
    player.seek(12_345);
    player.play();
    let mut events = Vec::new();
    wait("it is told", || {
        events.extend(player.poll());
        events
            .iter()
            .any(|event| matches!(event, Event::NoDevice { .. }))
    });
    let state = player.state();
    assert!(matches!(state.device, DeviceState::None { .. }));
    assert!(state.playing && state.position == 12_345, "{state:?}");
    player.pause();
    assert!(!player.state().playing);
    drop(server);
}
