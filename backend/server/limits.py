"""What both servers hold every WebSocket client to."""

MAX_MESSAGE = 64 * 1024
PING_AFTER = 25.0  # seconds of silence
PONG_WITHIN = 8.0
PROTOCOL_ERROR, TOO_MANY, TOO_BIG = 1002, 1008, 1009
RESTARTING = 1012
