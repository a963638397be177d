"""The look: every icon exists and can be drawn, and texts can be read in both schemes."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.theme import DARK, LIGHT, Colours, Theme, logo
from tests.support.window import open_theme

ROOT = Path(__file__).parents[2]
ICONS = ROOT / "resources" / "icons"


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in
             (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())]  # fmt: skip
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("tone", ["text", "muted", "good", "bad", "busy", "waiting", "warning", "accent"])
def test_every_tone_can_be_read_on_every_ground(colours: Colours, tone: str) -> None:
    for ground in ("window", "base", "stripe"):
        assert contrast(getattr(colours, tone), getattr(colours, ground)) >= 4.5, (tone, ground)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_where_it_stands_on_a_colour(colours: Colours) -> None:
    assert contrast(colours.on_selection, colours.selection) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5
    assert contrast(colours.text, colours.alarm) >= 4.5
    assert contrast(colours.text, colours.raised) >= 4.5
    assert contrast(colours.muted, colours.raised) >= 4.5
    assert contrast(colours.text, colours.border) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("tone", ["text", "muted", "good", "bad", "busy", "waiting", "warning", "accent"])
def test_every_tone_can_be_read_in_a_chosen_row(colours: Colours, tone: str) -> None:
    assert contrast(getattr(colours, tone), colours.selection) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_what_has_the_keyboard_stands_out(colours: Colours) -> None:
    # WCAG 2.2, 1.4.11: what shows a state has 3 : 1 against what lies beside it.
    for ground in ("window", "base", "raised", "border", "selection"):
        assert contrast(colours.accent, getattr(colours, ground)) >= 3, ground


@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_what_qt_draws_by_the_palette_can_be_read(qapp: QApplication, scheme: Qt.ColorScheme) -> None:
    role = QPalette.ColorRole
    pairs = (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.Text, role.AlternateBase),
        (role.PlaceholderText, role.Base),
        (role.ButtonText, role.Button),
        (role.ToolTipText, role.ToolTipBase),
        (role.HighlightedText, role.Highlight),
        (role.Link, role.Base),
    )
    with open_theme(qapp, scheme):
        for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
            palette = qapp.palette()
            for text, ground in pairs:
                names = palette.color(group, text).name(), palette.color(group, ground).name()
                assert contrast(*names) >= 4.5, (group, text, ground)


@pytest.mark.parametrize("path", sorted(ICONS.glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_can_be_drawn(qapp: QApplication, path: Path) -> None:
    assert QSvgRenderer(QByteArray(path.read_bytes())).isValid()


def test_every_icon_that_the_code_names_exists() -> None:
    known = {path.stem for path in ICONS.glob("*.svg")}
    named = set()
    for path in (ROOT / "desktop").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'(?:put_icon\([^,()]+, |theme\.icon\(|EmptyState\([^,()]+, )"([\w-]+)"', text))
    assert len(named) > 5
    assert named <= known


def test_the_scheme_changes_palette_style_and_icons(qtbot: QtBot, qapp: QApplication) -> None:
    with open_theme(qapp) as theme:
        button = QPushButton("text")
        qtbot.addWidget(button)
        theme.put_icon(button, "run")
        light = button.icon().pixmap(16, 16).toImage()
        with qtbot.waitSignal(theme.changed):
            theme.use(Qt.ColorScheme.Dark)
        assert button.icon().pixmap(16, 16).toImage() != light
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.window
        assert DARK.selection in qapp.styleSheet()
        assert "$" not in qapp.styleSheet().replace("$$", "").split("*/", 1)[1]


def test_an_icon_that_was_given_before_is_renewed_with_the_scheme(qapp: QApplication) -> None:
    with open_theme(qapp) as theme:
        given = theme.icon("run", "bad")
        theme.use(Qt.ColorScheme.Dark)
        renewed = theme.renewed(QIcon(given))
        assert renewed.cacheKey() == theme.icon("run", "bad").cacheKey() != given.cacheKey()
        other = logo()
        assert theme.renewed(other).cacheKey() == other.cacheKey()


def lightness(widget: QWidget) -> float:
    """Return how light what is seen is on average, from 0 to 1."""
    picture = widget.grab().toImage().scaled(1, 1, mode=Qt.TransformationMode.SmoothTransformation)
    return picture.pixelColor(0, 0).lightnessF()


def test_an_open_window_follows_the_system_unless_it_was_told_otherwise(qtbot: QtBot, qapp: QApplication) -> None:
    hints = qapp.styleHints()
    theme = Theme(qapp)
    try:
        edit, button = QLineEdit("text"), QPushButton("text")
        for widget in (edit, button):
            qtbot.addWidget(widget)
        for scheme, is_dark in ((Qt.ColorScheme.Dark, True), (Qt.ColorScheme.Light, False)):
            hints.colorSchemeChanged.emit(scheme)  # the offscreen platform has none that could be changed
            assert theme.colours.is_dark is is_dark
            assert (lightness(edit) < 0.5) is is_dark
            assert (lightness(button) < 0.5) is is_dark
        theme.use(Qt.ColorScheme.Light)
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
        assert not theme.colours.is_dark
    finally:
        theme.deleteLater()


def test_the_style_sheet_uses_known_colours_only() -> None:
    text = (ROOT / "resources" / "style" / "clockhand.qss").read_text(encoding="utf-8")
    names = set(re.findall(r"\$\{?(\w+)", text.replace("$$", "")))
    sizes = {"title_size", "heading_size", "name_size"}
    assert sizes <= names <= {field.name for field in fields(Colours)} | sizes | {"icons", "scheme"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_picture_that_the_style_sheet_names_exists(scheme: str) -> None:
    text = (ROOT / "resources" / "style" / "clockhand.qss").read_text(encoding="utf-8")
    names = {name.replace("$scheme", scheme) for name in re.findall(r"url\(\$icons/([^)]+)\)", text)}
    assert len(names) > 3
    assert all((ICONS / name).exists() for name in names), names


def test_a_larger_font_makes_the_headings_larger(qtbot: QtBot, qapp: QApplication) -> None:
    before = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(21)
    try:
        qapp.setFont(larger)
        with open_theme(qapp):
            heading = QLabel("Runs")
            heading.setObjectName("pageTitle")
            qtbot.addWidget(heading)
            heading.ensurePolished()
            assert heading.fontInfo().pointSizeF() == pytest.approx(35, abs=1)
    finally:
        qapp.setFont(before)


def test_an_icon_has_a_picture_for_every_pixel_ratio(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_theme(qapp) as theme:
        assert {size.width() for size in theme.icon("run").availableSizes()} == {16, 20, 24, 32, 48}
    monkeypatch.setattr("desktop.theme._ratios", lambda: [1.0, 1.25])
    with open_theme(qapp) as theme:
        assert {20, 25, 30, 40, 60} <= {size.width() for size in theme.icon("run").availableSizes()}


def test_the_logo_has_a_picture_for_every_size(qapp: QApplication) -> None:
    assert {16, 32, 48, 256} <= {size.width() for size in logo().availableSizes()}
