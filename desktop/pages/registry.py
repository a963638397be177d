"""The pages of the window, in the order of the rail: a new page is one line here, and what imports it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.pages.page import Page, PageKind

__all__ = ["PAGES"]

# A page's modules are imported when it is to be made: together they take longer than the window may.


def _overview() -> type[Page]:
    from desktop.pages.overview import OverviewPage

    return OverviewPage


def _runs() -> type[Page]:
    from desktop.pages.runs import RunsPage

    return RunsPage


def _commands() -> type[Page]:
    from desktop.pages.commands import CommandsPage

    return CommandsPage


def _schedules() -> type[Page]:
    from desktop.pages.schedules import SchedulesPage

    return SchedulesPage


def _environments() -> type[Page]:
    from desktop.pages.environments import EnvironmentsPage

    return EnvironmentsPage


def _crons() -> type[Page]:
    from desktop.pages.crons import CronsPage

    return CronsPage


def _settings() -> type[Page]:
    from desktop.pages.settings import SettingsPage

    return SettingsPage


def _tr(text: str) -> str:
    return QCoreApplication.translate("Rail", text)


PAGES = (
    PageKind("overview", lambda: _tr("Overview"), "overview", _overview),
    PageKind("runs", lambda: _tr("Runs"), "runs", _runs),
    PageKind("commands", lambda: _tr("Commands"), "commands", _commands),
    PageKind("schedules", lambda: _tr("Schedules"), "schedules", _schedules),
    PageKind("environments", lambda: _tr("Environments"), "environments", _environments),
    PageKind("crons", lambda: _tr("Crons"), "crons", _crons),
    PageKind("settings", lambda: _tr("Settings"), "settings", _settings),
)
