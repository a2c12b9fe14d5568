"""What the services tell each other."""

from collections.abc import Sequence
from typing import Final

from tests.deploy.dashboards.panels import SERVICES, WIDE, Panel, grown, rate, told_once

BUS: Final[dict[str, Sequence[Panel]]] = {
    "Telling": (
        Panel(
            "Events on their way",
            "short",
            "Committed and not yet on the bus.",
            {"{{service}}": told_once("mentorship_outbox_rows", "service", SERVICES)},
        ),
        Panel(
            "Oldest of them",
            "s",
            "Over a minute relay or broker are in trouble.",
            {"{{service}}": told_once("mentorship_outbox_age_seconds", "service", SERVICES)},
        ),
        Panel(
            "Published",
            "mps",
            "Messages a second that the broker acknowledged.",
            {"{{topic}}": rate("mentorship_events_published_total", "topic")},
        ),
    ),
    "Listening": (
        Panel(
            "Behind",
            "short",
            "Messages on the bus not yet seen.",
            {"{{service}} {{topic}}": f"sum by (service, topic) (mentorship_consumer_lag_messages{{{SERVICES}}})"},
        ),
        Panel(
            "Seen",
            "mps",
            "Messages a second: applied, repeated, or waiting for an earlier one.",
            {"{{service}} {{outcome}}": rate("mentorship_events_consumed_total", "service, outcome")},
        ),
        Panel(
            "Tried again",
            "mps",
            "Repeated attempts at one message, a second.",
            {"{{service}} {{topic}}": rate("mentorship_consumer_retries_total", "service, topic")},
        ),
    ),
    "Trouble": (
        Panel(
            "Dead letters",
            "short",
            "Messages set aside that nobody has decided about.",
            {"{{service}}": told_once("mentorship_dead_letters_open", "service", SERVICES)},
        ),
        Panel(
            "Set aside in an hour",
            "short",
            "Messages that could not be applied.",
            {"{{service}} {{topic}}": grown("mentorship_dead_letters_total", "service, topic")},
        ),
        Panel(
            "Waiting",
            "short",
            "Messages that wait for one that is missing or was set aside.",
            {"{{service}}": told_once("mentorship_waiting_messages", "service", SERVICES)},
        ),
        Panel(
            "Paused",
            "bool_yes_no",
            "Whether too many dead letters keep the consumer still.",
            {"{{service}}": told_once("mentorship_consumer_paused", "service", SERVICES)},
            WIDE,
        ),
        Panel(
            "Broker unreachable",
            "short",
            "Workers that the broker does not answer.",
            {"{{service}}": f'sum by (service) (mentorship_part_well{{{SERVICES}, part="broker"}} == bool 0)'},
            WIDE,
        ),
    ),
}
