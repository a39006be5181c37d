"""What the server remembers of the last hour, for people to look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from visavis.core.activity import INCIDENTS_KEPT, MINUTES_KEPT, Activity, Incident, Minute

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Hands:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def incident(detail: str = "There is no group of this id.", *, by_server: bool = False) -> Incident:
    return Incident(NOON, "v2", "search_by_image", -40030, detail, "", by_server=by_server)


def test_requests_are_counted_in_their_minute_and_told_apart_by_whose_fault_they_are() -> None:
    clock = Hands()
    activity = Activity(clock)
    activity.record()
    activity.record(incident())
    clock.now += timedelta(seconds=90)
    activity.record(incident(by_server=True))
    before, present = activity.minutes()[-2:]
    assert before == Minute(NOON, requests=2, refused=1)
    assert present == Minute(NOON + timedelta(minutes=1), requests=1, failed=1)


def test_there_is_a_minute_for_each_of_the_last_sixty_also_where_nothing_was_asked() -> None:
    clock = Hands()
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
    clock = Hands()
    activity = Activity(clock)
    activity.record()
    clock.now -= timedelta(minutes=5)
    activity.record()
    clock.now = NOON
    assert activity.minutes()[-1].requests == 2


def test_the_last_incidents_are_kept_newest_first() -> None:
    activity = Activity(Hands())
    for number in range(INCIDENTS_KEPT + 5):
        activity.record(incident(str(number)))
    details = [each.detail for each in activity.incidents()]
    assert details == [str(number) for number in reversed(range(5, INCIDENTS_KEPT + 5))]
