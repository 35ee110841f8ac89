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


@pytest.fixture(scope="session")
def new_page():
    """Give a function that opens an empty page and notes what goes wrong on it."""

    def new_page(browser, *, width=1280, dark=False, timeout, **more):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            **more,
        )
        page = context.new_page()
        page.set_default_timeout(timeout)
        page.dark, page.requested, page.troubles = dark, [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("requestfailed", lambda request: page.troubles.append(request.url))
        page.on("pageerror", lambda error: page.troubles.append(str(error)))
        page.on(
            "console",
            lambda message: (
                page.troubles.append(message.text)
                if message.type in ("error", "warning")
                else None
            ),
        )
        return page

    return new_page
