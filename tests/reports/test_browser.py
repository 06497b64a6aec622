"""The page in a real browser: sorted, turned dark, photographed."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest
from PIL import Image

import gpreg

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH")

CLICKS = """<script>
const told = {errors: window.failed ?? [], wide: document.documentElement.scrollWidth - innerWidth};
const table = document.getElementById("scores-1");
const names = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent).join("|");
const head = table.tHead.rows[0].cells[1];
head.querySelector("button").click(); told.up = [names(), head.getAttribute("aria-sort")];
head.querySelector("button").click(); told.down = [names(), head.getAttribute("aria-sort")];
told.first = table.tHead.rows[0].cells[0].getAttribute("aria-sort");
const paper = () => getComputedStyle(document.body).backgroundColor;
told.light = paper(); document.getElementById("theme").click(); told.dark = paper();
told.drawn = document.querySelector("figure svg text").getBoundingClientRect().height > 5;
document.documentElement.dataset.told = JSON.stringify(told);
</script>"""


@pytest.fixture(scope="module")
def page(reported, tmp_path_factory):
    return gpreg.report(*reported, out=tmp_path_factory.mktemp("browser") / "page.html").path


def browse(page, *words):
    profile = page.parent / "profile"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}", *words]
    return subprocess.run(
        [CHROMIUM, *flags, page.as_uri()], capture_output=True, check=True, timeout=60
    ).stdout.decode()


def test_a_click_sorts_and_another_turns_it_dark(page):
    clicked = page.with_name("clicked.html")
    first = "<script>window.failed = []; onerror = (text) => { window.failed.push(text); };</script>"
    text = page.read_text(encoding="utf-8").replace("<head>", f"<head>{first}", 1)
    clicked.write_text(text.replace("</body>", f"{CLICKS}</body>"), encoding="utf-8")
    told = json.loads(unescaped(browse(clicked, "--dump-dom", "--window-size=500,900")))
    assert told["errors"] == []
    assert told["wide"] <= 0  # only tables scroll, the page does not
    order = ["mid, rho 1", "pd, rho 1", "mid, rho 0.1", "mid, rho 10", "pd, rho 0.1", "pd, rho 10"]
    assert told["up"] == ["|".join(order), "ascending"]
    assert told["down"][0].split("|")[-1] == "mid, rho 1"
    assert (told["down"][1], told["first"]) == ("descending", "none")
    assert told["light"] != told["dark"]
    assert told["drawn"]


def unescaped(dom: str) -> str:
    found = re.search(r'data-told="([^"]*)"', dom)
    assert found, dom[:500]
    return unescape(found[1])


def test_it_is_dark_where_the_system_is(page, tmp_path):
    picture = tmp_path / "dark.png"
    dark = "--blink-settings=preferredColorScheme=0"
    browse(page, dark, f"--screenshot={picture}", "--window-size=800,900")
    with Image.open(picture) as image:
        colours = image.convert("L").getcolors(2**24)
    assert max(colours)[1] < 60
    assert len(colours) > 50  # there is something on it
