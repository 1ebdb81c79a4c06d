"""How much a run does: enough for figures to trust, or just enough to see that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    rounds: int
    seconds: float  # of load in one round
    connections: int  # that ask at the same time
    subscribers: int  # of the one room
    silence: float  # seconds
    silent_sockets: int
    many_sockets: int
    commits: int  # one after another, and as many again by writers at once
    dialects: tuple[str, ...]  # of model servers; each SDK takes seconds to import
    streams: int  # of model servers, at the same time
    stream_rounds: int
    stream_pieces: int  # of one answer
    stream_milliseconds: int  # of answers that come paced
    stream_requests: int  # one after another, by each stream
    first_pieces: int  # one after another, in one round
    comparisons: int  # at the same time, each watched by one
    lanes: int  # of each where many lanes are meant
    first_words: int  # one after another, in one round
    held_streams: int  # slow ones, while first words are measured
    past: tuple[int, ...]  # responses in databases, from few to many
    pages: int  # of the history, for one figure; among fewer responses than the most, half as many
    page_tokens: int  # of each lane that a browser watches
    rooms: int  # full of members who note how late each word is
    members: int  # of each
    crowd_seconds: float
    page_rows: int  # of the history that it scrolls through
    lanes_by_step: tuple[int, ...]  # of curves
    watchers_by_step: tuple[int, ...]
    streams_by_step: tuple[int, ...]
    peers: tuple[str, ...]  # that are installed and measured
    peer_streams: int  # that a peer holds at the same time
    profiled: float  # seconds of each way to load it; none without


FULL = Effort(
    rounds=3,
    seconds=0.5,
    connections=32,
    subscribers=50,
    silence=10,
    silent_sockets=200,
    many_sockets=2000,
    commits=500,
    dialects=("chat", "responses", "messages"),
    streams=50,
    stream_rounds=3,
    stream_pieces=400,
    stream_milliseconds=200,
    stream_requests=2,
    first_pieces=15,
    comparisons=50,
    lanes=4,
    first_words=15,
    held_streams=500,
    past=(1_000, 10_000, 100_000, 1_000_000),
    pages=80,
    page_tokens=10_000,
    rooms=10,
    members=100,
    crowd_seconds=4,
    page_rows=100_000,
    lanes_by_step=(1, 2, 4, 8, 16, 24),
    watchers_by_step=(1, 10, 100, 1000),
    streams_by_step=(1, 16, 128, 1000),
    peers=("LiteLLM proxy", "Portkey gateway"),
    peer_streams=500,
    profiled=6,
)
TINY = Effort(
    rounds=1,
    seconds=0.05,
    connections=2,
    subscribers=3,
    silence=0.1,
    silent_sockets=2,
    many_sockets=5,
    commits=3,
    dialects=("chat",),
    streams=2,
    stream_rounds=1,
    stream_pieces=8,
    stream_milliseconds=50,
    stream_requests=1,
    first_pieces=2,
    comparisons=2,
    lanes=2,
    first_words=2,
    held_streams=4,
    past=(40, 80),
    pages=2,
    page_tokens=300,
    rooms=2,
    members=2,
    crowd_seconds=0.5,
    page_rows=300,
    lanes_by_step=(2,),
    watchers_by_step=(1, 3),
    streams_by_step=(4,),
    peers=(),
    peer_streams=2,
    profiled=0,
)
