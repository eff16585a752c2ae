"""The command line: words in, words and an exit code out.

Heavy modules are imported by the command that needs them, so that ``--version`` and a wrong option answer at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

from citetrack._version import __version__
from citetrack.errors import CitetrackError, OutputError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from citetrack.profiles.profile import Profile
    from citetrack.records.model import Snapshot
    from citetrack.views.asking import Watch

    _Adding = argparse._SubParsersAction[Any]

PARTIAL: Final = 3
INTERRUPTED: Final = 130
TOP_ON_A_TERMINAL: Final = 20
_PROBLEMS_SHOWN: Final = 10
_PIPED_HELP: Final = 98
_LONGEST_AGE: Final = 36_500
_OFFLINE: Final = "make no connection"


def main(arguments: Sequence[str] | None = None, *, checkout: Path | None = None) -> int:
    """Run one command and return its exit code. `checkout` is the folder of the `cli.py` that is run, where one is."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None and "--debug" not in words:  # only where this is the program, not a call of another
        sys.excepthook = _own_fault
    try:
        if words in (["--version"], ["-V"]):
            _put(f"citetrack {__version__}\n", None)
            return 0
        code = _run(words, checkout)
    except CitetrackError as error:
        if "--debug" in words:
            import traceback

            traceback.print_exception(error)
        else:
            _say(str(error))
        code = error.exit_code
    except BrokenPipeError:
        # The reader has gone, as in `| head`. What is still buffered must not be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        _say("interrupted")
        code = INTERRUPTED
    return code


def _say(message: str) -> None:
    """One line on stderr; what a terminal would obey is dropped."""
    shown = "".join(character if character.isprintable() else " " for character in message)
    if sys.stderr is not None:  # as under `2>&-`
        with contextlib.suppress(OSError):
            print(f"citetrack: {shown}", file=sys.stderr, flush=True)


def _own_fault(kind: type[BaseException], fault: BaseException, trace: object) -> None:
    """What nobody foresaw is a fault of citetrack's: told in a line as well, with what a report of it needs."""
    _say(f"this is a fault in citetrack {__version__} ({kind.__name__}: {fault}); please report it with what --debug prints")


def _run(words: list[str], checkout: Path | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = _parser(words).parse_args(words)
    options.checkout = checkout
    command: Callable[[argparse.Namespace], int] = options.command
    return command(options)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command that is meant, or of all where none is: making all of them costs ~6 ms at every start."""
    import argparse

    # Given a width, argparse does not import shutil to find one (~3 ms); given a prog, it does not lay out a usage line to find that.
    width = _columns()

    class Parser(argparse.ArgumentParser):
        def _get_formatter(self) -> argparse.HelpFormatter:
            return argparse.HelpFormatter(self.prog, width=width)

        def error(self, message: str) -> NoReturn:
            raise UsageError(f"{message}; see {self.prog} --help")

    parser = Parser(
        prog="citetrack",
        description="Citation and publication analytics in which every number traces to its source, date and record.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", "-V", action="version", version=f"citetrack {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser, prog=parser.prog)
    meant = {name: add for name, add in _COMMANDS.items() if name in words[:1]}
    for add in (meant or _COMMANDS).values():
        add(commands)
    return parser


def _columns() -> int:
    try:
        return os.get_terminal_size().columns - 2
    except OSError:
        return _PIPED_HELP


def _add_profile(commands: _Adding) -> None:
    parser = commands.add_parser("profile", help="the profile of a person or of a list of works", allow_abbrev=False)
    _takes_who(parser)
    parser.add_argument("--refresh", action="store_true", help="ask the sources first, as update does")
    parser.add_argument("--top", type=_top, metavar="N", help="print N works; 0: all (default: 20 on a terminal, else all)")
    _takes_output(parser, ("txt", "json", "csv", "md", "bib"), online=True)
    parser.set_defaults(command=_profile)


def _add_update(commands: _Adding) -> None:
    parser = commands.add_parser(
        "update", help="ask the sources about a person, and append what they say to the store", allow_abbrev=False
    )
    parser.add_argument(
        "who", metavar="WHO", help="a name or slug of people.toml, or the id of a person, as orcid:0000-0002-1825-0097"
    )
    _takes_sources(parser)
    _takes_output(parser, ("txt", "json"), online=True)
    parser.set_defaults(command=_update)


def _add_find(commands: _Adding) -> None:
    parser = commands.add_parser("find", help="the people of a name whom the sources know, with their ids", allow_abbrev=False)
    parser.add_argument("name", metavar="NAME", help="as they sign their works, in any script")
    _takes_sources(parser)
    _takes_output(parser, ("txt", "json"), online=True)
    parser.set_defaults(command=_find)


def _add_sources(commands: _Adding) -> None:
    parser = commands.add_parser(
        "sources", help="the sources: what each is asked by, its key, pace and last outcome", allow_abbrev=False
    )
    _takes_data(parser)
    _takes_output(parser, ("txt", "json"))
    parser.set_defaults(command=_sources)


def _add_doctor(commands: _Adding) -> None:
    parser = commands.add_parser("doctor", help="what is wrong with this installation and its data", allow_abbrev=False)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="only these (default: all)")
    parser.add_argument(
        "--fix", action="store_true", help="mend what is safe to mend, and say what was done; nothing of yours is deleted"
    )
    parser.add_argument("--explain", action="store_true", help="say what each check looks at, and why")
    _takes_data(parser)
    _takes_output(parser, ("txt", "json"))
    parser.set_defaults(command=_doctor)


def _add_explain(commands: _Adding) -> None:
    parser = commands.add_parser("explain", help="where a number comes from", allow_abbrev=False)
    _takes_who(parser)
    parser.add_argument(
        "what",
        nargs="?",
        metavar="METRIC or WORK",
        help="a metric; a key, an id or a piece of a title; or the digest of an answer, as printed: sha256:…",
    )
    _takes_output(parser, ("txt", "json"))
    parser.set_defaults(command=_explain)


def _add_metrics(commands: _Adding) -> None:
    parser = commands.add_parser("metrics", help="all metrics of a list of counts", allow_abbrev=False)
    parser.add_argument("counts", nargs="*", metavar="COUNT", help="citations of one work")
    parser.add_argument("--file", metavar="FILE", help="a table with the columns citations,year,authors,position")
    parser.add_argument("--as-of", metavar="DATE", help="the day ages count from: YYYY, YYYY-MM or YYYY-MM-DD")
    _takes_output(parser, ("txt", "json", "csv", "md"))
    parser.set_defaults(command=_metrics)


def _add_bib(commands: _Adding) -> None:
    bib = commands.add_parser("bib", help="check or format BibTeX files", allow_abbrev=False)
    verbs = bib.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = verbs.add_parser("check", help="name the problems of .bib files", allow_abbrev=False)
    check.add_argument("files", nargs="+", metavar="FILE")
    check.add_argument("--fix", action="store_true", help="mend what is safe to mend, in place, and say what was changed")
    _takes_output(check, ("txt", "json"))
    check.set_defaults(command=_bib_check)
    form = verbs.add_parser("format", help="the normal form of .bib files, to stdout", allow_abbrev=False)
    form.add_argument("files", nargs="+", metavar="FILE")
    way = form.add_mutually_exclusive_group()
    way.add_argument("--write", action="store_true", help="write each file back, whole or not at all")
    way.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is not in the normal form")
    _takes_output(form, ())
    form.set_defaults(command=_bib_format)


def _takes_who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("who", metavar="WHO", help="a name, slug or id of people.toml, or a file: .bib, .ris, .csv, .json, …")
    parser.add_argument("--name", help="whose list a file is, where it does not say so itself")
    parser.add_argument("--source", action="append", default=[], metavar="S", help="keep only what S said; may be repeated")
    parser.add_argument(
        "--counts",
        metavar="POLICY",
        help="the source whose counts rank and measure, or max (default: the one that counts most works)",
    )
    parser.add_argument("--as-of", metavar="DATE", help="leave out what is later: YYYY, YYYY-MM or YYYY-MM-DD")
    _takes_data(parser)


def _takes_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", metavar="DIR", help="the folder with people.toml (default: CITETRACK_DATA, ./bib, the user data directory)"
    )


def _takes_sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", action="append", default=[], metavar="S", help="ask only S; may be repeated")
    parser.add_argument("--max-age", type=_days, metavar="DAYS", help="take answers from the cache that are younger (default: 1)")
    _takes_data(parser)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days <= _LONGEST_AGE:
        raise UsageError(f"--max-age takes a number of days from 0 to {_LONGEST_AGE:,}; {text!r} is none")
    return days


def _takes_output(parser: argparse.ArgumentParser, formats: Sequence[str], *, online: bool = False) -> None:
    if formats:
        parser.add_argument("--format", choices=formats, default="txt", help="default: txt")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE, whole or not at all")
    parser.add_argument(
        "--offline", action="store_true", help=_OFFLINE if online else f"{_OFFLINE} (this command never makes one)"
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


def _top(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"--top takes a number of works, 0 for all; {text!r} is none")
    return int(text[:9])


def _profile(options: argparse.Namespace) -> int:
    failed = _name_failures(_asked(options, source=(), max_age=None)) if options.refresh else False
    made = _profile_of(options)
    _put(_profile_as(made, options), options.output)
    return _partly(made) or (PARTIAL if failed else 0)


def _profile_of(options: argparse.Namespace) -> Profile:
    from citetrack import app

    return app.profile(
        options.who,
        data=options.data,
        name=options.name,
        as_of=options.as_of,
        source=options.source,
        counts=options.counts,
        checkout=options.checkout,
    )


def _profile_as(made: Profile, options: argparse.Namespace) -> str:
    if options.format == "txt":
        from citetrack.views import layout, terminal

        screen = _terminal(options)
        top = options.top if options.top is not None else (TOP_ON_A_TERMINAL if screen else 0)
        return layout.render(terminal.profile_page(made, top, options.who, layout.width_of(screen)), terminal=screen)
    if options.format == "bib":
        return made.to_bibtex()
    from citetrack.views import tables

    match options.format:
        case "json":
            return tables.as_json(made.to_dict())
        case "csv":
            return tables.profile_csv(made)
        case _:
            return tables.profile_md(made, options.top or 0)


def _partly(made: Profile) -> int:
    """The exit code of a profile, having named on stderr what is missing from it."""
    if not made.partial:
        return 0
    from citetrack.profiles.cautions import LOSS_CODES

    lost = [caution.message for caution in made.warnings if caution.code in LOSS_CODES]
    for message in lost[:_PROBLEMS_SHOWN]:
        _say(message)
    if len(lost) > _PROBLEMS_SHOWN:
        _say(f"and {len(lost) - _PROBLEMS_SHOWN} more; --format json lists them all")
    return PARTIAL


def _asked(options: argparse.Namespace, *, source: Sequence[str], max_age: float | None) -> Snapshot:
    """What came of asking the sources; how far it is, is shown on a terminal meanwhile."""
    from citetrack import app

    with _ended_like_interrupted(), _watching() as watch:
        return app.update(
            options.who,
            data=options.data,
            source=source,
            max_age=max_age,
            offline=options.offline,
            checkout=options.checkout,
            tell=watch.show,
        )


@contextlib.contextmanager
def _ended_like_interrupted() -> Iterator[None]:
    """Inside, being told to end is like Ctrl-C: what was fetched is kept."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if kept is None else kept)


def _watching() -> Watch:
    from citetrack.views.asking import Watch

    return Watch(sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None)


def _name_failures(snapshot: Snapshot) -> bool:
    """Name on stderr what could not be had; whether anything could not."""
    for trouble in snapshot.troubles:
        _say(trouble)
    failed = [outcome for outcome in snapshot.asked.values() if outcome.result in ("partial", "failed")]
    for outcome in failed:
        _say(f"{outcome.source} {'is partial' if outcome.result == 'partial' else 'failed'}: {outcome.why}")
    return bool(failed)


def _update(options: argparse.Namespace) -> int:
    from citetrack.views import asking, layout, tables

    snapshot = _asked(options, source=options.source, max_age=options.max_age)
    failed = _name_failures(snapshot)  # first, since whoever reads the result may have gone
    if options.format == "json":
        _put(tables.as_json(asking.outcomes_document(snapshot)), options.output)
    else:
        _put(layout.render(asking.outcomes_page(snapshot, options.who), terminal=_terminal(options)), options.output)
    return PARTIAL if failed else 0


def _find(options: argparse.Namespace) -> int:
    from citetrack import app
    from citetrack.views import asking, layout, tables

    file, slugs = app.where_to_paste(options.name, data=options.data, checkout=options.checkout)
    with _watching() as watch:
        candidates, failed = app.find(
            options.name,
            data=options.data,
            source=options.source,
            max_age=options.max_age,
            offline=options.offline,
            checkout=options.checkout,
            tell=watch.show,
        )
    for source, why in failed.items():
        _say(f"{source} failed: {why}")
    if options.format == "json":
        _put(tables.as_json(asking.candidates_document(candidates, failed)), options.output)
    elif failed and not candidates:
        return 1  # nothing can be said of the name
    else:
        _put(
            layout.render(asking.candidates_page(options.name, candidates, str(file), slugs), terminal=_terminal(options)),
            options.output,
        )
    return PARTIAL if failed else 0


def _sources(options: argparse.Namespace) -> int:
    from citetrack import app
    from citetrack.views import asking, layout, tables

    rows = app.source_rows(data=options.data, checkout=options.checkout)
    if options.format == "json":
        _put(tables.as_json({"schema": "citetrack/sources/1", "sources": rows}), options.output)
    else:
        _put(layout.render(asking.sources_page(rows), terminal=_terminal(options)), options.output)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from citetrack import doctor
    from citetrack.views import tables

    rows = doctor.rows(options.checks, data=options.data, checkout=options.checkout, fix=options.fix, explain=options.explain)
    if options.format == "json":
        _put(tables.as_json({"schema": "citetrack/doctor/1", "checks": rows}), options.output)
    else:
        from citetrack.views import asking, layout

        _put(layout.render(asking.checks_page(rows), terminal=_terminal(options)), options.output)
    return 1 if any(row["status"] == "error" for row in rows) else 0


def _explain(options: argparse.Namespace) -> int:
    from citetrack.profiles.explain import explain

    if options.what is not None and options.what.startswith("sha256:"):
        return _raw_answer(options)
    made = _profile_of(options)
    explanation = explain(made) if options.what is None else explain(made, options.what)
    if options.format == "json":
        from citetrack.views import tables

        _put(tables.as_json(explanation.to_dict()), options.output)
    else:
        from citetrack.views import layout, terminal

        _put(layout.render(terminal.explanation_page(explanation, made), terminal=_terminal(options)), options.output)
    return _partly(made)


def _raw_answer(options: argparse.Namespace) -> int:
    """The raw answer that a number was read from; on a terminal without what that would obey."""
    from citetrack import app
    from citetrack.records.text import without_controls

    answer = app.raw_answer(options.what).decode("utf-8", errors="replace")
    shown = without_controls(answer) if _terminal(options) else answer
    _put(shown if shown.endswith("\n") else f"{shown}\n", options.output)
    return 0


def _metrics(options: argparse.Namespace) -> int:
    from citetrack import app

    if bool(options.counts) == bool(options.file):
        raise UsageError("metrics takes either counts, as in `citetrack metrics 10 8 5 4 3`, or --file FILE")
    figures = app.metrics_of(options.counts, options.file, options.as_of)
    if options.format == "txt":
        from citetrack.views import layout, terminal

        shown = layout.render(terminal.metrics_page(figures), terminal=_terminal(options))
    else:
        from citetrack.views import tables

        shown = {"json": tables.metrics_json, "csv": tables.metrics_csv, "md": tables.metrics_md}[options.format](figures)
    _put(shown, options.output)
    return 0


def _bib_check(options: argparse.Namespace) -> int:
    from citetrack import app
    from citetrack.views import tables

    findings, changes, failed = app.check_bib(options.files, fix=options.fix)
    if options.format == "json":
        rows = [{"file": p.file, "line": p.line, "code": p.code, "message": p.message} for p in findings]
        mended = [{"file": p.file, "line": p.line, "code": p.code, "message": p.message} for p in changes]
        shown = tables.as_json({"schema": "citetrack/bib-check/1", "problems": rows, "fixed": mended})
    else:
        shown = "".join(f"{text}\n" for text in (*(f"fixed {p}" for p in changes), *map(str, findings)))
    _put(shown, options.output)
    for error in failed:
        _say(error)
    return 1 if findings or failed else 0


def _bib_format(options: argparse.Namespace) -> int:
    from citetrack import app

    if options.output and (options.write or options.check):
        raise UsageError("-o goes with neither --write nor --check")
    normal, unlike, problems, failed = app.format_bib(options.files, write_back=options.write)
    if options.check:
        _put("".join(f"{path} is not in the normal form\n" for path in unlike), None)
    elif not options.write:
        _put("\n".join(normal), options.output)
    for message in [*map(str, problems), *failed]:
        _say(message)
    if failed or (options.check and unlike):
        return 1
    return PARTIAL if problems else 0


_COMMANDS: Final = {
    "profile": _add_profile,
    "explain": _add_explain,
    "update": _add_update,
    "find": _add_find,
    "sources": _add_sources,
    "doctor": _add_doctor,
    "metrics": _add_metrics,
    "bib": _add_bib,
}


def _terminal(options: argparse.Namespace) -> TextIO | None:
    """The terminal that the result is for, or `None`."""
    return sys.stdout if options.output is None and sys.stdout is not None and sys.stdout.isatty() else None


def _put(content: str, output: str | None) -> None:
    if output is None:
        _put_on_stdout(content)
    else:
        from citetrack import app

        app.write(Path(output), content)


def _put_on_stdout(content: str) -> None:
    if sys.stdout is None:  # as under `>&-`
        raise OutputError("the result cannot be written: the standard output is closed; -o FILE writes to a file")
    try:
        print(content, end="", flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is still buffered must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"the result cannot be written: {error.strerror}") from None
