"""What a start leaves alone."""

import subprocess
import sys
from pathlib import Path


def test_the_whole_application_is_put_together_without_pydantic(tmp_path: Path) -> None:
    """It is there, since the SDKs need it, and would be a tenth of the start."""
    code = """
import sys
from backend.cli import main

main(["schema", sys.argv[1]])
print(sorted({"litestar", "pydantic"} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "schema.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "['litestar']\n"
