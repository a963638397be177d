"""Settings: what is declared holds together, and what is kept is what was allowed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from core.changes import Changes, Publisher
from core.database import Database
from core.errors import InvalidError, NotFoundError
from core.model import Setting as SettingRow
from core.settings import QUIT_GRACE_S, RETENTION_DAYS, SETTINGS, Setting, Settings
from core.writer import Transaction


@pytest.fixture
def published() -> list[Changes]:
    return []


@pytest.fixture
def database(tmp_path: Path, published: list[Changes]) -> Iterator[Database]:
    publisher = Publisher()
    publisher.subscribe(published.append)
    opened = Database(tmp_path / "clockhand.db", backups=tmp_path / "backups", publisher=publisher)
    yield opened
    opened.close()


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_has_an_allowed_default_and_texts(setting: Setting[Any]) -> None:
    assert setting.check(setting.default) == setting.default
    assert setting.read(str(setting.default).lower()) == setting.default
    assert setting.lowest <= setting.default <= setting.highest
    assert setting.title[0].isupper()
    assert not setting.title.endswith(".")
    assert setting.description.endswith(".")
    assert setting.title not in {other.title for other in SETTINGS.values() if other is not setting}


def test_names_are_those_under_which_settings_are_found() -> None:
    assert all(Settings.named(name).name == name for name in SETTINGS)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFoundError, match=r"named “retention\.day”\. Did you mean “retention\.days”"):
        Settings.named("retention.day")


def test_a_value_is_the_default_until_it_is_set(database: Database, published: list[Changes]) -> None:
    settings = Settings(database)
    assert settings.get(QUIT_GRACE_S) == 10
    settings.set(QUIT_GRACE_S, 30)
    assert settings.get(QUIT_GRACE_S) == 30
    assert settings.all() == {name: s.default for name, s in SETTINGS.items()} | {"quit.grace_s": 30}
    settings.set(QUIT_GRACE_S, 40)
    assert Settings(database).get(QUIT_GRACE_S) == 40
    assert published == [Changes(settings=True)] * 2


def test_the_default_is_not_kept(database: Database) -> None:
    settings = Settings(database)
    settings.set(QUIT_GRACE_S, 30)
    settings.reset(QUIT_GRACE_S)
    with database.reading() as connection:
        assert connection.execute(select(SettingRow.key)).all() == []


def test_what_is_kept_already_is_not_written_again(database: Database, published: list[Changes]) -> None:
    settings = Settings(database)
    settings.set(QUIT_GRACE_S, 30)
    published.clear()
    settings.set(QUIT_GRACE_S, 30)
    settings.reset(RETENTION_DAYS)
    assert published == []


@pytest.mark.parametrize("value", [-1, 36_501, True, "90", 1.5, None])
def test_a_wrong_value_is_refused_and_not_kept(database: Database, value: Any) -> None:
    settings = Settings(database)
    with pytest.raises(InvalidError, match=r"retention\.days: .* Write one from 0 to 36500\."):
        settings.set(RETENTION_DAYS, value)
    assert settings.get(RETENTION_DAYS) == 90


@pytest.mark.parametrize("text", ["", "many", "1.5", "-3", "99999999"])
def test_a_wrong_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match=r"Write one from 0 to 36500\."):
        RETENTION_DAYS.read(text)


def test_a_setting_of_yes_and_no_takes_nothing_else() -> None:
    setting = Setting(name="x", default=False, title="X", description="X.")
    assert setting.type is bool
    assert setting.read(" True ") is True
    assert setting.check(False) is False
    with pytest.raises(InvalidError, match=r"x: 1 is neither true nor false\."):
        setting.check(1)
    with pytest.raises(InvalidError, match=r"x: “yes” is neither true nor false\."):
        setting.read("yes")


@pytest.mark.parametrize("body", [{"value": "ten"}, {"value": -5}, {}, {"value": None}])
def test_a_kept_value_that_is_not_allowed_counts_as_the_default(database: Database, body: dict[str, Any]) -> None:
    def keep(transaction: Transaction) -> None:
        transaction.connection.execute(insert(SettingRow).values(key="quit.grace_s", value=body))

    database.write(keep)
    assert Settings(database).get(QUIT_GRACE_S) == 10
