"""What can be typed after `bakeoff keys`. Imports nothing that takes time."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Gives the parsers of its deeds."""
    deeds = parser.add_subparsers(required=True, dest="deed", metavar="command")
    rotate = deeds.add_parser("rotate", help="seal all saved provider keys under a new secret")
    rotate.add_argument(
        "--new",
        type=Path,
        metavar="FILE",
        help="the new secret, where BAKEOFF_SECRET_KEY is set; otherwise one is made in the data folder",
    )
    return [rotate]
