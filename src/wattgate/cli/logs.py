"""How commands write their log: one line per event, on stderr."""

import logging
import sys

import structlog


def log_to_stderr(*, as_json: bool) -> None:
    """Send the log to stderr, for people or as JSON lines.

    A traceback has no values of variables in it: one may be a password.
    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_FromLibraries()], level=logging.WARNING, force=True)


def warn_on_stderr() -> None:
    """Send warnings to stderr, for a command that says itself what it does."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


class _FromLibraries(logging.Handler):
    """Lets libraries, which log the standard way, write into our log."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(_is_worth_a_line)

    def emit(self, record: logging.LogRecord) -> None:
        """Write what a library reports, with its traceback."""
        structlog.get_logger().log(
            record.levelno, record.getMessage(), library=record.name, exc_info=record.exc_info
        )


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """A broken WebSocket frame is not: how its link ends says it, and whose link it is."""
    return record.exc_info is not None or not record.name.startswith("wattgate.picows")
