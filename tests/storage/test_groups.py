"""Groups: made, listed, counted, deleted."""

from __future__ import annotations

from tests.storage.conftest import OpenStorage
from visavis.core.ports import Gallery
from visavis.identities import App
from visavis.storage.store import Storage
from visavis.types import Group


def test_the_gallery_is_what_core_asks_for(storage: Storage) -> None:
    gallery: Gallery = storage.gallery  # the type checker is the judge
    assert gallery


def test_groups_survive_the_process(storage: Storage, app: App, group: Group, open_again: OpenStorage) -> None:
    storage.close()
    assert open_again().gallery.require_group(app, "group") == group
