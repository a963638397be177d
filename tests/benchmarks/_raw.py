"""The queue's life-cycle with sqlite3 alone, one job at a time and a commit per step: what the queue is measured by.

The tables, the indexes, the columns and the pragmas are the program's own, so that the difference is the batching and
the layers above.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

__all__ = ["RawQueue"]

_INSERT = """
INSERT INTO jobs (state, queue, priority, scheduled_at, origin, command_id, command_name, environment_id,
    environment_name, schedule_id, schedule_name, cron_id, cron_name, due_at, due_key, overlap, unique_key, turn_key,
    retry_of, attempt, max_attempts, backoff_base, backoff_cap, created_at, finished_at, reason, skipped_count,
    stdout_bytes, stderr_bytes)
VALUES ('available', 'default', 0, ?, 'manual', ?, 'sync', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'allow',
    NULL, NULL, NULL, 0, 1, 30000000, 3600000000, ?, NULL, NULL, NULL, 0, 0)
ON CONFLICT (due_key) WHERE due_key IS NOT NULL DO NOTHING RETURNING id
"""
_EVENT = """
INSERT INTO events (job_id, attempt, kind, at, agent_id, host, pid, duration, exit_code, signal, reason,
    next_attempt_at, stdout_bytes, stderr_bytes, output)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, ?, ?, NULL)
"""
_EXECUTING = "SELECT count(*) FROM jobs WHERE state = 'executing' AND queue = 'default'"
_CLAIM = """
UPDATE jobs SET state = 'executing', attempt = attempt + 1, agent_id = 1, claimed_at = ?, pid = NULL,
    process_started_at = NULL, started_at = NULL, finished_at = NULL, duration = NULL, outcome = NULL, exit_code = NULL,
    signal = NULL, reason = NULL, output = NULL, stdout_bytes = 0, stderr_bytes = 0
WHERE state = 'available' AND id IN (
    SELECT id FROM jobs WHERE state = 'available' AND queue = 'default' AND (turn_key IS NULL OR (
        NOT EXISTS (SELECT 1 FROM jobs AS r WHERE r.state = 'executing' AND r.turn_key = jobs.turn_key)
        AND NOT EXISTS (SELECT 1 FROM jobs AS e WHERE e.state = 'available' AND e.turn_key = jobs.turn_key
            AND (e.priority, e.scheduled_at, e.id) < (jobs.priority, jobs.scheduled_at, jobs.id))))
    ORDER BY priority, scheduled_at, id LIMIT 1)
RETURNING id, attempt, priority, max_attempts, command_id, command_name, environment_id, environment_name,
    schedule_name, cron_name, origin, due_at, scheduled_at, claimed_at, backoff_base, backoff_cap
"""
_STARTED = """
UPDATE jobs SET started_at = ?, pid = ?, process_started_at = ?, plan = ?
WHERE id = ? AND attempt = ? AND state = 'executing'
"""
_FINISHED = """
UPDATE jobs SET state = 'completed', finished_at = ?, duration = ?, outcome = 'succeeded', exit_code = 0,
    signal = NULL, reason = NULL, stdout_bytes = ?, stderr_bytes = ?, output = NULL
WHERE id = ? AND attempt = ? AND state = 'executing'
"""


class RawQueue:
    """One connection to a database that the program made."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def life_cycle(self, count: int) -> None:
        """Put `count` jobs in, then claim, start and finish each; every step is on disk before the next."""
        for _ in range(count):
            self._enqueue()
        for _ in range(count):
            job_id, attempt = self._claim()
            self._start(job_id, attempt)
            self._finish(job_id, attempt)

    def _enqueue(self) -> None:
        run, now = self._connection.execute, time.time_ns() // 1000
        run("BEGIN IMMEDIATE")
        run(
            "SELECT id, name, queue, priority, max_attempts, backoff_base, backoff_cap, overlap, concurrency_group"
            " FROM commands WHERE id = ?",
            (1,),
        ).fetchone()
        (job_id,) = run(_INSERT, (now, 1, now)).fetchone()
        run(_EVENT, (job_id, 0, "queued", now, None, None, None, None, None, None, None))
        run("COMMIT")

    def _claim(self) -> tuple[int, int]:
        run, now = self._connection.execute, time.time_ns() // 1000
        run("BEGIN IMMEDIATE")
        run('SELECT name, "limit" FROM queues WHERE paused_at IS NULL ORDER BY name').fetchall()
        run(_EXECUTING).fetchone()
        row = run(_CLAIM, (now,)).fetchone()
        run("COMMIT")
        return row[0], row[1]

    def _start(self, job_id: int, attempt: int) -> None:
        run, now = self._connection.execute, time.time_ns() // 1000
        run("BEGIN IMMEDIATE")
        run("SELECT id, attempt FROM jobs WHERE state = 'executing' AND id IN (?)", (job_id,)).fetchall()
        run(_STARTED, (now, 4242, now, "digest", job_id, attempt))
        run(_EVENT, (job_id, attempt, "started", now, 1, "host", 4242, None, None, None, None))
        run("COMMIT")

    def _finish(self, job_id: int, attempt: int) -> None:
        run, now = self._connection.execute, time.time_ns() // 1000
        run("BEGIN IMMEDIATE")
        run("SELECT id, attempt FROM jobs WHERE state = 'executing' AND id IN (?)", (job_id,)).fetchall()
        run(_FINISHED, (now, 1000, 10, 0, job_id, attempt))
        run(_EVENT, (job_id, attempt, "succeeded", now, 1, None, None, 1000, 0, 10, 0))
        run("COMMIT")
