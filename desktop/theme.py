"""The look: two palettes, the colours that states are painted in, the style sheet, and icons in the right colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from string import Template

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontInfo, QGuiApplication, QIcon, QPainter, QPalette, QPixmap, QScreen
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

__all__ = ["DARK", "LIGHT", "Colours", "Theme", "logo"]

ICON_PROPERTY = "iconName"
TONE_PROPERTY = "iconTone"
_SIZES = (16, 20, 24, 32, 48)
_LOGO_SIZES = (16, 20, 24, 32, 48, 64, 128, 256)
_FONT_RATIOS = {"title_size": 5 / 3, "heading_size": 4 / 3, "name_size": 5 / 4}
"""How much larger than the font of the application the headings are; style sheets know no such measure."""


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour of one scheme. Text has a contrast of 4.5 : 1 at least, also in a chosen row (WCAG 2.2, AA)."""

    is_dark: bool
    window: str
    base: str
    stripe: str
    raised: str
    text: str
    muted: str
    border: str
    frame: str
    accent: str
    strong: str
    on_accent: str
    selection: str
    on_selection: str
    good: str
    bad: str
    busy: str
    waiting: str
    warning: str
    alarm: str


LIGHT = Colours(
    is_dark=False,
    window="#f4f5f7",
    base="#ffffff",
    stripe="#fafbfc",
    raised="#e9ecf0",
    text="#1d2330",
    muted="#5b6472",
    border="#d9dde3",
    frame="#b4bcc8",
    accent="#2462c8",
    strong="#1c4fa6",
    on_accent="#ffffff",
    selection="#dbe7fb",
    on_selection="#14213d",
    good="#1a7039",
    bad="#b3261e",
    busy="#2462c8",
    waiting="#5b6472",
    warning="#8a5300",
    alarm="#fdecea",
)
DARK = Colours(
    is_dark=True,
    window="#1a1d23",
    base="#20242b",
    stripe="#232830",
    raised="#2b313a",
    text="#e3e7ed",
    muted="#a3adba",
    border="#353c47",
    frame="#4b5564",
    accent="#7aa9f7",
    strong="#98bdf9",
    on_accent="#10151d",
    selection="#2a3c5c",
    on_selection="#f2f6fc",
    good="#6ccb8b",
    bad="#f28b82",
    busy="#7aa9f7",
    waiting="#a3adba",
    warning="#e5b567",
    alarm="#43272a",
)


class Theme(QObject):
    """Dresses the application and follows the system's light or dark; `changed` tells those who paint by themselves.

    The palette is set in full, because QStyleHints.setColorScheme does nothing where there is no desktop (offscreen,
    a bare X server).
    """

    changed = Signal()

    def __init__(self, application: QApplication, *, scheme: Qt.ColorScheme | None = None) -> None:
        super().__init__(application)
        self._application = application
        self._forced = scheme
        self._icons: dict[tuple[str, str, bool], QIcon] = {}
        self._origins: dict[int, tuple[str, str]] = {}
        self.colours = LIGHT
        application.setStyle("Fusion")
        hints = QGuiApplication.styleHints()
        self._dress(scheme or hints.colorScheme())
        hints.colorSchemeChanged.connect(self._on_scheme_changed)
        application.screenAdded.connect(self._on_screen_added)

    def use(self, scheme: Qt.ColorScheme | None) -> None:
        """Wear this scheme whatever the system says, or follow the system again (None)."""
        self._forced = scheme
        hints = QGuiApplication.styleHints()
        # So the frames that the system draws, and its dialogs, are dressed alike.
        hints.setColorScheme(scheme or Qt.ColorScheme.Unknown)
        self._dress(scheme or hints.colorScheme())

    def icon(self, name: str, tone: str = "text") -> QIcon:
        """Return the icon in the colour of that name."""
        key = (name, tone, self.colours.is_dark)
        if key not in self._icons:
            icon = self._icons[key] = _icon(name, getattr(self.colours, tone), self.colours.muted)
            self._origins[icon.cacheKey()] = name, tone
        return self._icons[key]

    def renewed(self, icon: QIcon) -> QIcon:
        """Return an icon that was given before in the colour that it has now; another one as it is."""
        origin = self._origins.get(icon.cacheKey())
        return self.icon(*origin) if origin is not None else icon

    def colour(self, tone: str) -> QColor:
        """Return a colour by its name."""
        return QColor(getattr(self.colours, tone))

    def put_icon(self, target: QAbstractButton | QLabel, name: str, tone: str = "text", *, size: int = 16) -> None:
        """Give a button or a label an icon that changes with the scheme."""
        target.setProperty(ICON_PROPERTY, name)
        target.setProperty(TONE_PROPERTY, tone)
        if isinstance(target, QAbstractButton):
            target.setIconSize(QSize(size, size))
        self._renew_icon(target, size)

    def _renew_icon(self, target: QWidget, size: int) -> None:
        icon = self.icon(str(target.property(ICON_PROPERTY)), str(target.property(TONE_PROPERTY)))
        if isinstance(target, QAbstractButton):
            target.setIcon(icon)
        elif isinstance(target, QLabel):
            target.setPixmap(icon.pixmap(QSize(size, size), target.devicePixelRatioF()))
            target.setFixedWidth(size)

    def _on_scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        if self._forced is None:
            self._dress(scheme)

    @Slot(QScreen)
    def _on_screen_added(self, screen: QScreen) -> None:
        # The icons are drawn for the screens that there are.
        if screen.devicePixelRatio() not in _ratios()[:-1]:
            self._icons.clear()
            self._dress(Qt.ColorScheme.Dark if self.colours.is_dark else Qt.ColorScheme.Light)

    def _dress(self, scheme: Qt.ColorScheme) -> None:
        self.colours = DARK if scheme is Qt.ColorScheme.Dark else LIGHT
        self._application.setPalette(_palette(self.colours))
        self._application.setStyleSheet(_style_sheet(self.colours))
        for widget in QApplication.allWidgets():
            if widget.property(ICON_PROPERTY):
                size = widget.iconSize().width() if isinstance(widget, QAbstractButton) else widget.width()
                self._renew_icon(widget, size)
        self.changed.emit()


def logo() -> QIcon:
    """Return the icon of the application and its windows; the smallest are drawn with fewer strokes."""
    icon = QIcon()
    small, large = _renderer(_svg("logo-small")), _renderer(_svg("logo"))
    for size in _LOGO_SIZES:
        icon.addPixmap(_draw(small if size < _LOGO_SIZES[3] else large, size))
    return icon


def _ratios() -> list[float]:
    """Return how many pixels a point has, on each kind of screen that there is."""
    return sorted({1.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())})


def _icon(name: str, colour: str, disabled: str) -> QIcon:
    icon = QIcon()
    svg = _svg(name)
    plain, faded = (_renderer(svg.replace("currentColor", each)) for each in (colour, disabled))
    # Scaled from another size it would be blurred.
    for size in sorted({round(size * ratio) for size in _SIZES for ratio in _ratios()}):
        pixmap = _draw(plain, size)
        icon.addPixmap(pixmap)
        # Qt would tint it in a selected row, where its colour says as much as elsewhere.
        icon.addPixmap(pixmap, QIcon.Mode.Selected)
        icon.addPixmap(_draw(faded, size, opacity=0.45), QIcon.Mode.Disabled)
    return icon


def _renderer(svg: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(svg.encode()))


def _draw(renderer: QSvgRenderer, size: int, *, opacity: float = 1.0) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(opacity)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


@lru_cache(maxsize=64)
def _svg(name: str) -> str:
    return files("resources").joinpath("icons", f"{name}.svg").read_text(encoding="utf-8")


def _style_sheet(colours: Colours) -> str:
    text = files("resources").joinpath("style", "clockhand.qss").read_text(encoding="utf-8")
    names = {name: getattr(colours, name) for name in Colours.__dataclass_fields__}
    points = QFontInfo(QApplication.font()).pointSizeF()
    sizes = {name: f"{points * ratio:.2f}" for name, ratio in _FONT_RATIOS.items()}
    scheme = "dark" if colours.is_dark else "light"
    return Template(text).substitute(names, **sizes, scheme=scheme, icons=_icons_folder())


def _icons_folder() -> str:
    """Return the icons' folder as a style sheet wants it: Qt reads the images that it names by itself."""
    return Path(str(files("resources").joinpath("icons"))).as_posix()


def _palette(colours: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for where, colour in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.base,
        role.AlternateBase: colours.stripe,
        role.Text: colours.text,
        role.PlaceholderText: colours.muted,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.bad,
        role.ToolTipBase: colours.base,
        role.ToolTipText: colours.text,
        role.Highlight: colours.selection,
        role.HighlightedText: colours.on_selection,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.base,
        role.Midlight: colours.raised,
        role.Mid: colours.border,
        role.Dark: colours.border,
        role.Shadow: colours.border,
    }.items():
        palette.setColor(where, QColor(colour))
    faded = QColor(colours.muted)
    faded.setAlphaF(0.7)
    for where in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, faded)
    return palette
