"""The root of `swapctl`: global options, the lazy list of commands, and how an error reaches a person."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer

from cluster_cli import failures
from cluster_cli.lazy import LazyGroup

app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

EPILOG = (
    "Exit codes: 0 ok, 1 failed, 2 usage, 3 unhealthy or limit exceeded, 6 refused by a pre-check, "
    "7 timed out, 9 unknown or invalid, 130 interrupted."
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"swapctl {version('swapskill-clusters')}")
        raise typer.Exit


@app.callback(epilog=EPILOG)
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """SwapSkill's MongoDB and PostgreSQL clusters: start, watch, operate, and prove that they survive.

    First steps: swapctl up, swapctl status, swapctl drill list.
    """


_BY_SIGNAL = 128
"""`cluster_cli.interrupts` ends an operation that a signal cut with this and the signal's number."""


def main() -> NoReturn:
    """Run `swapctl` and end the process with its exit code."""
    _escape_what_cannot_be_written()
    arguments, debug = failures.take_debug(sys.argv[1:])
    threads = threading.active_count()
    command = typer.main.get_command(app)
    try:
        command.main(arguments, prog_name="swapctl")
    except SystemExit as ended:
        if isinstance(cut := _cut_by(ended), KeyboardInterrupt):
            _end(failures.report(cut, arguments, debug), threads)
        if isinstance(ended.code, int) and ended.code > _BY_SIGNAL:
            _end(ended.code, threads)
        raise
    except BaseException as error:
        _end(failures.report(error, arguments, debug), threads)
    sys.exit(0)


def _end(code: int, threads: int) -> NoReturn:
    """End a command that failed, whatever its threads still wait for: it will not come any more.

    `threads`: how many there were before the command.
    Of a cluster that did not form, its bootstrap does; the interpreter would join the pools of that for two
    minutes, those of daemon threads too.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    if threading.active_count() > threads:
        os._exit(code)
    sys.exit(code)


def _escape_what_cannot_be_written() -> None:
    """Where the terminal or the pipe is not UTF-8, a letter that it lacks must not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _cut_by(ended: SystemExit) -> BaseException | None:
    """What made typer end the process: it turns a Ctrl-C into an exit without a word."""
    return ended.__context__.__cause__ if ended.__context__ is not None else None


if __name__ == "__main__":
    main()
