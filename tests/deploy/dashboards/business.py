"""What the platform is for: applications, mentorships, money."""

from collections.abc import Sequence
from typing import Final

from tests.deploy.dashboards.panels import HERE, SMALL, WIDE, Panel, grown, told_once

APPLICATIONS: Final = f'{HERE}, service="applications"'


def in_status(status: str) -> str:
    of_it = f'{HERE}, status="{status}"'
    return f"sum({told_once('mentorship_applications', 'status', of_it)})"


def dollars(query: str) -> str:
    """Say minor units in whole ones: budgets and stipends are in dollars alone."""
    return f"{query} / 100"


BALANCES: Final = told_once("mentorship_ledger_balance_minor_units", "account", f'{HERE}, currency="USD"')
PAID: Final = told_once("mentorship_payments_minor_units", "status", f'{HERE}, currency="USD"')

BUSINESS: Final[dict[str, Sequence[Panel]]] = {
    "Applications and mentorships": (
        Panel(
            "To be decided", "short", "Applications that wait for an administrator.", {"": in_status("pending")}, SMALL
        ),
        Panel(
            "On the wait list",
            "short",
            "Applicants who get a place that becomes free.",
            {"": in_status("waitlisted")},
            SMALL,
        ),
        Panel("Offers", "short", "Accepted mentees who have not confirmed yet.", {"": in_status("accepted")}, SMALL),
        Panel("Under way", "short", "Mentorships that have begun and not ended.", {"": in_status("active")}, SMALL),
        Panel("Graduated", "short", "Mentorships that ended well, so far.", {"": in_status("graduated")}, SMALL),
        Panel("Ended early", "short", "Mentorships that failed, so far.", {"": in_status("failed")}, SMALL),
        Panel(
            "Applications by status",
            "short",
            "All there are, by what became of them.",
            {"{{status}}": told_once("mentorship_applications", "status")},
            WIDE,
        ),
        Panel(
            "Decisions in an hour",
            "short",
            "What people and clocks decided about applications, tasks and evaluations.",
            {"{{decision}}": grown("mentorship_decisions_total", "decision", APPLICATIONS)},
            WIDE,
        ),
    ),
    "Money": (
        Panel(
            "What the accounts hold",
            "currencyUSD",
            "Over all projects. External funding is the negative of all deposits, in transit what the provider has.",
            {"{{account}}": dollars(BALANCES)},
            WIDE,
        ),
        Panel(
            "Payments, in dollars",
            "currencyUSD",
            "What the payments ordered so far come to, by where they are.",
            {"{{status}}": dollars(PAID)},
            WIDE,
        ),
        Panel(
            "Payments",
            "short",
            "Payments ordered so far, by where they are.",
            {"{{status}}": told_once("mentorship_payments", "status")},
        ),
        Panel(
            "Money that stands still",
            "short",
            "Stipends with an installment that nobody has moved for a week; payments not through after three days.",
            {"{{what}}": told_once("mentorship_money_standing_still", "what")},
        ),
        Panel(
            "All accounts together",
            "currencyUSD",
            "The trial balance. Anything but 0 is an error.",
            {"": dollars(f"sum({BALANCES})")},
            SMALL,
        ),
        Panel(
            "Ledgers broken",
            "short",
            "Projects whose postings are not what was booked. Anything but 0 is an error.",
            {"": f"""max(mentorship_ledger_chains{{{HERE}, outcome="broken"}})"""},
            SMALL,
        ),
        Panel(
            "Last walk over the ledger",
            "s",
            "How long ago all projects' postings had been walked. It is done every hour.",
            {"": f"""time() - max(mentorship_ledger_verified_timestamp_seconds{{{HERE}, service="stipends"}})"""},
            SMALL,
        ),
    ),
}
