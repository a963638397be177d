"""Keyrings for tests: one in memory, GNOME Keyring on a session bus of its own, and a service that never answers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from core.secrets.keyring_access import KeyringAccess
from tests.support.waiting import python_command, wait_until

__all__ = ["HeldKeyring", "PrivateBus", "held_access", "needs_gnome_keyring", "private_bus"]

_PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon")
_MISSING = [name for name in _PROGRAMS if shutil.which(name) is None]
needs_gnome_keyring = pytest.mark.skipif(
    bool(_MISSING) or not sys.platform.startswith("linux"),
    reason=f"needs {', '.join(_MISSING) or 'Linux'} (Debian packages gnome-keyring and dbus)",
)
PASSWORD = "of the keyring"
_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir={folder}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>
"""
# It has the name, takes every question, and answers none.
_MUTE = """
    import sys
    sys.path[:0] = PATH
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    bus = open_dbus_connection(sys.argv[1])
    driver = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
    bus.send_and_get_reply(new_method_call(driver, "RequestName", "su", ("org.freedesktop.secrets", 4)))
    print("mute", flush=True)
    while True:
        bus.receive()
"""


class HeldKeyring(KeyringBackend):
    """Keeps entries in memory, counts the reads, and answers nothing while `may_answer` is not set."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # it has no types
        self.entries: dict[tuple[str, str], str] = {}
        self.reads = 0
        self.threads: set[str] = set()
        self.error: Exception | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()

    def get_password(self, service: str, username: str) -> str | None:
        self.reads += 1
        self._behave()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._behave()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._behave()
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("there is none")

    def _behave(self) -> None:
        self.threads.add(threading.current_thread().name)
        assert self.may_answer.wait(30)
        if self.error is not None:
            raise self.error


def held_access(keyring: HeldKeyring | None, *, limit_s: float = 3.0) -> KeyringAccess:
    """Return the access to a keyring in memory, or to none."""
    return KeyringAccess(limit_s=limit_s, find=lambda: keyring)


class PrivateBus:
    """A session bus of a test's own, on which a keyring may be started, locked and ended."""

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        self._folder = folder
        self._service: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return what a process needs to find this bus, and nothing of the user's."""
        return {
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "XDG_DATA_HOME": str(self._folder / "data"),
            "XDG_RUNTIME_DIR": str(self._folder),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
        }

    def start_keyring(self) -> None:
        """Start GNOME Keyring, unlocked, with the entries that it had before."""
        (self._folder / "data").mkdir(exist_ok=True)
        command = ["gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets"]
        control = f"--control-directory={self._folder / 'control'}"
        variables = {**self.environment, "HOME": str(self._folder), "PATH": "/usr/bin:/bin"}
        self._service = subprocess.Popen(
            [*command, control],
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert self._service.stdin is not None
        self._service.stdin.write(PASSWORD.encode())
        self._service.stdin.close()
        wait_until(self._is_open, message="the keyring is there and open")

    def start_mute(self) -> None:
        """Start a service that has the keyring's name and never answers."""
        code = _MUTE.replace("PATH", repr([entry for entry in sys.path if entry]))
        self._service = subprocess.Popen([*python_command(code), self.address], stdout=subprocess.PIPE)
        assert self._service.stdout is not None
        assert self._service.stdout.readline() == b"mute\n"

    def lock(self) -> None:
        """Lock the keyring; without a desktop nobody can be asked to unlock it."""
        import secretstorage
        from jeepney.io.blocking import open_dbus_connection

        with closing(open_dbus_connection(self.address)) as bus:
            secretstorage.Collection(bus).lock()

    def stop_service(self) -> None:
        """End the keyring or the mute service; its entries stay."""
        if self._service is not None:
            self._service.kill()
            self._service.wait(10)
            if self._service.stdout is not None:
                self._service.stdout.close()
            self._service = None

    def _is_open(self) -> bool:
        import secretstorage
        from jeepney.io.blocking import open_dbus_connection

        with closing(open_dbus_connection(self.address)) as bus:
            if not secretstorage.check_service_availability(bus):
                return False
            try:
                return not secretstorage.Collection(bus).is_locked()
            except secretstorage.SecretStorageException:
                return False


@contextmanager
def private_bus(folder: Path) -> Iterator[PrivateBus]:
    """Start a session bus whose files are in `folder`, and end it with all that was started on it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = folder / "bus.conf"
    config.write_text(_CONFIG.format(folder=folder))
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert daemon.stdout is not None
        bus = PrivateBus(folder, daemon.stdout.readline().strip())
        try:
            yield bus
        finally:
            bus.stop_service()
    finally:
        daemon.terminate()
        daemon.wait(10)
        if daemon.stdout is not None:
            daemon.stdout.close()
