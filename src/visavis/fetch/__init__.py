"""Downloads a picture by its URL, with limits on ports, addresses, bytes and time (contract.md 13).

Sends messages to webhooks too. A URL is parsed once, its host looked up once, every address found is checked, and
the connection goes to one of those: nothing is asked again between check and connection. Each redirect of a
picture walks the same way. Proxies, cookies, credentials and content decoding do not exist here.
"""

from visavis.fetch.fetcher import GuardedFetcher
from visavis.fetch.webhook_sender import GuardedWebhookSender, networks

__all__ = ["GuardedFetcher", "GuardedWebhookSender", "networks"]
