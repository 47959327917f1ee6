"""A signal waits for a place that can bear it, is never lost, and goes to whom it would have gone."""

import signal
import threading
from collections.abc import Callable

import pytest

from kinema import cli, interruption
from kinema.interruption import deferred, say_when_waiting, stop_if_asked


def test_a_signal_waits_for_the_next_safe_place():
    done = []
    with pytest.raises(KeyboardInterrupt), deferred():  # noqa: PT012 - where it is raised is the point
        signal.raise_signal(signal.SIGINT)
        done.append("what was under way")
        stop_if_asked()
        done.append("never")
    assert done == ["what was under way"]


def test_a_signal_is_delivered_on_leaving_at_the_latest():
    left = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - where it is raised is the point
        with deferred() as interruption:
            signal.raise_signal(signal.SIGINT)
            left.append(interruption.asked)
        left.append("never")
    assert left == [signal.SIGINT]


def test_whoever_asks_twice_does_not_wait():
    with pytest.raises(KeyboardInterrupt), deferred():  # noqa: PT012 - where it is raised is the point
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second was held back")


def test_who_waits_is_told_so_once(capfd, monkeypatch):
    monkeypatch.setattr(interruption, "_notices", [])
    say_when_waiting("patience")
    with pytest.raises(KeyboardInterrupt), deferred():
        signal.raise_signal(signal.SIGINT)
    assert capfd.readouterr().err == "patience\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_goes_to_the_handler_that_was_there(number):
    heard = []
    before = signal.signal(number, lambda n, _frame: heard.append(n))
    try:
        with deferred():
            signal.raise_signal(number)
            assert heard == []
        assert heard == [number]
        signal.raise_signal(number)
        assert heard == [number, number]
    finally:
        signal.signal(number, before)


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred() as interruption:
            signal.raise_signal(signal.SIGINT)
            assert interruption.asked is None
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_inner_one_is_a_part_of_the_outer():
    with pytest.raises(KeyboardInterrupt), deferred():  # noqa: PT012 - where it is raised is the point
        with deferred():
            signal.raise_signal(signal.SIGINT)
        with deferred():
            stop_if_asked()
            pytest.fail("not delivered")


def test_an_error_inside_leaves_the_handlers_as_they_were():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), deferred():
        _ = 1 / 0
    assert signal.getsignal(signal.SIGINT) is before
    stop_if_asked()


def test_another_thread_is_left_alone():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with deferred() as interruption:
            seen.extend([interruption.asked, signal.getsignal(signal.SIGINT)])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [None, before]


def ends(monkeypatch: pytest.MonkeyPatch, command: Callable[[], None]) -> int | str | None:
    """How the command line ends a command."""
    monkeypatch.setattr(cli, "app", command)
    monkeypatch.setattr(cli.Stopped, "asked", False)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return ended.value.code


def test_a_stop_that_others_made_an_error_of_is_a_stop(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def command() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException as error:
            raise ImportError("initialization failed") from error  # as a module under import does

    assert ends(monkeypatch, command) == 130
    assert "What is finished is kept" in capsys.readouterr().err


def test_an_error_without_a_stop_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def command() -> None:
        raise ImportError("initialization failed")

    with pytest.raises(ImportError):
        ends(monkeypatch, command)
