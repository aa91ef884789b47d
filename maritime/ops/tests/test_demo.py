"""The demo's supervisor: it guards its folder, keeps its secrets, respects the caller's variables."""

import argparse
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from maritime.ops import demo
from maritime.ops.embedded.processes import DataFolder, ServiceError
from maritime.ops.embedded.supervisor import Program, Supervisor


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    data_folder = DataFolder(tmp_path)
    yield data_folder
    data_folder.remove_sockets()


def options(data_dir: Path, *, reset: bool = False, no_input: bool = True) -> demo.Options:
    return demo.Options(port=8000, data_dir=data_dir, reset=reset, no_input=no_input)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_refuses_a_folder_with_files_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")

    with pytest.raises(ServiceError, match="not the demo's"):
        demo._open_folder(options(tmp_path, reset=True))

    assert (tmp_path / "thesis.txt").exists()


def test_opens_its_own_folder_again(tmp_path: Path) -> None:
    demo._open_folder(options(tmp_path / "demo"))

    assert demo._open_folder(options(tmp_path / "demo")).root == tmp_path / "demo"


def test_reset_without_a_terminal_needs_no_input(tmp_path: Path) -> None:
    demo._open_folder(options(tmp_path))

    with pytest.raises(ServiceError, match="confirm with --no-input"):
        demo._open_folder(options(tmp_path, reset=True, no_input=False))


def test_reset_deletes_all_but_lock_and_marker(tmp_path: Path) -> None:
    folder = demo._open_folder(options(tmp_path))
    for name in ("lock", "secret-key", "mail/1.eml", "pgdata/PG_VERSION"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()

    demo._empty(folder)

    kept = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert kept == [demo.MARKER, "lock"]


def test_secrets_are_private_and_stay_the_same(tmp_path: Path) -> None:
    first = demo._kept_secret(tmp_path / "secret-key", length=48)

    assert demo._kept_secret(tmp_path / "secret-key", length=48) == first
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_variables_of_the_caller_win_unless_empty(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "demo.example")
    monkeypatch.setenv("SECRET_KEY", "")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_1")
    monkeypatch.setenv("NO_PROXY", "intranet")
    monkeypatch.delenv("PAYMENTS_DEMO", raising=False)

    env = demo._environment(folder, 8123)

    assert env["ALLOWED_HOSTS"] == "demo.example"
    assert env["SECRET_KEY"] == (folder.root / "secret-key").read_text()
    assert env["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    assert env["BASE_URL"] == "http://127.0.0.1:8123"
    assert env["STAFF_EMAILS"] == "staff@example.com"
    assert "PAYMENTS_DEMO" not in env


def test_names_the_option_when_the_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(ServiceError, match=r"in use.*--port"):
            demo._refuse_taken_port(taken.getsockname()[1])


@pytest.mark.parametrize("text", ["0", "65500", "-1", "web"])
def test_refuses_what_is_not_a_port(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not a port"):
        demo._port(text)


def fail_beside_a_sleeper(supervisor: Supervisor) -> None:
    with supervisor:
        supervisor.launch(Program("sleeper", python("import time; time.sleep(60)"), None))
        raise ZeroDivisionError


def test_supervisor_ends_its_children_also_after_an_error(folder: DataFolder) -> None:
    supervisor = Supervisor(folder, {}, folder.root)

    with pytest.raises(ZeroDivisionError):
        fail_beside_a_sleeper(supervisor)

    assert supervisor.children == []
    assert list((folder.root / "pids").iterdir()) == []


def test_supervisor_names_a_program_that_ends_by_itself(folder: DataFolder) -> None:
    with Supervisor(folder, {}, folder.root) as supervisor:
        code = "print('address in use'); exit(4)"
        supervisor.launch(Program("web", python(code), lambda: False))

        with pytest.raises(ServiceError, match=r"web ended with exit code 4(.|\n)*address in use"):
            supervisor.wait_for_answers()


def test_supervisor_shows_the_lines_of_a_command(
    folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with Supervisor(folder, {}, folder.root) as supervisor:
        supervisor.run_to_end("load", python("print('one'); print('two')"), env={})

        with pytest.raises(ServiceError, match="load failed"):
            supervisor.run_to_end("load", python("print('three'); exit(1)"), env={})

    assert capsys.readouterr().out == "one\ntwo\nthree\n"


@pytest.mark.django_db
def test_staff_login_gets_its_password_back(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("staff", password="forgotten", is_active=False)
    monkeypatch.setenv("MARITIME_DEMO_STAFF_PASSWORD", "from the file")

    call_command("ensure_demo_staff")
    call_command("ensure_demo_staff")

    staff = User.objects.get()
    assert staff.check_password("from the file")
    assert staff.is_active
    assert staff.is_superuser


def test_staff_login_is_not_made_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARITIME_DEMO_STAFF_PASSWORD", raising=False)

    with pytest.raises(CommandError, match="is not set"):
        call_command("ensure_demo_staff")
