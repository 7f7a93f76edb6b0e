//! A mixer and its ring: how changes reach the ear, without a device or a thread.

use std::sync::Arc;

use partita::playback::Mixer;

use crate::support::*;

/// Frames that a change takes at 48 kHz, and those that a device takes at a time.
const FADE: usize = 384;
const BUFFER: usize = 512;

#[test]
fn what_is_heard_is_what_the_mixer_makes_sample_by_sample() {
    let recording = chirps(48_000, 1.0, 2);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 2);
    let heard = hear(&mut feed, &mut outlet, 40_000);
    assert_eq!(heard, rendered(&mut playing(&recording), 40_000, 2));
}

#[test]
fn a_change_that_changes_nothing_leaves_every_bit() {
    let recording = chirps(48_000, 1.0, 2);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 2);
    let mut heard = Vec::new();
    for _ in 0..20 {
        feed.change(0, |mixer| mixer.set_gains(&[1.0, 1.0, 1.0]));
        feed.run();
        heard.extend(hear(&mut feed, &mut outlet, 1_536));
    }
    assert_eq!(heard, rendered(&mut playing(&recording), 20 * 1_536, 2));
}

#[test]
fn a_mute_overtakes_what_is_rendered_and_makes_no_step() {
    let recording = chirps(48_000, 1.0, 2);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 2);
    let before = hear(&mut feed, &mut outlet, 10_240);
    assert!(outlet.waiting() > 4_000, "{} frames wait", outlet.waiting());
    feed.change(0, |mixer| mixer.set_gains(&[0.0, 0.0, 0.0]));
    feed.run();
    let after = hear(&mut feed, &mut outlet, 10_240);
    let whole = [before, after].concat();
    let calm = steepest(&interleaved(&recording), 2);
    assert!(steepest(&whole, 2) < calm + 0.5 * 0.0041);
    let muted = whole.len() - whole.iter().rev().take_while(|x| **x == 0.0).count();
    assert!(
        (10_240 + 300..=10_240 + FADE).contains(&(muted / 2)),
        "{muted}"
    );
    let same = rendered(&mut playing(&recording), 10_240, 2);
    assert_eq!(whole[..same.len()], same);
}

#[test]
fn gains_go_over_in_step_and_then_are_what_they_are() {
    let recording = chirps(48_000, 1.0, 1);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 1);
    let mut heard = hear(&mut feed, &mut outlet, 5_120);
    feed.change(0, |mixer| mixer.set_gains(&[0.0, 1.0, 0.5]));
    feed.run();
    heard.extend(hear(&mut feed, &mut outlet, 20_480));
    let mut expected = playing(&recording);
    expected.set_gains(&[0.0, 1.0, 0.5]);
    let expected = rendered(&mut expected, 25_600, 1);
    assert_eq!(heard[5_120 + FADE..], expected[5_120 + FADE..]);
}

#[test]
fn original_and_mix_go_over_in_step() {
    let recording = chirps(48_000, 1.0, 1);
    let mut mixer = playing(&recording);
    mixer.set_gains(&[0.0, 0.0, 0.0]);
    let (mut feed, mut outlet) = line(mixer, 48_000, 1);
    let mut heard = hear(&mut feed, &mut outlet, 5_120);
    for on in [true, false] {
        feed.change(0, move |mixer| mixer.set_original(on));
        feed.run();
        heard.extend(hear(&mut feed, &mut outlet, 5_120));
    }
    let exact = interleaved(&recording);
    assert_eq!(heard[..5_120], [0.0; 5_120]);
    assert_eq!(heard[5_120 + FADE..10_240], exact[5_120 + FADE..10_240]);
    assert!(heard[10_240 + FADE..].iter().all(|x| *x == 0.0));
    assert!(steepest(&heard, 1) < steepest(&exact, 1) + 0.5 * 0.0041);
}

#[test]
fn factors_of_another_number_of_components_are_heard_while_it_plays() {
    let recording = chirps(48_000, 1.0, 1);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 1);
    let mut heard = hear(&mut feed, &mut outlet, 5_120);
    let mut expected = Vec::new();
    for (components, seed) in [(3, 5), (7, 6), (1, 7)] {
        let new = mix(&recording, components, seed);
        feed.change(0, move |mixer| {
            mixer.set_mix(Some(new));
            mixer.set_gains(&[0.5]);
        });
        feed.run();
        heard.extend(hear(&mut feed, &mut outlet, 5_120));
        let mut alone = playing(&recording);
        alone.set_mix(Some(mix(&recording, components, seed)));
        alone.set_gains(&[0.5]);
        expected = rendered(&mut alone, heard.len(), 1);
        assert_eq!(
            heard[heard.len() - 4_000..],
            expected[heard.len() - 4_000..]
        );
    }
    assert!(steepest(&heard, 1) < steepest(&expected, 1) + 0.02);
}

#[test]
fn a_pause_fades_to_silence_and_play_goes_on_where_it_stopped() {
    let recording = chirps(48_000, 1.0, 1);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 1);
    let before = hear(&mut feed, &mut outlet, 5_120);
    feed.change(0, Mixer::pause);
    feed.run();
    assert!(!feed.is_flowing());
    let pause = hear(&mut feed, &mut outlet, 2_048);
    assert!(pause[..FADE - 1].iter().any(|x| *x != 0.0));
    assert!(pause[FADE..].iter().all(|x| *x == 0.0));
    assert_eq!(feed.mixer().place(), 5_120);
    feed.change(0, Mixer::play);
    feed.run();
    let after = hear(&mut feed, &mut outlet, 4_096);
    let exact = rendered(&mut playing(&recording), 20_000, 1);
    assert_eq!(after[FADE..], exact[5_120 + FADE..5_120 + 4_096]);
    let whole = [before, pause, after].concat();
    assert!(steepest(&whole, 1) < steepest(&exact, 1) + 0.5 * 0.0041);
}

#[test]
fn a_stop_goes_back_to_where_play_began() {
    let recording = chirps(48_000, 1.0, 1);
    let mut mixer = playing(&recording);
    rendered(&mut mixer, 1_000, 1);
    mixer.stop();
    assert_eq!((mixer.place(), mixer.is_playing()), (0, false));
    mixer.seek(7_000);
    mixer.play();
    rendered(&mut mixer, 1_000, 1);
    mixer.pause();
    mixer.play();
    rendered(&mut mixer, 1_000, 1);
    mixer.stop();
    assert_eq!((mixer.place(), mixer.is_playing()), (8_000, false));
    mixer.play();
    mixer.seek(20_000);
    rendered(&mut mixer, 1_000, 1);
    mixer.stop();
    assert_eq!(mixer.place(), 20_000);
    mixer.load(recording);
    mixer.stop();
    assert_eq!(mixer.place(), 0);
}

#[test]
fn a_seek_begins_with_the_sample_it_goes_to() {
    let recording = chirps(48_000, 1.0, 1);
    let exact = rendered(&mut playing(&recording), 48_000, 1);
    for delay in [0, 1, 3] {
        let (mut feed, mut outlet) = line(playing(&recording), 48_000, 1);
        let mut heard = hear(&mut feed, &mut outlet, 5_120);
        feed.change(0, |mixer| mixer.seek(30_000));
        // The device takes some more of the old sound before the new one is there.
        let mut late = vec![0.0; delay * BUFFER];
        outlet.take(&mut late);
        heard.extend(late);
        feed.run();
        let from = heard.len();
        heard.extend(hear(&mut feed, &mut outlet, 5_120));
        assert_eq!(heard[..from], exact[..from]);
        assert_eq!(heard[from + FADE..], exact[30_000 + FADE..30_000 + 5_120]);
        assert!(steepest(&heard, 1) < steepest(&exact, 1) + 0.0041);
    }
}

#[test]
fn a_beginning_is_not_faded() {
    let recording = chirps(48_000, 0.5, 1);
    let mut mixer = playing(&recording);
    mixer.pause();
    let (mut feed, mut outlet) = line(mixer, 48_000, 1);
    assert_eq!(hear(&mut feed, &mut outlet, 1_024), [0.0; 1_024]);
    feed.change(0, Mixer::play);
    feed.run();
    let heard = hear(&mut feed, &mut outlet, 24_000);
    assert_eq!(heard, rendered(&mut playing(&recording), 24_000, 1));
}

#[test]
fn the_end_is_no_gap() {
    let recording = chirps(48_000, 0.2, 2);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 2);
    let heard = hear(&mut feed, &mut outlet, 20_480);
    assert_eq!(
        heard[..19_200],
        rendered(&mut playing(&recording), 9_600, 2)
    );
    assert!(heard[19_200..].iter().all(|x| *x == 0.0));
    assert!(!feed.is_flowing());
}

#[test]
fn a_starved_ring_is_a_counted_gap_and_goes_on_afterwards() {
    let recording = chirps(48_000, 1.0, 1);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 1);
    let waiting = outlet.waiting();
    let mut heard = vec![0.0; waiting + 100];
    assert_eq!(outlet.take(&mut heard), 100);
    assert!(heard[waiting..].iter().all(|x| *x == 0.0));
    feed.run();
    let after = hear(&mut feed, &mut outlet, 5_120);
    let exact = rendered(&mut playing(&recording), waiting + 5_120, 1);
    assert_eq!([&heard[..waiting], &after].concat(), exact);
}

#[test]
fn changes_that_come_too_fast_wait_and_the_last_one_stands() {
    let recording = chirps(48_000, 1.0, 1);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 1);
    let mut heard = hear(&mut feed, &mut outlet, 5_120);
    for i in 0..40 {
        feed.change(0, move |mixer| mixer.set_gains(&[(i % 7) as f32 / 7.0]));
        feed.run();
        let mut part = vec![0.0; 100];
        assert_eq!(outlet.take(&mut part), 0);
        heard.extend(part);
    }
    feed.change(0, |mixer| mixer.set_gains(&[0.0, 0.0, 0.0]));
    feed.run();
    heard.extend(hear(&mut feed, &mut outlet, 2_048));
    assert!(!feed.is_waiting());
    assert!(heard[heard.len() - 500..].iter().all(|x| *x == 0.0));
    assert!(steepest(&heard, 1) < steepest(&interleaved(&recording), 1) + 0.5 * 0.0041);
}

#[test]
fn a_new_ring_goes_on_where_the_old_one_was_heard() {
    let recording = chirps(48_000, 1.0, 2);
    let (mut feed, mut outlet) = line(playing(&recording), 48_000, 2);
    hear(&mut feed, &mut outlet, 10_240);
    drop(outlet);
    feed.detach();
    assert!(feed.mixer().is_playing() && feed.mixer().place() <= 10_240);
    feed.change(0, |mixer| mixer.seek(20_000));
    feed.run();
    let (inlet, mut outlet) = partita::playback::ring(48_000, 2, Arc::default());
    feed.attach(inlet);
    feed.run();
    let heard = hear(&mut feed, &mut outlet, 5_120);
    let exact = rendered(&mut playing(&recording), 25_120, 2);
    assert_eq!(heard[2 * FADE..], exact[2 * (20_000 + FADE)..]);
}
