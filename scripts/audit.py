"""Known vulnerabilities in what a server runs with. A waiver says why an advisory cannot be reached here."""

import json
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path("requirements/run.txt")
WAIVERS: dict[str, str] = {
    "CVE-2026-85394": "python-jose: a verifier of ours knows one algorithm and one kind of key, never a mix",
    "CVE-2024-23342": "ecdsa: nothing is signed with it; python-jose does EC by cryptography",
}


def main() -> int:
    command = [
        *(sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"),
        *("--requirement", str(REQUIREMENTS), "--require-hashes", "--disable-pip"),
    ]
    audit = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(audit.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        sys.stderr.write(audit.stderr)
        return 1
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if unknown:
        sys.stdout.write(
            f"NOTE    {len(unknown)} of {len(packages)} packages could not be audited: "
            "the package index configured here has no vulnerability records for them\n"
        )
    found = [
        f"{package['name']} {package['version']}: {advisory['id']}"
        for package in packages
        for advisory in package.get("vulns", ())
        if advisory["id"] not in WAIVERS and not WAIVERS.keys() & set(advisory["aliases"])
    ]
    sys.stdout.write("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
