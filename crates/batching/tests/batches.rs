//! Batches, their members and their failures, with a sender that the test controls.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use auth_batching::{BatchError, Batcher};
use auth_domain::ports::Clock;
use auth_testkit::TestClock;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

type Numbers = Batcher<u32, u32, &'static str>;
type Answer = Result<u32, BatchError<&'static str>>;

/// The receiving end of a batcher.
struct Server(mpsc::UnboundedReceiver<Received>);

/// A batch in flight.
struct Received {
    questions: Vec<u32>,
    until: Instant,
    reply: oneshot::Sender<Result<Vec<u32>, &'static str>>,
}

impl Server {
    fn with(max: usize) -> (Numbers, Self) {
        let (sender, received) = mpsc::unbounded_channel();
        (Batcher::new(max, Self::sending(sender)), Self(received))
    }

    fn gathering() -> (Numbers, Self) {
        let (sender, received) = mpsc::unbounded_channel();
        (Batcher::gathering(512, Self::sending(sender)), Self(received))
    }

    fn sending(
        sender: mpsc::UnboundedSender<Received>,
    ) -> impl Fn(Vec<u32>, Instant) -> BoxFuture<'static, Result<Vec<u32>, &'static str>> {
        move |questions, until| {
            let (reply, replied) = oneshot::channel();
            sender.send(Received { questions, until, reply }).unwrap();
            async move { replied.await.unwrap() }.boxed()
        }
    }

    async fn next(&mut self) -> Received {
        timeout(Duration::from_secs(10), self.0.recv()).await.unwrap().unwrap()
    }

    fn is_idle(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

impl Received {
    /// Answers each question with its double.
    fn answer(self) -> Vec<u32> {
        self.reply.send(Ok(self.questions.iter().map(|question| question * 2).collect())).unwrap();
        self.questions
    }
}

fn soon() -> Instant {
    TestClock::new().instant() + Duration::from_secs(10)
}

fn asking(batcher: &Numbers, question: u32) -> JoinHandle<Answer> {
    asking_until(batcher, question, soon())
}

fn asking_until(batcher: &Numbers, question: u32, until: Instant) -> JoinHandle<Answer> {
    let batcher = batcher.clone();
    tokio::spawn(async move { batcher.ask(question, until).await })
}

async fn turns() {
    for _ in 0..10 {
        yield_now().await;
    }
}

#[tokio::test]
async fn questions_of_one_turn_share_a_batch() {
    let (batcher, mut server) = Server::with(512);
    let askers: Vec<_> = (0..64).map(|question| asking(&batcher, question)).collect();
    assert_eq!(server.next().await.answer(), (0..64).collect::<Vec<_>>());
    for (question, asker) in (0..).zip(askers) {
        assert_eq!(asker.await.unwrap(), Ok(question * 2));
    }
    assert!(server.is_idle());
}

#[tokio::test]
async fn tasks_that_are_ready_join_a_batch_that_gathers() {
    for ((batcher, mut server), gathers) in [(Server::with(512), false), (Server::gathering(), true)] {
        let first = asking(&batcher, 0);
        let (ready, is_ready) = oneshot::channel();
        let asking_when_ready = batcher.clone();
        let second = tokio::spawn(async move {
            is_ready.await.unwrap();
            asking_when_ready.ask(1, soon()).await
        });
        // The task of the batch is already in the queue of the runtime when this makes the second caller ready.
        tokio::spawn(async move { ready.send(()).unwrap() });
        let batch = server.next().await.answer();
        assert_eq!(batch, if gathers { vec![0, 1] } else { vec![0] });
        if !gathers {
            assert_eq!(server.next().await.answer(), [1]);
        }
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(0), Ok(2)));
    }
}

#[tokio::test]
async fn questions_during_a_batch_go_with_the_next_one() {
    let (batcher, mut server) = Server::with(512);
    let first = asking(&batcher, 0);
    let batch = server.next().await;
    let others: Vec<_> = (1..64).map(|question| asking(&batcher, question)).collect();
    turns().await;
    assert!(server.is_idle(), "a second batch was sent while the first was in flight");
    assert_eq!(batch.answer(), [0]);
    assert_eq!(first.await.unwrap(), Ok(0));
    assert_eq!(server.next().await.answer(), (1..64).collect::<Vec<_>>());
    for (question, asker) in (1..).zip(others) {
        assert_eq!(asker.await.unwrap(), Ok(question * 2));
    }
}

#[tokio::test]
async fn a_lone_question_is_sent_at_once() {
    let (batcher, mut server) = Server::with(512);
    for question in 0..3 {
        let asker = asking(&batcher, question);
        assert_eq!(server.next().await.answer(), [question]);
        assert_eq!(asker.await.unwrap(), Ok(question * 2));
    }
}

#[tokio::test]
async fn a_batch_is_bounded_and_the_rest_keeps_its_order() {
    let (batcher, mut server) = Server::with(3);
    let askers: Vec<_> = (0..8).map(|question| asking(&batcher, question)).collect();
    assert_eq!(server.next().await.answer(), [0, 1, 2]);
    assert_eq!(server.next().await.answer(), [3, 4, 5]);
    assert_eq!(server.next().await.answer(), [6, 7]);
    for (question, asker) in (0..).zip(askers) {
        assert_eq!(asker.await.unwrap(), Ok(question * 2));
    }
}

#[tokio::test]
async fn a_failed_batch_fails_its_members_only() {
    let (batcher, mut server) = Server::with(512);
    let members: Vec<_> = (0..3).map(|question| asking(&batcher, question)).collect();
    let batch = server.next().await;
    let next = asking(&batcher, 9);
    turns().await;
    batch.reply.send(Err("unreachable")).unwrap();
    for member in members {
        assert_eq!(member.await.unwrap(), Err(BatchError::Failed("unreachable")));
    }
    assert_eq!(server.next().await.answer(), [9]);
    assert_eq!(next.await.unwrap(), Ok(18));
}

#[tokio::test]
async fn a_wrong_number_of_answers_fails_every_member() {
    let (batcher, mut server) = Server::with(512);
    for answers in [0, 2, 4] {
        let members: Vec<_> = (0..3).map(|question| asking(&batcher, question)).collect();
        server.next().await.reply.send(Ok(vec![7; answers])).unwrap();
        for member in members {
            let mismatched = BatchError::Mismatched { questions: 3, answers };
            assert_eq!(member.await.unwrap(), Err(mismatched));
        }
    }
}

#[tokio::test]
async fn a_member_leaves_at_its_deadline_and_the_batch_goes_on() {
    let (batcher, mut server) = Server::with(512);
    let near = TestClock::new().instant() + Duration::from_millis(30);
    let hurried = asking_until(&batcher, 1, near);
    let patient = asking(&batcher, 2);
    let batch = server.next().await;
    assert_eq!(hurried.await.unwrap(), Err(BatchError::TimedOut));
    assert!(batch.until > near, "the batch has the latest deadline");
    assert_eq!(batch.answer(), [1, 2]);
    assert_eq!(patient.await.unwrap(), Ok(4));
}

#[tokio::test]
async fn a_question_whose_caller_has_left_is_not_sent() {
    let (batcher, mut server) = Server::with(512);
    let first = asking(&batcher, 0);
    let batch = server.next().await;
    let (hung_up, waiting) = (asking(&batcher, 1), asking(&batcher, 2));
    turns().await;
    hung_up.abort();
    assert!(hung_up.await.unwrap_err().is_cancelled());
    batch.answer();
    assert_eq!(server.next().await.answer(), [2]);
    assert_eq!((first.await.unwrap(), waiting.await.unwrap()), (Ok(0), Ok(4)));
}

#[tokio::test]
async fn a_caller_that_hangs_up_leaves_its_batch_alone() {
    let (batcher, mut server) = Server::with(512);
    // The one that has started the task.
    let hung_up = asking(&batcher, 1);
    let other = asking(&batcher, 2);
    let batch = server.next().await;
    hung_up.abort();
    assert!(hung_up.await.unwrap_err().is_cancelled());
    assert_eq!(batch.answer(), [1, 2]);
    assert_eq!(other.await.unwrap(), Ok(4));
}

#[tokio::test]
async fn a_panic_fails_its_batch_and_the_next_one_is_sent() {
    let batcher: Numbers = Batcher::new(1, |questions: Vec<u32>, _| {
        assert_ne!(questions, [1], "the sender panics at once");
        async move {
            assert_ne!(questions, [2], "the future of the sender panics");
            Ok(questions)
        }
    });
    let askers: Vec<_> = (0..4).map(|question| asking(&batcher, question)).collect();
    let mut answers = Vec::new();
    for asker in askers {
        answers.push(asker.await.unwrap());
    }
    assert_eq!(answers, [Ok(0), Err(BatchError::Lost), Err(BatchError::Lost), Ok(3)]);
}

#[test]
fn the_end_of_a_runtime_fails_its_members_and_another_one_goes_on() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let is_stuck = Arc::new(AtomicU32::new(1));
    let batcher: Numbers = {
        let is_stuck = Arc::clone(&is_stuck);
        Batcher::new(1, move |questions, _| {
            let is_stuck = is_stuck.load(Ordering::Relaxed) == 1;
            async move { if is_stuck { pending().await } else { Ok(questions) } }
        })
    };
    let (ending, staying) = (runtime(), runtime());
    ending.block_on(async {
        drop(asking(&batcher, 1));
        turns().await;
    });
    // It waits behind the batch of the runtime that ends.
    let waiting = {
        let _staying = staying.enter();
        asking(&batcher, 2)
    };
    staying.block_on(turns());
    drop(ending);
    is_stuck.store(0, Ordering::Relaxed);
    assert_eq!(staying.block_on(waiting).unwrap(), Err(BatchError::Lost));
    assert_eq!(staying.block_on(batcher.ask(3, soon())), Ok(3));
}

#[test]
fn a_batcher_with_a_runtime_does_not_need_that_of_a_caller() {
    let (own, caller) = (
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
    );
    let (batcher, mut server) = Server::with(512);
    let batcher = batcher.on(Some(own.handle().clone()));
    // It starts the task, and does not run any more.
    caller.block_on(async {
        drop(asking(&batcher, 1));
        turns().await;
    });
    own.block_on(async {
        let asker = asking(&batcher, 2);
        assert_eq!(server.next().await.answer(), [1]);
        assert_eq!(server.next().await.answer(), [2]);
        assert_eq!(asker.await.unwrap(), Ok(4));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_caller_gets_its_own_answer_on_many_threads() {
    let sent = Arc::new(AtomicU32::new(0));
    let batcher: Numbers = {
        let sent = Arc::clone(&sent);
        Batcher::new(512, move |questions: Vec<u32>, _| {
            sent.fetch_add(1, Ordering::Relaxed);
            async move {
                yield_now().await;
                ready(Ok(questions.into_iter().map(|question| question * 2).collect())).await
            }
        })
    };
    let askers: Vec<_> = (0..64_u32)
        .map(|caller| {
            let batcher = batcher.clone();
            tokio::spawn(async move {
                for round in 0..1_000 {
                    let question = caller * 1_000 + round;
                    assert_eq!(batcher.ask(question, soon()).await, Ok(question * 2));
                }
            })
        })
        .collect();
    for asker in askers {
        asker.await.unwrap();
    }
    assert!(sent.load(Ordering::Relaxed) < 64_000, "questions were batched");
}
