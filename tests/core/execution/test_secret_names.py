"""The guess whether a variable holds a secret goes by the words of its name."""

from __future__ import annotations

import pytest

from core.execution.secret_names import looks_secret


@pytest.mark.parametrize(
    "name",
    ["API_TOKEN", "TOKEN", "DB_PASSWORD", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "api_key", "GITHUB_PAT", "AUTHTOKEN"],
)
def test_these_names_look_like_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name", ["", "API_URL", "KEYBOARD", "MONKEY", "PWD", "TOKEN_URL", "SSH_KEY_FILE", "PUBLIC_KEY", "PATH", "TOKENIZER"]
)
def test_these_names_do_not(name: str) -> None:
    assert not looks_secret(name)
