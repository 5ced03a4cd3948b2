//! The real binary is killed with SIGKILL at random moments, again and again, while people work with it.
//!
//! GitHub survives: it is the fake, in this process. In the end everything that was acknowledged is handled
//! once, every intent has one outcome, and nothing was deployed or said twice. After each kill every log
//! that was ever served is the beginning of the log there is, and every entry that GitHub was told of stands
//! where it was said to. `COUNTERSIGN_CRASHES` says how often to kill.

mod github;
mod program;
mod verdict;

use std::time::Duration;

use countersign::clock::random;

use crate::harness::{On, database};
use github::World;
use program::Program;

/// How often the program dies when nobody says; CI says more.
const CRASHES: usize = 3;

fn crashes() -> usize {
    std::env::var("COUNTERSIGN_CRASHES")
        .ok()
        .map_or(CRASHES, |text| text.parse().expect("a number of crashes"))
}

/// A number below `end`.
fn below(end: usize) -> usize {
    usize::from(u16::from_le_bytes(random())) % end
}

fn milliseconds(most: usize) -> Duration {
    Duration::from_millis(u64::try_from(below(most)).unwrap())
}

async fn survives(on: On) {
    database::with(on, async |url| {
        let folder = tempfile::tempdir().unwrap();
        let world = World::begin().await;
        let mut program = Program::new(folder.path(), &url, &world.api_url);
        let mut served = Vec::new();
        for _ in 0..crashes() {
            program.start();
            let life = async {
                program.answers().await;
                for _ in 0..below(4) {
                    world.somebody_acts();
                    tokio::time::sleep(milliseconds(120)).await;
                }
                tokio::time::sleep(milliseconds(900)).await;
            };
            tokio::select! {
                // Some die before they have begun.
                () = tokio::time::sleep(Duration::from_millis(20) + milliseconds(2500)) => {}
                () = life => {}
                () = world.posts_to(program.webhook()) => {}
                () = program.serves(&mut served) => {}
            }
            program.kill();
            verdict::nothing_was_taken_back(&world, &url, &program, &served).await;
        }
        world.lets_everything_through();
        world.somebody_acts();
        program.start();
        tokio::select! {
            () = verdict::calm(&world, &url, &program) => {}
            () = world.posts_to(program.webhook()) => {}
            () = program.serves(&mut served) => {}
        }
        served.extend(program.checkpoint().await);
        program.stops();
        verdict::check(&world, &url, &program, &served).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_on_sqlite() {
    survives(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_on_postgres() {
    survives(On::Postgres).await;
}
