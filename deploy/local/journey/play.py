"""The steps of one mentorship, in their order."""

import io
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from PIL import Image, ImageDraw
from uuid6 import uuid7

from deploy.local.journey.person import Person, WentWrong, until

DEPOSIT: Final = 1_000_000
"""Minor units: 10,000 USD."""
DAY: Final = timedelta(days=1)
PATCH: Final = b"# A typo mended\n\n-the the kernel\n+the kernel\n"
ENROLLMENT: Final[dict[str, Any]] = {
    "description": "Learn to mend the kernel with those who wrote it.",
    "repository_url": "https://example.org/kernel",
    "website_url": "https://example.org",
    "code_of_conduct_url": "https://example.org/kernel/conduct",
    "best_practices_id": 34,
    "accent_color": "#00aaff",
    "technologies": ["git", "make", "QEMU"],
    "skills": ["C", "git"],
    "desirable_skills": ["Rust", "assembly"],
    "prerequisites": [
        {
            "name": "Mend a typo",
            "description": "Send a patch that mends a typo in the documentation.",
            "file_required": True,
        },
    ],
    "ai_use_policy": "Use what helps you learn. Say where a model wrote a patch, and be able to explain every line.",
    "application_questions": [{"id": "why", "text": "Why the kernel, and why now?"}],
    "evaluation_questions": [
        {"id": "pace", "text": "Is the pace right?", "shown": True},
        {"id": "risk", "text": "What could keep this mentorship from a good end?"},
    ],
}
"""All that a project can say of itself, but its name and its logo."""


@dataclass(frozen=True)
class Step:
    title: str
    take: Callable[[], Coroutine[None, None, str]]
    """Does it and says in words what came of it."""


@dataclass
class Journey:
    """Five people, a project, an application and a stipend; each step leaves here what the next one needs."""

    gateway: str
    mailbox: str
    staff: Person
    finance: Person
    http: httpx.AsyncClient
    project: str = ""
    term: str = ""
    application: str = ""
    budget: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.administrator, self.mentor, self.mentee = (
            Person.new(name, self.gateway, self.mailbox, self.http) for name in ("Ada Admin", "Mo Mentor", "Mei Mentee")
        )
        self.anybody = Person.new("Ann Anybody", self.gateway, self.mailbox, self.http)

    @property
    def steps(self) -> tuple[Step, ...]:
        return (
            Step("Ada signs up, proves her address and signs in", self.arrive),
            Step("Ada enrolls a project with a prerequisite task and a term", self.enroll),
            Step("Staff publish it", self.publish),
            Step("Ada sets the stipend policy, finance records a deposit", self.fund),
            Step("Ada invites Mo by mail; Mo signs up and joins as mentor", self.invite),
            Step("Mei signs up, tells about herself and applies", self.apply),
            Step("Mei does the prerequisite task and hands in a file, Mo reads and completes it", self.do_prerequisite),
            Step("Ada accepts Mei, full time", self.accept),
            Step("Mei signs the participation agreement", self.confirm),
            Step("Mo's midterm evaluation is satisfactory", self.evaluate),
            Step("Mei sets up a second factor, says where to pay, and asks for the first installment", self.request),
            Step("Ada approves it, and the bank pays it", self.approve),
            Step("Mo gives Mei a milestone task, which she does", self.do_milestone),
            Step("Mo's final evaluation is satisfactory, Mei gives feedback", self.evaluate_finally),
            Step("Mei asks for the second installment, Ada approves it, and the bank pays it", self.be_paid),
            Step("The trial balance sums to zero", self.reckon),
            Step("Ada lets Mei graduate", self.graduate),
            Step("Anybody checks Mei's letter of completion", self.verify),
        )

    async def arrive(self) -> str:
        await self._welcome(self.administrator)
        return self.administrator.email

    async def enroll(self) -> str:
        drafted = await self.administrator.post("/v1/projects", name=f"Kernel mending {uuid7().hex[-8:]}", **ENROLLMENT)
        self.project = drafted["id"]
        place = f"/v1/projects/{self.project}"
        await self.administrator.put_file(f"{place}/logo", _logo(ENROLLMENT["accent_color"]), "image/png")
        now = datetime.now(UTC)
        instants = {"window_opens_at": now - DAY, "window_closes_at": now + 10 * DAY}
        instants |= {"starts_at": now + 20 * DAY, "ends_at": now + 110 * DAY}
        written = {name: instant.isoformat() for name, instant in instants.items()}
        planned = await self.administrator.post(
            f"{place}/terms", name="Spring", time_zone="Europe/Berlin", capacity=2, **written
        )
        self.term = planned["id"]
        versions = (await self.administrator.get("/v1/projects/terms-and-conditions"))["items"]
        in_force = next(version["version"] for version in versions if version["in_force"])
        await self.administrator.post(f"{place}/submit", accepted_terms_version=in_force)
        return str(drafted["name"])

    async def publish(self) -> str:
        await self.staff.be_signed_in()
        await self.staff.post(f"/v1/projects/{self.project}/publish")
        seen = await self.anybody.get(f"/v1/projects/{self.project}")
        return f"the public sees: {seen['terms'][0]['label']}"

    async def fund(self) -> str:
        schedule = (await self.administrator.get("/v1/stipend-schedules"))["items"][0]["version"]
        await self.administrator.put(f"/v1/stipend-policies/{self.project}", kind="by_country", schedule=schedule)
        await self.finance.be_signed_in()
        await self.finance.post(
            f"/v1/budgets/{self.project}/deposits",
            amount={"amount_minor": DEPOSIT, "currency": "USD"},
            reference="Sponsor's first transfer",
        )
        return "10,000.00 USD available"

    async def invite(self) -> str:
        await self.administrator.post(f"/v1/projects/{self.project}/mentor-invitations", email=self.mentor.email)
        await self._welcome(self.mentor)
        token = await self.mentor.mailed_token("mentor-invitation")
        await self.mentor.post("/v1/mentor-invitations/accept", token=token)
        return self.mentor.email

    async def apply(self) -> str:
        mentee = self.mentee
        await self._welcome(mentee)
        said = {"introduction": "I mend things.", "skills": ["C"], "country": "DE", "of_age": True, "may_work": True}
        await mentee.put("/v1/me/mentee-profile", **said)

        async def eligible() -> bool:
            verdict = await mentee.get("/v1/applications/eligibility", term_id=self.term)
            return bool(verdict["eligible"])

        await until(eligible, "the word that Mei is eligible")
        applied = await mentee.post(
            "/v1/applications",
            term_id=self.term,
            statement="I want to learn to mend the kernel.",
            answers={"why": "It runs everywhere, and I have twelve weeks."},
            availability="Weekdays from nine to five, Berlin time.",
            ai_use="A model corrected my English.",
        )
        self.application = applied["id"]
        return f"application {applied['status']}"

    async def do_prerequisite(self) -> str:
        (task,) = (await self.mentee.get(f"/v1/applications/{self.application}/tasks"))["items"]
        place = f"/v1/tasks/{task['id']}"
        await self.mentee.post(f"{place}/start")
        sent = await self.mentee.send_file(f"{place}/file", "patch.md", PATCH)
        await self.mentee.post(f"{place}/submit", text="The patch is on the list.")
        await until(self._seen_by_mentor, "the word that Mo is a mentor of the project")
        if await self.mentor.fetch(f"{place}/file") != PATCH:
            raise WentWrong("The file came out otherwise than it went in.")
        await self.mentor.post(f"{place}/complete")
        return f"{task['name']}: {sent['file']['name']}, {sent['file']['size']} bytes"

    async def accept(self) -> str:
        place = f"/v1/applications/{self.application}/accept"
        accepted = await self.administrator.post(place, attendance="full_time")
        stipend = await until(self._stipend_if("reserved"), "the stipend's reservation")
        return f"application {accepted['status']}, stipend {_money(stipend['amount'])} reserved"

    async def confirm(self) -> str:
        place = f"/v1/applications/{self.application}/confirm"
        confirmed = await self.mentee.post(place, agreement_version="2026-01", signature=self.mentee.name)
        return f"the mentorship is {confirmed['status']}"

    async def evaluate(self) -> str:
        evaluations = (await self.mentor.get(f"/v1/applications/{self.application}/evaluations"))["items"]
        midterm = next(evaluation for evaluation in evaluations if evaluation["milestone"] == "midterm")
        await self.mentor.put(f"/v1/evaluations/{midterm['id']}", verdict="satisfactory", summary="Steady and curious.")
        return f"{len(evaluations)} evaluations are scheduled"

    async def request(self) -> str:
        await self.mentee.set_up_second_factor()
        await self.mentee.sign_in()
        await self.mentee.put("/v1/payees/me", account="sandbox-paid", holder_name=self.mentee.name, country="DE")
        await self.mentee.post("/v1/payees/me/confirm")
        await until(self._installment_if("eligible"), "the first installment's eligibility")
        await self.mentee.post(f"/v1/stipends/{self.application}/installments/1/request")
        return "requested"

    async def approve(self) -> str:
        return await self._approved(1)

    async def be_paid(self) -> str:
        await self.mentee.post(f"/v1/stipends/{self.application}/installments/2/request")
        return await self._approved(2)

    async def _approved(self, number: int) -> str:
        await self.administrator.post(f"/v1/stipends/{self.application}/installments/{number}/approve")
        installment = await until(self._installment_if("paid", number), "the payment")
        return f"{_money(installment['amount'])} paid"

    async def reckon(self) -> str:
        await self.finance.be_signed_in()
        self.budget = await self.finance.get(f"/v1/budgets/{self.project}")
        statement = await self.finance.get(f"/v1/budgets/{self.project}/statement")
        if statement["closing"] != self.budget["balances"]:
            raise WentWrong(f"The postings come to {statement['closing']}, the budget says {self.budget['balances']}.")
        minor = {name: balance["amount_minor"] for name, balance in self.budget["balances"].items()}
        if sum(minor.values()):
            raise WentWrong(f"The balances do not sum to zero: {minor}")
        lines = [f"{name.replace('_', ' '):<18}{amount / 100:>14,.2f}" for name, amount in minor.items()]
        return "\n".join([*lines, f"{'sum':<18}{sum(minor.values()) / 100:>14,.2f}"])

    async def do_milestone(self) -> str:
        said = {"name": "Port the driver", "description": "Port the mended driver to the next release."}
        task = await self.mentor.post(f"/v1/applications/{self.application}/tasks", **said)
        place = f"/v1/tasks/{task['id']}"
        await self.mentee.post(f"{place}/start")
        await self.mentee.post(f"{place}/submit", links=["https://example.org/kernel/pull/1"])
        await self.mentor.post(f"{place}/complete")
        return str(task["name"])

    async def evaluate_finally(self) -> str:
        place = f"/v1/evaluations/{(await self._evaluation('final'))['id']}"
        await self.mentor.put(place, verdict="satisfactory", summary="Mends kernels alone by now.")
        given = await self.mentee.put(f"{place}/feedback", on_mentor="Patient.", on_project="A lively list.")
        await until(self._installment_if("eligible", number=2), "the second installment's eligibility")
        return f"{given['verdict']}, with feedback; the second installment is earned"

    async def graduate(self) -> str:
        graduated = await self.administrator.post(f"/v1/applications/{self.application}/graduate")
        return f"the mentorship is {graduated['status']}"

    async def verify(self) -> str:
        letter = await self.mentee.fetch(f"/v1/applications/{self.application}/certificate.pdf")
        if not letter.startswith(b"%PDF-"):
            raise WentWrong("The letter of completion is no PDF.")
        (certificate,) = (await self.mentee.get("/v1/certificates"))["items"]
        path = f"/certificates/{certificate['code']}"
        place, page = self.gateway + path, (await self.anybody.fetch(path)).decode()
        if "This letter is genuine." not in page or self.mentee.name not in page:
            raise WentWrong(f"{place} does not say that the letter is genuine.")
        return f"a PDF of {len(letter)} bytes; {place} says that it is genuine"

    async def _seen_by_mentor(self) -> bool:
        found = (await self.mentor.get("/v1/applications", project_id=self.project))["items"]
        return self.application in {application["id"] for application in found}

    async def _evaluation(self, milestone: str) -> dict[str, Any]:
        found = (await self.mentor.get(f"/v1/applications/{self.application}/evaluations"))["items"]
        return next(evaluation for evaluation in found if evaluation["milestone"] == milestone)

    async def _welcome(self, person: Person) -> None:
        await person.sign_up()
        await person.sign_in()

    def _stipend_if(self, status: str) -> Callable[[], Awaitable[dict[str, Any] | None]]:
        async def look() -> dict[str, Any] | None:
            found = (await self.administrator.get("/v1/stipends", project_id=self.project))["items"]
            return next((stipend for stipend in found if stipend["status"] == status), None)

        return look

    def _installment_if(self, status: str, number: int = 1) -> Callable[[], Awaitable[dict[str, Any] | None]]:
        async def look() -> dict[str, Any] | None:
            stipend = await self.mentee.get(f"/v1/stipends/{self.application}")
            installment: dict[str, Any] = stipend["installments"][number - 1]
            return installment if installment["status"] == status else None

        return look


def _logo(color: str) -> bytes:
    """Draw a disc of this color."""
    picture, file = Image.new("RGB", (256, 256), "white"), io.BytesIO()
    ImageDraw.Draw(picture).ellipse((16, 16, 240, 240), fill=color)
    picture.save(file, "PNG")
    return file.getvalue()


def _money(money: dict[str, Any]) -> str:
    return f"{money['amount_minor'] / 100:,.2f} {money['currency']}"
