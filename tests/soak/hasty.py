"""`bakeoff`, whose rooms close a second after the last one has left: a test cannot wait for two minutes."""

from backend.cli import main
from backend.rooms.hub import Hub

if __name__ == "__main__":
    defaults = Hub.__init__.__kwdefaults__
    assert defaults is not None
    defaults["idle"] = 1.0
    main()
