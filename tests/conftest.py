"""The environment of every test: none of the machine's proxies and certificate authorities, which wnmon would obey."""

from __future__ import annotations

import os

for _name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.lower(), None)
for _name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD"):
    os.environ.pop(_name, None)
