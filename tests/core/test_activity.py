"""What the server remembers of the last hour, for people to look at."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import NOON, FakeClock
from visavis.core.activity import INCIDENTS_KEPT, MINUTES_KEPT, Activity, Incident, Minute


def incident(detail: str = "There is no group with this id.", *, by_server: bool = False) -> Incident:
    return Incident(NOON, "v2", "search_by_image", -40030, detail, "", by_server=by_server)


def test_requests_are_counted_in_their_minute_and_told_apart_by_whose_fault_they_are() -> None:
    clock = FakeClock()
    activity = Activity(clock)
    activity.record()
    activity.record(incident())
    clock.pass_by(90)
    activity.record(incident(by_server=True))
    before, present = activity.minutes()[-2:]
    assert before == Minute(NOON, requests=2, refused=1)
    assert present == Minute(NOON + timedelta(minutes=1), requests=1, failed=1)


def test_what_is_done_in_the_console_is_counted_apart_from_requests() -> None:
    activity = Activity(FakeClock())
    activity.record_console()
    activity.record()
    activity.record_console()
    assert activity.minutes()[-1] == Minute(NOON, requests=1, console=2)


def test_there_is_a_minute_for_each_of_the_last_sixty_also_where_nothing_was_asked() -> None:
    clock = FakeClock()
    activity = Activity(clock)
    activity.record()
    clock.now += timedelta(minutes=MINUTES_KEPT - 1)
    activity.record()
    minutes = activity.minutes()
    assert len(minutes) == MINUTES_KEPT
    assert [minute.requests for minute in minutes] == [1, *[0] * (MINUTES_KEPT - 2), 1]
    clock.now += timedelta(minutes=1)
    assert sum(minute.requests for minute in activity.minutes()) == 1


def test_a_clock_that_is_put_back_loses_no_count() -> None:
    clock = FakeClock()
    activity = Activity(clock)
    activity.record()
    clock.now -= timedelta(minutes=5)
    activity.record()
    clock.now = NOON
    assert activity.minutes()[-1].requests == 2


def test_the_last_incidents_are_kept_newest_first() -> None:
    activity = Activity(FakeClock())
    for number in range(INCIDENTS_KEPT + 5):
        activity.record(incident(str(number)))
    details = [each.detail for each in activity.incidents()]
    assert details == [str(number) for number in reversed(range(5, INCIDENTS_KEPT + 5))]


def test_requests_of_a_minute_are_counted_together_to_the_microsecond() -> None:
    clock = FakeClock()
    activity = Activity(clock)
    for _ in range(3):
        clock.pass_by(0.000001)
        activity.record()
    clock.pass_by(7.5)
    assert activity.minutes()[-1] == Minute(NOON, requests=3)


def test_a_minute_in_which_nothing_was_asked_has_its_start_too() -> None:
    starts = [minute.start for minute in Activity(FakeClock()).minutes()]
    assert starts == [NOON - timedelta(minutes=59 - number) for number in range(60)]


def test_no_more_is_remembered_than_an_hour() -> None:
    clock = FakeClock()
    activity = Activity(clock)
    for _ in range(100):
        activity.record()
        clock.pass_by(60)
    assert len(activity._minutes) == MINUTES_KEPT
