"""Where master keys come from, and that nothing of them gets into what is said when that fails."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest

from harness.servers import visavis
from visavis.errors import SetupError
from visavis.storage.keys.providers import GivenKeys, KeyCommand, KeyFile, KeyProvider, decode_keys

ONE, TWO = bytes(range(32)), bytes(range(1, 33))
SPELT = [base64.b64encode(key).decode() for key in (ONE, TWO)]


def test_every_provider_is_one() -> None:
    providers: list[KeyProvider] = [GivenKeys((ONE,)), KeyCommand("true"), KeyFile(Path("k"), own=True)]
    assert all(provider.source for provider in providers)  # the type checker is the judge of the rest


@pytest.mark.parametrize("between", [" ", "\n", "\r\n", "\t \n"])
def test_two_keys_have_white_space_between_them(between: str) -> None:
    assert decode_keys(f" {SPELT[0]}{between}{SPELT[1]}\n") == (ONE, TWO)
    assert decode_keys(f"{SPELT[0]}{between}{SPELT[0]}") == (ONE,)


NO_KEYS = ("", " ", SPELT[0][:-4], f"{SPELT[0]} x", SPELT[0] + SPELT[1], " ".join([*SPELT, SPELT[0], SPELT[1]]))


@pytest.mark.parametrize("text", NO_KEYS)
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SetupError) as caught:
        decode_keys(text)
    assert not any(word in str(caught.value) for word in text.split() if len(word) > 4)


def test_a_command_prints_the_key_and_is_asked_anew_each_time(tmp_path: Path) -> None:
    held = tmp_path / "held"
    held.write_text(SPELT[0])
    provider = KeyCommand(f"cat '{held}'")
    assert provider.read() == (ONE,)
    held.write_text("\n".join(SPELT))
    assert provider.read() == (ONE, TWO)


SECRETS = "print('sesame', file=sys.stderr); print('c2VzYW1l')"


@pytest.mark.parametrize(
    "command",
    [
        f'{sys.executable} -c "import sys; {SECRETS}; sys.exit(3)"',
        f'{sys.executable} -c "import sys; {SECRETS}"',
        "/no/such/sesame",
        "'sesame",
        "",
    ],
)
def test_a_command_that_fails_is_told_of_without_what_it_printed(
    command: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SetupError) as caught:
        KeyCommand(command).read()
    error: BaseException | None = caught.value
    while error is not None:
        assert "sesame" not in str(error)
        assert "c2VzYW1l" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert "sesame" not in caplog.text
    assert capfd.readouterr() == ("", "")


def test_a_command_learns_none_of_our_own_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VISAVIS_ADMIN_TOKEN", "sesame-sesame-sesame-sesame")
    monkeypatch.setenv("CLOUD_TOKEN", SPELT[0])
    checked = "assert not any(name.startswith('VISAVIS_') for name in os.environ)"
    code = f"import os; {checked}; print(os.environ['CLOUD_TOKEN'])"
    assert KeyCommand(f'{sys.executable} -c "{code}"').read() == (ONE,)


def test_a_file_that_is_not_the_servers_own_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="There is no key file"):
        KeyFile(tmp_path / "key", own=False).read()
    assert KeyFile(tmp_path / "key", own=True).read() == ()
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_is_replaced_whole_and_stays_its_owners(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "key", own=True)
    first = file.make()
    file.replace(first, ONE)
    assert file.read() == (first, ONE)
    file.replace(ONE)
    assert file.read() == (ONE,)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_the_settings_name_one_provider_and_keys_are_shown_by_id_alone(tmp_path: Path) -> None:
    key_file = tmp_path / "elsewhere"
    key_file.write_text(SPELT[0])
    data_dir = ("--data-dir", str(tmp_path / "data"))
    visavis("db", "migrate", *data_dir, settings={"MASTER_KEY_FILE": str(key_file)})
    where = ("keys", "status", *data_dir)
    by_file = visavis(*where, settings={"MASTER_KEY_FILE": str(key_file)})
    by_command = visavis(*where, settings={"MASTER_KEY_COMMAND": f"cat {key_file}"})
    by_environment = visavis(*where, settings={"MASTER_KEY": SPELT[0]})
    ids = {done.stdout.split()[2] for done in (by_file, by_command, by_environment)}
    assert len(ids) == 1
    assert not (tmp_path / "data" / "master.key").exists()
    for done in (by_file, by_command, by_environment):
        assert SPELT[0] not in done.stdout + done.stderr
    both = visavis(*where, check=False, settings={"MASTER_KEY": SPELT[0], "MASTER_KEY_FILE": str(key_file)})
    assert both.returncode == 1
    assert "Give only one of" in both.stderr
