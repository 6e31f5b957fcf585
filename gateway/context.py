"""What the edges of one worker share. Made in app, handed to aiohttp under CONTEXT."""

import asyncio
from dataclasses import dataclass, field

import asyncpg
from aiohttp import web

from gateway.calls import LiveCall
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.tools import Turnstile
from pipeline.business.document import Business
from realtime.speech import Speech
from storage.sessions import Sessions


@dataclass(slots=True)
class Context:
    """One worker's connections, and the business as of now."""

    worker: str
    """This worker's name, the same after a restart: host, then its number."""
    settings: Settings
    pool: asyncpg.Pool
    sessions: Sessions
    metrics: Metrics
    business: Business
    business_version: int
    turnstile: Turnstile = field(default_factory=Turnstile)
    turns_at_database: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Turns read and store a few at a time: all at once would keep webhooks from committing."""
    speech: Speech = field(default_factory=Speech)
    """The attendant's voice."""
    live_calls: set[LiveCall] = field(default_factory=set)
    """The calls whose media sockets this worker holds."""
    draining: bool = False

    @property
    def can_talk(self) -> bool:
        """Whether calls can be answered: by a model, or in the attendant's voice."""
        return self.settings.realtime_url is not None or self.speech.installed


CONTEXT = web.AppKey("context", Context)
