"""What the CronJob copies is brought back by the words of `deploy/README.md`, both run by MongoDB's own tools."""

import base64
import os
import re
import secrets
import shlex
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any, Self

import pytest
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from contracts.catalog import SERVICES
from deploy.local import mongod, tied
from deploy.local.layout import CHECKOUT
from deploy.local.ports import HOST, choose, somewhere
from tests.contract.documents import PLACE, kept
from tests.deploy.rendered import Rendering
from tests.support.go import pinned
from tests.support.waiting import at_last

TOOLS = CHECKOUT / "tests" / "support" / "mongodb_tools"
README = CHECKOUT / "deploy" / "README.md"
Document = dict[str, Any]
Client = MongoClient[Document]
ADMIN, PASSWORD = "root", "of-no-use"


@dataclass(frozen=True)
class Store:
    """A replica set of one where everybody signs in."""

    port: int

    def uri(self, user: str) -> str:
        """Give an address as the operator writes it into its Secrets."""
        return f"mongodb://{user}:{PASSWORD}@{HOST}:{self.port}/admin?replicaSet=rs0&ssl=false"

    def open(self) -> Client:
        return Client(self.uri(ADMIN), serverSelectionTimeoutMS=30_000)

    def employ(self, name: str, roles: list[Document]) -> str:
        """Make a user and give where it finds the store."""
        with self.open() as client:
            client.admin.command("createUser", name, pwd=PASSWORD, roles=roles)
        return self.uri(name)

    def begin(self) -> None:
        """Make the set and its first user, who may all; from this machine that is let pass once."""
        with Client(f"mongodb://{HOST}:{self.port}/?directConnection=true", serverSelectionTimeoutMS=2000) as client:
            config = {"_id": "rs0", "members": [{"_id": 0, "host": f"{HOST}:{self.port}"}]}
            assert at_last(lambda: _takes(client, "replSetInitiate", config), within=60), "mongod does not begin"
            first: Document = {"pwd": PASSWORD, "roles": ["root"]}
            assert at_last(lambda: _takes(client, "createUser", ADMIN, **first), within=60), "it takes no user"


def _takes(client: Client, command: str, value: Any, **more: Any) -> bool:
    try:
        client.admin.command(command, value, **more)
    except PyMongoError:
        return False
    return True


@contextmanager
def store(folder: Path) -> Iterator[Store]:
    made, key = Store(choose(somewhere())["mongod"]), folder / "key"
    (folder / "data").mkdir(parents=True)
    key.write_text(base64.b64encode(secrets.token_bytes(96)).decode())
    key.chmod(0o600)
    words = [*mongod.command(made.port, folder / "data"), "--auth", "--keyFile", str(key)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(tied.command(SIGKILL, *words), stdout=log, stderr=log)  # noqa: S603 - ours
    try:
        made.begin()
        yield made
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Store]:
    with store(tmp_path / "running") as made:
        yield made


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    with store(tmp_path / "other") as made:
        yield made


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a PATH on which MongoDB's tools are first."""
    folder = tmp_path_factory.mktemp("tools")
    for name in ("mongodump", "mongorestore"):
        (folder / name).symlink_to(pinned(TOOLS, f"github.com/mongodb/mongo-tools/{name}/main", name))
    return f"{folder}:{os.environ['PATH']}"


def run(tools: str, *words: str) -> str:
    done = subprocess.run(words, env={"PATH": tools}, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 - ours
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def copy(tools: str, rendered: Mapping[str, Rendering], uri: str, folder: Path) -> Path:
    """Run the CronJob's very command, its three places under this folder; give the archive."""
    (job,) = rendered["mongodb/ha"].of("CronJob")
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    *shell, script = container["command"]
    places = {mount["mountPath"]: folder / mount["name"] for mount in container["volumeMounts"]}
    for here in places.values():
        here.mkdir()
    script = re.sub("|".join(places), lambda found: str(places[found[0]]), script)
    (folder / "mongodb" / "uri").write_text(uri)
    run(tools, *shell, script)
    (archive,) = (folder / "backup").iterdir()
    return archive


def restore(tools: str, uri: str, archive: Path) -> None:
    """Run the command that the page shows, with this archive for its own."""
    (shown,) = re.findall(r"^\$ (mongorestore .+)$", README.read_text(), re.MULTILINE)
    words = [uri if word == "$ADMIN_URI" else word for word in shlex.split(shown)]
    run(tools, *(re.sub(r"^--archive=.+", f"--archive={archive}", word) for word in words))


def roles() -> list[str]:
    """Name the roles that the page gives who restores."""
    (shown,) = re.findall(r"The user who restores needs the roles (.+?), which nobody", README.read_text())
    return re.findall(r"`(\w+)`", shown)


def fill(client: Client) -> None:
    """Lay down what services have stored, and an index with each."""
    for service in SERVICES:
        for place in (PLACE / service).glob("*.json"):
            client[service][place.stem].insert_one(kept(place))
            client[service][place.stem].create_index("version", name="of-a-test")
        client[service]["clusters"].insert_one({"_id": "relay", "cluster": "before"})


class Writer(threading.Thread):
    """Writes the same into all stores at once, again and again, as one transaction."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client, self.over, self.written = client, threading.Event(), 0
        for service in SERVICES:
            client[service].create_collection("told")

    def run(self) -> None:
        while not self.over.is_set():
            with self.client.start_session() as session, session.start_transaction():
                for service in SERVICES:
                    self._write(self.client[service]["told"], session)
            self.written += 1

    def _write(self, told: Collection[Document], session: ClientSession) -> None:
        """Insert one, change the one before, and delete the one before that."""
        told.insert_one({"_id": self.written, "changed": False}, session=session)
        told.update_one({"_id": self.written - 1}, {"$set": {"changed": True}}, session=session)
        told.delete_one({"_id": self.written - 2}, session=session)

    def __enter__(self) -> Self:
        self.start()
        assert at_last(lambda: self.written > 20, within=60)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()


def as_roles(user: Document) -> list[Document]:
    """Say in the server's words what a resource gives a user."""
    return [{"role": role["name"], "db": role["db"]} for role in user["roles"]]


def everything(client: Client, service: str) -> Mapping[str, Any]:
    """Give documents and indexes of what is at rest."""
    names = sorted(set(client[service].list_collection_names()) - {"told"})
    return {
        name: (list(client[service][name].find().sort("_id")), client[service][name].index_information())
        for name in names
    }


def test_a_copy_made_beside_the_running_stores_comes_back_as_one_instant_of_all(
    tools: str, rendered: Mapping[str, Rendering], running: Store, other: Store, tmp_path: Path
):
    (resource,) = rendered["mongodb/ha"].of("MongoDBCommunity")
    (backup,) = (user for user in resource["spec"]["users"] if user["name"] == "mentorship-backup")
    restorer = other.employ("restorer", [{"role": role, "db": "admin"} for role in roles()])
    with running.open() as before, Client(restorer) as after:
        fill(before)
        with Writer(before) as writer:
            archive = copy(tools, rendered, running.employ(backup["name"], as_roles(backup)), tmp_path)
        after["identity"]["accounts"].insert_one({"_id": "of before"})
        after.admin.command("createUser", backup["name"], pwd="another", roles=[])
        for service in SERVICES:
            after.drop_database(service)  # the page has mongosh do it, which no package here brings

        restore(tools, restorer.replace("/admin?", "/?authSource=admin&"), archive)

        for service in SERVICES:
            assert everything(after, service) == everything(before, service)
            marked = after[service]["clusters"].update_many({}, {"$set": {"cluster": "restored"}})
            assert marked.modified_count == 1
        with Client(other.uri(backup["name"]).replace(PASSWORD, "another")) as known:
            assert known.admin.command("ping")["ok"], "a user who is there keeps the password"
        told = [list(after[service]["told"].find().sort("_id")) for service in SERVICES]
        last = told[0][-1]["_id"]
        assert 20 < last < writer.written
        assert told == [[{"_id": last - 1, "changed": True}, {"_id": last, "changed": False}]] * len(SERVICES)
