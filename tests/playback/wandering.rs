//! Any wishes in any order.

use std::sync::Arc;

use partita::playback::{Feed, Mixer, Outlet, ring};

use crate::support::*;

/// One wish, or a change of the ring.
fn wish(random: &mut Random, feed: &mut Feed, outlet: &mut Outlet) {
    let place = random.below(30_000);
    let other = random.below(30_000);
    let gain = [0.0, 1.0, 0.5, 4.0, f32::NAN, f32::INFINITY, f32::MAX][random.below(7)];
    let recording = feed.mixer().recording().map(Arc::clone);
    match random.below(14) {
        0 | 1 => feed.change(0, Mixer::play),
        2 => feed.change(0, Mixer::pause),
        3 => feed.change(0, move |mixer| mixer.seek(place)),
        4 => feed.change(0, move |mixer| mixer.set_loop(Some(place..other))),
        5 => feed.change(0, |mixer| mixer.set_loop(None)),
        6 => feed.change(0, move |mixer| mixer.set_gains(&[gain, 1.0, gain])),
        7 => feed.change(0, move |mixer| mixer.set_original(gain == 1.0)),
        8 => feed.change(0, move |mixer| mixer.set_master(gain)),
        9 => {
            let rate = [44_100, 48_000, 22_050][random.below(3)];
            let channels = 1 + random.below(3);
            let seconds = 0.02 + 0.4 * random.next();
            feed.change(0, move |mixer| mixer.load(chirps(rate, seconds, channels)));
        }
        10 | 11 => {
            if let Some(recording) = recording {
                let new = mix(&recording, 1 + random.below(4), other as u64);
                feed.change(0, move |mixer| drop(mixer.set_mix(Some(new))));
            }
        }
        12 => feed.change(0, Mixer::unload),
        _ => {
            let rate = [44_100, 48_000, 96_000][random.below(3)];
            let (inlet, new) = ring(rate, 1 + random.below(3), Arc::default());
            feed.detach();
            feed.attach(inlet);
            *outlet = new;
        }
    }
}

#[test]
fn any_order_of_wishes_plays_finite_sound_and_keeps_the_place_inside() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let (mut feed, mut outlet) = line(Mixer::new(48_000, 2), 48_000, 2);
        feed.change(0, |mixer| mixer.load(chirps(44_100, 0.5, 2)));
        for step in 0..150 {
            wish(&mut random, &mut feed, &mut outlet);
            if random.below(3) > 0 {
                feed.run();
            }
            let mut part = vec![f32::NAN; random.below(1_500) * outlet.outputs()];
            outlet.take(&mut part);
            assert!(
                part.iter().all(|x| x.is_finite()),
                "seed {seed}, step {step}"
            );
            feed.run();
            let frames = feed.mixer().recording().map_or(0, |r| r.frames());
            assert!(feed.mixer().place() <= frames, "seed {seed}, step {step}");
        }
        // Whatever has been, it plays.
        feed.change(0, |mixer| {
            mixer.load(chirps(48_000, 0.5, 1));
            mixer.set_master(1.0);
            mixer.play();
        });
        let mut last = vec![0.0; 600 * outlet.outputs()];
        for _ in 0..12 {
            feed.run();
            outlet.take(&mut last);
        }
        assert!(last.iter().any(|x| *x != 0.0), "seed {seed} is silent");
    }
}
