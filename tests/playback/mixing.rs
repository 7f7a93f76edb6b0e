//! The mixer alone.

use std::f64::consts::TAU;
use std::sync::Arc;

use partita::audio::AudioBuffer;
use partita::playback::Mixer;

use crate::support::*;

#[test]
fn without_a_mix_the_recording_is_heard_bit_for_bit_and_then_silence() {
    let recording = chirps(48_000, 0.5, 2);
    let mut mixer = Mixer::new(48_000, 2);
    mixer.load(Arc::clone(&recording));
    assert_eq!(rendered(&mut mixer, 100, 2), [0.0; 200]);
    mixer.play();
    assert_eq!(rendered(&mut mixer, 24_000, 2), interleaved(&recording));
    assert_eq!(rendered(&mut mixer, 100, 2), [0.0; 200]);
    assert!(!mixer.is_playing());
    assert_eq!(mixer.place(), 24_000);
}

#[test]
fn a_mix_is_what_the_resynthesizer_makes_and_all_of_it_is_the_recording() {
    let recording = chirps(44_100, 0.4, 2);
    let frames = recording.frames();
    for gains in [&[1.0, 1.0, 1.0], &[0.0, 1.0, 0.25]] {
        let mut mixer = playing(&recording);
        mixer.set_gains(gains);
        let heard = rendered(&mut mixer, frames, 2);
        let mut expected = vec![Vec::new(); 2];
        mix(&recording, 3, 1).render(gains, 0..frames, &mut expected);
        for (c, expected) in expected.iter().enumerate() {
            assert_eq!(&channel(&heard, c, 2), expected);
        }
        let error = heard.iter().zip(interleaved(&recording));
        let error = error.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert_eq!(error < 1e-6, gains[0] == 1.0, "{error:e}");
    }
}

#[test]
fn missing_gains_are_one_and_those_that_are_no_numbers_zero() {
    let recording = chirps(44_100, 0.2, 1);
    let mut heard = [vec![1.0], vec![1.0, 0.0], vec![1.0, f32::NAN, 1.0, 7.0]].map(|gains| {
        let mut mixer = playing(&recording);
        mixer.set_gains(&gains);
        rendered(&mut mixer, 2000, 1)
    });
    assert_eq!(heard[1], heard[2]);
    heard[0].truncate(2000);
    assert_ne!(heard[0], heard[1]);
}

#[test]
fn the_sizes_of_the_pieces_change_no_bit() {
    for (rate, outputs) in [(44_100, 2), (48_000, 2), (22_050, 1)] {
        let recording = chirps(44_100, 0.5, 2);
        let start = || {
            let mut mixer = playing(&recording);
            mixer.set_output(rate, outputs);
            mixer.set_gains(&[0.3, 1.0, 0.0]);
            mixer.set_loop(Some(3_000..9_001));
            mixer.seek(1_234);
            mixer
        };
        let whole = rendered(&mut start(), 20_000, outputs);
        let mut random = Random(7);
        let (mut parts, mut mixer) = (Vec::new(), start());
        while parts.len() < whole.len() {
            let left = whole.len() / outputs - parts.len() / outputs;
            let frames = (1 + random.below(900)).min(left);
            parts.extend(rendered(&mut mixer, frames, outputs));
        }
        assert!(parts == whole, "at {rate} Hz");
    }
}

#[test]
fn frames_that_are_taken_back_come_again() {
    let recording = chirps(44_100, 0.5, 2);
    for rate in [44_100, 48_000] {
        let mut mixer = playing(&recording);
        mixer.set_output(rate, 2);
        let first = rendered(&mut mixer, 6_000, 2);
        mixer.rewind(2_500);
        assert_eq!(rendered(&mut mixer, 3_500, 2), first[5_000..]);
    }
}

#[test]
fn a_loop_comes_round_after_exactly_its_length_without_a_step() {
    let recording = chirps(48_000, 1.0, 1);
    let mut mixer = playing(&recording);
    mixer.set_loop(Some(10_000..17_001));
    mixer.seek(9_000);
    let heard = rendered(&mut mixer, 40_000, 1);
    let exact = interleaved(&recording);
    assert!(
        heard[..7_000]
            .iter()
            .zip(&exact[9_000..])
            .all(|(a, b)| (a - b).abs() < 1e-6)
    );
    for round in 0..4 {
        let from = 8_001 + round * 7_001;
        let start = heard[from..from + 6_000].iter().zip(&exact[10_000..]);
        assert!(
            start.into_iter().all(|(a, b)| (a - b).abs() < 1e-6),
            "round {round}"
        );
    }
    assert!(steepest(&heard, 1) < 1.5 * steepest(&exact, 1) + 0.01);
    assert!((10_000..17_001).contains(&mixer.place()));
}

#[test]
fn a_loop_behind_the_place_is_passed_and_a_short_one_is_none() {
    let recording = chirps(48_000, 0.5, 1);
    let mut mixer = playing(&recording);
    mixer.set_loop(Some(1_000..5_000));
    mixer.seek(6_000);
    rendered(&mut mixer, 2_000, 1);
    assert_eq!(mixer.place(), 8_000);
    for none in [
        None,
        Some(100..579),
        Some(23_900..90_000),
        Some(usize::MAX..usize::MAX),
    ] {
        mixer.set_loop(none);
        assert_eq!(mixer.looped(), None);
    }
    mixer.set_loop(Some(20_000..usize::MAX));
    assert_eq!(mixer.looped(), Some(20_000..24_000));
}

#[test]
fn a_sine_at_any_other_rate_is_that_sine() {
    for (from, to) in [
        (44_100, 48_000),
        (48_000, 44_100),
        (48_000, 96_000),
        (96_000, 44_100),
        (44_100, 44_101),
        (8_000, 48_000),
    ] {
        let hz = 997.0;
        let sine =
            |rate: u32, t: usize| 0.7 * (TAU * (hz * t as f64 / f64::from(rate)).fract()).sin();
        let samples = (0..from as usize).map(|t| sine(from, t) as f32).collect();
        let recording = Arc::new(AudioBuffer::new(vec![samples], from).unwrap());
        let mut mixer = Mixer::new(to, 1);
        mixer.load(recording);
        mixer.play();
        let heard = rendered(&mut mixer, to as usize * 9 / 10, 1);
        // The sine begins all of a sudden, which no filter can follow.
        let edge = to as usize / 20;
        let error = heard.iter().enumerate().skip(edge);
        let error = error.map(|(t, x)| (f64::from(*x) - sine(to, t)).abs());
        let error = error.fold(0.0, f64::max);
        assert!(error < 2e-5, "{from} to {to}: {error:e}");
    }
}

#[test]
fn nothing_above_half_the_rate_of_the_output_is_heard() {
    let samples = (0..96_000).map(|t| (TAU * 0.3 * f64::from(t)).sin() as f32);
    let recording = AudioBuffer::new(vec![samples.collect()], 96_000).unwrap();
    let mut mixer = Mixer::new(44_100, 1);
    mixer.load(Arc::new(recording));
    mixer.play();
    let heard = rendered(&mut mixer, 40_000, 1);
    let loudest = heard[1_000..]
        .iter()
        .fold(0.0_f32, |max, x| max.max(x.abs()));
    assert!(loudest < 1e-4, "{loudest}");
}

#[test]
fn another_output_goes_on_at_the_same_place() {
    let recording = chirps(44_100, 1.0, 2);
    let mut mixer = playing(&recording);
    rendered(&mut mixer, 10_000, 2);
    mixer.set_output(48_000, 4);
    assert_eq!(
        (mixer.place(), mixer.clock(), mixer.is_playing()),
        (10_000, 0, true)
    );
    rendered(&mut mixer, 4_800, 4);
    assert_eq!(mixer.place(), 14_410);
}

#[test]
fn playing_at_the_end_begins_again() {
    let recording = chirps(44_100, 0.1, 1);
    let mut mixer = playing(&recording);
    mixer.seek(usize::MAX);
    assert_eq!(mixer.place(), 4_410);
    rendered(&mut mixer, 10, 1);
    assert!(!mixer.is_playing());
    mixer.play();
    assert_eq!(mixer.place(), 0);
    assert!(rendered(&mut mixer, 500, 1).iter().any(|x| *x != 0.0));
}

#[test]
fn a_mix_of_another_recording_is_none() {
    let (recording, other) = (chirps(44_100, 0.1, 1), chirps(44_100, 0.1, 1));
    let mut mixer = Mixer::new(44_100, 1);
    mixer.load(Arc::clone(&recording));
    mixer.set_mix(Some(mix(&other, 2, 1)));
    mixer.set_gains(&[0.0, 0.0]);
    mixer.play();
    assert_eq!(rendered(&mut mixer, 4_410, 1), interleaved(&recording));
}
