"""What stands in the place of the list before anything has run: why, and what to do first."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from core.history.glance import Glance
from desktop.pages.page import holds_focus
from desktop.theme import Theme
from desktop.widgets.empty_state import EmptyState

__all__ = ["RunsEmpty"]


class RunsEmpty(EmptyState):
    """Offers to make a command or to add the sample; where there are commands, to run one."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "runs", parent)
        self.command_button = self.add_button(self.tr("Ma&ke a command"), "add")
        self.sample_button = self.add_button(self.tr("&Add the sample"), "add")
        self.run_button = self.add_button(self.tr("R&un now…"), "run")

    @property
    def first_button(self) -> QPushButton:
        """Return the button that does what comes first."""
        return self.run_button if self.command_button.isHidden() else self.command_button

    def show_glance(self, glance: Glance) -> None:
        """Offer what there is to do in this state of things."""
        had_focus = holds_focus(self)
        self.run_button.setVisible(glance.has_commands)
        for button in (self.command_button, self.sample_button):
            button.setVisible(not glance.has_commands)
        if had_focus:
            self.first_button.setFocus()
        self.say(self.tr("Nothing has run yet"), self._reason(glance))

    def _reason(self, glance: Glance) -> str:
        if not glance.has_commands:
            return self.tr(
                "First make a command: a line for the shell that you can try at once. Or take yours over from a file "
                "with “clockhand apply FILE”, or look around with the sample: five commands that do no harm."
            )
        if glance.upcoming:
            return self.tr("Runs appear here as they come: “{name}” is the next one that is due.").format(
                name=glance.upcoming[0].schedule
            )
        return self.tr("No schedule is due. Run a command now, or enable a schedule.")
