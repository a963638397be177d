"""The pages of the window, in the order of the rail: a new page is one line here, and what makes it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.pages.page import Desk, Page, PageKind

__all__ = ["PAGES"]

# A page's modules are imported when it is made: together they take longer than the window may.


def _overview(desk: Desk) -> Page:
    from desktop.pages.overview import OverviewPage

    return OverviewPage(desk)


def _runs(desk: Desk) -> Page:
    from desktop.pages.runs import RunsPage

    return RunsPage(desk)


def _commands(desk: Desk) -> Page:
    from desktop.pages.commands import CommandsPage

    return CommandsPage(desk)


def _schedules(desk: Desk) -> Page:
    from desktop.pages.schedules import SchedulesPage

    return SchedulesPage(desk)


def _environments(desk: Desk) -> Page:
    from desktop.pages.environments import EnvironmentsPage

    return EnvironmentsPage(desk)


def _crons(desk: Desk) -> Page:
    from desktop.pages.crons import CronsPage

    return CronsPage(desk)


def _settings(desk: Desk) -> Page:
    from desktop.pages.settings import SettingsPage

    return SettingsPage(desk)


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
