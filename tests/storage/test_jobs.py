"""A job is held by one worker at a time, survives its worker, and is not tried for ever."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from storage import Job, JobKind, JobState, NotFound, Store, StoreConflict
from storage.jobs import LONGEST_WAIT, MAX_TRIES
from tests.storage.classroom import Classroom
from tests.storage.conftest import HandClock

LEASE = 60.0


def ask(room: Classroom, clock: HandClock, wait: float = 0.0, kind: str = JobKind.FIT, chat: int | None = None) -> Job:
    with room.store.write() as unit:
        due_at = clock.now + timedelta(seconds=wait)
        return unit.jobs.request(kind, room.classifier.id, due_at=due_at, asked_in_id=chat)


def claim(store: Store, worker: str) -> Job | None:
    with store.write() as unit:
        return unit.jobs.claim([JobKind.FIT], worker, LEASE)


def test_a_job_is_claimed_once_it_is_due(room: Classroom, clock: HandClock) -> None:
    asked = ask(room, clock, wait=5)

    assert claim(room.store, "one") is None
    clock.wait(5)
    found = claim(room.store, "one")

    assert found is not None
    assert (found.id, found.state, found.worker, found.tries) == (asked.id, JobState.RUNNING, "one", 1)


def test_only_jobs_of_the_asked_kinds_are_claimed(room: Classroom, clock: HandClock) -> None:
    ask(room, clock, kind="embed")

    assert claim(room.store, "one") is None


def test_of_late_jobs_only_those_are_claimed_that_were_asked_for_by_then(room: Classroom, clock: HandClock) -> None:
    early = ask(room, clock, kind="first")
    clock.wait(60)
    ask(room, clock, kind="second")

    with room.store.write() as unit:
        by_then = clock() - timedelta(seconds=60)
        claimed = [unit.jobs.claim(["first", "second"], "one", LEASE, asked_before=by_then) for _ in range(2)]

    assert [one and one.id for one in claimed] == [early.id, None]


def test_two_workers_never_hold_one_job(room: Classroom, clock: HandClock) -> None:
    for number in range(12):
        ask(room, clock, kind=f"kind {number}")
    kinds = [f"kind {number}" for number in range(12)]
    held: list[int] = []
    barrier = threading.Barrier(4)

    def work(worker: str) -> None:
        barrier.wait()
        while True:
            with room.store.write() as unit:
                found = unit.jobs.claim(kinds, worker, LEASE)
            if found is None:
                return
            held.append(found.id)

    threads = [threading.Thread(target=work, args=(f"worker {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(held) == len(set(held)) == 12


def test_the_job_of_a_killed_worker_is_taken_up_again(room: Classroom, clock: HandClock) -> None:
    asked = ask(room, clock)
    claim(room.store, "killed")

    assert claim(room.store, "next") is None
    clock.wait(LEASE + 1)
    found = claim(room.store, "next")

    assert found is not None
    assert (found.id, found.worker, found.tries) == (asked.id, "next", 2)


def test_who_lost_a_job_can_neither_renew_nor_end_it(room: Classroom, clock: HandClock) -> None:
    asked = ask(room, clock)
    claim(room.store, "slow")
    clock.wait(LEASE + 1)
    claim(room.store, "next")

    with room.store.write() as unit:
        assert not unit.jobs.renew(asked.id, "slow", LEASE)
        assert not unit.jobs.finish(asked.id, "slow", {})
        assert not unit.jobs.fail(asked.id, "slow", "late", clock.now)
        assert not unit.jobs.give_up(asked.id, "slow", "late")
        assert unit.jobs.finish(asked.id, "next", {"network": 1})
        assert not unit.jobs.finish(asked.id, "next", {"network": 2})
        assert unit.jobs.get(asked.id).result == {"network": 1}


def test_renewing_holds_on_to_a_job(room: Classroom, clock: HandClock) -> None:
    asked = ask(room, clock)
    claim(room.store, "one")
    clock.wait(LEASE - 1)

    with room.store.write() as unit:
        assert unit.jobs.renew(asked.id, "one", LEASE)
    clock.wait(LEASE - 1)

    assert claim(room.store, "two") is None


def test_a_failed_job_waits_and_is_given_up_after_its_last_try(room: Classroom, clock: HandClock) -> None:
    asked = ask(room, clock)

    for number in range(1, MAX_TRIES + 1):
        found = claim(room.store, "one")
        assert found is not None
        assert found.tries == number
        with room.store.write() as unit:
            assert unit.jobs.fail(asked.id, "one", f"fault {number}", clock.now + timedelta(seconds=30))
        assert claim(room.store, "one") is None
        clock.wait(30)

    assert claim(room.store, "one") is None
    with room.store.read() as unit:
        ended = unit.jobs.get(asked.id)
    assert (ended.state, ended.error, ended.finished_at is not None) == (JobState.FAILED, f"fault {MAX_TRIES}", True)


@pytest.mark.parametrize("restart", [False, True])
def test_a_job_that_ends_its_workers_is_given_up(room: Classroom, clock: HandClock, restart: bool) -> None:
    asked = ask(room, clock, chat=room.chat.id)

    for _ in range(MAX_TRIES):
        assert claim(room.store, "one") is not None
        if restart:
            with room.store.write() as unit:
                assert unit.jobs.release_all() == 1
        else:
            clock.wait(LEASE + 1)

    assert claim(room.store, "one") is None
    with room.store.read() as unit:
        ended = unit.jobs.get(asked.id)
        assert unit.jobs.untold() == [ended]
    assert ended.state is JobState.FAILED
    assert ended.error


def test_a_given_up_job_does_not_stand_in_the_way_of_the_next(room: Classroom, clock: HandClock) -> None:
    ask(room, clock)
    for _ in range(MAX_TRIES):
        claim(room.store, "one")
        clock.wait(LEASE + 1)
    following = ask(room, clock)

    found = claim(room.store, "one")

    assert found is not None
    assert found.id == following.id


def test_what_would_fail_alike_again_is_given_up_at_its_first_try(room: Classroom, clock: HandClock) -> None:
    asked = ask(room, clock, chat=room.chat.id)
    claim(room.store, "one")
    clock.wait(5)

    with room.store.write() as unit:
        assert unit.jobs.give_up(asked.id, "one", "the loss exploded")
    given_up_at = clock.now
    clock.wait(LEASE + 1)

    assert claim(room.store, "two") is None
    with room.store.read() as unit:
        ended = unit.jobs.get(asked.id)
        assert unit.jobs.untold() == [ended]
        assert unit.jobs.unfinished(room.classifier.id) == []
    assert (ended.state, ended.tries, ended.error) == (JobState.FAILED, 1, "the loss exploded")
    assert ended.finished_at == given_up_at


def test_when_a_kind_of_job_failed_last_is_known(room: Classroom, clock: HandClock) -> None:
    known = []
    for end in ("finish", "give_up", "give_up", "finish"):
        clock.wait(60)
        asked = ask(room, clock)
        claim(room.store, "one")
        with room.store.write() as unit:
            if end == "finish":
                unit.jobs.finish(asked.id, "one", {})
            else:
                unit.jobs.give_up(asked.id, "one", "fault")
            known.append(unit.jobs.failed_at(JobKind.FIT, room.classifier.id))
    last = clock.now - timedelta(seconds=60)

    assert known == [None, last - timedelta(seconds=60), last, last]
    with room.store.read() as unit:
        assert unit.jobs.failed_at(JobKind.TUNE, room.classifier.id) is None
        assert unit.jobs.failed_at(JobKind.FIT, room.classifier.id + 1) is None


def test_a_job_that_will_be_tried_again_has_not_failed(room: Classroom, clock: HandClock) -> None:
    asked = ask(room, clock)
    claim(room.store, "one")

    with room.store.write() as unit:
        unit.jobs.fail(asked.id, "one", "fault", clock.now)

        assert unit.jobs.failed_at(JobKind.FIT, room.classifier.id) is None


def test_requests_that_come_together_are_one_job_put_off_but_not_for_ever(room: Classroom, clock: HandClock) -> None:
    first = ask(room, clock, wait=3)

    for _ in range(10):
        clock.wait(2)
        again = ask(room, clock, wait=3)
        assert again.id == first.id

    assert again.due_at == first.asked_at + LONGEST_WAIT


def test_a_request_while_the_job_runs_is_a_job_of_its_own(room: Classroom, clock: HandClock) -> None:
    first = ask(room, clock)
    claim(room.store, "one")

    second = ask(room, clock)

    assert second.id != first.id
    with room.store.read() as unit:
        assert [one.id for one in unit.jobs.unfinished(room.classifier.id)] == [first.id, second.id]


def test_requests_at_the_same_moment_are_one_job(room: Classroom, clock: HandClock) -> None:
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        ask(room, clock)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with room.store.read() as unit:
        assert len(unit.jobs.unfinished(room.classifier.id)) == 1


def test_who_asked_is_told_of_the_end_once(room: Classroom, clock: HandClock) -> None:
    asked = ask(room, clock, chat=room.chat.id)
    claim(room.store, "one")

    with room.store.write() as unit:
        assert unit.jobs.untold() == []
        unit.jobs.finish(asked.id, "one", {})
        assert [one.id for one in unit.jobs.untold()] == [asked.id]
        unit.jobs.told(asked.id)
        assert unit.jobs.untold() == []


def test_every_chat_that_asked_for_one_job_is_named_once(room: Classroom, clock: HandClock) -> None:
    with room.store.write() as unit:
        other = unit.chats.enter(-200, kind="group", title="Other")
    first = ask(room, clock, chat=room.chat.id)

    assert {ask(room, clock, chat=chat).id for chat in (other.id, room.chat.id, None)} == {first.id}

    with room.store.read() as unit:
        assert unit.jobs.askers(first.id) == [room.chat.id, other.id]


def test_a_job_for_a_classifier_that_is_not_there_is_not_found(room: Classroom, clock: HandClock) -> None:
    with pytest.raises(NotFound), room.store.write() as unit:
        unit.jobs.request(JobKind.FIT, 4711, due_at=clock.now)


def test_a_heartbeat_is_what_a_process_said_last(room: Classroom, clock: HandClock) -> None:
    with room.store.write() as unit:
        unit.heartbeats.beat("trainer", "waiting")
        unit.heartbeats.beat("trainer", "learning" * 100)
        beat = unit.heartbeats.of("trainer")
        assert unit.heartbeats.of("bot") is None

    assert beat is not None
    assert beat.doing.startswith("learninglearning")
    assert beat.at == clock.now


def done(room: Classroom, clock: HandClock, result: dict[str, Any], kind: str = JobKind.FIT) -> Job:
    job = ask(room, clock, kind=kind)
    with room.store.write() as unit:
        unit.jobs.claim([kind], "one", LEASE)
        unit.jobs.finish(job.id, "one", result)
    return job


def test_what_is_no_json_is_refused_by_every_database(room: Classroom, clock: HandClock) -> None:
    job = ask(room, clock)
    claim(room.store, "one")

    with pytest.raises(StoreConflict), room.store.write() as unit:
        unit.jobs.finish(job.id, "one", {"error": float("nan")})

    with room.store.read() as unit:
        assert unit.jobs.get(job.id).state is JobState.RUNNING


def test_results_since_a_moment_are_of_the_kind_and_of_many_the_newest(room: Classroom, clock: HandClock) -> None:
    done(room, clock, {"number": 1})
    clock.wait(60)
    since = clock.now
    for number in (2, 3):
        done(room, clock, {"number": number})
    done(room, clock, {"number": 4}, kind=JobKind.REPORT)

    with room.store.read() as unit:
        found = unit.jobs.results_since(JobKind.FIT, room.classifier.id, since)
        newest = unit.jobs.results_since(JobKind.FIT, room.classifier.id, since, limit=1)
    assert (found, newest) == ([{"number": 3}, {"number": 2}], [{"number": 3}])


def test_names_that_earlier_versions_kept_in_results_are_forgotten(room: Classroom, clock: HandClock) -> None:
    short = {"label_id": 1, "missing": 2}
    fit = done(room, clock, {"end": "not_ready", "missing": {"shortages": [short | {"name": "Mary"}]}})
    other = done(room, clock, {"end": "published", "network": 3})

    with room.store.write() as unit:
        unit.jobs.forget_names(room.classifier.id)

    with room.store.read() as unit:
        assert unit.jobs.get(fit.id).result == {"end": "not_ready", "missing": {"shortages": [short]}}
        assert unit.jobs.get(other.id).result == {"end": "published", "network": 3}
