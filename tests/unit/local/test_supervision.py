"""What supervisor is told, read back by supervisor itself."""

from pathlib import Path
from typing import Any

import pytest
from supervisor.options import ServerOptions

from deploy.local.layout import Folder
from deploy.local.parts import Part
from deploy.local.supervision import configuration

AWKWARD = 'mongodb://a:p%40"s\\s@h/?x=1,y=%(z)s'
PARTS = [
    Part("broker", ("/opt/a b/python", "-m", "broker")),
    Part("identity", ("python", "-m", "services"), {"IDENTITY_MONGODB_URI": AWKWARD}),
]


def understood(folder: Folder, *, restart: bool) -> ServerOptions:
    text = configuration(PARTS, folder, port=9001, password="p%w", restart=restart, shared={"MARK": "here"})
    folder.supervisor.write_text(text)
    options = ServerOptions()
    options.realize(["-c", str(folder.supervisor)])
    return options


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "100% of it")
    folder.prepare()
    return folder


def programs(options: ServerOptions) -> dict[str, Any]:
    return {program.name: program for group in options.process_group_configs for program in group.process_configs}


def test_any_value_arrives_as_it_was(folder: Folder) -> None:
    options = understood(folder, restart=False)

    identity = programs(options)["identity"]
    assert identity.environment == {"MARK": "here", "IDENTITY_MONGODB_URI": AWKWARD}
    assert identity.stdout_logfile == str(folder.log_of("identity"))
    assert '"/opt/a b/python"' in programs(options)["broker"].command
    assert options.server_configs[0]["password"] == "p%w"


def test_what_stands_on_others_starts_after_them_and_stops_before_them(folder: Folder) -> None:
    groups = sorted(understood(folder, restart=False).process_group_configs)

    assert [(group.name, [program.name for program in group.process_configs]) for group in groups] == [
        ("below", ["broker"]),
        ("above", ["identity"]),
    ]


@pytest.mark.parametrize(("restart", "seconds"), [(False, 0), (True, 1)])
def test_a_test_decides_itself_what_is_started_again(folder: Folder, restart: bool, seconds: int) -> None:
    options = understood(folder, restart=restart)

    assert {bool(program.autorestart) for program in programs(options).values()} == {restart}
    assert {program.startsecs for program in programs(options).values()} == {seconds}
