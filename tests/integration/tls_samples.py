"""Certificates made on the spot by the openssl program."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_authority(folder: Path) -> Papers:
    """Return a certificate authority of our own."""
    papers = papers_in(folder)
    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Test Authority/O=Trust"),
        *("-keyout", papers.key, "-out", papers.certificate, "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    return papers


def papers_in(folder: Path) -> Papers:
    return Papers(certificate=folder / "cert.pem", key=folder / "key.pem")


def issue(authority: Papers, folder: Path, *, days: int, host: str = "IP:127.0.0.1,DNS:localhost") -> Papers:
    """Return papers the authority has signed. With negative days they ended before today."""
    papers, wish = papers_in(folder), folder / "wish.csr"
    extension = folder / "extension.cnf"
    # The identifier is what Python 3.13 wants of every certificate (VERIFY_X509_STRICT).
    extension.write_text(f"subjectAltName={host}\nauthorityKeyIdentifier=keyid\n", encoding="ascii")
    openssl(
        *("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=relay.example/O=Relay"),
        *("-keyout", papers.key, "-out", wish),
    )
    openssl(
        *("x509", "-req", "-in", wish, "-CA", authority.certificate, "-CAkey", authority.key, "-set_serial", "7"),
        *("-days", str(days), "-extfile", extension, "-out", papers.certificate),
    )
    return papers


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
