"""The OpenAPI v2 document, without kinds: kubectl asks for it before it applies a List, then lets the server validate.

All is in the v3 documents; without this one `kubectl get … -o yaml | kubectl apply -f -` is refused by kubectl.
"""

from localcluster.apiserver.negotiation import dumps

_MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_TITLE, _VERSION = "Kubernetes", "unversioned; the kinds are in /openapi/v3"


def document(accept: str) -> tuple[bytes, str]:
    """Give the document and its content type: protobuf for kubectl, JSON for others."""
    if "protobuf" in accept:
        return _field(1, b"2.0") + _field(2, _field(1, _TITLE.encode()) + _field(2, _VERSION.encode())), _MEDIA_TYPE
    info = {"title": _TITLE, "version": _VERSION}
    return dumps({"swagger": "2.0", "info": info, "paths": {}, "definitions": {}}), "application/json"


def _field(number: int, data: bytes) -> bytes:
    """Encode a protobuf field of fewer than 128 bytes."""
    return bytes([number << 3 | 2, len(data)]) + data
