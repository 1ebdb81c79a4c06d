"""`python -m backend` is `bakeoff`, also where the project is not installed."""

from backend.cli import main

main()
