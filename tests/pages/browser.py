# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium by the DevTools protocol: JSON messages over two pipes, each ended by a zero byte."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shlex
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

PROGRAM = "chromium"
TIMEOUT = 120
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
         "--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb",
         "--host-resolver-rules=MAP * ~NOTFOUND"]

Json = dict[str, Any]


class BrowserError(Exception):
    pass


def _away_from_standard(fd: int) -> int:
    """A copy that the shell can move to 3 or 4 without closing another one that is needed."""
    high = fcntl.fcntl(fd, fcntl.F_DUPFD, 10)
    os.close(fd)
    return high


class Browser:
    """A process with one page. Commands go to the page once it is open."""

    def __init__(self, profile: Path) -> None:
        from_us, self._to = os.pipe()
        self._from, to_us = os.pipe()
        from_us, to_us = _away_from_standard(from_us), _away_from_standard(to_us)
        command = shlex.join([PROGRAM, *FLAGS, f"--user-data-dir={profile}", "about:blank"])
        self._log = open(profile.with_suffix(".log"), "wb")
        self._process = subprocess.Popen(["bash", "-c", f"exec {command} 3<&{from_us} 4>&{to_us}"],
                                         pass_fds=(from_us, to_us), stdin=subprocess.DEVNULL, stdout=self._log,
                                         stderr=self._log)
        os.close(from_us)
        os.close(to_us)
        self._received = b""
        self._number = 0
        self._session: str | None = None
        self.on_event: Callable[[str, Json], None] = lambda method, params: None
        pages = [one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page"]
        self._session = self.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)["sessionId"]

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)
        self._log.close()

    def _next(self, deadline: float) -> Json:
        while b"\0" not in self._received:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._from], [], [], left)[0]:
                raise BrowserError("the browser does not answer")
            data = os.read(self._from, 1 << 20)
            if not data:
                raise BrowserError("the browser has ended")
            self._received += data
        message, self._received = self._received.split(b"\0", 1)
        return json.loads(message)

    def _take(self, message: Json) -> None:
        if "method" in message:
            self.on_event(message["method"], message.get("params", {}))

    def call(self, method: str, **params: Any) -> Json:
        self._number += 1
        asked: Json = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            asked["sessionId"] = self._session
        os.write(self._to, json.dumps(asked).encode() + b"\0")
        deadline = time.monotonic() + TIMEOUT
        while True:
            message = self._next(deadline)
            if message.get("id") != self._number:
                self._take(message)
                continue
            if "error" in message:
                raise BrowserError(f"{method}: {message['error']['message']}")
            return message["result"]


class Page:
    """The one page of a browser: what it shows, asks for and complains about."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.complaints: list[str] = []  # of the console, and exceptions
        self.requests: list[str] = []    # for anything but the page itself
        self._url = ""
        self._scripts = True
        browser.on_event = self._on_event
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Accessibility"):
            browser.call(f"{domain}.enable")
        browser.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def _on_event(self, method: str, params: Json) -> None:
        if method == "Runtime.consoleAPICalled":
            self.complaints.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if url.split("#")[0] != self._url and not url.startswith("data:"):
                self.requests.append(url)

    def open(self, path: Path, fragment: str = "") -> None:
        self.complaints.clear()
        self.requests.clear()
        self._url = path.as_uri()
        self.browser.call("Page.navigate", url="about:blank")
        self.browser.call("Page.navigate", url=self._url + fragment)
        self._wait_until_loaded(path)

    def follow(self, selector: str, path: Path) -> None:
        """Clicks on a link to that page."""
        self._url = path.as_uri()
        self._press_on(selector)
        self._wait_until_loaded(path)
        self._let_it_act()

    def _wait_until_loaded(self, path: Path) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not self._is_loaded():
            if time.monotonic() > deadline:
                raise BrowserError(f"{path} does not load")
            time.sleep(0.01)

    def _is_loaded(self) -> bool:
        try:
            href, state = self.evaluate("[location.href, document.readyState]")
        except BrowserError:  # the page before has gone
            return False
        return href.split("#")[0] == self._url and state == "complete"

    def look(self, width: int, height: int = 900, dark: bool = False, scripts: bool = True) -> None:
        """How the page is shown from now on."""
        self.browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                          mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.call("Emulation.setEmulatedMedia", features=[scheme])
        self.browser.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._scripts = scripts

    def evaluate(self, expression: str) -> Any:
        done = self.browser.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise BrowserError(done["exceptionDetails"].get("exception", {}).get("description", expression))
        return done["result"].get("value")

    def _let_it_act(self) -> None:
        """Until the next picture but one: events that follow an input, as that of a new fragment, come before."""
        if self._scripts:
            self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def screenshot(self, path: Path, whole: bool = False) -> None:
        """`whole`: with what is below the window."""
        done = self.browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(done["data"]))

    # ---- a person's hands ----

    def press(self, key: str, shift: bool = False) -> None:
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38,
                 "ArrowRight": 39, "ArrowDown": 40, " ": 32, "/": 191}
        about = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key], "modifiers": 8 if shift else 0}
        text = {"Enter": "\r", " ": " "}.get(key)
        self.browser.call("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": text} if text else {}))
        self.browser.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        self.browser.call("Input.insertText", text=text)

    def center(self, selector: str) -> tuple[float, float]:
        """Of the first box of an element, after scrolling to it."""
        found = self.evaluate(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "center"}});
            const box = element.getClientRects()[0];
            return [box.left + box.width / 2, box.top + box.height / 2];
        }})()""")
        return found[0], found[1]

    def mouse(self, kind: str, x: float, y: float, held: bool = False) -> None:
        self.browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, clickCount=1 if kind != "mouseMoved" else 0,
                          button="none" if kind == "mouseMoved" and not held else "left", buttons=1 if held else 0)

    def hover(self, selector: str) -> None:
        self.mouse("mouseMoved", *self.center(selector))

    def _press_on(self, selector: str) -> None:
        x, y = self.center(selector)
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, held=True)
        self.mouse("mouseReleased", x, y)

    def click(self, selector: str) -> None:
        self._press_on(selector)
        self._let_it_act()

    def drag(self, selector: str, start: float, end: float) -> None:
        """Horizontally, between two shares of an element's width."""
        box = self.evaluate(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "center"}});
            const box = element.getBoundingClientRect();
            return [box.left, box.top + box.height / 2, box.width];
        }})()""")
        self.mouse("mouseMoved", box[0] + box[2] * start, box[1])
        self.mouse("mousePressed", box[0] + box[2] * start, box[1], held=True)
        for share in (0.3, 0.7, 1):
            self.mouse("mouseMoved", box[0] + box[2] * (start + (end - start) * share), box[1], held=True)
        self.mouse("mouseReleased", box[0] + box[2] * end, box[1])
