"""Changes are told to all who listen, whatever one of them does."""

from __future__ import annotations

from dataclasses import fields

import pytest

from core.changes import Changes, Publisher


def test_changes_add_up() -> None:
    both = Changes(jobs=True) | Changes(catalog=True)
    assert both == Changes(jobs=True, catalog=True)
    assert both | Changes() == both


def test_only_something_changed_is_true() -> None:
    assert not Changes()
    assert all(Changes(**{field.name: True}) for field in fields(Changes))
    assert all(getattr(Changes.everything(), field.name) for field in fields(Changes))


def test_nothing_changed_is_not_told() -> None:
    publisher, told = Publisher(), list[Changes]()
    publisher.subscribe(told.append)
    publisher.publish(Changes())
    assert told == []


def test_who_unsubscribed_is_not_told_and_may_do_it_twice() -> None:
    publisher, first, second = Publisher(), list[Changes](), list[Changes]()
    unsubscribe = publisher.subscribe(first.append)
    publisher.subscribe(second.append)
    unsubscribe()
    unsubscribe()
    publisher.publish(Changes(jobs=True))
    assert (first, second) == ([], [Changes(jobs=True)])


def test_a_listener_may_unsubscribe_while_it_is_told() -> None:
    publisher, told = Publisher(), list[Changes]()
    unsubscribe = publisher.subscribe(lambda _: unsubscribe())
    publisher.subscribe(told.append)
    publisher.publish(Changes(jobs=True))
    publisher.publish(Changes(jobs=True))
    assert len(told) == 2


@pytest.mark.expects_log
def test_a_listener_that_fails_is_logged_and_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    publisher, told = Publisher(), list[Changes]()

    def fail(_: Changes) -> None:
        raise ValueError("broken listener")

    publisher.subscribe(fail)
    publisher.subscribe(told.append)
    publisher.publish(Changes(jobs=True))
    assert told == [Changes(jobs=True)]
    assert "A listener failed" in caplog.text
    assert "broken listener" in caplog.text
