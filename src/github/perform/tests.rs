use crate::audit::{Kind, LogKey, Source};
use crate::authz::may_promote;
use crate::db::outbox::{self, ClaimedEffect};
use crate::db::{Db, LEASE, NewEntry};
use crate::effect::MarkSeed;
use crate::github::perform::{Assigned, CreateDeployment, Effect};
use crate::ids::{PromotionNumber, Repo};
use crate::policy::facts::Facts;
use crate::policy::tests::world::{NOW, alice, facts, policy};
use crate::policy::{Outcome, Permit, evaluate};
use crate::promotion::{DeployPlan, Promotion, open};

type Claimed<E = Effect> = outbox::Claimed<E>;

/// The promotion that these facts are about, as it begins.
fn promotion(facts: &Facts) -> Promotion {
    with_seed(facts, [1; 16])
}

fn with_seed(facts: &Facts, seed: [u8; 16]) -> Promotion {
    let tuple = facts.tuple.clone();
    let policy = policy();
    let environment = policy.environment(&tuple.environment).unwrap();
    let repo = tuple.promotion.repo;
    let right = may_promote(repo, &tuple.environment, environment, &alice()).unwrap();
    let repo =
        Repo { id: repo, installation: crate::ids::InstallationId(1), name: "acme/shop".parse().unwrap() };
    open(right, tuple, repo, None, DeployPlan::default(), MarkSeed::new(seed)).unwrap()
}

fn permit(facts: &Facts) -> Permit {
    match evaluate(&policy(), facts, NOW).verdict {
        Outcome::Allow(permit) => permit,
        verdict @ (Outcome::Wait(_) | Outcome::Deny(_)) => panic!("{verdict:?}"),
    }
}

/// A claim to `stored`, where `intended` was intended for the promotion.
async fn claim(promotion: &Promotion, intended: &Effect, stored: Effect) -> Claimed {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("countersign.db").display());
    let key = LogKey::from_seed("localhost/log/countersign".parse().unwrap(), [7; 32]);
    let db = Db::open(&url, key).await.unwrap();
    let (id, mark) = (promotion.id(), promotion.marks.mark(intended));
    let insert = db.write(move |tx| {
        Box::pin(async move {
            let entry = NewEntry::new(Kind::EffectIntended, NOW, Source::internal("test"));
            let intent = tx.append_intent(entry, mark.as_str()).await?;
            outbox::insert(tx, id, (&stored, &intent), None, NOW).await
        })
    });
    insert.await.unwrap();
    let claimed =
        db.write(|tx| Box::pin(async move { outbox::claim(tx.conn().await?, NOW, LEASE, 1).await }));
    claimed.await.unwrap().remove(0)
}

async fn to_create(promotion: &Promotion) -> Claimed<CreateDeployment> {
    match claim(promotion, &Effect::CreateDeployment, Effect::CreateDeployment).await.split() {
        ClaimedEffect::CreateDeployment(claimed) => claimed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_claim_is_of_the_promotion_that_its_intent_is_of() {
    let ours = promotion(&facts());
    let claimed = to_create(&ours).await;
    assert!(Assigned::new(&claimed, &ours).is_some());
    let mut other = facts();
    other.tuple.promotion.number = PromotionNumber(43);
    assert!(Assigned::new(&claimed, &promotion(&other)).is_none(), "another one");
    assert!(
        Assigned::new(&claimed, &with_seed(&facts(), [2; 16])).is_none(),
        "one of the same number in another history"
    );
}

#[tokio::test]
async fn what_was_not_intended_is_not_done() {
    let ours = promotion(&facts());
    let (run, other) = (crate::ids::RunId(7), crate::ids::RunId(8));
    for (stored, is_done) in [(run, true), (other, false)] {
        let claimed = claim(&ours, &Effect::CancelRun { run }, Effect::CancelRun { run: stored }).await;
        let ClaimedEffect::CancelRun(claimed) = claimed.split() else { panic!("{claimed:?}") };
        assert_eq!(Assigned::new(&claimed, &ours).is_some(), is_done, "run {stored}");
    }
}

#[tokio::test]
async fn a_permit_is_for_one_promotion_of_one_commit_to_one_environment() {
    let ours = promotion(&facts());
    let claimed = to_create(&ours).await;
    let permitted =
        |facts: &Facts| Assigned::new(&claimed, &ours).unwrap().permitted(permit(facts)).is_some();
    assert!(permitted(&facts()));
    let mut another = facts();
    another.tuple.promotion.number = PromotionNumber(43);
    assert!(!permitted(&another), "another promotion");
    let mut commit = facts();
    commit.tuple.commit = "9".repeat(40).parse().unwrap();
    commit.origin.pull.as_mut().unwrap().head = commit.tuple.commit.clone();
    assert!(!permitted(&commit), "another commit");
    let mut parameters = facts();
    parameters.tuple.parameters.insert("region".to_owned(), "us".to_owned());
    assert!(!permitted(&parameters), "other parameters");
}
