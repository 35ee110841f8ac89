"""A certificate for 127.0.0.1, and its key, which everybody can compute.

They protect nothing: a camera that shows a certificate which nobody vouches for is
one of the things that a watcher must tell apart.
"""

from __future__ import annotations

import base64
import hashlib

__all__ = ["CERTIFICATE", "key"]

_WORDS = b"fire-course: everybody may know this key"

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBBmaXJlLWNv
dXJzZSBkZW1vMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAbMRkw
FwYDVQQDDBBmaXJlLWNvdXJzZSBkZW1vMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAEnx84tZIOureVz62AbglcYuQrY52jdjyx++p/VGk+veehMuTLUyKbdflssV/5
juSstbQgGzt/bRs+wOQnuuv/YaNOMEwwGgYDVR0RBBMwEYcEfwAAAYIJbG9jYWxo
b3N0MA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYEFH4dIQf7926IENfxekU0D3Mu
VPvXMAoGCCqGSM49BAMCA0cAMEQCIGRIxppQMH4IAG2bbdU1cXl410ZXd17/XACw
V4iSXGpXAiBjGJ6vHpQntF8fy+bxnr9qhALrYXc/YcrJKZT7pW3Jhg==
-----END CERTIFICATE-----
"""


def key() -> str:
    """Give the key as a PEM file: the hash of some words, on the curve P-256.

    Examples
    --------
    >>> len(key().splitlines())
    3
    """
    # ECPrivateKey of RFC 5915: version 1, the number, the curve's identifier.
    start, end = "30310201010420", "a00a06082a8648ce3d030107"
    number = hashlib.sha256(_WORDS).digest()
    encoded = base64.b64encode(bytes.fromhex(start) + number + bytes.fromhex(end))
    label = "EC PRIVATE KEY"
    return f"-----BEGIN {label}-----\n{encoded.decode()}\n-----END {label}-----\n"
