"""The pages of the window, in the order of the rail: a new page is one line here."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop.pages.commands import CommandsPage
from desktop.pages.crons import CronsPage
from desktop.pages.environments import EnvironmentsPage
from desktop.pages.overview import OverviewPage
from desktop.pages.page import PageKind
from desktop.pages.runs import RunsPage
from desktop.pages.schedules import SchedulesPage
from desktop.pages.settings import SettingsPage

__all__ = ["PAGES"]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Rail", text)


PAGES = (
    PageKind("overview", lambda: _tr("Overview"), "overview", OverviewPage),
    PageKind("runs", lambda: _tr("Runs"), "runs", RunsPage),
    PageKind("commands", lambda: _tr("Commands"), "commands", CommandsPage),
    PageKind("schedules", lambda: _tr("Schedules"), "schedules", SchedulesPage),
    PageKind("environments", lambda: _tr("Environments"), "environments", EnvironmentsPage),
    PageKind("crons", lambda: _tr("Crons"), "crons", CronsPage),
    PageKind("settings", lambda: _tr("Settings"), "settings", SettingsPage),
)
