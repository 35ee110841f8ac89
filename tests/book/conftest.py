"""The browser that the tests of pages drive."""

import os
import shutil

import pytest


@pytest.fixture(scope="module")
def browser():
    """Start the system's Chromium; skip where there is none, but fail in CI."""
    from playwright import sync_api

    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        reason = "no Chromium here (on Debian and Ubuntu: apt install chromium)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        yield browser
        browser.close()
