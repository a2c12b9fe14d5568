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
from tests.support.authorized import read

TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "Identity": {
        "Open to everybody; what is mailed is the key": identity.EVERYBODYS,
        "For staff; to change something they give a second factor (401 without)": identity.STAFFS,
        "One's own; `owner` is whom the path names": identity.OWN,
        "Profiles; the owner shows a card as a mentor, and none as a mentee": profiles.TABLE,
    },
    "Projects": {
        "Not about one project": projects.NO_PROJECT,
        "A published project": projects.PUBLISHED,
        "A draft, which nobody may know of but its people and staff": projects.DRAFT,
    },
    "Applications": {
        "Everybody's own": applications.NOBODYS,
        "A mentorship under way: mentors advise and never decide": applications.UNDER_WAY,
        "A graduate": applications.GRADUATED,
    },
    "Stipends": {
        "Open to everybody, or one's own": stipends.EVERYBODYS,
        "A project's money": stipends.PROJECTS,
        "A stipend; `mentee` is the one that is paid, `fellow` another one of the project": stipends.STIPENDS,
        "Payments": stipends.PAYMENTS,
    },
}
HEAD: Final = """# Who may call what

Each cell is a request that a test makes (`tests/component/*/test_authorization.py`); a route without a row fails it.
`ok`: the caller may, unless the state or the request itself stands against it. `401`: sign in, or give a second factor.
`403`: not for you. `404`: for you it is not there. `another` is somebody of another project, or somebody else;
`machine` a client with a token of its own, which is no person: every route that looks at who asks answers it 403.
"""


def page() -> str:
    return "\n".join([HEAD, *_lines()])


def _lines() -> Iterator[str]:
    for service, tables in TABLES.items():
        yield f"## {service}\n"
        for title, table in tables.items():
            rows = read(table)
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
