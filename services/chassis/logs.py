"""Structured logs, one JSON object a line, with the trace's id and without anything secret or personal."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

from services.chassis.tracing import trace_id

SECRET_NAMES: Final = re.compile(
    r"passw|secret|token|code|cookie|authorization|signature|verifier|e?mail$", re.IGNORECASE
)
# Each begins where a run of its characters does: tried at every character of a long run it would take the square.
ADDRESS: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]+@([\w-]+\.)+[\w-]+")
TOKEN: Final = re.compile(r"(?<![\w-])eyJ[\w-]{10,}\.[\w-]+\.[\w-]*|(?<=code=)[^&\s]+|(?<=token=)[^&\s]+")
REDACTED: Final = "[redacted]"

Line = MutableMapping[str, Any]


def redact(_: object, __: str, line: Line) -> Line:
    """Blank values by their name, addresses and tokens wherever they stand."""
    for name, value in line.items():
        if SECRET_NAMES.search(name) and name not in {"status_code", "mail"}:
            line[name] = REDACTED
        elif isinstance(value, str):
            line[name] = cleaned(value)
    return line


def cleaned(text: str) -> str:
    """Blank addresses and tokens wherever they stand."""
    return TOKEN.sub(REDACTED, ADDRESS.sub(REDACTED, text))


def _with_trace(_: object, __: str, line: Line) -> Line:
    if id := trace_id():
        line["trace_id"] = id
    return line


def keep_output_clean() -> None:
    """Send what a command logs to standard error, in short lines: its output is for whoever called it."""
    last: list[Any] = [structlog.processors.format_exc_info, redact, structlog.processors.LogfmtRenderer()]
    structlog.configure(
        processors=[structlog.processors.add_log_level, *last],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def start_logging(service: str, level: str, to: TextIO = sys.stdout) -> None:
    """Send every log line, ours and the libraries', through one pipe."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_trace,
    ]
    last: list[Any] = [structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer()]
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(to)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove_meta, *last]))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in ("httpx", "httpcore", "pymongo", "motor", "asyncio", "authlib", "stripe"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("aiokafka").setLevel(
        logging.CRITICAL
    )  # ten lines a second while the broker is away; we say it once
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
