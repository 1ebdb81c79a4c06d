"""What can be typed after `bakeoff doctor`. Imports nothing that takes time."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--online", action="store_true", help="also try the key of each configured provider")
    parser.add_argument("--json", action="store_true", help="for machines")
