"""What every test can rely on: no network, no display, no trace of the person's own settings and caches."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]

# The website and a browser, each made when a test asks for it.
pytest_plugins = ["tests.support.site_build", "tests.support.site_browser"]


def pytest_configure() -> None:
    """Settled before the first import, because typer and rich look at these as they load."""
    os.environ.update(NO_COLOR="1", TERM="dumb", COLUMNS="200")
    for forced in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"):
        os.environ.pop(forced, None)


# What `make quick` leaves out, besides all tests of the website: files that train or start processes.
APART = {
    *(
        "test_api.py",
        "test_whole_path.py",
        "test_mistakes.py",
        "test_terminal.py",
        "test_faulty.py",
        "test_resume.py",
        "test_same_code.py",
        "test_campaign.py",
    ),
    *("test_packaging.py", "test_contributing.py", "test_check_command.py", "test_cli.py", "test_workers.py"),
    *("test_use_convert.py", "test_use_sources.py", "test_track.py", "test_encoder_commands.py"),
    *("test_run_folders.py", "test_streams.py", "test_interrupt.py", "test_machine.py", "test_memory.py"),
    *("test_stale.py", "test_mutations.py", "test_identities.py", "test_readme.py", "test_job.py"),
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, one takes a file whole, and one all that look at the website.

    What a file or the session makes once would else be made by each.
    """
    for item in items:
        if item.path.name in APART or item.path.parent.name == "website":
            item.add_marker(pytest.mark.apart)
    if config.pluginmanager.hasplugin("dsession") or hasattr(config, "workerinput"):
        for item in items:
            looks = "site" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("site" if looks else item.path.name))


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def own_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches and user data go to a folder of the tests' own, here and in the processes they start."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("REPRO_CATALOG", raising=False)
        for variable in (
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
            "TORCH_HOME",
        ):
            patch.setenv(variable, str(home / variable.lower()))
        yield


@pytest.fixture(autouse=True)
def console_as_it_was() -> Iterator[None]:
    """A command that prints JSON sends everything else to standard error, in this process from then on."""
    yield
    from repro.cli import console  # not before rich may look at the environment that is set above

    console.out.stderr = False


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Any connection that leaves this machine fails the test that makes it."""
    connect = socket.socket.connect

    def guarded(sock: socket.socket, address: Any) -> None:
        if sock.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test reached for the network: {address}")
        connect(sock, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
