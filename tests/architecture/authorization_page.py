"""Who may call what, for people to read: the very tables whose cells the services' tests ask.

`python -m tests.architecture.authorization_page > docs/authorization.md` writes them down.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Final

from tests.component.applications import test_authorization as applications
from tests.component.identity import test_authorization as identity
from tests.component.identity import test_who_may_see_profiles as profiles
from tests.component.projects import test_authorization as projects
from tests.component.stipends import test_authorization as stipends
from tests.support.authorized import Table, read

TABLES: Final[Mapping[str, Mapping[str, Table]]] = {
    "Identity": {
        "Open to everybody; what is mailed is the key": identity.rows(identity.EVERYBODYS),
        "For staff; to change something they give a second factor (401 without)": identity.rows(identity.STAFFS),
        "What staff do not do where the account is their own": read(identity.THEMSELVES),
        "One's own; `owner` is whom the path names": identity.rows(identity.OWN),
        "Profiles; the owner shows a card as a mentor, and none as a mentee": profiles.rows(profiles.TABLE),
    },
    "Projects": {
        "Not about one project": projects.rows(projects.NO_PROJECT),
        "A published project": projects.rows(projects.PUBLISHED),
        "A draft, which nobody may know of but its people and staff": projects.rows(projects.DRAFT),
        "What staff do not do where they have a part in the project": read(projects.THEMSELVES),
    },
    "Applications": {
        "Everybody's own": applications.rows(applications.NOBODYS),
        "A mentorship under way: mentors advise and never decide": applications.rows(applications.UNDER_WAY),
        "An application that the mentee withdrew": read(applications.WITHDRAWN),
        "A project whose administrator is the mentee, or `conflicted`: declared a conflict of interest": read(
            applications.THEMSELVES
        ),
        "A graduate; `employer` asked for them": applications.of_graduates(),
    },
    "Stipends": {
        "Open to everybody, or one's own": stipends.rows(stipends.EVERYBODYS),
        "A project's money": stipends.rows(stipends.PROJECTS),
        "A stipend; `mentee` is the one that is paid, `fellow` another one of the project": stipends.rows(
            stipends.STIPENDS
        ),
        "A stipend of the caller's own; the first approver is another administrator": read(stipends.THEMSELVES),
        "Payments": stipends.rows(stipends.PAYMENTS),
    },
}
HEAD: Final = """# Who may call what

Each cell is a request that a test makes (`tests/component/*/test_authorization.py`); a route without a row fails it.
`ok`: the caller may, unless the state or the request itself stands against it. `401`: sign in, or give a second factor.
`403`: not for you. `404`: for you it is not there. `another` is an administrator of another project, or somebody else,
`another mentor` a mentor of another project, `fellow` another mentee, `former` somebody who was staff when their token
was made; `machine` is a client with a token of its own, which is no person: every route that looks at who asks answers
it 403. Streams, files, exports and calendars are routes like every other; what a list, a filter or a stream shows to
whom is below the tables.
"""


TAIL: Final = """## What a list, a filter, a stream and a file show

Who may ask is in the tables; what they are shown is held below `tests/` by

| of | shows | test |
|---|---|---|
| the catalog, its filters, counts and cursors | published projects; one's own; staff all | `component/projects/test_catalog.py::test_each_reader_finds_what_they_may_see` |
| applications, whatever they are filtered by | one's own, and those of projects one serves | `component/applications/test_deciding.py::test_each_sees_their_own_and_those_of_the_projects_they_serve` |
| the same after somebody joined or left | what is so now | `component/applications/test_deciding.py::test_who_joins_a_project_sees_its_applications_and_who_left_does_not` |
| stipends, payments | one's own; a project's to its administrators; finance all | `component/stipends/test_who_may.py::test_a_list_has_only_what_its_reader_may_see` |
| requests to mentor | one's own; all to administrators | `component/projects/test_requests.py::test_administrators_see_all_requests_by_name_and_a_person_their_own` |
| directories | cards of who wants one, and nobody by what their card does not show | `component/identity/test_directories.py::test_nobody_is_found_by_what_their_card_does_not_show` |
| the streams | each change to whom may see it, and `gone` to whom it leaves | `component/projects/test_public.py::test_each_reader_is_told_of_what_they_may_see`, `component/stipends/test_live.py::test_a_mentee_follows_their_stipend_to_the_payment_and_hears_of_no_other` |
| task files, letters, résumés | those whom they are for | `component/applications/test_task_files.py::test_a_file_is_private`, `component/applications/test_certificates.py::test_a_graduate_has_a_letter_that_nobody_else_can_fetch`, `component/identity/test_portfolios.py::test_a_resume_is_given_back_whole_to_be_saved_and_never_shown` |
| the export of one's data | one's own, nothing of others | `component/applications/test_privacy.py::test_a_person_is_told_all_that_is_theirs_and_nothing_of_others` |
| what is decided and not announced | not the applicant | `component/applications/test_waiting.py::test_decisions_are_held_back_from_the_applicant_until_they_are_announced` |
"""  # noqa: E501 - a row of a table is a line


def page() -> str:
    return "\n".join([HEAD, *_lines(), TAIL])


def _lines() -> Iterator[str]:
    for service, tables in TABLES.items():
        yield f"## {service}\n"
        for title, rows in tables.items():
            callers = list(next(iter(rows.values())))
            yield f"### {title}\n"
            yield f"| route | {' | '.join(caller.replace('_', ' ') for caller in callers)} |"
            yield f"|---|{'---|' * len(callers)}"
            yield from (
                f"| `{route}` | {' | '.join(cells[caller] for caller in callers)} |" for route, cells in rows.items()
            )
            yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
