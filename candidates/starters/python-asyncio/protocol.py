"""What the lines mean: requests in, messages out."""

import json
from dataclasses import dataclass

MAX_ID = 2**53 - 1


class BadRequest(Exception):
    def __init__(self, text: str, request_id: int | None = None):
        super().__init__(text)
        self.request_id = request_id


class Message:
    """A chat message. `id` is the sender's (None if it gave none); `received_at` is when its line was read (time.monotonic)."""

    def __init__(self, channel: str, body: str, id: int | None = None, received_at: float = 0.0):
        self.channel = channel
        self.body = body
        self.id = id
        self.received_at = received_at
        self._json: bytes | None = None

    def json(self) -> bytes:
        """The message as it goes out; encoded once, however many receivers there are."""
        if self._json is None:
            self._json = encode({"type": "message", "channel": self.channel, "body": self.body})
        return self._json


@dataclass
class Join:
    id: int
    channels: list[str]


@dataclass
class Hello:
    id: int
    username: str


Request = Join | Hello | Message


def parse_request(line: bytes, received_at: float) -> Request | None:
    """The request in a line; None for a type we do not know; BadRequest for anything malformed."""
    try:
        fields = _decoder.decode(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRequest("Expected a line to be one JSON object in UTF-8") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("type"), str):
        raise BadRequest("Expected a JSON object with a `type`")
    request_id = _id_of(fields)
    match fields["type"]:
        case "join":
            channels = fields.get("channels")
            if request_id is None or not isinstance(channels, list) or not all(isinstance(name, str) for name in channels):
                raise BadRequest("Expected a join to have an `id` and a list of `channels`", request_id)
            return Join(request_id, channels)
        case "send":
            channel, body = fields.get("channel"), fields.get("body")
            if not isinstance(channel, str) or not isinstance(body, str):
                raise BadRequest("Expected a send to have a `channel` and a `body`", request_id)
            return Message(channel, body, request_id, received_at)
        case "hello":
            username = fields.get("username")
            if request_id is None or not isinstance(username, str):
                raise BadRequest("Expected a hello to have an `id` and a `username`", request_id)
            return Hello(request_id, username)
    return None


def encode(fields: dict) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def _id_of(fields: dict) -> int | None:
    value = fields.get("id")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_ID:
        raise BadRequest("Expected `id` to be a whole number from 0 to 2^53-1")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
