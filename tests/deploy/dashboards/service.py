"""What answers people, and what works behind."""

from collections.abc import Sequence
from typing import Final

from tests.deploy.dashboards.panels import HERE, SERVICES, WIDE, Panel, grown, quantile, rate, told_once

SERVICE: Final[dict[str, Sequence[Panel]]] = {
    "Requests": (
        Panel(
            "Requests",
            "reqps",
            "Answered a second, health and metrics aside.",
            {"{{service}}": f"mentorship:requests:rate5m{{{SERVICES}}}"},
        ),
        Panel(
            "Errors",
            "percentunit",
            "The share of requests answered with 5xx.",
            {"{{service}}": f"mentorship:errors:ratio5m{{{SERVICES}}}"},
        ),
        Panel(
            "Time to answer",
            "s",
            "Half of the requests, and 99 of a hundred, take less; event streams aside.",
            {
                "{{service}} 50 %": quantile(0.5, "service"),
                "{{service}} 99 %": f"mentorship:latency:p99_5m{{{SERVICES}}}",
            },
        ),
        Panel(
            "Slowest routes",
            "s",
            "The ten routes whose slowest hundredth of requests takes longest.",
            {"{{service}} {{route}}": f"topk(10, {quantile(0.99, 'service, route')})"},
        ),
        Panel(
            "Answers by status",
            "reqps",
            "Answered a second, by HTTP status.",
            {"{{status}}": rate("mentorship_http_request_seconds_count", "status")},
        ),
        Panel(
            "Refusals",
            "reqps",
            "Refused a second, by the problem's type: what people run into.",
            {"{{problem}}": rate("mentorship_refusals_total", "problem")},
        ),
    ),
    "Processes": (
        Panel(
            "Up",
            "short",
            "Processes that answer Prometheus.",
            {"{{service}} {{role}}": f"sum by (service, role) (up{{{SERVICES}}})"},
        ),
        Panel(
            "Not well",
            "short",
            "Processes in which this part of the work does not get on: store, broker, relay, consumer, jobs.",
            {"{{service}} {{part}}": f"sum by (service, part) (mentorship_part_well{{{SERVICES}}} == bool 0) > 0"},
        ),
        Panel(
            "Event streams",
            "short",
            "Server-sent streams that are open.",
            {"{{service}}": f"sum by (service) (mentorship_live_streams{{{SERVICES}}})"},
        ),
        Panel(
            "Audit notes not sealed",
            "short",
            "Notes of the audit trail that wait for their place in its chain; within seconds there should be none.",
            {"{{service}}": told_once("mentorship_audit_unsealed_notes", "service", SERVICES)},
        ),
        Panel("CPU", "short", "Cores in use, by pod.", {"{{pod}}": rate("process_cpu_seconds_total", "pod")}, WIDE),
        Panel(
            "Memory",
            "bytes",
            "Resident memory, by pod; the limits are in the chart.",
            {"{{pod}}": f"max by (pod) (process_resident_memory_bytes{{{SERVICES}}})"},
            WIDE,
        ),
    ),
    "Sign-in and mail": (
        Panel(
            "Sign-ins",
            "short",
            "Attempts in 15 minutes, by how they ended.",
            {"{{outcome}}": grown("mentorship_sign_ins_total", "outcome", HERE, within="15m")},
        ),
        Panel(
            "Mails",
            "short",
            "Mails in an hour, by what became of them.",
            {"{{service}} {{outcome}}": grown("mentorship_mails_total", "service, outcome")},
        ),
        Panel(
            "Age of the signing keys",
            "s",
            "How long the keys of now have signed; another one follows after 90 days.",
            {"{{algorithm}}": told_once("mentorship_signing_key_age_seconds", "algorithm")},
        ),
    ),
}
