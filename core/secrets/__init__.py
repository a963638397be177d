"""Secrets: their values sealed in the database, and the key that opens them outside of it."""

from __future__ import annotations

from core.secrets.source import NoSecrets, SecretSource, SecretValues

__all__ = ["NoSecrets", "SecretSource", "SecretValues"]
