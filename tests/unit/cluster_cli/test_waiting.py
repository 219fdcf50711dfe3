"""Bounded waits."""

from cluster_cli.waiting import ask_until, wait_until


def test_the_first_answer_is_given():
    answers = iter([None, None, "pg1", "pg2"])
    assert ask_until(lambda: next(answers), 60, 0) == "pg1"


def test_an_answer_that_is_false_is_one():
    assert ask_until(lambda: 0, 60, 0) == 0


def test_without_an_answer_in_time_there_is_none_and_it_was_asked_once():
    asked = []
    assert ask_until(lambda: asked.append(1), 0) is None
    assert asked == [1]
    assert not wait_until(lambda: False, 0)
