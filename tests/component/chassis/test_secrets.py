"""The mail server's password, changed under a running service: a letter that the old one could not send goes out."""

import asyncio
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from services.chassis.mail import Letter, PostOffice
from services.chassis.store import Store
from services.projects.settings import Settings
from tests.support.waiting import eventually


class Server:
    """Takes mail from who knows the password."""

    def __init__(self) -> None:
        self.got: list[str] = []

    def knows(self, _server: object, _session: object, _envelope: object, _mechanism: str, said: Any) -> AuthResult:
        assert isinstance(said, LoginPassword)
        return AuthResult(success=said.password == b"second", handled=False)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        self.got += envelope.rcpt_tos
        return "250 OK"


async def test_a_letter_goes_out_by_the_password_of_now(store: Store, tmp_path: Path):
    password, server = tmp_path / "PROJECTS_SMTP_PASSWORD", Server()
    password.write_text("first")
    loop = asyncio.get_running_loop()
    listening: dict[str, Any] = {
        "authenticator": server.knows,
        "auth_require_tls": False,
        "auth_required": True,
        "loop": loop,
    }
    async with await loop.create_server(lambda: SMTP(server, **listening), "127.0.0.1", 0) as smtp:
        told: dict[str, Any] = {"_secrets_dir": tmp_path, "smtp_username": "us", "http_port": 1}
        told |= {"mongodb_uri": "mongodb://x", "kafka_bootstrap_servers": "x", "public_url": "http://localhost"}
        office = PostOffice(store, Settings(**told, smtp_port=smtp.sockets[0].getsockname()[1]))
        await office.prepare()
        await store.transaction(lambda: office.post(Letter("mira@example.org", "Hello", "There.")))

        assert await office.work()
        assert server.got == []
        password.write_text("second")
        await eventually(lambda: _sent(office, server), what="the letter")
    assert server.got == ["mira@example.org"]


async def _sent(office: PostOffice, server: Server) -> bool:
    await office.work()
    return bool(server.got)
