"""The environment of every test: none of the machine's proxies and certificate authorities, which wnmon would obey.

Nor a user's state, which a service would read and write.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

for _name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.lower(), None)
for _name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD"):
    os.environ.pop(_name, None)

os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="wnmon-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)
