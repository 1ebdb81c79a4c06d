"""A real server with somebody who may ask it, as the pages suppose it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.docs.pages import ROOT
from tests.support.bakeoff import running_bakeoff
from tests.support.environments import clean_environment
from tests.support.household import PASSWORD, first_link

ADDRESS = "http://127.0.0.1:8000"
"""As the pages have it."""


@dataclass(frozen=True)
class House:
    url: str
    key: str
    folder: Path
    """Of the server, with the documents beside its data, as in a checkout."""
    process: subprocess.Popen[str]

    def environment(self) -> dict[str, str]:
        """Of somebody who has followed the first steps."""
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        # Node before 22 has to be asked for its WebSocket; later ones have it and take the word, too.
        asked = {"NODE_OPTIONS": "--experimental-websocket"}
        return clean_environment(
            asked | {"URL": self.url, "KEY": self.key, "PATH": path, "CURL_HOME": str(self.folder)}
        )


@contextmanager
def house(folder: Path, port: int = 0) -> Iterator[House]:
    shutil.copytree(ROOT / "docs" / "examples", folder / "docs" / "examples")
    # What the server refuses is a failure of the command that asked.
    (folder / ".curlrc").write_text("fail-with-body\n")
    with running_bakeoff(folder, "--port", str(port), environ={"BAKEOFF_TURNS_A_MINUTE": "1000"}) as bakeoff:
        with httpx2.Client(base_url=bakeoff.url) as client:
            client.get(first_link(bakeoff))
            client.post("/auth/password", json={"newPassword": PASSWORD}).raise_for_status()
            made = client.post("/auth/api-keys", json={"name": "pages", "scopes": ["read", "run", "admin"]})
        yield House(bakeoff.url, made.raise_for_status().json()["secret"], folder, bakeoff.process)
